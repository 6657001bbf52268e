"""What pages hear of jobs."""

from impasto.studio.api import jobs as module
from impasto.studio.workspace import Workspace, identity
from tests.studio.test_jobs import over


def test_pages_hear_of_the_latest_and_of_all_that_wait_or_run(client, studio, monkeypatch):
    monkeypatch.setattr(module, "RECENT", 3)
    studio.jobs.add(["train"], "waiting", "long")
    studio.jobs.add(["train"], "taken back", "long").cancel()
    for number in range(5):
        over(studio.jobs.add(["recipes"], str(number), "short"))
    told = client.get("/api/jobs").json
    assert [job["title"] for job in told] == ["4", "3", "2", "waiting"]


def test_a_look_lists_the_workspace_once(client, studio, folder, monkeypatch):
    (folder / "runs" / "mine" / "samples").mkdir(parents=True)
    for number in range(5):
        studio.jobs.add(["train"], str(number), "long", place="runs/mine")
    looks, items = [], Workspace.items
    monkeypatch.setattr(Workspace, "items", lambda self: looks.append(1) or items(self))
    told = client.get("/api/jobs").json
    assert {job["made"] for job in told} == {identity("run", "runs/mine")}
    assert len(looks) == 1


def test_a_run_goes_on_and_is_shown_after_hundreds_of_other_jobs(client, studio, folder):
    words = ["train", "colourfield", "--minutes=5", "--out=runs/mine"]
    made = over(studio.jobs.add(words, "mine", "long", "colourfield", "runs/mine"))
    for number in range(210):
        over(studio.jobs.add(["recipes"], str(number), "short"))
    (folder / "runs" / "mine" / "samples").mkdir(parents=True)
    run = identity("run", "runs/mine")
    assert client.get(f"/api/runs/{run}").json["job"]["id"] == made.id
    job = client.post("/api/ask/continue", {"subject": run, "values": {"minutes": 9}}).json
    assert job["command"] == "impasto train colourfield --minutes=9 --out=runs/mine"

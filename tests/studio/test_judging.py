"""Judge: commands, and pages of strangers that can do nothing; a wall's answers are checked."""

import json

import pytest

from impasto.core.files import write_json
from impasto.evaluate.blind import Key, Shown
from impasto.studio.workspace import identity

RUN = identity("run", "runs/mine")
PAGE = identity("page", "runs/mine/evaluation/blind.html")


@pytest.fixture
def run(folder):
    """A run with a page that somebody wrote."""
    place = folder / "runs" / "mine"
    (place / "samples").mkdir(parents=True)
    (place / "report.html").write_text("<script>steal()</script>")
    return place


@pytest.fixture
def wall(run):
    shown = [Shown(name="<b>seed 1", generated=True), Shown(name="original 1", generated=False)]
    key = Key(wall="w1", origin="mine", shown=shown)
    write_json(run / "evaluation" / "blind-key.json", key.model_dump())
    (run / "evaluation" / "blind.html").write_text("<p>which?</p>")
    return run / "evaluation"


def test_a_generator_is_measured_and_a_wall_hung_by_commands(client, run, folder):
    (folder / "pictures" / "album").mkdir(parents=True)
    album = identity("pictures", "pictures/album")
    ask = {"subject": RUN, "values": {"count": 20, "against": album}}
    said = "impasto evaluate runs/mine --count=20"
    assert client.post("/api/ask/evaluate", ask).json["command"] == (
        f"{said} --against=pictures/album"
    )
    blind = client.post("/api/ask/blind", {"subject": RUN, "values": {"count": 20}}).json
    assert blind["command"] == f"{said} --blind --no-serve"
    shipped = next(i for i in client.get("/api/home").json["items"] if i["kind"] == "generator")
    refused = client.post("/api/ask/evaluate", {"subject": shipped["id"], "values": {}})
    assert "choose originals" in refused.json["error"]


def test_a_page_is_shown_in_a_sandbox_without_scripts_or_the_studios_origin(client, wall):
    pages = {each["kind"]: each for each in client.get("/api/pages").json["pages"]}
    report = client.get(f"/api/pages/{pages['report']['id']}").headers["content-security-policy"]
    assert report.startswith("sandbox;")
    assert "script" not in report
    blind = client.get(f"/api/pages/{pages['blind']['id']}").headers["content-security-policy"]
    assert "allow-same-origin" not in blind
    assert "connect-src" not in blind
    assert "default-src 'none'" in blind


def test_a_link_to_a_page_elsewhere_is_no_page(client, run, tmp_path):
    (tmp_path / "secret.txt").rename(tmp_path / "secret.html")
    (run / "report.html").unlink()
    (run / "report.html").symlink_to(tmp_path / "secret.html")
    assert client.get("/api/pages").json["pages"] == []


def test_what_a_person_says_of_a_wall_is_kept_and_anything_else_refused(client, wall):
    said = {"format": "impasto-blind", "wall": "w1", "said": ["real", "generated"]}
    answer = client.post(f"/api/pages/{PAGE}/answer", said)
    assert "1 of 1" in answer.json["words"]
    assert json.loads((wall / "blind-1.json").read_text())["said"] == ["real", "generated"]
    bad = ({"wall": "w2"}, {"said": ["real"]}, {"said": "x"}, {"said": ["x", "y"]}, {"more": 1})
    for each in bad:
        assert client.post(f"/api/pages/{PAGE}/answer", said | each).status == 409
    assert not (wall / "blind-2.json").exists()

"""Jobs as pages see them."""

from pathlib import Path

import pytest

from impasto.studio import notes
from impasto.studio.views import Views
from impasto.studio.workspace import Workspace
from tests.studio.test_jobs import over


@pytest.fixture
def reads(monkeypatch):
    """Files of events that were read."""
    found: list[Path] = []
    true_tail = notes.tail

    def tail(path, *more):
        found.append(path)
        return true_tail(path, *more)

    monkeypatch.setattr(notes, "tail", tail)
    return found


def test_the_view_of_one_that_has_ended_is_made_once(jobs, folder, reads):
    job = jobs.add(["generate"], "ten", "short", place="generated/ten")
    views, workspace = Views(), Workspace(folder)
    assert views.of(workspace, job, {})["state"] == "waiting"
    over(job)
    first = views.of(workspace, job, {})
    assert (first["state"], first["names"], first["made"]) == ("done", [], None)
    reads.clear()
    assert views.of(workspace, job, {"generated/ten": "ab"}) == first | {"made": "ab"}
    assert not reads


def test_a_view_follows_what_changes_after_the_end(jobs, folder):
    job = over(jobs.add(["generate"], "ten", "short", place="generated/ten"), status=1)
    views, workspace = Views(), Workspace(folder)
    assert views.of(workspace, job, {})["trouble"] == "crashed"
    (job.folder / "events.jsonl").write_text('{"event": "error", "text": "why"}\n')
    assert views.of(workspace, job, {})["trouble"] == "why"
    (folder / "generated" / "ten").mkdir(parents=True)
    (folder / "generated" / "ten" / "a.png").touch()
    assert views.of(workspace, job, {})["names"] == ["a.png"]

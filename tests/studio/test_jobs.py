"""A job is a process whose state lies in files, however it ends and whoever looks."""

import json
import os
import signal
import subprocess
import time

import pytest

from impasto.core.files import write_json
from impasto.errors import ImpastoError
from impasto.studio import jobs as module
from impasto.studio.jobs import Jobs, shown
from tests.children import until

SLEEPING = """
import sys, time
from impasto.studio.process import run
def command():
    print("made", flush=True)
    time.sleep(60)
run(sys.argv.pop(1), command)
"""


def test_a_command_runs_to_its_end_and_its_words_are_kept(jobs, folder):
    job = jobs.add(["recipes"], "the list", "short")
    assert job.state() == "waiting"
    job.begin(folder).wait(60)
    assert job.state() == "done"
    assert "dcgan" in (job.folder / "result.txt").read_text()
    assert jobs.all()[0] == job


def test_what_a_user_can_mend_is_told_in_its_own_sentence(jobs, folder):
    job = jobs.add(["paint", "nothing.jpg"], "nothing", "short")
    job.begin(folder).wait(60)
    assert job.state() == "failed"
    assert job.view()["trouble"].startswith("There is no file nothing.jpg")
    assert "nothing.jpg" in job.log()


def test_stop_is_a_ctrl_c_even_where_the_studio_was_started_in_the_background(
    jobs, folder, monkeypatch
):
    monkeypatch.setattr(module, "_PROCESS", SLEEPING)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as `impasto studio &` has it
    try:
        job = jobs.add(["sleep"], "asleep", "long")
        child = job.begin(folder)
    finally:
        signal.signal(signal.SIGINT, before)
    until(lambda: (job.folder / "started.json").exists())
    assert job.state() == "running"
    job.cancel()
    child.wait(30)
    assert job.state() == "stopped"
    assert (job.folder / "result.txt").read_text() == "made\n"


def test_one_that_is_stopped_while_python_loads_does_nothing(jobs, folder, monkeypatch):
    monkeypatch.setattr(module, "_PROCESS", "import time; time.sleep(1)" + SLEEPING)
    job = jobs.add(["sleep"], "asleep", "long")
    child = job.begin(folder)
    job.cancel()  # it has told no number yet that could be signalled
    child.wait(30)
    assert job.state() == "stopped"
    assert (job.folder / "result.txt").read_text() == ""


def test_one_that_is_ended_at_once_was_stopped_not_broken_off(jobs, folder, monkeypatch):
    monkeypatch.setattr(module, "_PROCESS", SLEEPING)
    job = jobs.add(["sleep"], "asleep", "long")
    child = job.begin(folder)
    until(lambda: (job.folder / "started.json").exists())
    (job.folder / "cancelled").touch()  # asked for, and not listened to
    job.kill()
    child.wait(30)
    assert job.state() == "stopped"


def test_one_that_was_killed_is_known_by_its_lock(jobs, folder, monkeypatch):
    monkeypatch.setattr(module, "_PROCESS", SLEEPING)
    job = jobs.add(["sleep"], "asleep", "long")
    child = job.begin(folder)
    until(lambda: (job.folder / "started.json").exists())
    child.kill()
    child.wait(30)
    again = Jobs(jobs.folder).job(job.id)  # another day
    assert again.state() == "killed"
    assert again.view()["trouble"] == "killed"


def test_another_process_of_the_same_number_is_left_alone(jobs):
    """After a restart of the machine its number may be anybody's."""
    job = jobs.add(["sleep"], "asleep", "long")
    other = subprocess.Popen(["sleep", "60"])
    write_json(job.folder / "started.json", {"process": other.pid, "at": time.time()})
    try:
        assert job.state() == "killed"
        job.cancel()
        job.kill()
        time.sleep(0.2)
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_an_id_is_never_a_path(jobs):
    for which in ("../../secret", "..", "", "20260101000000-0000000g", "/etc"):
        with pytest.raises(ImpastoError, match="no such job"):
            jobs.job(which)


@pytest.mark.parametrize(
    "content", ["", "[]", '{"command": 1}', "{", '{"command": ["x"], "title": []}']
)
def test_a_broken_note_is_no_job_and_no_crash(jobs, content):
    job = jobs.add(["recipes"], "the list", "short")
    (job.folder / "job.json").write_text(content)
    assert jobs.all() == []


def test_events_that_others_tore_or_wrote_are_passed_over(jobs):
    job = jobs.add(["recipes"], "the list", "short")
    rows = [
        "a warning",
        '{"event": "said", "text": "well"}',
        "[1]",
        '{"event": 5}',
        '{"event": "pro',
    ]
    (job.folder / "events.jsonl").write_text("\n".join(rows))
    assert [row["event"] for row in job.events()] == ["said"]
    assert "a warning" in job.log()
    assert json.dumps(job.view())


def test_a_command_can_be_copied():
    assert shown(["paint", "a b.jpg", "--strokes=3"]) == "impasto paint 'a b.jpg' --strokes=3"


def test_a_job_does_not_end_with_the_studio(jobs, folder, monkeypatch):
    monkeypatch.setattr(module, "_PROCESS", SLEEPING)
    job = jobs.add(["sleep"], "asleep", "long")
    child = job.begin(folder)
    until(lambda: (job.folder / "started.json").exists())
    assert os.getsid(child.pid) == child.pid
    child.kill()
    child.wait()


def over(job, status=0):
    write_json(job.folder / "ended.json", {"status": status, "at": 1.0})
    return job


def test_what_has_not_ended_is_among_all_however_many_came_after_it(jobs, monkeypatch):
    first = jobs.add(["train", "set"], "first", "long", place="runs/first")
    old = over(jobs.add(["train", "set"], "old", "long", place="runs/old"))
    for number in range(4):
        over(jobs.add(["recipes"], str(number), "short"))
    assert [job.title for job in jobs.all(2)] == ["3", "2", "first"]
    assert jobs.unfinished() == [first]
    assert first not in Jobs(jobs.folder).all(2)[:2]
    over(first)
    assert [job.title for job in jobs.all(2)] == ["3", "2"]
    assert jobs.latest("runs/old") == jobs.latest("runs/old", "train", "prepare") == old
    assert jobs.latest("runs/old", "export") is None


@pytest.mark.parametrize("word", ["--label=a\0b", "--label=\ud800"])
def test_a_word_that_no_command_takes_is_refused_before_it_waits(jobs, word):
    with pytest.raises(ImpastoError, match="no command takes"):
        jobs.add(["generate", word], "odd", "short")
    assert jobs.all() == []
    assert jobs.add(["generate", "--label=caf\udce9"], "an old archive's name", "short")


def test_one_that_cannot_be_started_says_so(jobs, folder):
    job = jobs.add(["generate"], "odd", "short")
    about = json.loads((job.folder / "job.json").read_text())
    write_json(job.folder / "job.json", about | {"command": ["generate", "a\0b"]})
    with pytest.raises(ImpastoError, match="could not be started") as told:
        jobs.job(job.id).begin(folder)
    job.fail(str(told.value))
    assert job.state() == "failed"
    assert "could not be started" in job.view()["trouble"]

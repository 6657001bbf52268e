"""Jobs wait for each other."""

import json

import pytest

from impasto.core.files import write_json
from impasto.studio import jobs as module
from impasto.studio import queue as queues
from impasto.studio.queue import Queue
from tests.children import until
from tests.studio.test_jobs import SLEEPING, over


def ended(job):
    return until(lambda: job.state() not in ("waiting", "running"))


def test_one_that_waits_can_be_taken_back(jobs, folder):
    job = jobs.add(["recipes"], "the list", "long")
    job.cancel()
    assert job.state() == "stopped"
    Queue(jobs, folder).start_due_jobs()
    assert job.state() == "stopped"


def test_one_long_job_and_one_short_one_run_at_a_time_the_oldest_first(jobs, folder, monkeypatch):
    monkeypatch.setattr(module, "_PROCESS", SLEEPING)
    moments = iter(range(10))
    monkeypatch.setattr(
        module.time, "strftime", lambda *_: f"2026010100000{next(moments)}", raising=True
    )
    wanted = [jobs.add(["sleep"], str(n), lane) for n, lane in enumerate(["long", "long", "short"])]
    queues = [Queue(jobs, folder), Queue(jobs, folder)]  # two studios of one workspace
    for queue in queues:
        queue.start_due_jobs()
    assert [job.state() for job in wanted] == ["running", "waiting", "running"]
    until(lambda: (wanted[0].folder / "started.json").exists())
    wanted[0].cancel()
    until(lambda: wanted[0].state() == "stopped")
    for queue in queues:
        queue.start_due_jobs()
    assert wanted[1].state() == "running"
    for job in wanted[1:]:
        until(lambda job=job: (job.folder / "started.json").exists())
        job.kill()
        ended(job)
    for queue in queues:
        for child in queue._children:
            child.wait(30)


@pytest.fixture
def begun(monkeypatch):
    """Titles of the jobs that were begun; no process is."""
    titles = []

    def begin(job, _):
        titles.append(job.title)
        (job.folder / "spawned").touch()
        return Ended()

    monkeypatch.setattr(module.Job, "begin", begin)
    return titles


class Ended:
    returncode = 0

    def poll(self):
        return 0


def test_the_oldest_of_hundreds_begins_first_and_all_have_their_turn(jobs, folder, begun):
    waiting = [jobs.add(["upscale"], str(number), "short") for number in range(220)]
    queue = Queue(jobs, folder)
    for number in range(3):
        queue.start_due_jobs()
        queue.start_due_jobs()  # one at a time
        assert begun == [str(each) for each in range(number + 1)]
        over(waiting[number])


def test_a_second_training_waits_for_one_that_hundreds_of_jobs_came_after(jobs, folder, begun):
    running = jobs.add(["train"], "running", "long")
    (running.folder / "spawned").touch()
    for number in range(210):
        over(jobs.add(["recipes"], str(number), "short"))
    jobs.add(["train"], "waiting", "long")
    Queue(jobs, folder).start_due_jobs()
    assert begun == []


def test_one_that_cannot_begin_ends_as_failed_and_the_next_one_begins(jobs, folder, monkeypatch):
    monkeypatch.setattr(queues, "EVERY", 0.01)
    bad = jobs.add(["recipes"], "bad", "short")
    about = json.loads((bad.folder / "job.json").read_text())
    write_json(bad.folder / "job.json", about | {"command": ["recipes", "a\0b"]})
    good = jobs.add(["recipes"], "good", "short")
    queue = Queue(jobs, folder)
    queue.start()
    try:
        assert ended(bad) is True and bad.state() == "failed"
        assert "could not be started" in bad.view()["trouble"]
        assert ended(good) and good.state() == "done"
    finally:
        queue.close()


def test_what_nobody_foresaw_is_printed_once_and_the_queue_goes_on(
    jobs, folder, monkeypatch, capsys, begun
):
    monkeypatch.setattr(queues, "EVERY", 0.01)
    queue = Queue(jobs, folder)
    looks, true_look = iter(range(6)), queue.start_due_jobs

    def look():
        if next(looks, None) is not None:
            raise ValueError("what nobody foresaw")
        true_look()

    monkeypatch.setattr(queue, "start_due_jobs", look)
    jobs.add(["recipes"], "later", "short")
    queue.start()
    until(lambda: begun)
    queue.close()
    assert capsys.readouterr().err.count("ValueError: what nobody foresaw") == 1

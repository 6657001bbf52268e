"""Jobs wait for each other."""

from impasto.studio import jobs as module
from impasto.studio.queue import Queue
from tests.studio.conftest import until
from tests.studio.test_jobs import SLEEPING


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

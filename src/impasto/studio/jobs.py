"""Jobs: each is an `impasto` command in a process of its own, and all its state lies in a folder.

| file of `.studio/jobs/ID/` | what | written by |
|---|---|---|
| `job.json` | the command, its title, what it is about | the studio, once |
| `.lock` | held by the process as long as it lives, however it dies | the process |
| `started.json` | its number and when it began | the process |
| `events.jsonl` | what goes on (`impasto.core.events`), and any other remark | the process |
| `result.txt` | what it printed | the process |
| `ended.json` | exit status, and when | the process, last |
| `cancelled` | somebody asked for its end | the studio |

So a studio that starts anew, a second tab or another day finds the same jobs in the same state.
"""

import json
import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from filelock import FileLock, Timeout
from pydantic import ConfigDict, Field

from impasto.core.files import state_of, write_json, write_text
from impasto.errors import ImpastoError
from impasto.reading import Record, validated
from impasto.studio.notes import events_in, note, spoken_in

State = Literal["waiting", "running", "done", "stopped", "failed", "killed"]

Lane = Literal["long", "short"]
"""Trainings and what else takes minutes to hours; what one waits for. One of each runs at once."""

STARTING = 20.0
"""Seconds that a process gets to load Python and take its lock."""

_ID = re.compile(r"[0-9]{14}-[0-9a-f]{8}")

_PROCESS = """
import sys
from impasto.studio.process import run
def command():
    from impasto.cli import main
    main()
run(sys.argv.pop(1), command)
"""


class _Asked(Record):
    """A `job.json`."""

    model_config = ConfigDict(extra="ignore")

    command: Annotated[tuple[str, ...], Field(min_length=1)]
    title: str
    lane: Lane
    about: str
    place: str
    created: float


@dataclass(frozen=True)
class Job:
    """A command, before, while and after it runs."""

    id: str
    folder: Path
    command: tuple[str, ...]
    """Behind `impasto`, as a person would type it in the workspace."""

    title: str
    lane: Lane
    about: str
    """Id of the item that it makes or works on."""

    place: str
    """Where its files go, relative to the workspace; empty if it makes none."""

    created: float

    @property
    def verb(self) -> str:
        """The command's first word."""
        return self.command[0]

    def state(self) -> State:
        """How it stands."""
        if (ended := note(self.folder / "ended.json")) is not None:
            status = ended.get("status")
            if status == 0:
                return "done"
            return "stopped" if self.cancelled or status == 130 else "failed"
        if (self.folder / "started.json").exists() or self._spawned():
            return "running" if self._alive() else "stopped" if self.cancelled else "killed"
        return "stopped" if self.cancelled else "waiting"

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked for its end."""
        return (self.folder / "cancelled").exists()

    def _spawned(self) -> bool:
        return (self.folder / "spawned").exists()

    def _alive(self) -> bool:
        with suppress(OSError):
            if (
                time.time() - (self.folder / "spawned").stat().st_mtime < STARTING
                and not (self.folder / "started.json").exists()
            ):
                return True
        lock = FileLock(self.folder / ".lock")
        try:
            with lock.acquire(timeout=0):
                # It may have ended between the look for `ended.json` and now.
                return (self.folder / "ended.json").exists()
        except Timeout:
            return True

    def begin(self, workspace: Path) -> "subprocess.Popen[bytes]":
        """Start the process; it outlives the studio.

        Raises:
            ImpastoError: the system takes no such command.
            OSError: nothing can be written into the job's folder; it still waits.
        """
        write_text(self.folder / "spawned", "")
        with (
            (self.folder / "events.jsonl").open("ab") as events,
            (self.folder / "result.txt").open("wb") as result,
        ):
            command = [sys.executable, "-c", _PROCESS, str(self.folder), *self.command]
            try:
                return subprocess.Popen(  # noqa: S603 (no shell)
                    [*command, "--progress", "json"],
                    cwd=workspace,
                    stdin=subprocess.DEVNULL,
                    stdout=result,
                    stderr=events,
                    start_new_session=True,
                    env=os.environ | {"PYTHONUTF8": "1"},
                )
            except (OSError, ValueError) as error:
                raise ImpastoError(
                    f"The command could not be started ({error}); ask for it again."
                ) from error

    def fail(self, why: str) -> None:
        """End it as failed: it never ran."""
        with (self.folder / "events.jsonl").open("a", encoding="utf-8") as events:
            events.write(json.dumps({"event": "error", "text": why}) + "\n")
        write_json(self.folder / "ended.json", {"status": 1, "at": time.time()})

    def cancel(self) -> None:
        """Ask for its end: what Ctrl-C does, saving first; one that waits never begins."""
        write_text(self.folder / "cancelled", "")
        self._signal(signal.SIGINT)

    def kill(self) -> None:
        """End it at once, for one that does not listen."""
        self._signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)

    def process(self) -> int | None:
        """The number of its process while it runs."""
        started = note(self.folder / "started.json")
        process = started.get("process") if started else None
        if not isinstance(process, int) or process <= 1:
            return None
        # Only one that holds the lock is ours: another may have its number by now.
        return process if self.state() == "running" else None

    def _signal(self, number: int) -> None:
        if process := self.process():
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process, number)

    def events(self) -> list[dict[str, object]]:
        """The last things that it told."""
        return events_in(self.folder / "events.jsonl")

    def log(self) -> str:
        """What a person would have read on the terminal."""
        return spoken_in(self.folder / "events.jsonl")

    def view(self) -> dict[str, object]:
        """All that a page shows of it."""
        events, state = self.events(), self.state()
        latest = [each for each in events if each["event"] in ("progress", "training", "preview")]
        work = [each for each in latest if each["event"] != "preview"]
        said = [each["text"] for each in events if each["event"] == "said"]
        preview = [each for each in latest if each["event"] == "preview"]
        began = note(self.folder / "started.json") or {}
        ended = note(self.folder / "ended.json") or {}
        return {
            "id": self.id,
            "title": self.title,
            "verb": self.verb,
            "command": shown(self.command),
            "lane": self.lane,
            "about": self.about,
            "state": state,
            "stopping": state == "running" and self.cancelled,
            "created": self.created,
            "began": began.get("at"),
            "ended": ended.get("at"),
            "work": work[-1] if work and state == "running" else None,
            "preview": preview[-1]["at"] if preview else None,
            "said": said[-1] if said else "",
            "trouble": self._trouble(state, events),
        }

    def _trouble(self, state: State, events: Sequence[dict[str, object]]) -> str:
        """In a sentence, why there is nothing; empty where all is well."""
        if state == "killed":
            return "killed"
        if state != "failed":
            return ""
        told = [str(each.get("text")) for each in events if each["event"] == "error"]
        *_, last = ["", *self.log().splitlines()]
        told += [last.removeprefix("Error: ")] if last.startswith("Error: ") else []
        return told[-1] if told else "crashed"


class Jobs:
    """All jobs of a workspace, however many; notes are read again only where they changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[str, tuple[object, Job]] = {}
        self._ended: set[str] = set()

    def add(
        self, command: Sequence[str], title: str, lane: Lane, about: str = "", place: str = ""
    ) -> Job:
        """Put a job into the queue.

        Raises:
            ImpastoError: a word holds what no command can be given.
        """
        for word in command:
            _check_word(word)
        now = time.time()
        stamp = time.strftime("%Y%m%d%H%M%S", time.gmtime(now))
        # The order of names is that of time, also within a second.
        name = f"{stamp}-{int(now % 1 * 1e6):05x}{secrets.token_hex(2)[:3]}"
        folder = self.folder / name
        row = {"command": list(command), "title": title, "lane": lane, "about": about}
        write_json(folder / "job.json", row | {"place": place, "created": now})
        return self.job(name)

    def job(self, which: str) -> Job:
        """The job of an id.

        Raises:
            ImpastoError: there is none.
        """
        if not _ID.fullmatch(which):
            raise ImpastoError("There is no such job any more.")
        folder = self.folder / which
        state = state_of(folder / "job.json")
        known = self._known.get(which)
        if known is not None and known[0] == state:
            return known[1]
        try:
            row = validated(_Asked, note(folder / "job.json"), "a job")
        except ImpastoError as error:
            raise ImpastoError("There is no such job any more.") from error
        job = Job(which, folder, **dict(row))
        self._known[which] = state, job
        return job

    def all(self, most: int = 200) -> list[Job]:
        """The latest jobs and, however old, all that have not written down their end.

        Args:
            most: how many of the latest.

        Returns:
            Newest first.
        """
        names = enumerate(self._names())
        return self._jobs(name for at, name in names if at < most or not self._has_ended(name))

    def unfinished(self) -> list[Job]:
        """All that wait or run, and those that were killed or taken back; newest first."""
        return self.all(0)

    def latest(self, place: str, *verbs: str) -> Job | None:
        """The latest job whose files go to a place, by one of the verbs; by any if none is named.

        All jobs are searched, however many came after it.
        """
        for name in self._names():
            for job in self._jobs([name]):
                if job.place == place and (not verbs or job.verb in verbs):
                    return job
        return None

    def _names(self) -> list[str]:
        if not self.folder.is_dir():
            return []
        names = (path.name for path in self.folder.iterdir())
        return sorted(filter(_ID.fullmatch, names), reverse=True)

    def _jobs(self, names: Iterable[str]) -> list[Job]:
        found = []
        for name in names:
            with suppress(ImpastoError, OSError):  # one that cannot be read hides no other
                found.append(self.job(name))
        return found

    def _has_ended(self, name: str) -> bool:
        if name not in self._ended and (self.folder / name / "ended.json").exists():
            self._ended.add(name)
        return name in self._ended


def _check_word(word: str) -> None:
    """Refuse what no system hands over to a process: it would fail only when its turn comes."""
    try:
        fits = b"\0" not in os.fsencode(word)
    except UnicodeEncodeError:
        fits = False
    if not fits:
        raise ImpastoError(f"{word[:60]!r} holds a letter that no command takes; leave it out.")


def shown(command: Sequence[str]) -> str:
    """A command to copy into a terminal."""
    import shlex

    return shlex.join(["impasto", *command])

"""A run's folder, through which commands share results. Every path in it is named here."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NotRequired, TypedDict, cast

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, Field

from impasto.core.console import one_line, say
from impasto.core.files import folder_to_fill, open_own, sweep, write_text
from impasto.core.learnt import LONGEST_NAME, Count, read_origin
from impasto.errors import ImpastoError
from impasto.reading import Record, read_json_lines, validated

if TYPE_CHECKING:
    from impasto.config import Config


Row = Mapping[str, float]
"""A line of `stats.jsonl` or `metrics.jsonl`: numbers by name, including `images`. Only `judge` is
text; read it with `judge_name`."""


class AlarmRow(TypedDict):
    """A line of `alarms.jsonl`."""

    images: int
    kind: NotRequired[str]
    since: NotRequired[int]
    words: NotRequired[str]


class RescueRow(TypedDict):
    """A line of `rescues.jsonl`: where the training went back to, and the changed knobs."""

    images: int
    changes: dict[str, object]
    after: NotRequired[int]
    kind: NotRequired[str]


def judge_name(row: Row) -> str:
    """The judge of a line of `metrics.jsonl`; empty in old lines, which EfficientNet judged."""
    return str(row.get("judge", ""))


def title(name: str) -> str:
    """A generator's name: the last part of its path, but the run's name for its `best/`."""
    path = Path(name).expanduser()
    return (path.parent if path.name == "best" else path).resolve().name[:LONGEST_NAME]


@dataclass(frozen=True)
class Run:
    """One training's folder.

    | path | what |
    |---|---|
    | `recipe.yaml` | the exact settings, usable as `--recipe` |
    | `dataset.json` | the training set: name, fingerprint, folder |
    | `from.json` | the generator that it started from, if any |
    | `reals.png` | 64 of the pictures |
    | `samples/000010000.png` | the same 64 latents after so many images |
    | `nearest/000010000.png` | samples beside the originals nearest to them |
    | `stats.jsonl` | losses and speed, one line per interval of images |
    | `metrics.jsonl` | KID and diversity, one line per judgement |
    | `alarms.jsonl` | alarms of the guard |
    | `rescues.jsonl` | the knobs that it changed, and where it went back to |
    | `events.*` | the same for TensorBoard |
    | `checkpoints/000010000.pt` | a complete checkpoint, to resume from |
    | `best/` | the best generator so far: `generator.safetensors`, `model.json` |
    | `generated/`, `explore/` | what `impasto generate` and `impasto explore` make |
    | `report.html` | all of this on one page |
    | `log.txt` | messages on the console |
    """

    folder: Path

    @property
    def recipe(self) -> Path:
        """The exact settings."""
        return self.folder / "recipe.yaml"

    @property
    def begun(self) -> "Config | None":
        """The recipe that it began with, which never changes and is read once; None for a new run.

        Raises:
            ImpastoError: it is malformed.
        """
        from impasto.recipes import load

        kept = vars(self)
        if "begun" not in kept and self.recipe.exists():
            kept["begun"] = load(str(self.recipe))
        found: Config | None = kept.get("begun")
        return found

    @property
    def dataset(self) -> Path:
        """The training set."""
        return self.folder / "dataset.json"

    @property
    def origin(self) -> Path:
        """The generator that it started from, if any."""
        return self.folder / "from.json"

    @property
    def reals(self) -> Path:
        """A sheet of originals."""
        return self.folder / "reals.png"

    @property
    def stats(self) -> Path:
        """Losses and speed."""
        return self.folder / "stats.jsonl"

    @property
    def metrics(self) -> Path:
        """KID and diversity."""
        return self.folder / "metrics.jsonl"

    @property
    def alarms(self) -> Path:
        """Alarms of the guard."""
        return self.folder / "alarms.jsonl"

    @property
    def rescues(self) -> Path:
        """Knobs that the guard changed: `recipe.yaml` stays what the run began with."""
        return self.folder / "rescues.jsonl"

    @property
    def best(self) -> Path:
        """The best generator so far."""
        return self.folder / "best"

    @property
    def generated(self) -> Path:
        """Pictures, sheets and films by the best generator."""
        return self.folder / "generated"

    @property
    def explore(self) -> Path:
        """Directions, projections, families."""
        return self.folder / "explore"

    @property
    def report(self) -> Path:
        """The report, one page."""
        return self.folder / "report.html"

    @property
    def log(self) -> Path:
        """Messages, with times."""
        return self.folder / "log.txt"

    def sample(self, images: int) -> Path:
        """The sample sheet after `images` images."""
        return self.folder / "samples" / f"{images:09}.png"

    def samples(self) -> list[Path]:
        """All sample sheets, earliest first."""
        return _numbered(self.folder / "samples", ".png")

    def nearest(self, images: int) -> Path:
        """Samples beside their nearest originals, after `images` images."""
        return self.folder / "nearest" / f"{images:09}.png"

    def nearest_sheets(self) -> list[Path]:
        """All sheets of nearest originals, earliest first."""
        return _numbered(self.folder / "nearest", ".png")

    def checkpoint(self, images: int) -> Path:
        """The checkpoint after `images` images."""
        return self.folder / "checkpoints" / f"{images:09}.pt"

    def checkpoints(self) -> list[Path]:
        """All checkpoints, earliest first."""
        return _numbered(self.folder / "checkpoints", ".pt")

    def kept_checkpoint(self, which: str) -> Path:
        """The checkpoint that `--checkpoint` names: `last`, or a number of images.

        Raises:
            ImpastoError: this run has no such checkpoint.
        """
        found = {path.stem.lstrip("0") or "0": path for path in self.checkpoints()}
        if not found:
            raise ImpastoError(
                f"--checkpoint {which}: {self.folder} keeps no checkpoints; leave the option out "
                "for the best snapshot."
            )
        images = list(found)[-1] if which == "last" else which.replace(",", "").lstrip("0") or "0"
        if images not in found:
            raise ImpastoError(
                f"--checkpoint {which}: {self.folder} keeps {', '.join(found)}; or use best, last."
            )
        return found[images]

    def checkpoints_until(self, images: int) -> list[Path]:
        """Checkpoints of at most `images` images, earliest first."""
        return [path for path in self.checkpoints() if int(path.stem) <= images]

    def began_from(self) -> str:
        """Name of the generator that it started from; empty if from scratch."""
        if not self.origin.is_file():
            return ""
        return read_origin(self.origin).name

    def tell(self, text: str, style: str | None = None) -> None:
        """Print a message and add it to `log.txt`, with the time."""
        say(text, style)
        self.note(text)

    def note(self, text: str) -> None:
        """Add a message to `log.txt`, with the time."""
        append(self.log, f"{datetime.now():%Y-%m-%d %H:%M:%S}  {one_line(text)}\n")

    def statistics(self) -> list[Row]:
        """The lines of `stats.jsonl` that say when they were written."""
        return [row for row in read_lines(self.stats) if "minutes" in row]

    def judgements(self) -> list[Row]:
        """The lines of `metrics.jsonl` that hold a KID with its error."""
        return [row for row in read_lines(self.metrics) if {"kid", "kid_error"} <= row.keys()]

    def alarmed(self) -> list[AlarmRow]:
        """The lines of `alarms.jsonl`."""
        return [cast(AlarmRow, row) for row in _read(self.alarms, _Alarm)]

    def rescued(self) -> list[RescueRow]:
        """The lines of `rescues.jsonl`."""
        return [cast(RescueRow, row) for row in _read(self.rescues, _Rescue)]

    def said_alarms(self) -> list[str]:
        """The messages of all alarms."""
        return [row["words"] for row in self.alarmed() if "words" in row]

    def forget_after(self, images: int) -> None:
        """Drop log lines after `images`, which a resumed training will write again."""
        for file in (self.stats, self.metrics):
            if file.exists():
                rows = (row for row in read_lines(file) if row["images"] <= images)
                write_text(file, "".join(json.dumps(row) + "\n" for row in rows))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the run for one writer; the lock ends with the process, even if it is killed.

        Raises:
            ImpastoError: another process holds it, or TensorBoard cannot write to this name.
        """
        name = str(self.folder)
        if name.encode("utf-8", "ignore").decode() != name:  # bytes that are not UTF-8 (PEP 383)
            raise ImpastoError(
                f"--out {name}: this name cannot be shown as text; choose another --out."
            )
        lock = self.folder / ".lock"
        try:
            with folder_to_fill(self.folder), FileLock(lock, timeout=0):
                for folder in (self.folder, *self.folder.glob("*/")):
                    sweep(folder)
                try:
                    yield
                finally:
                    if list(self.folder.iterdir()) == [lock]:
                        lock.unlink()
        except Timeout as error:
            raise ImpastoError(
                f"Another training is writing to {self.folder}; wait for it or choose --out."
            ) from error


def append(path: Path, text: str) -> None:
    """Append text in one write: a crash leaves at most a torn last line."""
    with open_own(path, append=True) as file:
        file.write(text.encode("utf-8", "backslashreplace"))


def append_line(path: Path, row: Mapping[str, object]) -> None:
    """Append one JSON object as one line."""
    append(path, json.dumps(row) + "\n")


class _Numbers(Record):
    """A line of `stats.jsonl` or `metrics.jsonl`: numbers by name, after so many images."""

    model_config = ConfigDict(extra="allow", strict=True)
    __pydantic_extra__: dict[str, float] = Field(init=False)

    images: Count
    judge: str = ""


class _Alarm(Record):
    """A line of `alarms.jsonl`."""

    model_config = ConfigDict(extra="allow", strict=True)

    images: Count
    words: str = ""


class _Rescue(Record):
    """A line of `rescues.jsonl`."""

    model_config = ConfigDict(extra="allow", strict=True)

    images: Count
    changes: dict[str, object]


_LARGEST_LOG = 256 * 2**20


def read_lines(path: Path) -> list[Row]:
    """Read a run's `stats.jsonl` or `metrics.jsonl`; lines torn by a crash are skipped.

    Raises:
        ImpastoError: a line is JSON, but not of a kind that a run writes.
    """
    return [cast(Row, row) for row in _read(path, _Numbers)]


def _read(path: Path, kind: type[BaseModel]) -> list[object]:
    """The lines of a file, checked to be of this kind; lines that are not JSON are skipped."""
    if not path.exists():
        return []
    rows = []
    for number, row in read_json_lines(path, "a run's log", _LARGEST_LOG):
        where = f"{path}, line {number}, which is not a run's own and may be removed"
        validated(kind, row, where)
        rows.append(row)
    return rows


def _numbered(folder: Path, suffix: str) -> list[Path]:
    found = folder.glob(f"*{suffix}") if folder.is_dir() else ()
    return sorted((path for path in found if path.stem.isdigit()), key=lambda path: int(path.stem))

"""Which pictures a person should be asked about."""

from dataclasses import dataclass
from pathlib import Path

from impasto.core.files import read_json, write_json
from impasto.data.decisions import DROPPED_BY_HAND, KEPT_BY_HAND
from impasto.data.verdicts import Judged
from impasto.data.workbench import FOLDER

DOUBTFUL = "doubtful.json"

_SCORE = -15.0
"""One painting in a hundred scores above this: few enough to look at."""
_ODD = 2.5
_MOST = 300


@dataclass(frozen=True)
class Question:
    """One picture that a person is asked about."""

    file: str
    path: str
    number: str
    """The numbers that made it doubtful, as text."""
    keep: bool
    """What happens if nobody answers."""


def note_doubtful(out: Path, judged: Judged, paths: dict[str, Path]) -> int:
    """Write down which pictures a person should be asked about; returns how many."""
    found = []
    for decision in judged.decisions:
        score = judged.photograph.get(decision.file)
        if score is None or decision.reason in (KEPT_BY_HAND, DROPPED_BY_HAND):
            continue
        odd = judged.oddness[decision.file]
        if score > _SCORE or odd > _ODD:
            number = f"photograph score {score:.1f}, oddness {odd:.1f}"
            path = str(paths[decision.file].resolve())
            row = {"file": decision.file, "path": path, "number": number, "keep": decision.kept}
            found.append((-score, row))
    rows = [row for _, row in sorted(found, key=lambda each: each[0])[:_MOST]]
    write_json(out / FOLDER / DOUBTFUL, rows)
    return len(rows)


def questions(out: Path) -> list[Question]:
    """What `note_doubtful` wrote down."""
    rows = read_json(out / FOLDER / DOUBTFUL, "a list of doubtful pictures")
    return [Question(**row) for row in rows]

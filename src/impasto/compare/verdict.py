"""`impasto evaluate` from end to end: find the pictures, judge them, write it down."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from impasto.compare.evaluation import evaluate_pictures
from impasto.compare.page import write_evaluation
from impasto.compare.subject import subject_of
from impasto.core.console import say
from impasto.core.files import write_json
from impasto.core.shipped import workplace


def judge_subject(
    folder: Path,
    out: Path,
    *,
    against: str | None,
    count: int | None,
    checkpoint: str,
    networks: Sequence[str],
    seed: int,
) -> dict[str, Any]:
    """Judge a run or a folder of pictures; write `metrics.json` and `evaluation.html`.

    Args:
        folder: a run, a shared generator, or generated pictures.
        out: where the two files go; made if need be.
        against: the originals as `impasto train` takes DATA; None for a run's own.
        count: pictures to judge.
        checkpoint: which snapshot of a run.
        networks: who judges.
        seed: how the originals are halved.

    Returns:
        What `metrics.json` holds: `evaluate_pictures`' values, where they come from, and notes.

    Raises:
        ImpastoError: there is nothing to judge or to judge by, or a network cannot be had.
    """
    beside = workplace(folder).resolve().parent
    subject = subject_of(folder, against, count, checkpoint, beside)
    out.mkdir(parents=True, exist_ok=True)  # a bad --out is said before the longest work
    say(f"Judging {len(subject.fakes):,} pictures. {subject.origin}.", style="dim")
    found = evaluate_pictures(
        subject.fakes, subject.reals, networks=networks, seed=seed, held_out=subject.held_out
    )
    found |= {
        "subject": subject.origin,
        "against": {
            "name": subject.reals.name,
            "folder": str(subject.reals.folder),
            "fingerprint": subject.reals.fingerprint,
        },
        "seed": seed,
        "notes": list(subject.notes),
    }
    write_json(out / "metrics.json", found)
    write_evaluation(out / "evaluation.html", subject, found)
    return found

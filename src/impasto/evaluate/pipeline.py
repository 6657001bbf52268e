"""`impasto evaluate` from end to end: find the pictures, judge them, write it down."""

from collections.abc import Sequence
from pathlib import Path

from impasto.core.console import counted, say
from impasto.core.files import alone_in, write_json
from impasto.core.shipped import workplace
from impasto.evaluate.blind import read_outcome
from impasto.evaluate.blind_page import PAGE, SAMPLES, hang_wall, sit
from impasto.evaluate.evaluation import choose_networks, evaluate_pictures, extractor_of
from impasto.evaluate.judgement import Judgement
from impasto.evaluate.page import write_evaluation
from impasto.evaluate.subject import subject_of
from impasto.metrics.features import SMALL


def judge_subject(
    folder: Path,
    out: Path,
    *,
    against: str | None,
    count: int | None,
    checkpoint: str,
    networks: Sequence[str] | None,
    seed: int,
) -> Judgement:
    """Judge a run or a folder of pictures; write `metrics.json` and `evaluation.html`.

    Args:
        folder: a run, a shared generator, or generated pictures.
        out: where the two files go; made if need be.
        against: the originals as `impasto train` takes DATA; None for a run's own.
        count: pictures to judge.
        checkpoint: which snapshot of a run.
        networks: who judges; None for those that were no critic in the training.
        seed: how the originals are halved.

    Returns:
        What `metrics.json` holds: `evaluate_pictures`' values, where they come from, and notes.

    Raises:
        ImpastoError: there is nothing to judge or to judge by, or a network cannot be had.
    """
    for network in networks or ():  # one that is missing is said before thousands are painted
        extractor_of(network, SMALL)
    beside = workplace(folder).resolve().parent
    subject = subject_of(folder, against, count, checkpoint, beside)
    out.mkdir(parents=True, exist_ok=True)  # a bad --out is said before the longest work
    say(f"Judging {counted(len(subject.fakes), 'picture')}. {subject.origin}.", style="dim")
    judges, said = choose_networks(networks, subject.critics)
    measured = evaluate_pictures(
        subject.fakes, subject.reals, networks=judges, seed=seed, held_out=subject.held_out
    )
    found: Judgement = {
        **measured,  # type: ignore[typeddict-item]  # `blind` is added below
        "subject": subject.origin,
        "against": {
            "name": subject.reals.name,
            "folder": str(subject.reals.folder),
            "fingerprint": subject.reals.fingerprint,
        },
        "seed": seed,
        "notes": [*subject.notes, *said],
    }
    seen = read_outcome(out, subject.origin)
    if seen is not None:
        found["blind"] = {
            "sittings": seen.sittings,
            "taken_for_real": seen.taken_for_real.value,
            "taken_for_real_interval": list(seen.taken_for_real.interval),
            "originals_called_generated": seen.called_generated.value,
            "fooled": list(seen.fooled),
        }
        found["words"].insert(0, seen.words)
    write_json(out / "metrics.json", found)
    write_evaluation(out / "evaluation.html", subject, found)
    return found


def judge_blind(
    folder: Path,
    out: Path,
    *,
    against: str | None,
    count: int | None,
    checkpoint: str,
    seed: int,
    browser: bool = True,
    serve: bool = True,
) -> str:
    """Show a person samples and originals, shuffled; returns what came of it in words.

    Args:
        folder: a run, a shared generator, or generated pictures.
        out: where the page, its key and the answers go.
        against: the originals as `impasto train` takes DATA; None for a run's own.
        count: samples to show, and as many originals.
        checkpoint: which snapshot of a run.
        seed: which originals, and the order.
        browser: whether to open one.
        serve: whether to ask now; else the page is only written.

    Raises:
        ImpastoError: there is nothing to show.
    """
    beside = workplace(folder).resolve().parent
    subject = subject_of(folder, against, count or SAMPLES, checkpoint, beside)
    with alone_in(out, "evaluate --blind"):
        key = hang_wall(subject, out, count or SAMPLES, seed)
        for note in subject.notes:
            say(note)
        seen = sit(out, key, browser) if serve else None
    return seen.words if seen is not None else str(out / PAGE)

"""Several recipes on the same pictures with the same budget, in turn, each judged alike.

Every training is the very command that a user would type, in a process of its own: one that
crashes or is killed costs nothing of the others, and its memory can be told. All that is known is
on disk, so that the same comparison, asked again, goes on where it stopped.
"""

import shlex
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

from pydantic import ConfigDict, FiniteFloat

from impasto.compare.results import Result
from impasto.compare.subprocess import Ending, run_child
from impasto.core.console import counted, say
from impasto.core.files import read_json, write_json
from impasto.core.fitting import shapes_only
from impasto.core.runs import Run, judge_name
from impasto.data.dataset import Dataset
from impasto.errors import ImpastoError
from impasto.evaluate.blind import place_of, read_outcome
from impasto.evaluate.evaluation import NETWORKS, VERSION, evaluate_pictures, extractor_of
from impasto.evaluate.judgement import Evaluation
from impasto.generate.artefact import Artefact, load_generator
from impasto.generate.sampler import paint_seeds
from impasto.generate.seeds import COMPARED
from impasto.metrics.measures import LEAST_REALS
from impasto.reading import Record, read_bytes, validated
from impasto.recipes import load


@dataclass(frozen=True)
class Plan:
    """What is compared, with what budget."""

    data: str
    """What `impasto train` gets as DATA."""

    recipes: tuple[str, ...]
    """Names of built-in recipes, or recipe files."""

    out: Path
    seeds: int = 1
    length: tuple[str, ...] = ()
    """`("--minutes", "25")` or another length; empty for each recipe's own."""

    options: tuple[str, ...] = ()
    """Further options of `impasto train`, for all alike."""

    checkpoint: str = "last"
    """Which snapshot is judged: `last`, or `best` by the judge in training."""

    networks: tuple[str, ...] = NETWORKS
    """Who judges all of them, the one that leads first."""

    def entries(self) -> list["Entry"]:
        """Every training: all recipes with the first seed before any with the second."""
        return [
            Entry(recipe, seed, self.out / f"{Path(recipe).stem}-seed{seed}")
            for seed in range(self.seeds)
            for recipe in self.recipes
        ]

    def command(self, entry: "Entry") -> list[str]:
        """What is run, after the name of the program: no recipe begins from a trained base."""
        return [
            "train", self.data, "--recipe", entry.recipe, "--seed", str(entry.seed),
            "--from", "nothing", "--out", str(entry.folder), *self.length, *self.options,
        ]  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """One training of the comparison."""

    recipe: str
    seed: int
    folder: Path


Numbers = dict[str, FiniteFloat]


class _Cost(Record):
    """A run's `cost.json`."""

    processor_seconds: FiniteFloat = 0.0
    memory: FiniteFloat = 0.0


class _Memorisation(Record):
    """Whether a generator copies, and the sentence about it."""

    model_config = ConfigDict(extra="allow")

    memorised: bool
    words: str


class _Evaluation(Record):
    """What the comparison takes of a judgement."""

    model_config = ConfigDict(extra="allow")

    metrics: Numbers
    floor: Numbers
    signs: Numbers
    signs_of_originals: Numbers
    memorisation: _Memorisation


class _Known(Record):
    """A run's `evaluation.json`."""

    key: dict[str, object]
    evaluation: _Evaluation


def run_comparison(plan: Plan, dataset: Dataset, count: int) -> list[Result]:
    """Train what is not trained yet, judge what is not judged yet.

    Args:
        plan: what to compare.
        dataset: the prepared pictures, for judging.
        count: pictures to judge by, of each generator.

    Raises:
        ImpastoError: the comparison in `plan.out` began with other settings, or two of the
            recipes have the same name; a training there began from a generator; there are too few
            pictures to judge by; a judge is not installed.
        KeyboardInterrupt: somebody stopped a training; asked again, it goes on.
    """
    for recipe in plan.recipes:
        load(recipe)  # a wrong name is said now, not after the first training
    _different_names(plan.recipes)
    if len(dataset) < LEAST_REALS:  # said now, not after the first training
        raise ImpastoError(
            f"{dataset.name} has {counted(len(dataset), 'picture')}, and judging needs at least "
            f"{LEAST_REALS}; compare on a larger set."
        )
    for network in plan.networks:
        extractor_of(network, max(dataset.width, dataset.height))
    entries = plan.entries()
    _untrained(entries)
    _same_plan(plan)
    results = []
    for number, entry in enumerate(entries, 1):
        say(f"{number} of {len(entries)}: {entry.recipe}, seed {entry.seed}", style="bold")
        failure = _train(plan, entry)
        results.append(_judge(plan, entry, dataset, count, failure))
        write_json(plan.out / "comparison.json", {"results": [asdict(r) for r in results]})
    return results


def _different_names(recipes: Sequence[str]) -> None:
    """A name is a folder: two trainings in one would be judged as the same."""
    known: dict[str, str] = {}
    for recipe in recipes:
        other = known.setdefault(Path(recipe).stem, recipe)
        if other != recipe:
            raise ImpastoError(
                f"--recipes: {other} and {recipe} have the same name; rename one of the files."
            )


def _untrained(entries: Sequence[Entry]) -> None:
    """Earlier versions began some recipes from a base, which is a head start."""
    for entry in entries:
        if began := Run(entry.folder).began_from():
            raise ImpastoError(
                f"{entry.folder} was begun from {began}, and every training of a comparison now "
                "starts from untrained networks; choose another --out, or remove that folder."
            )


def _same_plan(plan: Plan) -> None:
    """Data, seeds' budget and options must stay; recipes and seeds may be added."""
    fixed = {"data": plan.data, "options": list(plan.options)}
    path = plan.out / "plan.json"
    if path.exists() and read_json(path, "a comparison's plan.json") != fixed:
        raise ImpastoError(
            f"{plan.out} began as another comparison (other data or options); choose another --out."
        )
    write_json(path, fixed)


def _train(plan: Plan, entry: Entry) -> str | None:
    """Run one training as a process; why it failed, if it did."""
    arguments = plan.command(entry)
    say(f"impasto {shlex.join(arguments)}", style="dim")
    ending = run_child(arguments)
    _note_cost(entry.folder, ending)
    if ending.stopped or ending.status in (130, -signal.SIGINT):
        raise KeyboardInterrupt
    if ending.status:
        return f"it ended with status {ending.status}: {_last_words(Run(entry.folder))}"
    return None


def _last_words(run: Run) -> str:
    """The last line of its log, without the time."""
    if not run.log.exists():
        return "it had not begun"
    lines = read_bytes(run.log, "a run's log", 2**28).decode(errors="replace").splitlines()
    return lines[-1].partition("  ")[2] if lines else "it had not begun"


def _note_cost(folder: Path, ending: Ending) -> None:
    """Processor time adds up over resumptions; memory is the largest of them."""
    path = folder / "cost.json"
    known = _read_cost(path) if path.exists() else _Cost()
    seconds = known.processor_seconds + ending.processor_seconds
    memory = max(known.memory, ending.memory)
    folder.mkdir(parents=True, exist_ok=True)
    write_json(path, {"processor_seconds": seconds, "memory": memory})


def _read_cost(path: Path) -> "_Cost":
    return validated(_Cost, read_json(path, "a run's cost.json"), str(path))


def _judge(plan: Plan, entry: Entry, dataset: Dataset, count: int, failure: str | None) -> Result:
    run = Run(entry.folder)
    cost = _read_cost(entry.folder / "cost.json")
    stats = run.statistics()
    result = Result(
        recipe=entry.recipe,
        seed=entry.seed,
        folder=str(entry.folder),
        command=f"impasto {shlex.join(plan.command(entry))}",
        failure=failure,
        processor_minutes=round(cost.processor_seconds / 60, 2),
        memory=round(cost.memory, 2),
        alarms=run.said_alarms(),
    )
    if stats:
        result.images, result.minutes = int(stats[-1]["images"]), stats[-1]["minutes"]
        result.images_per_second = round(result.images / max(result.minutes, 1e-9) / 60, 1)
        judged = run.judgements()
        result.judge = judge_name(judged[-1]) if judged else ""
        minutes = {row["images"]: row["minutes"] for row in stats}
        result.curve = [
            (minutes.get(row["images"], 0.0), row["kid"])
            for row in judged
            if row["images"] in minutes
        ]
    if not run.checkpoints():
        result.failure = failure or "it has no checkpoint"
        return result
    result.parameters = _parameters(entry)
    try:
        found = _evaluation(plan, entry, dataset, count)
        seen = _blind(plan, entry)
    except ImpastoError as error:  # no best snapshot yet, a damaged one: the others still count
        result.failure = failure or str(error)
        return result
    result.metrics = found["metrics"] | found["signs"] | seen
    result.floor = found["floor"] | found["signs_of_originals"]
    result.networks = list(plan.networks)
    if found["memorisation"]["memorised"]:
        result.alarms.append(found["memorisation"]["words"])
    return result


def _blind(plan: Plan, entry: Entry) -> dict[str, float]:
    """What people said who sat before its wall: `impasto evaluate RUN --blind --checkpoint …`."""
    folder = entry.folder / place_of(plan.checkpoint)
    if read_outcome(folder) is None:
        return {}
    seen = read_outcome(folder, load_generator(entry.folder, plan.checkpoint).origin)
    return {} if seen is None else {"taken_for_real": seen.taken_for_real.value}


def _evaluation(plan: Plan, entry: Entry, dataset: Dataset, count: int) -> Evaluation:
    """The judgement of this very snapshot, from disk if it was made before."""
    newest = Run(entry.folder).checkpoints()[-1].stem
    path = entry.folder / "evaluation.json"
    key = {
        "snapshot": newest,
        "checkpoint": plan.checkpoint,
        "count": count,
        "networks": list(plan.networks),
        "data": dataset.fingerprint,
        "version": VERSION,
    }
    with suppress(ImpastoError):  # there is none, or it is damaged: it is made anew
        known = validated(_Known, read_json(path, "a run's evaluation.json"), str(path))
        if known.key == key:
            return cast(Evaluation, known.evaluation.model_dump())
    generator = load_generator(entry.folder, plan.checkpoint)
    pictures = paint_seeds(generator, range(COMPARED, COMPARED + count))
    held_out = Artefact(entry.folder).held_out_rows(len(dataset))
    evaluation = evaluate_pictures(pictures, dataset, networks=plan.networks, held_out=held_out)
    write_json(path, {"key": key, "evaluation": evaluation})
    return evaluation


def _parameters(entry: Entry) -> tuple[float, float]:
    from impasto.models.build import build_discriminator, build_generator

    model = load(str(Run(entry.folder).recipe)).model
    with shapes_only():
        networks = (build_generator(model), build_discriminator(model))
    generator, discriminator = (
        sum(weight.numel() for weight in network.parameters()) / 1e6 for network in networks
    )
    return round(generator, 2), round(discriminator, 2)

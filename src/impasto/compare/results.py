"""What came of a comparison: each training's result, written, read back, averaged over seeds."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from impasto.core.files import read_json
from impasto.evaluate.evaluation import NETWORKS
from impasto.reading import Record, validated


@dataclass
class Result:
    """What became of one training."""

    recipe: str
    seed: int
    folder: str
    command: str
    failure: str | None = None
    """Why it has no numbers, if it has none."""

    images: int = 0
    minutes: float = 0.0
    """Wall-clock minutes of training, judging excluded."""

    images_per_second: float = 0.0
    processor_minutes: float = 0.0
    """Of the whole process, judging included, over all resumptions."""

    memory: float = 0.0
    """GiB at the peak."""

    parameters: tuple[float, float] = (0.0, 0.0)
    """Millions, generator and discriminator, trained ones."""

    alarms: list[str] = field(default_factory=list)
    """What the guard said."""

    metrics: dict[str, float] = field(default_factory=dict)
    """By name, signs among them; `taken_for_real` where a person sat before its blind wall."""

    floor: dict[str, float] = field(default_factory=dict)
    networks: list[str] = field(default_factory=lambda: list(NETWORKS))
    judge: str = ""
    """What the judge in training measures by, `KID-lite0@128`."""

    curve: list[tuple[float, float]] = field(default_factory=list)
    """(minutes, what that judge found)."""


class _Comparison(Record):
    """A `comparison.json`."""

    results: list[Result]


@dataclass(frozen=True)
class Average:
    """One recipe, over its seeds."""

    recipe: str
    seeds: int
    failures: list[str]
    alarms: int
    """Trainings with one or more."""

    networks: tuple[str, ...]
    parameters: tuple[float, float]
    numbers: dict[str, float]
    """Means by name over the trainings that did not fail, if any, and under `NAME_spread` the
    largest less the smallest."""

    def plain(self) -> dict[str, object]:
        """As plain values in one row."""
        row: dict[str, object] = asdict(self)
        del row["numbers"]
        return row | self.numbers


def summary(results: Sequence[Result]) -> list[Average]:
    """One row a recipe, best first."""
    rows = []
    for recipe in dict.fromkeys(result.recipe for result in results):
        mine = [result for result in results if result.recipe == recipe]
        whole = [result for result in mine if not result.failure] or mine
        judged = [result for result in whole if result.metrics]
        numbers = {
            name: _mean(getattr(result, name) for result in whole)
            for name in ("images", "minutes", "images_per_second", "processor_minutes", "memory")
        }
        for name in dict.fromkeys(name for result in judged for name in result.metrics):
            values = [result.metrics[name] for result in judged if name in result.metrics]
            numbers |= {name: _mean(values), f"{name}_spread": max(values) - min(values)}
        rows.append(
            Average(
                recipe=Path(recipe).stem,
                seeds=len(mine),
                failures=[result.failure for result in mine if result.failure],
                alarms=sum(bool(result.alarms) for result in mine),
                networks=networks_of(results),
                parameters=whole[0].parameters,
                numbers=numbers,
            )
        )
    by = _rank(results)
    return sorted(rows, key=lambda row: [row.numbers.get(name, math.inf) for name in by])


def _rank(results: Sequence[Result]) -> tuple[str, ...]:
    """What recipes are ordered by: the probe, where all have it; then the leading network's KID."""
    judged = [result for result in results if result.metrics]
    probed = judged and all("told_apart" in result.metrics for result in judged)
    kid = f"kid_{leading(results)}"
    return ("told_apart", kid) if probed else (kid,)


def leading(results: Sequence[Result]) -> str:
    """The network whose numbers come first: one that was critic in none of the trainings."""
    return networks_of(results)[0]


def networks_of(results: Sequence[Result]) -> tuple[str, ...]:
    """Who judged."""
    return tuple(next((r.networks for r in results if r.metrics and r.networks), NETWORKS))


def read_results(path: Path) -> list[Result]:
    """Results from `comparison.json`.

    Raises:
        ImpastoError: not such a file.
    """
    content = read_json(path, "a comparison.json")
    where = f"{path} is not a comparison that `impasto compare` wrote"
    return validated(_Comparison, content, where).results


def as_json(results: Sequence[Result]) -> str:
    """For programs: every training, and the means."""
    rows = [row.plain() for row in summary(results)]
    return json.dumps({"summary": rows, "results": [asdict(r) for r in results]})


def _mean(values: Iterable[float]) -> float:
    numbers = list(values)
    return sum(numbers) / len(numbers)

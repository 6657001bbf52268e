"""From facts to decisions: pure, quick, and done anew when a threshold changes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from impasto.core.console import counted
from impasto.data.crop import size_of_crops
from impasto.errors import ImpastoError
from impasto.prepare.decisions import DROPPED_BY_HAND, KEPT_BY_HAND, Decision
from impasto.prepare.duplicates import Weigh, drop_twins, follow_best
from impasto.prepare.examine import Facts, Settings
from impasto.prepare.measures import lost_to_crop
from impasto.prepare.photographs import (
    FEWEST,
    Chosen,
    Textures,
    likeness,
    oddness,
    photograph_scores,
)
from impasto.prepare.sketches import Thumbs

PHOTOGRAPH = -5.0
"""The photograph score from which a picture is dropped; one impressionist in 1,000 exceeds it."""

_STANDS_OUT = 3.5
"""How many deviations above its set's median a photograph must lie, as well."""

MOST_PHOTOGRAPHS = 0.2
"""The largest share of a set that is dropped as photographs (or one picture), unless the user gave
a limit; above it none is."""


Examples = tuple[NDArray[np.float32], float]
"""(N, D) texture features of `--like` pictures, and how many (or what share) to keep."""


@dataclass(frozen=True)
class Thresholds:
    """Each is an option of `impasto prepare`; docs/prepare.md gives the reasons."""

    enlarge: float = 1.5
    """The most that a picture may have to be enlarged to fill the size."""
    lose: float = 0.75
    """The largest share of a picture that a crop to the set's shape may lose."""
    spread: float = 6.0
    """The least distance between a picture's colours, in grey levels (0–255)."""
    duplicate: float = 0.6
    """The correlation of detail from which two pictures are the same one."""
    photograph: float | None = None
    """The photograph score from which a picture is dropped; if empty, `usual_limit` of the set."""
    odd: float | None = None
    """The oddness from which a picture is dropped; not at all if empty."""
    calm: float | None = None
    """The most clutter, 0–1, that is kept."""
    busy: float | None = None
    """The least clutter, 0–1, that is kept."""

    def __post_init__(self) -> None:
        """Refuse what no picture could be measured by, such as a share of 5 or `nan`."""
        for name, least, most in _RANGES:
            value = getattr(self, name)
            if value is not None and not least <= value <= most:
                bounds = f"{least:g} to {most:g}" if most < math.inf else f"at least {least:g}"
                bounds = bounds if least > -math.inf else "a number"
                raise ImpastoError(f"--{name} is {bounds}, not {value:g}.")
        if self.calm is not None and self.busy is not None and self.calm < self.busy:
            raise ImpastoError(
                f"--calm {self.calm:g} --busy {self.busy:g} leaves nothing: clutter cannot be at "
                f"most {self.calm:g} and at least {self.busy:g}."
            )


_RANGES = (
    *(("enlarge", 0.01, math.inf), ("lose", 0, 1), ("spread", 0, 442), ("duplicate", 0, math.inf)),
    *(("photograph", -math.inf, math.inf), ("odd", 0, math.inf), ("calm", 0, 1), ("busy", 0, 1)),
)
"""Thresholds with their least and greatest value; colours lie at most √3 · 255 apart."""


@dataclass(frozen=True)
class Notice:
    """What a person must know of a filter: it did not do what one would think."""

    filter: Literal["photograph", "odd", "features", "review"]
    says: str


@dataclass
class Judged:
    """Decisions in the files' order, and the numbers behind them."""

    decisions: list[Decision]
    families: list[list[str]] = field(default_factory=list)
    """Files that show one picture, the best copy first, dropped ones too."""
    photograph: dict[str, float] = field(default_factory=dict)
    """Photograph score by file, where there are features."""
    limit: float | None = None
    """The photograph score above which pictures were dropped; None if none was."""
    oddness: dict[str, float] = field(default_factory=dict)
    """By file; empty where the set is too small to say what is ordinary."""
    notices: list[Notice] = field(default_factory=list)

    def others(self) -> dict[str, str]:
        """The copy that each file with copies is compared with: the one that is kept, or the best.

        `decisions.csv` names only copies that are kept; here those of dropped pictures are known
        too.
        """
        named = {decision.file: decision for decision in self.decisions}
        found = {}
        for family in self.families:
            kept = [file for file in family if named[file].kept]
            for file in family:
                rest = [
                    other for other in (named[file].twin, *kept, *family) if other not in ("", file)
                ]
                if not named[file].kept and not (file == family[0] and not kept):
                    found[file] = rest[0]
        return found


def judge(
    facts: Sequence[Facts],
    settings: Settings,
    thresholds: Thresholds,
    thumbs: Thumbs,
    textures: Textures | None,
    hands: dict[str, bool],
    weigh: Weigh,
    examples: Examples | None = None,
) -> Judged:
    """Decide on every file.

    Args:
        facts: of all files, in the set's order.
        settings: the set's size.
        thresholds: where to draw the lines.
        thumbs: thumbnails, by `Facts.row`.
        textures: texture features, by `Facts.row`; None for no judgement by features.
        hands: what a person decided before, by name.
        weigh: weighs the copies of one picture against each other.
        examples: texture features of `--like` pictures, and how many (or what share) to keep.
    """
    decisions = [_measured(each, settings, thresholds, hands) for each in facts]
    families = drop_twins(facts, decisions, thumbs, hands, thresholds.duplicate, weigh)
    judged = Judged(decisions, families)
    if textures is None:
        judged.notices += _without_features(thresholds)
    else:
        _judge_by_features(facts, judged, thresholds, textures, hands)
    _curate(facts, decisions, thresholds, textures, hands, examples)
    follow_best(decisions)
    return judged


def _measured(
    facts: Facts, settings: Settings, thresholds: Thresholds, hands: dict[str, bool]
) -> Decision:
    """What can be said of a file without knowing the others."""
    decision = Decision(facts.file, sha256=facts.sha256)
    if facts.reason:
        decision.drop(facts.reason, facts.detail)
        return decision
    decision.width, decision.height = facts.width, facts.height
    hand = hands.get(facts.file)
    if hand is not None:
        decision.reason = KEPT_BY_HAND
        if not hand:
            decision.drop(DROPPED_BY_HAND)
            decision.reason = DROPPED_BY_HAND
        return decision
    width, height = facts.inner
    enlarged = max(settings.width / width, settings.height / height)
    if settings.fit == "pad":
        enlarged = min(settings.width / width, settings.height / height)
    lost = lost_to_crop(
        width,
        height,
        *size_of_crops(width, height, settings.width, settings.height, settings.fit),
    )
    if facts.transparent:
        decision.drop("fully transparent")
    if enlarged > thresholds.enlarge:
        most = thresholds.enlarge
        decision.drop("too small", f"{width}×{height}: {enlarged:.2f}× enlarged, at most {most:g}×")
    if lost > thresholds.lose:
        what = {
            "pad": f"{lost:.0%} would be padding",
            "stretch": f"stretching squeezes out {lost:.0%}",
        }.get(settings.fit, f"a crop loses {lost:.0%}")
        decision.drop("extreme aspect ratio", f"{what}, at most {thresholds.lose:.0%}")
    if facts.spread < thresholds.spread:
        least = thresholds.spread
        decision.drop("nearly one colour", f"colours spread over {facts.spread:g}, least {least:g}")
    if decision.kept:
        notes = [*facts.notes, *(["border trimmed"] if facts.trimmed else [])]
        decision.detail = ", ".join(notes)
    return decision


def _judge_by_features(
    facts: Sequence[Facts],
    judged: Judged,
    thresholds: Thresholds,
    textures: Textures,
    hands: dict[str, bool],
) -> None:
    alive = [n for n, decision in enumerate(judged.decisions) if decision.kept]
    if not alive:
        return
    values = Chosen(textures, np.fromiter((facts[n].row for n in alive), np.int64))
    scores, odds = values.each(photograph_scores), oddness(values)
    files = [judged.decisions[number].file for number in alive]
    judged.photograph = dict(zip(files, map(float, scores), strict=True))
    judged.limit = _photograph_limit(judged, scores, thresholds.photograph)
    if len(alive) >= FEWEST:
        judged.oddness = dict(zip(files, map(float, odds), strict=True))
    elif thresholds.odd is not None:
        judged.notices.append(Notice("odd", _TOO_FEW.format(thresholds.odd, FEWEST, len(alive))))
    for number, file, score, odd in zip(alive, files, scores, odds, strict=True):
        decision = judged.decisions[number]
        if file in hands:
            continue
        if judged.limit is not None and score > judged.limit:
            decision.drop("photograph, not a painting", scored(score, judged.limit))
        elif thresholds.odd is not None and file in judged.oddness and odd > thresholds.odd:
            decision.drop("odd one out", f"oddness {odd:.1f}, at most {thresholds.odd:g}")


_TOO_FEW = (
    "--odd {:g} was not applied: fewer than {} pictures (here {}) do not say what is ordinary "
    "among them."
)


def _without_features(thresholds: Thresholds) -> list[Notice]:
    """What was asked for and needs the network that was left out."""
    values = {"--photograph": thresholds.photograph, "--odd": thresholds.odd}
    asked = [name for name, value in values.items() if value not in (None, math.inf)]
    if not asked:
        return []
    were = "were" if len(asked) > 1 else "was"
    what = f"{' and '.join(asked)} {were} not applied"
    return [Notice("features", f"{what}: --no-features leaves out the network that it takes.")]


def _photograph_limit(
    judged: Judged, scores: NDArray[np.float64], wanted: float | None
) -> float | None:
    """The score above which a picture is dropped: as asked for, or the usual one of the set.

    Photographs among paintings are few. Where many score as such, it is the paintings' kind (hard
    edges, even fields) that the score mistakes: then none is dropped, and a notice says so.
    """
    if wanted is not None:
        return wanted
    limit, count = usual_limit(scores), len(scores)
    suspects = int((scores > limit).sum())
    if suspects <= max(1, MOST_PHOTOGRAPHS * count):
        return limit
    says = (
        f"The photograph filter switched itself off: {suspects} of {counted(count, 'picture')} "
        f"score above {limit:.1f}, more than a fifth, so it is probably the paintings that it "
        f"mistakes. All of them were kept. If they are photographs, --photograph={limit:.1f} drops "
        "them; --review shows them one by one."
    )
    judged.notices.append(Notice("photograph", says))
    return None


def scored(score: float, limit: float | None) -> str:
    """A photograph score in words, with what a picture may score to stay."""
    bounded = limit is not None and math.isfinite(limit)
    return f"photograph score {score:.1f}" + (f", at most {limit:.1f}" if bounded else "")


def usual_limit(scores: NDArray[np.float64]) -> float:
    """The photograph score that no painting of this set should exceed.

    Smooth paintings score higher than sketched ones: of 7,912 baroque and romantic ones 4 % exceed
    what one impressionist in 1,000 does. So a photograph must also stand out from its own set: the
    spread is taken below the median, where there are none.

    Args:
        scores: (N,), of all pictures of the set.
    """
    if len(scores) < FEWEST:
        return PHOTOGRAPH
    low, middle = np.percentile(scores, [16, 50])
    return max(PHOTOGRAPH, float(middle + _STANDS_OUT * (middle - low)))


def _curate(
    facts: Sequence[Facts],
    decisions: list[Decision],
    thresholds: Thresholds,
    textures: Textures | None,
    hands: dict[str, bool],
    examples: Examples | None,
) -> None:
    """Keep what was asked for: calm or busy pictures, or those like the examples."""
    free = [n for n, d in enumerate(decisions) if d.kept and d.file not in hands]
    for number in free if (thresholds.calm, thresholds.busy) != (None, None) else ():
        found = facts[number].clutter
        if thresholds.calm is not None and found > thresholds.calm:
            decisions[number].drop("too busy", f"clutter {found:.2f}, at most {thresholds.calm:g}")
        if thresholds.busy is not None and found < thresholds.busy:
            decisions[number].drop("too calm", f"clutter {found:.2f}, least {thresholds.busy:g}")
    free = [number for number in free if decisions[number].kept]
    if examples is None or not free:
        return
    assert textures is not None  # the network that saw the examples saw all files
    wanted, nearest = examples
    rows = np.fromiter((facts[n].row for n in free), np.int64)
    alike = likeness(Chosen(textures, rows), wanted)
    keep = int(nearest) if nearest > 1 else max(1, round(nearest * len(free)))
    for place, index in enumerate(np.argsort(-alike, kind="stable")):
        if place >= keep:
            number = free[int(index)]
            decisions[number].drop("not like the examples", f"likeness {alike[index]:.2f}")

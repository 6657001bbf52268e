"""A judgement in words: what samples look like now, what comes next, and roughly when.

Words and numbers come from trainings whose samples people have looked at (`docs/quality.md`,
`docs/log.md`). Times are estimated from the measured course of the default, scaled by this
training's last judgement; each sentence says "about".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from impasto.train.progress import hms

ALIKE = 0.5
"""With diversity below this (1: as different as the originals), many pictures are alike."""


@dataclass(frozen=True)
class Level:
    """How pictures look whose KID is below `kid` but not below that of the next level."""

    kid: float
    words: str


LEVELS = (
    Level(float("inf"), "noise, at best blotches"),
    Level(0.60, "mud, clouds of colour without shapes"),
    Level(0.25, "masses and horizons"),
    Level(0.12, "shapes, still lumps"),
    Level(0.06, "paintings with weak details, such as faces"),
    Level(0.03, "paintings, about as good as an hour has brought"),
)
"""From worst to best, for both judging networks, whose numbers differ by at most half."""


def level(kid: float) -> int:
    """The index in `LEVELS` of a KID."""
    return max(n for n, each in enumerate(LEVELS) if kid < each.kid)


def expected(images: float, whole: float) -> float:
    """KID of the default after so many images of a training that shows `whole` in all.

    While rates are high, KID falls with the cube root of the images; once they have cooled, it has
    fallen with the power .62 (six trainings of 37,000 to 444,000 images). Between these it is
    interpolated.
    """
    hot = 0.223 * (images / 10_000) ** (-1 / 3)
    cold = 0.09 * (whole / 45_000) ** -0.62
    weight = (images / whole) ** 1.7
    return float(hot ** (1 - weight) * min(cold, hot) ** weight)


@dataclass(frozen=True)
class Moment:
    """When a judgement was made, and the speed of the training."""

    images: int
    share: float
    """Share of the training that was done, 0 to 1."""

    seconds: float
    """Seconds of training so far."""

    known: bool
    """Whether the course of this family's KID has been measured."""


MEASURED_BY = {"kid": "its KID", "told_apart": "the probe"}
"""What chose a snapshot, for messages."""


def in_words(metrics: Mapping[str, Any], moment: Moment, judge: str = "") -> str:
    """One or two sentences about a judgement.

    Args:
        metrics: `kid` and `kid_error`; `kid_noise`, `kid_floor`, `diversity` and `told_apart`
            if measured.
        moment: when it was made.
        judge: the judge's name; empty for an EfficientNet in old runs.
    """
    if "told_apart" in metrics:
        rest = {name: value for name, value in metrics.items() if name != "told_apart"}
        return f"{_probed(metrics)} {in_words(rest, moment, judge)}"
    if _is_new(judge):
        number = f"KID {metrics['kid']:.3f} ± {metrics['kid_error']:.3f}{scale(metrics)}"
        return f"{number} (by {judge}). What such numbers look like was not measured."
    kid, here = float(metrics["kid"]), level(float(metrics["kid"]))
    alike = metrics.get("diversity", 1.0) < ALIKE
    seen = f"{'Still ' if here < 2 else ''}{LEVELS[here].words}{', much alike' if alike else ''}"
    number = f"KID {kid:.4f} ± {metrics['kid_error']:.4f}{scale(metrics)}"
    return f"{seen[0].upper()}{seen[1:]} ({number}). {_next(kid, here, moment)}"


def _probed(metrics: Mapping[str, Any]) -> str:
    """The probe's result, with its scale."""
    floor = metrics.get("told_apart_floor")
    halves = f", the originals' halves have {floor:.0%}" if floor is not None else ""
    return (
        f"A probe tells {metrics['told_apart']:.0%} of pictures rightly as sample or original "
        f"(a guess is 50 %{halves})."
    )


def _is_new(judge: str) -> bool:
    """Whether `LEVELS`, measured with EfficientNet at 128×128, do not apply to this judge."""
    return bool(judge) and "@128" not in judge


def quality_in_words(metrics: Mapping[str, Any], run: Path, judge: str = "") -> str:
    """How good a generator's pictures are, which distances to single originals do not show."""
    if "kid" not in metrics or _is_new(judge):
        return (
            "Nearness tells whether pictures are copies, not how good they are: mud lies near many "
            f"originals. `impasto evaluate {run}` tells how good they are."
        )
    kid = float(metrics["kid"])
    ends = scale(metrics)  # old cards have no scale, and a KID alone says nothing
    number = f" ({kid:.4f}{ends})" if ends else ""
    seen = f"By its KID{number}, this generator's pictures are {LEVELS[level(kid)].words}"
    if level(kid) < 2:
        return f"{seen}; such pictures lie near many originals, which says nothing of copies yet."
    return f"{seen}; nearness tells whether they are copies, not how good they are."


def scale(metrics: Mapping[str, Any]) -> str:
    """`; noise has 0.85, the originals' floor is 0.000`, the scale to read a KID by."""
    ends = []
    if "kid_noise" in metrics:
        ends.append(f"noise has {metrics['kid_noise']:.2f}")
    if "kid_floor" in metrics:
        ends.append(f"the originals' floor is {max(0.0, float(metrics['kid_floor'])):.3f}")
    return f"; {', '.join(ends)}" if ends else ""


def _next(kid: float, here: int, moment: Moment) -> str:
    if here + 1 == len(LEVELS):
        return "What is left to gain is small."
    following = LEVELS[here + 1]
    words = following.words
    if not moment.known:
        return f"Next: {words}; when, was not measured for this recipe."
    if not moment.images or not moment.share:
        return f"Next: {words}."
    whole = moment.images / moment.share
    own = kid / expected(moment.images, whole)  # relative to the default's course
    each = moment.seconds / moment.images
    for step in range(1, 51):
        images = moment.images + (whole - moment.images) * step / 50
        if own * expected(images, whole) < following.kid:
            return f"Next: {words}, in about {about((images - moment.images) * each)}."
    needed = 45_000 * (0.09 * own / following.kid) ** (1 / 0.62)
    minutes = about(max(needed, 1.2 * whole) * each)
    return f"Next: {words}; not in this length, but in one of about {minutes}."


def about(seconds: float) -> str:
    """`a minute`, `12 minutes`, `3 hours`: rounded to what is known."""
    minutes = seconds / 60
    if minutes < 1.5:
        return "a minute"
    if minutes < 90:
        step = 1 if minutes < 10 else 5
        return f"{step * round(minutes / step)} minutes"
    hours = minutes / 60
    return f"{round(hours)} hours" if hours < 100 else hms(seconds)

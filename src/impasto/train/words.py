"""What a judgement means, in words: what there is to see, what comes next, and about when.

Words and numbers are from trainings that people have looked at (`docs/quality.md`, `docs/log.md`);
when something comes is read off the measured course of the default, which this training's own
last judgement scales. Nothing is promised: each sentence says "about".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from impasto.train.progress import hms

ALIKE = 0.5
"""Diversity below this (1: as different as the originals): many of the pictures are alike."""


@dataclass(frozen=True)
class Level:
    """What pictures look like whose KID is below `kid` and not below the next one's."""

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
"""From worst to best; on both judging networks, whose numbers differ by half at most."""


def level(kid: float) -> int:
    """Where in `LEVELS` a KID belongs."""
    return max(n for n, each in enumerate(LEVELS) if kid < each.kid)


def expected(images: float, whole: float) -> float:
    """KID of the default after so many images of a training that shows `whole` in all.

    While rates are high it falls with the cube root of the images, and when they have cooled it
    has fallen with their power of .62 (six trainings of 37,000 to 444,000 images); in between it
    goes from the one to the other.
    """
    hot = 0.223 * (images / 10_000) ** (-1 / 3)
    cold = 0.09 * (whole / 45_000) ** -0.62
    weight = (images / whole) ** 1.7
    return float(hot ** (1 - weight) * min(cold, hot) ** weight)


@dataclass(frozen=True)
class Moment:
    """When a judgement was made, and how fast the training is."""

    images: int
    share: float
    """Of the training's length, 0 to 1."""

    seconds: float
    """Of training, so far."""

    known: bool
    """Whether it is a training of the kind whose course was measured."""


MEASURED_BY = {"kid": "its KID", "told_apart": "the probe"}
"""What a snapshot was chosen by, as a person would say it."""


def in_words(metrics: Mapping[str, Any], moment: Moment, judge: str = "") -> str:
    """One or two sentences about a judgement.

    Args:
        metrics: `kid` and `kid_error`; `kid_noise`, `kid_floor`, `diversity` and `told_apart`
            where measured.
        moment: when.
        judge: the judge's name; empty for EfficientNet's.
    """
    if "told_apart" in metrics:
        rest = {name: value for name, value in metrics.items() if name != "told_apart"}
        return f"{_probed(metrics)} {in_words(rest, moment, judge)}"
    if _is_new(judge):
        number = f"KID {metrics['kid']:.3f} ± {metrics['kid_error']:.3f}{scale(metrics)}"
        return f"{number} (on DINOv2). What such numbers look like was not measured."
    kid, here = float(metrics["kid"]), level(float(metrics["kid"]))
    alike = metrics.get("diversity", 1.0) < ALIKE
    seen = f"{'Still ' if here < 2 else ''}{LEVELS[here].words}{', much alike' if alike else ''}"
    number = f"KID {kid:.4f} ± {metrics['kid_error']:.4f}{scale(metrics)}"
    return f"{seen[0].upper()}{seen[1:]} ({number}). {_next(kid, here, moment)}"


def _probed(metrics: Mapping[str, Any]) -> str:
    """What the probe found, with its scale."""
    floor = metrics.get("told_apart_floor")
    halves = f", the originals' halves have {floor:.0%}" if floor is not None else ""
    return (
        f"A probe tells {metrics['told_apart']:.0%} of pictures rightly as sample or original "
        f"(a guess is 50 %{halves})."
    )


def _is_new(judge: str) -> bool:
    """Whether `LEVELS`, which are EfficientNet's, say nothing of this judge's KID."""
    return judge.startswith("KID-dino")


def quality_in_words(metrics: Mapping[str, Any], run: Path, judge: str = "") -> str:
    """Beside distances to originals: what a generator paints, which those do not tell."""
    if "kid" not in metrics or _is_new(judge):
        return (
            "Nearness tells whether pictures are copies, not how good they are: mud lies near many "
            f"originals. `impasto evaluate {run}` tells how good they are."
        )
    kid = float(metrics["kid"])
    ends = scale(metrics)  # cards of earlier days have none, and a bare number says nothing
    number = f" ({kid:.4f}{ends})" if ends else ""
    seen = f"By its KID{number}, this generator's pictures are {LEVELS[level(kid)].words}"
    if level(kid) < 2:
        return f"{seen}; such pictures lie near many originals, which says nothing of copies yet."
    return f"{seen}; nearness tells whether they are copies, not how good they are."


def scale(metrics: Mapping[str, Any]) -> str:
    """`; noise has 0.85, the originals' floor is 0.000`: without it a KID says nothing."""
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
    own = kid / expected(moment.images, whole)  # better or worse than the default did
    each = moment.seconds / moment.images
    for step in range(1, 51):
        images = moment.images + (whole - moment.images) * step / 50
        if own * expected(images, whole) < following.kid:
            return f"Next: {words}, in about {about((images - moment.images) * each)}."
    needed = 45_000 * (0.09 * own / following.kid) ** (1 / 0.62)
    minutes = about(max(needed, 1.2 * whole) * each)
    return f"Next: {words}; not in this length, but in one of about {minutes}."


def about(seconds: float) -> str:
    """`a minute`, `12 minutes`, `3 hours`: no more digits than are known."""
    minutes = seconds / 60
    if minutes < 1.5:
        return "a minute"
    if minutes < 90:
        step = 1 if minutes < 10 else 5
        return f"{step * round(minutes / step)} minutes"
    hours = minutes / 60
    return f"{round(hours)} hours" if hours < 100 else hms(seconds)

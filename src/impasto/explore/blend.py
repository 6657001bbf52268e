"""A generator between two of a family: weights mixed, or one's coarse and the other's fine layers.

A straight line between two sets of weights leads through good generators where both descend from
the same one (one run's snapshots, or a run continued on other pictures). Two runs from different
beginnings have their channels in different orders; the result is blurred. See the sheet.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from impasto.config import Model
from impasto.core.checkpoints import MODEL_FORMAT, MODEL_VERSION, ModelCard
from impasto.core.console import track
from impasto.core.fitting import shapes_only
from impasto.core.images import save
from impasto.errors import ImpastoError
from impasto.generate.conditions import Conditioned, seeded
from impasto.generate.latents import stack
from impasto.generate.layers import layers_by_side, parts_of
from impasto.generate.sampler import BATCH, LoadedGenerator, labels_of, sample
from impasto.generate.strips import labelled
from impasto.models.build import build_generator
from impasto.models.settle import settle

SETTLE = 512
"""Pictures over which BatchNorm's statistics are measured anew."""


SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""The columns of a sheet."""


@dataclass(frozen=True)
class Blend:
    """A blended generator and what is known of it."""

    network: nn.Module
    card: ModelCard


def blend(
    first: LoadedGenerator, second: LoadedGenerator, share: float, swap: int | None = None
) -> Blend:
    """Blend two generators of one family.

    Args:
        first: the one that `share` = 0 gives.
        second: the one that `share` = 1 gives.
        share: how much of the second one's weights, 0 to 1.
        swap: instead of a share everywhere, take layers up to maps of this side from the first and
            the finer ones from the second (Pinkney & Adler 2020, "Resolution dependent GAN
            interpolation").

    Raises:
        ImpastoError: the generators differ in family or size, or know labels differently.
    """
    model = _one_model(first, second)
    a, b = first.network.state_dict(), second.network.state_dict()
    if swap is None:
        shares = dict.fromkeys(a, share)
    else:
        fine = _finer_than(first, swap)
        shares = {name: float(_owner(name) in fine) for name in a}
    with shapes_only():
        network = build_generator(model)
    network.load_state_dict(mixed(a, b, shares), assign=True)
    network.requires_grad_(False)
    settle_statistics(network, first.latent, first.label_counts)
    return Blend(network.eval(), _card(first, second, model, share, swap))


def draw_blends(
    first: LoadedGenerator,
    second: LoadedGenerator,
    seeds: Sequence[int],
    swap: int | None,
    path: Path,
) -> Path:
    """A sheet: a row a seed; a column a share, or both generators and the swap between them.

    Raises:
        ImpastoError: the generators cannot be blended.
    """
    shares = SHARES if swap is None else (0.0, None, 1.0)
    names = [f"{s:g}" if s is not None else f"finer than {swap} from the second" for s in shares]
    latents = [seeded(first, seed) for seed in seeds]
    numbers = labels_of(seeds, first.label_counts) if first.labels else None
    columns = []
    for share in track(shares, "blending", len(shares)):
        if share in (0.0, 1.0):
            network = (first if share == 0 else second).network
        else:
            network = blend(first, second, share or 0.0, swap).network
        columns.append(sample(network, stack(latents), torch.device("cpu"), numbers))
    table = np.stack(columns, axis=1)
    title = "Share of the second generator" if swap is None else "First, blended, second"
    save(labelled(table, [latent.name for latent in latents], names, title), path)
    return path


def mixed(
    first: Mapping[str, Tensor], second: Mapping[str, Tensor], shares: Mapping[str, float]
) -> dict[str, Tensor]:
    """(1 − share)·first + share·second, tensor by tensor; counters come from the first."""
    return {
        name: torch.lerp(value, second[name], shares[name])
        if value.is_floating_point()
        else value.clone()
        for name, value in first.items()
    }


@torch.no_grad()
def settle_statistics(network: nn.Module, size: int, counts: Sequence[int] = ()) -> None:
    """Measure BatchNorm's means and variances anew, over latents that are the same every time.

    Where the network knows labels they are drawn as often as `counts` says.
    """
    latents = torch.randn(SETTLE, size, generator=torch.Generator().manual_seed(0))
    given = [latents, *([labels_of(range(SETTLE), counts)] if counts else [])]
    settle(network, zip(*(torch.split(each, BATCH) for each in given), strict=True))


def _one_model(first: LoadedGenerator, second: LoadedGenerator) -> Model:
    cards = (first.card, second.card)
    if cards[0] is None or cards[1] is None:
        raise ImpastoError(
            "A blend needs generators that say what they are: model.json, or a run's dataset.json."
        )
    a, b = cards[0].model, cards[1].model
    if first.labels != second.labels:
        raise ImpastoError("These two generators know different labels and cannot be blended.")
    for knob in ("architecture", "size", "latent", "generator_width"):
        if getattr(a, knob) != getattr(b, knob):
            raise ImpastoError(
                f"These two generators are of different families: {knob} is {getattr(a, knob)} "
                f"in one and {getattr(b, knob)} in the other; a blend needs the same."
            )
    here, there = first.network.state_dict(), second.network.state_dict()
    if {n: v.shape for n, v in here.items()} != {n: v.shape for n, v in there.items()}:
        raise ImpastoError("These two generators have different layers and cannot be blended.")
    return a


def _finer_than(generator: LoadedGenerator, side: int) -> set[str]:
    """Names of the modules that put out maps whose shorter side has more than `side` pixels."""
    asked = Conditioned(generator, generator.labels[0] if generator.labels else None)
    sides: dict[str, int] = {}

    def note_side(name: str) -> Callable[..., None]:
        def hook(_: nn.Module, __: object, output: object) -> None:
            if isinstance(output, Tensor):
                sides[name] = min(output.shape[2:]) if output.ndim == 4 else 1

        return hook

    handles = [
        module.register_forward_hook(note_side(name))
        for name, module in parts_of(generator.network).items()
    ]
    try:
        with torch.no_grad():
            asked(torch.zeros(1, generator.latent))
    finally:
        for handle in handles:
            handle.remove()
    known = sorted(layers_by_side(asked, generator.latent))
    if side not in known[:-1]:
        raise ImpastoError(f"--swap {side}: choose one of {', '.join(map(str, known[:-1]))}.")
    return {name for name, found in sides.items() if found > side}


def _owner(parameter: str) -> str:
    """The module whose parameter this is, be it computed from another (a parametrization)."""
    owner, parametrized, _ = parameter.partition(".parametrizations.")
    return owner if parametrized else parameter.rpartition(".")[0]


def _card(
    first: LoadedGenerator, second: LoadedGenerator, model: Model, share: float, swap: int | None
) -> ModelCard:
    assert first.card is not None
    assert second.card is not None
    a, b = first.card, second.card
    how = f"{share:g}" if swap is None else f"layers beyond {swap}×{swap}"
    return ModelCard(
        format=MODEL_FORMAT,
        version=MODEL_VERSION,
        recipe=f"{a.recipe} + {b.recipe} ({how} of the second)",
        model=model,
        data=a.data if a.data == b.data else f"{a.data} + {b.data}",
        pictures=a.pictures if a.data == b.data else a.pictures + b.pictures,
        images=max(a.images, b.images),
        minutes=max(a.minutes, b.minutes),
        labels=first.labels,
        label_counts=a.label_counts,
    )

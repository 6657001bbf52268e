"""Pictures out of a trained generator: the same seed always gives the same painting."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import ValidationError
from torch import Tensor, nn

from impasto.config import Config, Model
from impasto.core.checkpoints import (
    MODEL_FORMAT,
    MODEL_VERSION,
    ModelCard,
    artefact_files,
    read_artefact,
    read_checkpoint,
)
from impasto.core.console import track
from impasto.core.files import read_json
from impasto.core.fitting import check_tensors
from impasto.core.runs import Run
from impasto.core.shipped import check_generator, locate
from impasto.core.threads import THREADS
from impasto.data.loader import to_pictures
from impasto.errors import ImpastoError
from impasto.models.build import build_generator
from impasto.recipes import load

BATCH = 32
"""Pictures in one pass, so that memory does not depend on how many are asked."""

LARGEST_PASS = BATCH * 256**2
"""Pixels in one pass: above 256² fewer pictures, which is no slower and takes less memory."""

_LABEL = 1  # a stream of chance from a seed besides that of its latent


@dataclass(frozen=True)
class Painter:
    """A generator ready to paint, and where it comes from."""

    network: nn.Module
    latent: int
    origin: str
    """For people: which snapshot this is."""

    card: ModelCard | None
    """The artefact's or checkpoint's description; none where its run does not say enough."""

    labels: tuple[str, ...] = ()
    """Names of the labels that the network takes as `network(latents, numbers)`; empty if none."""

    @property
    def label_counts(self) -> tuple[int, ...]:
        """How often each label is drawn, against the others; then how often none of them is."""
        known = self.card.label_counts if self.card else ()
        return known or ((1,) * len(self.labels) + (0,) if self.labels else ())

    @property
    def at_once(self) -> int:
        """How many pictures one pass paints."""
        return at_once(self.card.model.width, self.card.model.height) if self.card else BATCH

    @cached_property
    def fingerprint(self) -> str:
        """The beginning of a SHA-256 over all weights: which generator painted this?"""
        digest = hashlib.sha256()
        for name, value in self.network.state_dict().items():
            digest.update(name.encode())
            digest.update(value.detach().cpu().contiguous().numpy().data)
        return digest.hexdigest()[:16]

    def about(self) -> dict[str, str]:
        """For people and programs that find one of its pictures."""
        return {"origin": self.origin, "fingerprint": self.fingerprint}


def latents_of(seeds: Iterable[int], latent: int) -> Tensor:
    """One latent from N(0, 1) for each seed, whatever else is asked: (N, latent), fp32, CPU."""
    rows = [torch.randn(latent, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
    return torch.stack(rows) if rows else torch.empty(0, latent)


def labels_of(seeds: Iterable[int], counts: Sequence[int]) -> Tensor:
    """One label for each seed, whatever else is asked, as often as `counts` says: (N,), int64."""
    ends = np.cumsum(counts)
    drawn = [np.random.default_rng((seed, _LABEL)).integers(ends[-1]) for seed in seeds]
    return torch.from_numpy(np.searchsorted(ends, np.array(drawn, np.int64), side="right"))


def at_once(width: int, height: int) -> int:
    """How many pictures of this size one pass paints."""
    return max(1, min(BATCH, LARGEST_PASS // (width * height)))


@torch.no_grad()
def sample(
    network: nn.Module,
    latents: Tensor,
    device: torch.device,
    labels: Tensor | None = None,
    batch: int = BATCH,
) -> NDArray[np.uint8]:
    """Latents (N, latent) [and labels' numbers (N,)] → pictures (N, H, W, 3), uint8.

    BatchNorm uses its running statistics, so that a picture depends on its own latent alone.
    `batch` of them are painted in one pass.
    """
    was_training = network.training
    network.eval()
    given = [latents] if labels is None else [latents, labels]
    split = list(zip(*(torch.split(each, batch) for each in given), strict=True))
    batches = track(split, "Painting", len(split), quiet=True)
    try:
        parts = []
        for each in batches:
            THREADS.look(device)
            parts.append(to_pictures(network(*(part.to(device) for part in each))))
    finally:
        network.train(was_training)
    return np.concatenate(parts)


def paint_seeds(painter: Painter, seeds: Iterable[int]) -> NDArray[np.uint8]:
    """The pictures of seeds, each under the label that it draws, if any: (N, H, W, 3), uint8."""
    seeds = list(seeds)
    numbers = labels_of(seeds, painter.label_counts) if painter.labels else None
    latents = latents_of(seeds, painter.latent)
    return sample(painter.network, latents, torch.device("cpu"), numbers, painter.at_once)


def load_generator(folder: Path, checkpoint: str = "best") -> Painter:
    """Open a run's generator, or any folder that holds one, in a run's layout or the Hub's.

    Args:
        folder: a run directory, an artefact's folder, or the name of a shipped generator.
        checkpoint: `best`, `last`, or the number of images of a kept checkpoint.

    Raises:
        ImpastoError: there is no such generator, or it is malformed.
    """
    folder = locate(folder)
    check_generator(folder)
    run = Run(folder)
    if checkpoint != "best":
        return _from_checkpoint(run, checkpoint)
    artefact = next((f for f in (folder, run.best) if artefact_files(f)), None)
    if artefact is not None:
        return _from_artefact(artefact)
    if run.checkpoints():
        raise ImpastoError(
            f"{folder} has no best snapshot yet (none was judged); use --checkpoint last."
        )
    raise ImpastoError(f"{folder} has no snapshot yet; its training has only begun.")


def _from_artefact(folder: Path) -> Painter:
    card, weights = read_artefact(folder)
    _check_labels(card, folder)
    network = _network(card.model, weights, folder)
    origin = f"{card.recipe} on {card.data}, best snapshot at {card.images:,} images"
    return Painter(network, card.model.latent, origin, card, card.labels)


def _from_checkpoint(run: Run, checkpoint: str) -> Painter:
    file = run.kept_checkpoint(checkpoint)
    config = load(str(run.recipe))
    saved = read_checkpoint(file)
    weights = _generator_in(saved, file)
    network = _network(config.model, weights, file)
    origin = f"{config.name}, checkpoint at {int(file.stem):,} images"
    card = _described(run, config, saved.get("progress", {}))
    if config.model.labels:
        _check_labels(card, run.dataset)
    return Painter(network, config.model.latent, origin, card, card.labels if card else ())


def _generator_in(saved: dict[str, Any], where: Path) -> Any:
    """The weights that one would keep: of the moving average where there is one."""
    for kind in ("averages", "networks"):
        networks = saved.get(kind)
        generator = networks.get("generator") if isinstance(networks, dict) else None
        if isinstance(generator, dict) and generator:
            return generator
    raise ImpastoError(f"{where} holds no generator.")


def _described(run: Run, config: Config, progress: Any) -> ModelCard | None:
    """What a snapshot's description would say of a checkpoint; None if the run does not know."""
    if not run.dataset.is_file() or not isinstance(progress, dict):
        return None
    about = read_json(run.dataset, "a run's dataset.json")
    try:
        known = about.get("labels", {}) if config.model.labels else {}
        return ModelCard(
            format=MODEL_FORMAT,
            version=MODEL_VERSION,
            recipe=config.name,
            model=config.model,
            data=about["name"],
            pictures=about["count"],
            images=progress["images"],
            minutes=round(progress["seconds"] / 60, 2),
            labels=known.get("names", ()),
            label_counts=known.get("counts", ()),
            began_from=run.began_from(),
        )
    except (AttributeError, KeyError, TypeError, ValidationError):
        return None


def _check_labels(card: ModelCard | None, where: Path) -> None:
    """Refuse names of labels that do not go with the network; a stranger may have written them."""
    names, counts = (card.labels, card.label_counts) if card else ((), ())
    known = card.model.labels if card else -1
    fits = len(names) == known == len(set(names)) and "" not in names
    if not fits or (counts and (len(counts) != known + 1 or not sum(counts))):
        raise ImpastoError(f"{where} does not name the labels that its network takes.")


def _network(model: Model, weights: dict[str, Tensor], where: Path) -> nn.Module:
    """A generator with these weights; a description that they do not fit costs no memory."""
    with torch.device("meta"):  # shapes only, however large a stranger's model.json says it is
        network = build_generator(model)
    expected = network.state_dict()
    check_tensors(expected, weights, f"{where}: the generator")
    converted = {name: value.to(expected[name].dtype) for name, value in weights.items()}
    network.load_state_dict(converted, assign=True)
    return network.eval().requires_grad_(False)

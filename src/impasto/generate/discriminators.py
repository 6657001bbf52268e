"""Discriminators that lie with a generator: in a run's checkpoints, or beside shipped weights."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from torch import Tensor

from impasto.config import Model
from impasto.core.checkpoints import DISCRIMINATOR, read_card, read_checkpoint, read_weights
from impasto.core.console import say
from impasto.core.runs import Run
from impasto.errors import ImpastoError
from impasto.recipes import load


class Kept(NamedTuple):
    """A discriminator as it was kept; nothing has checked its weights yet."""

    weights: dict[str, Tensor]
    model: Model
    images: int
    """Real pictures that it had seen."""

    where: Path


def kept_discriminators(folder: Path) -> Iterator[Kept]:
    """All that can be read, the newest first; of the others a word is said.

    Args:
        folder: a run, or a folder with a generator.
    """
    for path in (*reversed(Run(folder).checkpoints()), folder / DISCRIMINATOR):
        try:
            if path.name != DISCRIMINATOR:
                model = load(str(Run(folder).recipe)).model
                weights = read_checkpoint(path)["networks"]["discriminator"]
                if not all(isinstance(value, Tensor) for value in dict(weights).values()):
                    raise TypeError("it holds more than tensors")
                yield Kept(weights, model, int(path.stem), path)
            elif path.is_file():
                card = read_card(folder)
                yield Kept(read_weights(path), card.model, card.images, path)
        except (ImpastoError, KeyError, TypeError, ValueError) as error:
            say(f"The discriminator of {path} cannot be used ({error}).", style="dim")

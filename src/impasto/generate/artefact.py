"""What RUN may be: a run, a generator's folder, one from the Hub, a name; and what lies in it.

Everything that other commands ask of a RUN is answered here. Each of its files is read once.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from torch import Tensor, nn

from impasto.config import Config, Model
from impasto.core.checkpoints import (
    DISCRIMINATOR,
    LAYOUTS,
    MODEL_FORMAT,
    MODEL_VERSION,
    ModelCard,
    artefact_files,
    read_artefact,
    read_card,
    read_checkpoint,
    read_weights,
)
from impasto.core.console import say
from impasto.core.fitting import check_tensors, shapes_only
from impasto.core.learnt import LearntLabels, TrainingSetRecord, read_learnt
from impasto.core.runs import Run
from impasto.core.shipped import RUNS, WEIGHTS, check_generator, locate
from impasto.data.dataset import Dataset, is_dataset, open_dataset, split_rows
from impasto.data.description import describe_dataset
from impasto.errors import ImpastoError
from impasto.generate.sampler import LoadedGenerator
from impasto.models.build import build_generator
from impasto.prepare.feature_network import feature_network
from impasto.prepare.source import Data
from impasto.recipes import load

_CERTAIN = (LAYOUTS[0][0], LAYOUTS[1][1])
"""Files that only a generator's folder has."""


class Kept(NamedTuple):
    """A discriminator as it was kept; nothing has checked its weights yet."""

    weights: dict[str, Tensor]
    model: Model
    images: int
    """Real pictures that it had seen."""

    where: Path


@dataclass(frozen=True)
class Artefact:
    """A RUN that is there."""

    folder: Path

    @classmethod
    def find(cls, name: Path) -> Self:
        """A folder, or the name of a shipped generator or of a run in `runs/`.

        Raises:
            ImpastoError: there is none, or it holds no generator.
        """
        folder = locate(name)
        check_generator(folder)
        return cls(folder)

    @property
    def run(self) -> Run:
        """Where its parts lie."""
        return Run(self.folder)

    @property
    def is_run(self) -> bool:
        """Whether a generator lies there: a run of `impasto train`, or a shared one."""
        return (
            os.path.lexists(self.run.recipe)
            # A Hub's folder is known by its weights: many things have a config.json.
            or any(
                os.path.lexists(place / name)
                for place in (self.folder, self.run.best)
                for name in _CERTAIN
            )
            or bool(self.run.checkpoints())
        )

    @cached_property
    def config(self) -> Config:
        """The recipe that it was made by.

        Raises:
            ImpastoError: it has none, or it is malformed.
        """
        return load(str(self.run.recipe))

    @cached_property
    def learnt(self) -> TrainingSetRecord | None:
        """What its `dataset.json` says; None for a shared generator, which has none."""
        return read_learnt(self.run.dataset) if self.run.dataset.is_file() else None

    def generator(self, checkpoint: str = "best") -> LoadedGenerator:
        """Its generator, ready to paint.

        Args:
            checkpoint: `best`, `last`, or the number of images of a kept checkpoint.

        Raises:
            ImpastoError: there is no such snapshot, or it is malformed.
        """
        if checkpoint != "best":
            return self._from_checkpoint(checkpoint)
        place = next((f for f in (self.folder, self.run.best) if artefact_files(f)), None)
        if place is not None:
            return _from_artefact(place)
        if self.run.checkpoints():
            raise ImpastoError(
                f"{self.folder} has no best snapshot yet (none was judged); use --checkpoint last."
            )
        raise ImpastoError(f"{self.folder} has no snapshot yet; its training has only begun.")

    def discriminators(self) -> Iterator[Kept]:
        """All that can be read, the newest first; of the others a word is said."""
        for path in (*reversed(self.run.checkpoints()), self.folder / DISCRIMINATOR):
            try:
                if path.name != DISCRIMINATOR:
                    weights = _weights_in(read_checkpoint(path), "networks", "discriminator")
                    if not all(isinstance(value, Tensor) for value in weights.values()):
                        raise TypeError("it holds more than tensors")
                    yield Kept(weights, self.config.model, int(path.stem), path)
                elif path.is_file():
                    card = read_card(self.folder)
                    yield Kept(read_weights(path), card.model, card.images, path)
            except (ImpastoError, KeyError, TypeError, ValueError) as error:
                say(f"The discriminator of {path} cannot be used ({error}).", style="dim")

    def originals(
        self,
        data: Path | None = None,
        option: str = "--data",
        size: tuple[int, int] | None = None,
    ) -> Dataset:
        """Open the prepared set that it learnt from, also where both have moved.

        Args:
            data: the set's folder, if it lies elsewhere now; or any folder of pictures.
            option: what the user names it with, for the error.
            size: width and height at which a folder of pictures is prepared, into `runs/prepared`.

        Raises:
            ImpastoError: the set is not there any more, or `data` is no prepared set.
        """
        if data is not None:
            if size is None or is_dataset(data):
                return open_dataset(data)
            return Data.parse(str(data)).open(size, "crop", RUNS, feature_network())
        try:
            learnt = self.learnt
        except ImpastoError as error:
            raise ImpastoError(f"{error} Or name the prepared set with {option}.") from error
        if learnt is None and self.folder.parent == WEIGHTS:
            raise ImpastoError(
                f"{self.folder.name} comes without the pictures that it learnt from; if you have "
                f"them, name their folder, or a prepared set, with {option}."
            )
        if learnt is None:
            raise ImpastoError(
                f"{self.folder} does not name its training set; name the prepared set with "
                f"{option}."
            )
        folder = learnt.folder
        if folder is None or "\0" in folder:
            raise ImpastoError(
                f"{self.run.dataset} names no folder; name the prepared set with {option}."
            )
        for place in self._places(Path(folder)):
            if is_dataset(place):
                about = describe_dataset(place)
                if about.fingerprint == learnt.fingerprint:
                    return open_dataset(place, about)
        raise ImpastoError(
            f"The pictures that {self.folder} learnt from are not in {folder} any more; "
            f"name the prepared set with {option}."
        )

    def held_out_rows(self, count: int) -> NDArray[np.intp] | None:
        """Which of the `count` pictures of its set it kept from its training, if any."""
        share = self.config.data.hold_out if self.run.recipe.is_file() else 0.0
        held = split_rows(count, share)[1]
        return held if len(held) else None

    def _places(self, named: Path) -> Iterator[Path]:
        """Where it was; a relative place from here, and from each folder above the run."""
        yield named
        yield from (above / named for above in self.folder.resolve().parents)
        # `train` keeps sets that it prepared itself in `prepared/` beside the run.
        yield self.folder.parent / "prepared" / named.name

    def _from_checkpoint(self, checkpoint: str) -> LoadedGenerator:
        file, config = self.run.kept_checkpoint(checkpoint), self.config
        saved = read_checkpoint(file)
        weights = _generator_in(saved, file)
        network = _network(config.model, weights, file)
        origin = f"{config.name}, checkpoint at {int(file.stem):,} images"
        card = self._described(saved.get("progress", {}))
        if config.model.labels:
            _check_labels(card, self.run.dataset)
        return LoadedGenerator(
            network, config.model.latent, origin, card, card.labels if card else ()
        )

    def _described(self, progress: Any) -> ModelCard | None:
        """What a snapshot's card would say of a checkpoint; None if the run does not know."""
        about, config = self.learnt, self.config
        if about is None or not isinstance(progress, dict):
            return None
        try:
            known = (about.labels if config.model.labels else None) or LearntLabels()
            return ModelCard(
                format=MODEL_FORMAT,
                version=MODEL_VERSION,
                recipe=config.name,
                model=config.model,
                data=about.name,
                pictures=about.count,
                images=progress["images"],
                minutes=round(progress["seconds"] / 60, 2),
                labels=known.names,
                label_counts=known.counts,
                began_from=self.run.began_from(),
            )
        except (KeyError, TypeError, ValidationError):
            return None


def load_generator(name: Path, checkpoint: str = "best") -> LoadedGenerator:
    """Open a run's generator, or any folder that holds one, in a run's layout or the Hub's.

    Args:
        name: a run directory, an artefact's folder, or the name of a shipped generator.
        checkpoint: `best`, `last`, or the number of images of a kept checkpoint.

    Raises:
        ImpastoError: there is no such generator, or it is malformed.
    """
    return Artefact.find(name).generator(checkpoint)


def _from_artefact(folder: Path) -> LoadedGenerator:
    card, weights = read_artefact(folder)
    _check_labels(card, folder)
    network = _network(card.model, weights, folder)
    origin = f"{card.recipe} on {card.data}, best snapshot at {card.images:,} images"
    return LoadedGenerator(network, card.model.latent, origin, card, card.labels)


def _generator_in(saved: Mapping[str, object], where: Path) -> dict[str, Any]:
    """The weights that one would keep: of the moving average where there is one."""
    for kind in ("averages", "networks"):
        with suppress(KeyError, TypeError):
            if generator := _weights_in(saved, kind, "generator"):
                return generator
    raise ImpastoError(f"{where} holds no generator.")


def _weights_in(saved: Mapping[str, object], kind: str, name: str) -> dict[str, Any]:
    """A network's weights out of a checkpoint; nothing has looked at them yet."""
    networks = saved[kind]
    weights = networks[name] if isinstance(networks, dict) else None
    if not isinstance(weights, dict):
        raise TypeError(f"it holds no weights of a {name}")
    return weights


def _check_labels(card: ModelCard | None, where: Path) -> None:
    """Refuse names of labels that do not go with the network; a stranger may have written them."""
    names, counts = (card.labels, card.label_counts) if card else ((), ())
    known = card.model.labels if card else -1
    fits = len(names) == known == len(set(names)) and "" not in names
    if not fits or (counts and (len(counts) != known + 1 or not sum(counts))):
        raise ImpastoError(f"{where} does not name the labels that its network takes.")


def _network(model: Model, weights: dict[str, Tensor], where: Path) -> nn.Module:
    """A generator with these weights; a description that they do not fit costs no memory."""
    with shapes_only():  # shapes only, however large a stranger's model.json says it is
        network = build_generator(model)
    expected = network.state_dict()
    check_tensors(expected, weights, f"{where}: the generator")
    converted = {name: value.to(expected[name].dtype) for name, value in weights.items()}
    network.load_state_dict(converted, assign=True)
    return network.eval().requires_grad_(False)

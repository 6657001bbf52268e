"""What is judged, and against what: a run's own pictures and data, or a folder's."""

import math
import os
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from impasto.core.checkpoints import ModelCard, read_card
from impasto.core.console import counted, say, track
from impasto.core.files import read_json
from impasto.core.helping import Job, Jobs, spread
from impasto.core.shipped import locate
from impasto.core.shipped import names as shipped_names
from impasto.data.crop import fit_picture, size_before_fit
from impasto.data.dataset import Dataset, is_dataset, open_dataset, some_rows
from impasto.data.decode import Unreadable, decode_image
from impasto.data.files import PAINT, list_files
from impasto.errors import ImpastoError
from impasto.generate.artefact import Artefact
from impasto.generate.sampler import BATCH, LoadedGenerator, paint_seeds
from impasto.generate.seeds import EVALUATED
from impasto.generate.stored import entries_in, read_stored
from impasto.metrics.features import LARGE, look
from impasto.models.build import frozen_networks
from impasto.prepare.feature_network import feature_network
from impasto.prepare.source import Data
from impasto.sizes import read_sides

FEWEST, MOST = 500, 5_000
"""Pictures painted unless told otherwise: as many as there are originals, within these."""

MOST_FAKES = 100_000

LONGEST_LINE = 10
"""How many trainings, each begun from another, are looked at for critics."""


@dataclass(frozen=True)
class Subject:
    """Generated pictures, and the originals to judge them by."""

    name: str
    """Of the run or folder."""

    origin: str
    """For people: what made the pictures."""

    fakes: NDArray[np.uint8]
    """(N, H, W, 3), RGB; on disk where they are many."""

    label: Callable[[int], str]
    """What the picture in a row is called: its seed, or its file."""

    reals: Dataset
    held_out: NDArray[np.intp] | None
    """Rows of `reals` that were not trained on; None if all were."""

    notes: tuple[str, ...]
    """What else one should know, a sentence each."""

    critics: tuple[str, ...] = ()
    """Feature networks that its discriminator, or that of a shipped generator from which it began,
    looked through: they judge nothing here."""


def subject_of(
    folder: Path, against: str | None, count: int | None, checkpoint: str, beside: Path
) -> Subject:
    """Paint with a run's generator, or read a folder's pictures, and find the originals.

    Args:
        folder: a run, a folder with `generator.safetensors`, the name of a shipped generator, a
            prepared set, or any pictures.
        against: the originals, as `impasto train` takes DATA; a run knows its own.
        count: pictures to paint, or the most to read.
        checkpoint: which snapshot of a run: `best`, `last`, or a number of images.
        beside: the folder in whose `prepared/` sets made on the fly are kept.

    Raises:
        ImpastoError: there is nothing to judge, or nothing to judge by.
    """
    folder = locate(folder)
    if not folder.is_dir():
        raise ImpastoError(f"{folder} is a file; name a run, or a folder of pictures.")
    if Artefact(folder).is_run:
        return _of_run(folder, against, count, checkpoint, beside)
    if checkpoint != "best":
        raise ImpastoError(
            f"--checkpoint {checkpoint}: {folder} is a folder of pictures and has no snapshots."
        )
    if against is None:
        raise ImpastoError(
            f"{folder} is a folder of pictures, which does not say what it was learnt from; "
            "name the originals with --against."
        )
    return _of_pictures(folder, against, count, beside)


def _of_run(
    folder: Path, against: str | None, count: int | None, checkpoint: str, beside: Path
) -> Subject:
    artefact = Artefact.find(folder)
    generator, learnt = artefact.generator(checkpoint), artefact.learnt
    probe = paint_seeds(generator, [EVALUATED])
    height, width = probe.shape[1:3]
    if against is not None:
        reals = Data.parse(against).open((width, height), "crop", beside, feature_network())
    else:
        reals = artefact.originals(option="--against")
    notes, held_out = [], None
    if learnt is not None and learnt.fingerprint == reals.fingerprint:
        held_out = artefact.held_out_rows(len(reals))
    elif learnt is not None:
        notes.append(
            f"These are not the pictures that it learnt from ({learnt.count} of "
            f"{learnt.name}), so copies of those are not found here."
        )
    wanted = count or min(max(len(reals), FEWEST), MOST)
    return Subject(
        name=folder.resolve().name,
        origin=generator.origin,
        fakes=_painted(generator, wanted, probe.shape[1:]),
        label=lambda row: f"seed {EVALUATED + row}",
        reals=reals,
        held_out=held_out,
        notes=tuple(notes),
        critics=_critics_of(generator.card),
    )


def _critics_of(card: ModelCard | None) -> tuple[str, ...]:
    """Frozen networks that this training looked through, or those that it began from."""
    found: dict[str, None] = {}
    for _ in range(LONGEST_LINE):
        if card is None:
            break
        found |= dict.fromkeys(frozen_networks(card.model))
        began_from = card.began_from
        card = read_card(locate(Path(began_from))) if began_from in shipped_names() else None
    return tuple(found)


def _painted(generator: LoadedGenerator, count: int, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Paint the seeds from `EVALUATED` on."""
    pictures = _room(count, shape)
    starts = range(0, count, BATCH)
    seeds = (range(EVALUATED + at, EVALUATED + min(at + BATCH, count)) for at in starts)
    parts = spread("seeds", partial(paint_seeds, generator), seeds)
    for start, part in zip(starts, track(parts, f"Painting {count}", len(starts)), strict=True):
        pictures[start : start + len(part)] = part
    return pictures


def helping(folder: Path, checkpoint: str) -> Jobs:
    """What other processes do for the one that judges this subject."""
    folder = locate(folder)
    if not Artefact(folder).is_run:
        return {Job.LOOK: look}
    generator = Artefact.find(folder).generator(checkpoint)
    return {Job.LOOK: look, "seeds": partial(paint_seeds, generator)}


def _of_pictures(folder: Path, against: str, count: int | None, beside: Path) -> Subject:
    most = count or MOST_FAKES
    notes = [
        "Pictures do not say what their generator learnt from; if a network that judges here was "
        "its critic, its values are better than the pictures."
    ]
    if is_dataset(folder):
        prepared = open_dataset(folder)
        sides = prepared.width, prepared.height
        reals = Data.parse(against).open(sides, "crop", beside, feature_network())
        rows = some_rows(len(prepared), most)
        fakes: NDArray[np.uint8] = (
            prepared.pictures[rows] if most < len(prepared) else prepared.pictures
        )
        names = [f"row {row}" for row in rows]
    else:
        found = list_files(folder, folder / "evaluation")[0]
        alone = [file for file in found if not _is_sheet(folder / file)]
        files = [alone[row] for row in some_rows(len(alone), most)]
        originals = Data.parse(against)
        sides = _sides(folder, files, originals)
        reals = originals.open(sides, "crop", beside, feature_network())
        fakes, names, said = _read(folder, files, *sides)
        notes += said + _on_paint([folder / name for name in names])
    return Subject(
        name=folder.resolve().name,
        origin=f"Pictures of {folder}",
        fakes=fakes,
        label=lambda row: names[row],
        reals=reals,
        held_out=None,
        notes=tuple(notes),
    )


def _is_sheet(file: Path) -> bool:
    """Whether Impasto laid many pictures out on it."""
    if file.suffix.lower() != ".png":
        return False
    with suppress(ImpastoError, OSError):
        return len(entries_in(read_stored(file), str(file), None)) > 1
    return False


def _on_paint(files: list[Path]) -> list[str]:
    """That detail was copied on purpose, where it was."""
    lengths = []
    for file in files:
        beside = file.with_name(f"{file.stem}{PAINT}.json")
        if beside.is_file():
            with suppress(ImpastoError, KeyError, TypeError, ValueError):
                lengths.append(
                    int(read_json(beside, "whose paint is where", 2**20)["longest_piece"])
                )
    if not lengths:
        return []
    have = "has" if len(lengths) == 1 else "have"
    return [
        f"{counted(len(lengths), 'picture')} of {len(files)} {have} the paint of originals, in "
        f"pieces of up to {max(lengths)} pixels: that is copied, and counts as no copy here, where "
        "whole pictures are compared."
    ]


def _sides(folder: Path, files: list[Path], originals: Data) -> tuple[int, int]:
    """Width and height to judge at: the originals' if they are prepared, else the pictures' own.

    Where most pictures have one shape, it stays; pictures of many shapes are judged as squares.
    """
    if originals.size is not None:
        return read_sides(originals.size)
    shapes: Counter[tuple[int, int]] = Counter()
    for file in files[:50]:
        try:
            decoded = decode_image(folder / file)
            shapes[decoded.width, decoded.height] += 1
        except Unreadable:
            continue
    if not shapes:
        raise ImpastoError(f"{folder} holds no picture that can be read; name generated pictures.")
    shape, often = shapes.most_common(1)[0]
    if 2 * often <= shapes.total():
        shorter = Counter(min(shape) for shape in shapes.elements())
        shape = (shorter.most_common(1)[0][0],) * 2
    scale = min(max(min(shape), 32), LARGE) / min(shape)
    width, height = (round(side * scale) for side in shape)
    return width, height


def _read(
    folder: Path, files: list[Path], width: int, height: int
) -> tuple[NDArray[np.uint8], list[str], list[str]]:
    """The folder's pictures at one size, their names, and notes on what could not be used."""
    pictures = _room(len(files), (height, width, 3))
    names: list[str] = []
    broken: list[str] = []
    resized = lossy = 0

    def least(across: int, down: int) -> tuple[int, int]:
        return size_before_fit(across, down, width, height, "crop")

    for file in track(files, "Reading", len(files)):
        try:
            decoded = decode_image(folder / file, least)
        except Unreadable as error:
            broken.append(f"{file} ({error.reason})")
            continue
        whole = (decoded.width, decoded.height) == (width, height)
        resized += not whole
        lossy += whole and decoded.format == "JPEG"
        pictures[len(names)] = np.asarray(fit_picture(decoded.image, width, height, "crop"))
        names.append(str(file))
    notes = []
    if broken:
        more = f" and {len(broken) - 5} more" if len(broken) > 5 else ""
        notes.append(f"Left out, since they cannot be read: {', '.join(broken[:5])}{more}.")
        say(notes[-1])
    if resized:
        notes.append(
            f"{resized} of {len(names)} were cropped or resized to {width}×{height} first."
        )
    if lossy:
        notes.append(
            f"{lossy} of {len(names)} are JPEG, whose colours at half the sides tell samples from "
            "originals by themselves; save samples as PNG to see what the generator does."
        )
    return pictures[: len(names)], names, notes


def _room(count: int, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Room for pictures, in a file without a name: memory does not grow with their number."""
    if count > MOST_FAKES:
        raise ImpastoError(f"--count {count}: judging takes at most {MOST_FAKES:,} pictures.")
    with tempfile.TemporaryFile() as file:
        if hasattr(os, "posix_fallocate"):  # a full disk is said here, not by a SIGBUS later
            os.posix_fallocate(file.fileno(), 0, max(1, count * math.prod(shape)))
        return np.memmap(file, dtype=np.uint8, mode="w+", shape=(count, *shape))

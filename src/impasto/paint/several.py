"""A folder of photographs, painted one after the other with one palette and one ground."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from impasto.core.console import counted, say
from impasto.core.footage import CLIPS
from impasto.core.images import FILTER, Picture
from impasto.data.files import list_files
from impasto.data.names import names_apart
from impasto.errors import ImpastoError
from impasto.paint.canvas import to_bytes
from impasto.paint.commission import Done, Order, paint_picture
from impasto.paint.palette import parse_palette, snapper
from impasto.paint.picture import read_photograph, read_picture
from impasto.paint.turns import paint_in_turn

SMALL = 96
"""Pixels of a square to which each photograph is brought for what they have in common."""


def paint_folder(folder: Path, order: Order, out: Path) -> list[Done]:
    """Paint each picture of a folder, in a folder called as it is; Ctrl-C leaves the rest out.

    Args:
        folder: of pictures, also in folders of it; what is no picture is named and left out.
        order: how; a number of colours means colours of all of them.
        out: where the paintings' folders go.

    Raises:
        ImpastoError: none of them can be painted, or an option does not fit.
        LeftOutError: some could not be painted; it holds what was.
    """
    everything, _ = list_files(folder, out)
    films = [file for file in everything if file.suffix.lower() in CLIPS]
    files = [file for file in everything if file not in set(films)]
    if films:
        names = ", ".join(str(film) for film in films[:3]) + (", …" if len(films) > 3 else "")
        say(
            f"{counted(len(films), 'film')} in {folder} left out ({names}): give a film's own "
            "name to paint it.",
            style="yellow",
        )
    thumbnails: dict[Path, Picture] = {}
    for file in files:
        try:
            picture = read_picture(folder / file, 2 * SMALL)
        except ImpastoError as error:
            say(f"{error} It was left out.", style="yellow")
            continue
        small = Image.fromarray(picture).resize((SMALL, SMALL), FILTER)
        thumbnails[file] = np.asarray(small)
    if not thumbnails:
        raise ImpastoError(f"None of the {counted(len(files), 'file')} in {folder} can be painted.")
    order = in_common(order, list(thumbnails.values()))
    # Where `a.png` lies beside `a.jpg`, their folders are `a.png` and `a.jpg`.
    called = {folder / file: name for file, name in names_apart(thumbnails).items()}
    numbers = {file: number for number, file in enumerate(called, start=1)}

    def paint(file: Path) -> Done:
        say(f"{file}, {numbers[file]} of {len(called)}", style="dim")
        here = order.for_one_of_several(str(called[file]))
        return paint_picture(read_photograph(file), here, out / called[file])

    return paint_in_turn(list(called), paint)


def in_common(order: Order, pictures: Sequence[Picture]) -> Order:
    """The order with the palette and the ground said as colours, those of all pictures together.

    Args:
        order: for one of them.
        pictures: (H, W, 3), uint8, all of one size.
    """
    every = np.concatenate(pictures)
    palette = parse_palette(order.palette, every) if order.palette else None
    ground = order.ground
    if ground == "photo" and not order.hand:  # a hand has its mixtures for the ground, too
        mean = every.mean((0, 1), dtype=np.float64).astype(np.float32)[None] / 255
        ground = _spelt(mean if palette is None else snapper(palette)(mean))
    return replace(order, palette=None if palette is None else _spelt(palette), ground=ground)


def _spelt(colours: np.ndarray) -> str:
    return ",".join("#" + bytes(colour).hex() for colour in to_bytes(colours))

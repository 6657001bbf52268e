"""A gallery on disk: one file a picture, or one sheet."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np
from PIL import Image

from impasto.core.console import track
from impasto.core.helping import spread
from impasto.core.images import FILTER, Picture, grid
from impasto.core.notes import NOTHING, Notes
from impasto.core.paper import Print
from impasto.errors import ImpastoError
from impasto.generate.conditions import alike, paint, painter, seeded
from impasto.generate.latents import Latent, save_latents, save_picture, save_png
from impasto.generate.sampler import BATCH, LoadedGenerator
from impasto.generate.strips import captioned

MOST_ON_A_SHEET = 4_096


def paint_gallery(
    generator: LoadedGenerator, seeds: Sequence[int], out: Path, as_grid: bool = False
) -> list[Path]:
    """Paint these seeds into `out`.

    Returns:
        The files: `seed-000042.png` each, or one sheet.

    Raises:
        ImpastoError: too many for one sheet.
    """
    latents = (seeded(generator, seed) for seed in seeds)
    if not as_grid:
        return paint_files(generator, latents, len(seeds), out)
    sheet = out / f"sheet-{seeds[0]}-{seeds[-1]}-of-{len(seeds)}.png"
    return [paint_sheet(generator, latents, len(seeds), sheet)]


def paint_files(
    generator: LoadedGenerator,
    latents: Iterable[Latent],
    count: int,
    out: Path,
    paper: Print | None = None,
) -> list[Path]:
    """Paint one PNG a latent, each with its latent inside and, as JSON, beside it.

    With `paper` they are as large as fits on it.

    Only a few are in memory at once, so `latents` may come from a generator of a million.
    """
    write = writer(generator, out, paper)
    parts = spread("files", write, alike(_apart(latents), generator.at_once))
    return list(track(chain.from_iterable(parts), "painting", count, "pictures"))


def writer(
    generator: LoadedGenerator, out: Path, paper: Print | None
) -> Callable[[list[Latent]], list[Path]]:
    """What paints a few latents into files; those who help do the same as the job `files`."""
    paint_some = painter(generator)

    def write(part: list[Latent]) -> list[Path]:
        files = [out / f"{latent.name}.png" for latent in part]
        for file, latent, picture in zip(files, part, paint_some(part), strict=True):
            picture, notes = printed(picture, paper)
            save_picture(picture, file, latent, generator.about(), notes)
        return files

    return write


def printed(picture: Picture, paper: Print | None) -> tuple[Picture, Notes]:
    """A picture as large as fits on the paper, and what its file is to say of it."""
    if paper is None:
        return picture, NOTHING
    size = paper.pixels(picture.shape[1], picture.shape[0])
    larger = np.asarray(Image.fromarray(picture).resize(size, FILTER))
    return larger, Notes(dpi=paper.dpi)


def _apart(latents: Iterable[Latent]) -> Iterator[Latent]:
    """The same, renamed where one of that name came before: no file is painted over."""
    seen: set[str] = set()
    for latent in latents:
        name, number = latent.name, 1
        while name in seen:
            number += 1
            name = f"{latent.name[:90]}-{number}"
        seen.add(name)
        yield replace(latent, name=name) if name != latent.name else latent


def paint_sheet(
    generator: LoadedGenerator,
    latents: Iterable[Latent],
    count: int,
    path: Path,
    columns: int | None = None,
    numbers: bool = False,
    paper: Print | None = None,
) -> Path:
    """Paint one sheet, in memory whole, with its latents inside and, as JSON, beside it.

    Args:
        generator: the generator.
        latents: in the order of the sheet.
        count: how many.
        path: of the PNG.
        columns: pictures in a row; as square as possible if not given.
        numbers: write its seed below each picture, or its name where that says more.
        paper: what the sheet is to be printed on.

    Raises:
        ImpastoError: too many for one sheet.
    """
    if count > MOST_ON_A_SHEET:
        raise ImpastoError(
            f"A sheet, of --grid or --contact-sheet, holds at most {MOST_ON_A_SHEET:,} pictures."
        )
    shown = list(latents)
    parts = track(paint(generator, shown), "painting", total=-(-count // BATCH))
    pictures = np.concatenate(list(parts))
    if paper and columns is None:
        columns = math.ceil(math.sqrt(count * min(paper.width / paper.height, 1)))
    words = [_caption(generator, latent) for latent in shown]
    sheet = captioned(pictures, words, columns) if numbers else grid(pictures, columns)
    sheet, notes = printed(sheet, paper)
    save_latents(path.with_suffix(".json"), shown, generator.about())
    save_png(sheet, path, shown, generator.about(), notes)
    return path


def _caption(generator: LoadedGenerator, latent: Latent) -> str:
    """What is to be typed to have this picture again: its seed, if nothing else is needed."""
    if latent.seed is None or latent.truncation != 1:
        return latent.name.removeprefix("seed-")
    drawn = seeded(generator, latent.seed).label
    return str(latent.seed) if latent.label == drawn else f"{latent.seed} {latent.label}"

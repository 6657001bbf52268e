"""A painting on disk: its strokes first, then the picture, then what else was asked for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from impasto.brush.choice import is_borrowed
from impasto.core.console import track
from impasto.core.images import Picture
from impasto.core.notes import NOTHING, Notes
from impasto.core.png import write_png
from impasto.errors import ImpastoError
from impasto.paint.canvas import draw_bands, finished
from impasto.paint.document import BEGUN, BORROWED, Painting, load_painting, save_painting
from impasto.paint.film import save_film
from impasto.paint.hand.steps import by_hand, real_of
from impasto.paint.openraster import save_ora
from impasto.paint.place import ORA, PICTURE, SHEETS, STROKES, SVG, check_place, remove_stale
from impasto.paint.plot.making import PlotOrder, check_plot_place, write_plot
from impasto.paint.vector import save_svg

Array = NDArray[np.float32]

FilmKind = Literal["mp4", "gif", "webp"]


@dataclass(frozen=True)
class Wanted:
    """Which files, at what size."""

    size: int
    """Pixels of the finished picture's longer side."""

    film: FilmKind | None = None
    seconds: float = 14.0
    """Of the film."""

    svg: bool = False
    ora: bool = False
    plot: PlotOrder | None = None
    sheets: tuple[float, float] | None = None
    """Millimetres of the paper that the steps of a painting by hand are printed on."""

    title: str = "Painting"
    """The picture's name, on sheets."""

    notes: Notes = NOTHING
    """What the picture's file carries."""

    def names(self, brush: str, *, begun: bool) -> list[str]:
        """What is going to be in the painting's folder.

        Args:
            brush: that draws the strokes; of a MyPaint brush its file is kept.
            begun: whether something was on the canvas before.
        """
        also = {
            SVG: self.svg,
            ORA: self.ora,
            SHEETS: self.sheets is not None,
            f"painting.{self.film}": self.film is not None,
            BEGUN: begun,
            BORROWED: is_borrowed(brush),
        }
        return [STROKES, PICTURE, *(name for name, wanted in also.items() if wanted)]


def check_places(out: Path, names: Sequence[str], plot: PlotOrder | None) -> None:
    """Refuse to replace others' files, in the painting's folder and the plot's; call this first.

    Raises:
        ImpastoError: a file is there that is not an earlier result.
    """
    check_place(out, names)
    if plot:
        check_plot_place(plot.folder)


def shows(out: Path, painting: Painting) -> bool:
    """Whether a folder holds the same strokes by the same brush, so that its files show them."""
    try:
        old = load_painting(out / STROKES)
    except ImpastoError:
        return False
    looks, before = ((each.brush, each.seed, each.ground, each.texture) for each in (painting, old))
    pairs = zip(
        (painting.strokes.squares, painting.strokes.geometry, painting.strokes.colours),
        (old.strokes.squares, old.strokes.geometry, old.strokes.colours),
        strict=True,
    )
    return looks == before and all(np.array_equal(one, other) for one, other in pairs)


def write_outputs(
    painting: Painting,
    out: Path,
    wanted: Wanted,
    *,
    anew: bool = True,
    canvas: Array | None = None,
) -> dict[str, Path]:
    """Write `strokes.json`, `painting.png`, and what else is wanted.

    Args:
        painting: what to write.
        out: the folder.
        wanted: which files.
        anew: whether to remove what an earlier painting left there and this one does not write.
        canvas: (H, W, 3), in [0, 1], if these strokes are drawn already; used up where it has the
            picture's size.

    Returns:
        What was written, by kind.
    """
    if wanted.sheets:
        real_of(painting)  # seen before anything is written
    if anew:
        remove_stale(out, wanted.names(painting.brush, begun=painting.begun is not None))
    files = {"strokes": out / STROKES, "painting": out / PICTURE}
    save_painting(painting, files["strokes"])
    bands = _bands(painting, wanted.size, canvas)
    write_png(files["painting"], *painting.size_at(wanted.size), bands, wanted.notes)
    if wanted.svg:
        files["svg"] = out / SVG
        save_svg(painting, files["svg"], wanted.size)
    if wanted.sheets:
        from impasto.paint.hand.sheets import save_sheets  # its library is in an extra

        files["sheets"] = out / SHEETS
        save_sheets(painting, files["sheets"], wanted.title, wanted.sheets)
    if wanted.plot:
        plots, real = write_plot(painting, wanted.plot)
        files |= plots
        if not by_hand(painting):
            painting = replace(painting, real=real)
            save_painting(painting, files["strokes"])
    if wanted.ora:  # its layers are the plot's
        files["ora"] = out / ORA
        save_ora(painting, files["ora"], wanted.size)
    if wanted.film:
        files["film"] = out / f"painting.{wanted.film}"
        save_film(painting, files["film"], wanted.seconds)
    return files


def _bands(painting: Painting, size: int, canvas: Array | None) -> Iterator[Picture]:
    """The picture from the top down, drawn only where it is not on the canvas already."""
    if canvas is not None and size == painting.longer:
        return iter([finished(canvas, painting.texture, size)])
    return draw_bands(painting, size, lambda strokes, total: track(strokes, "drawing", total))

"""A painting on disk: its strokes first, then the picture, then what else was asked for."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from impasto.core.console import track
from impasto.core.notes import NOTHING, Notes
from impasto.core.png import write_png
from impasto.paint.canvas import draw_bands
from impasto.paint.document import Painting, save_painting
from impasto.paint.film import save_film
from impasto.paint.hand.steps import by_hand, real_of
from impasto.paint.openraster import save_ora
from impasto.paint.plot.making import PlotOrder, write_plot
from impasto.paint.vector import save_svg

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


def write_outputs(painting: Painting, out: Path, wanted: Wanted) -> dict[str, Path]:
    """Write `strokes.json`, `painting.png`, and what else is wanted.

    Returns:
        What was written, by kind.
    """
    if wanted.sheets:
        real_of(painting)  # seen before anything is written
    files = {"strokes": out / "strokes.json", "painting": out / "painting.png"}
    save_painting(painting, files["strokes"])
    bands = draw_bands(
        painting, wanted.size, track=lambda strokes, total: track(strokes, "drawing", total)
    )
    write_png(files["painting"], *painting.size_at(wanted.size), bands, wanted.notes)
    if wanted.svg:
        files["svg"] = out / "painting.svg"
        save_svg(painting, files["svg"], wanted.size)
    if wanted.sheets:
        from impasto.paint.hand.sheets import save_sheets  # its library is in an extra

        files["sheets"] = out / "steps.pdf"
        save_sheets(painting, files["sheets"], wanted.title, wanted.sheets)
    if wanted.plot:
        plots, real = write_plot(painting, wanted.plot)
        files |= plots
        if not by_hand(painting):
            painting = replace(painting, real=real)
            save_painting(painting, files["strokes"])
    if wanted.ora:  # its layers are the plot's
        files["ora"] = out / "painting.ora"
        save_ora(painting, files["ora"], wanted.size)
    if wanted.film:
        files["film"] = out / f"painting.{wanted.film}"
        save_film(painting, files["film"], wanted.seconds)
    return files

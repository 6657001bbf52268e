"""`strokes.json`: a painting as its strokes, for people, plotters and other programs.

A file may come from a stranger: it is bounded in size and in strokes, every number is checked
(`strokes_file`), and the first fault is named in one sentence.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.brush.choice import borrowed, is_borrowed, network_of
from impasto.core.files import read_json, write_text
from impasto.core.images import Picture, save
from impasto.core.notes import Notes
from impasto.data.decode import to_array
from impasto.data.picture import read_subject
from impasto.paint.strokes_file import FORMAT, NUMBERS, VERSION, StrokesFile, Texture
from impasto.reading import validated

BEGUN, LARGEST_BEGUN = "canvas.png", 4_096
"""The file beside it that holds what was on the canvas, and pixels of it that are read."""

IN_PROGRESS = "a painting in progress"
"""The mark of pictures that are written before `strokes.json`: a folder with one is known as ours
where a killed process left nothing else."""

BORROWED = "brush.myb"
"""The file beside it that holds a MyPaint brush by which it was painted."""

MOST_BYTES = 128 * 2**20

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Strokes:
    """Strokes in the order in which they were laid."""

    squares: Array
    """(N, 3): left, top and side of the square that a stroke's geometry speaks of, in shares of
    the painting's longer side. A square may reach over the painting's edge."""

    geometry: Array
    """(N, 9), in [0, 1]: see `impasto.brush.actions.Geometry`."""

    colours: Array
    """(N, 3), in [0, 1]: red, green, blue."""

    def __len__(self) -> int:
        return len(self.squares)

    def __getitem__(self, which: slice | NDArray[Any]) -> "Strokes":
        return Strokes(self.squares[which], self.geometry[which], self.colours[which])

    @classmethod
    def none(cls) -> "Strokes":
        """No strokes yet."""
        return cls(*(np.zeros((0, width), np.float32) for width in (3, 9, 3)))

    @classmethod
    def joined(cls, parts: Sequence["Strokes"]) -> "Strokes":
        """The strokes of all parts, in order."""
        if not parts:
            return cls.none()
        return cls(
            np.concatenate([part.squares for part in parts]),
            np.concatenate([part.geometry for part in parts]),
            np.concatenate([part.colours for part in parts]),
        )


@dataclass(frozen=True)
class Paint:
    """A pen, or a mixture of paints."""

    name: str
    """Of a mixture its recipe: `3 Titanium white + 1 Cobalt blue`."""

    colour: tuple[float, float, float]
    """Red, green, blue in [0, 1]."""

    delta_e: float | None = None
    """Of a mixture: how far it is from the colour that the picture wants."""


@dataclass(frozen=True)
class Coat:
    """Strokes that are laid in one paint, in a go."""

    name: str
    paint: int
    """Its number, from 0."""

    strokes: tuple[int, ...]
    """Numbers of strokes, from 0, in the order in which they are laid."""

    step: int | None = None
    """Which pass over the canvas it belongs to, from 1: it dries before the next begins."""

    brush: float | None = None
    """Millimetres of the brush."""


@dataclass(frozen=True)
class RealPaint:
    """How a painting is made on a real canvas."""

    canvas: tuple[float, float]
    """Width and height in millimetres."""

    place: tuple[float, float, float, float]
    """Left, top, width and height of the painting on it, in millimetres."""

    paints: tuple[Paint, ...]
    coats: tuple[Coat, ...]
    """In the order in which they are laid: the layers."""


@dataclass(frozen=True)
class Painting:
    """Everything that a painting is drawn from, at any size."""

    width: int
    """In pixels, as it was painted; with `height` it gives the proportions."""

    height: int
    brush: str
    """One that comes with Impasto, or the path of a MyPaint brush."""

    seed: int
    """Of the brush: the same strokes with the same seed have the same texture."""

    ground: tuple[float, float, float]
    """The bare canvas: red, green, blue in [0, 1]."""

    texture: Texture
    """The weave that shows in the finished picture."""

    strokes: Strokes
    real: RealPaint | None = None
    begun: Picture | None = None
    """(H, W, 3), uint8, of these proportions: what was on the canvas before the first stroke."""

    @property
    def longer(self) -> int:
        """The longer side in pixels, as it was painted."""
        return max(self.width, self.height)

    def size_at(self, longer: int) -> tuple[int, int]:
        """Width and height in pixels where the longer side has `longer` pixels."""
        scale = longer / self.longer
        return max(1, round(self.width * scale)), max(1, round(self.height * scale))


def save_painting(painting: Painting, path: Path) -> None:
    """Write `strokes.json` atomically, one stroke a line."""
    real = _written(painting.real) if painting.real else {}
    if painting.begun is not None:
        real["begun"] = BEGUN
        save(painting.begun, path.parent / BEGUN, notes=Notes(source=IN_PROGRESS))
    if is_borrowed(painting.brush):
        real["myb"] = BORROWED
        write_text(path.parent / BORROWED, borrowed(painting.brush).text)
    head = {
        "format": FORMAT,
        "version": VERSION if real else 1,
        "width": painting.width,
        "height": painting.height,
        "brush": network_of(painting.brush),
        "seed": painting.seed,
        "ground": [round(255 * value) for value in painting.ground],
        "texture": painting.texture,
        **real,
        "numbers": NUMBERS,
    }
    lines = ",\n  ".join(json.dumps(row, separators=(",", ":")) for row in _rows(painting.strokes))
    top = "\n".join(f" {json.dumps(name)}: {json.dumps(value)}," for name, value in head.items())
    write_text(path, f'{{\n{top}\n "strokes": [\n  {lines}\n ]\n}}\n')


def load_painting(path: Path) -> Painting:
    """Read `strokes.json`, from whomever it comes.

    Raises:
        ImpastoError: it is missing, too large, not JSON, or the first number that is wrong.
    """
    value = read_json(path, "a painting's strokes.json", MOST_BYTES)
    page = validated(StrokesFile, value, f"{path} is no painting by `impasto paint`")
    rows = page.strokes
    begun = None
    if page.begun:
        begun = to_array(read_subject(path.parent / page.begun, "paint on", _bounded).image)
    return Painting(
        width=page.width,
        height=page.height,
        brush=str(path.parent / page.myb) if page.myb else page.brush,
        seed=page.seed,
        ground=_shares(page.ground),
        texture=page.texture,
        strokes=Strokes(rows[:, :3], rows[:, 3:12], rows[:, 12:] / np.float32(255)),
        real=_read(page),
        begun=begun,
    )


def _bounded(width: int, height: int) -> tuple[int, int]:
    scale = min(1.0, LARGEST_BEGUN / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _written(real: RealPaint) -> dict[str, object]:
    return {
        "millimetres": {
            "canvas": [round(side, 3) for side in real.canvas],
            "painting": [round(side, 3) for side in real.place],
        },
        "paints": [
            {"name": paint.name, "colour": [round(255 * value) for value in paint.colour]}
            | _given(delta_e=paint.delta_e)
            for paint in real.paints
        ],
        "layers": [
            {"name": coat.name, "paint": coat.paint, "strokes": coat.strokes}
            | _given(step=coat.step, brush=coat.brush)
            for coat in real.coats
        ],
    }


def _given(**values: float | None) -> dict[str, float]:
    return {name: round(value, 3) for name, value in values.items() if value is not None}


def _read(page: StrokesFile) -> RealPaint | None:
    if not page.millimetres:
        return None
    return RealPaint(
        page.millimetres.canvas,
        page.millimetres.painting,
        tuple(Paint(each.name, _shares(each.colour), each.delta_e) for each in page.paints),
        tuple(
            Coat(each.name, each.paint, each.strokes, each.step, each.brush) for each in page.layers
        ),
    )


def rounded(strokes: Strokes) -> Strokes:
    """The strokes as they come back from a file, so that what is shown is what is kept."""
    colours = np.rint(np.clip(strokes.colours, 0, 1) * 255) / 255
    return Strokes(
        np.round(strokes.squares.astype(np.float64), 6).astype(np.float32),
        np.round(np.clip(strokes.geometry, 0, 1).astype(np.float64), 4).astype(np.float32),
        colours.astype(np.float32),
    )


def _rows(strokes: Strokes) -> list[list[float]]:
    strokes = rounded(strokes)
    squares = np.round(strokes.squares.astype(np.float64), 6).tolist()
    geometry = np.round(strokes.geometry.astype(np.float64), 4).tolist()
    colours = np.rint(strokes.colours * 255).astype(int).tolist()
    return [s + g + c for s, g, c in zip(squares, geometry, colours, strict=True)]


def _shares(colour: tuple[int, int, int]) -> tuple[float, float, float]:
    red, green, blue = colour
    return red / 255, green / 255, blue / 255

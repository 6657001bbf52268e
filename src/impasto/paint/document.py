"""`strokes.json`: a painting as its strokes, for people, plotters and other programs.

The format is described in docs/paint.md. A file may come from a stranger: it is bounded in size
and in strokes, every number is checked, and the first fault is named in one sentence.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field, field_validator, model_validator

from impasto.brush.choice import borrowed, is_borrowed, network_of
from impasto.core.files import read_json, write_text
from impasto.core.images import Picture, save
from impasto.data.decode import to_array
from impasto.data.picture import read_subject
from impasto.reading import Record, validated

FORMAT = "impasto-strokes"
VERSION = 2
"""Written where a painting says how it is made with real paint; else 1, which all versions read."""

LARGEST = 16_384
"""The longest side in pixels that is drawn: 120 cm at 350 dots an inch."""

BEGUN, LARGEST_BEGUN = "canvas.png", 4_096
"""The file beside it that holds what was on the canvas, and pixels of it that are read."""

BORROWED = "brush.myb"
"""The file beside it that holds a MyPaint brush by which it was painted."""

MOST_STROKES = 200_000
MOST_BYTES = 128 * 2**20
SHORTEST_SHARE = 1 / 64
"""A painting's shorter side is at least this share of its longer one."""

NUMBERS = (
    *("x", "y", "side"),
    *("pressure", "size", "control_x", "control_y", "end_x", "end_y"),
    *("start_x", "start_y", "entry_pressure"),
    *("red", "green", "blue"),
)
"""What the fifteen numbers of a stroke are."""

Array = NDArray[np.float32]
Texture = Literal["none", "linen", "paper"]


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


Byte = Annotated[int, Field(ge=0, le=255)]

LOWEST = (-1, -1, 1e-4, *[0] * 12)
HIGHEST = (1, 1, 1, *[1] * 9, *[255] * 3)
"""Between which a stroke's fifteen numbers lie."""


Millimetres = Annotated[float, Field(ge=0, le=100_000)]
Name = Annotated[str, Field(max_length=200)]
MOST_PAINTS, MOST_LAYERS = 4_096, 100_000


class _Part(Record):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class _Millimetres(_Part):
    canvas: tuple[Millimetres, Millimetres]
    painting: tuple[Millimetres, Millimetres, Millimetres, Millimetres]


class _Paint(_Part):
    name: Name
    colour: tuple[Byte, Byte, Byte]
    delta_e: Annotated[float, Field(ge=0, le=1_000)] | None = None


class _Layer(_Part):
    name: Name
    paint: Annotated[int, Field(ge=0)]
    strokes: Annotated[tuple[int, ...], Field(max_length=MOST_STROKES)]
    step: Annotated[int, Field(ge=1, le=MOST_LAYERS)] | None = None
    brush: Annotated[Millimetres, Field(gt=0)] | None = None


class _Page(Record):
    """The file as it is written."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, arbitrary_types_allowed=True
    )

    format: Literal["impasto-strokes"]
    version: Literal[1, 2]
    width: Annotated[int, Field(ge=1, le=LARGEST)]
    height: Annotated[int, Field(ge=1, le=LARGEST)]
    brush: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=40)]
    seed: Annotated[int, Field(ge=0, lt=2**31)]
    ground: tuple[Byte, Byte, Byte]
    texture: Texture
    numbers: Annotated[tuple[str, ...], Field(max_length=len(NUMBERS))]
    strokes: Array
    """(N, 15)."""

    millimetres: _Millimetres | None = None
    paints: Annotated[tuple[_Paint, ...], Field(max_length=MOST_PAINTS)] = ()
    layers: Annotated[tuple[_Layer, ...], Field(max_length=MOST_LAYERS)] = ()
    begun: Annotated[str, Field(pattern=r"^[\w-]{1,60}\.png$")] | None = None
    """A picture beside the file."""

    myb: Annotated[str, Field(pattern=r"^[\w-]{1,60}\.myb$")] | None = None
    """A MyPaint brush beside the file; `brush` is then that of ours which is most like it."""

    @field_validator("strokes", mode="plain")
    @classmethod
    def within_bounds(cls, strokes: Any) -> Array:
        """Every number lies where it can be painted; the first one that does not is named."""
        if not isinstance(strokes, list):
            raise ValueError("it must be a list")
        if len(strokes) > MOST_STROKES:
            raise ValueError(f"{len(strokes):,} strokes; at most {MOST_STROKES:,} are read")
        rows = np.empty((len(strokes), len(NUMBERS)), np.float32)
        for number, stroke in enumerate(strokes):
            if not isinstance(stroke, list) or len(stroke) != len(NUMBERS):
                raise ValueError(f"stroke {number + 1:,}: it must be {len(NUMBERS)} numbers")
            for name, value, least, most in zip(NUMBERS, stroke, LOWEST, HIGHEST, strict=True):
                if type(value) not in (int, float) or not least <= value <= most:
                    shown = f"{value:g}" if isinstance(value, float) else repr(value)[:40]
                    raise ValueError(
                        f"stroke {number + 1:,}: {name} is {shown}, not between "
                        f"{least:g} and {most:g}"
                    )
            rows[number] = stroke
        return rows

    @model_validator(mode="after")
    def known_numbers(self) -> Self:
        """The columns are the ones that this version knows; the canvas is no thread."""
        if self.numbers != NUMBERS:
            raise ValueError(f"numbers must be {', '.join(NUMBERS)}")
        if min(self.width, self.height) < SHORTEST_SHARE * max(self.width, self.height):
            raise ValueError("one side is more than 64 times the other")
        return self

    @model_validator(mode="after")
    def known_layers(self) -> Self:
        """Layers speak of strokes and paints that are there, of each stroke once."""
        newer = self.millimetres, self.paints, self.layers, self.begun, self.myb
        if self.version == 1 and any(newer):
            raise ValueError("millimetres, paints, layers, begun and myb belong to version 2")
        seen: set[int] = set()
        for number, layer in enumerate(self.layers, start=1):
            if layer.paint >= len(self.paints):
                raise ValueError(f"layer {number:,}: there is no paint {layer.paint}")
            for stroke in layer.strokes:
                if not 0 <= stroke < len(self.strokes):
                    raise ValueError(f"layer {number:,}: there is no stroke {stroke}")
                if stroke in seen:
                    raise ValueError(
                        f"layer {number:,}: stroke {stroke} is in another layer already"
                    )
                seen.add(stroke)
        return self


def save_painting(painting: Painting, path: Path) -> None:
    """Write `strokes.json` atomically, one stroke a line."""
    real = _written(painting.real) if painting.real else {}
    if painting.begun is not None:
        real["begun"] = BEGUN
        save(painting.begun, path.parent / BEGUN)
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
    page = validated(_Page, value, f"{path} is no painting by `impasto paint`")
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


def _written(real: RealPaint) -> dict[str, Any]:
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


def _read(page: _Page) -> RealPaint | None:
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

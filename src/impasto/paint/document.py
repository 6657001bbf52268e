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
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from impasto.core.files import read_json, write_text
from impasto.errors import ImpastoError

FORMAT = "impasto-strokes"
VERSION = 1
LARGEST = 16_384
"""The longest side in pixels that is drawn: 120 cm at 350 dots an inch."""

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
    """(N, 9), in [0, 1]: see `impasto.paint.actions.Geometry`."""

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
class Painting:
    """Everything that a painting is drawn from, at any size."""

    width: int
    """In pixels, as it was painted; with `height` it gives the proportions."""

    height: int
    brush: str
    seed: int
    """Of the brush: the same strokes with the same seed have the same texture."""

    ground: tuple[float, float, float]
    """The bare canvas: red, green, blue in [0, 1]."""

    texture: Texture
    """The weave that shows in the finished picture."""

    strokes: Strokes

    @property
    def longer(self) -> int:
        """The longer side in pixels, as it was painted."""
        return max(self.width, self.height)

    def size_at(self, longer: int) -> tuple[int, int]:
        """Width and height in pixels where the longer side has `longer` pixels."""
        scale = longer / self.longer
        return max(1, round(self.width * scale)), max(1, round(self.height * scale))


Byte = Annotated[int, Field(ge=0, le=255)]
Row = Annotated[list[float], Field(min_length=len(NUMBERS), max_length=len(NUMBERS))]

LOWEST = np.array([-1, -1, 1e-4] + [0] * 12, np.float32)
HIGHEST = np.array([1, 1, 1] + [1] * 9 + [255] * 3, np.float32)
"""Between which a stroke's fifteen numbers lie."""


class _Page(BaseModel):
    """The file as it is written."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    format: Literal["impasto-strokes"]
    version: Literal[1]
    width: Annotated[int, Field(ge=1, le=LARGEST)]
    height: Annotated[int, Field(ge=1, le=LARGEST)]
    brush: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=40)]
    seed: Annotated[int, Field(ge=0, lt=2**31)]
    ground: tuple[Byte, Byte, Byte]
    texture: Texture
    numbers: tuple[str, ...]
    strokes: list[Row]

    @field_validator("strokes", mode="before")
    @classmethod
    def not_too_many(cls, strokes: Any) -> Any:
        """Count before a single stroke is looked at."""
        if isinstance(strokes, list) and len(strokes) > MOST_STROKES:
            raise ValueError(f"{len(strokes):,} strokes; at most {MOST_STROKES:,} are read")
        return strokes

    @field_validator("strokes")
    @classmethod
    def within_bounds(cls, strokes: list[list[float]]) -> list[list[float]]:
        """Every number lies where it can be painted."""
        rows = np.asarray(strokes, np.float32).reshape(-1, len(NUMBERS))
        wrong = np.argwhere((rows < LOWEST) | (rows > HIGHEST))
        for row, column in wrong[:1]:
            raise ValueError(
                f"stroke {row + 1:,}: {NUMBERS[column]} is {rows[row, column]:g}, not between "
                f"{LOWEST[column]:g} and {HIGHEST[column]:g}"
            )
        return strokes

    @model_validator(mode="after")
    def known_numbers(self) -> Self:
        """The columns are the ones that this version knows; the canvas is no thread."""
        if self.numbers != NUMBERS:
            raise ValueError(f"numbers must be {', '.join(NUMBERS)}")
        if min(self.width, self.height) < SHORTEST_SHARE * max(self.width, self.height):
            raise ValueError("one side is more than 64 times the other")
        return self


def save_painting(painting: Painting, path: Path) -> None:
    """Write `strokes.json` atomically, one stroke a line."""
    head = {
        "format": FORMAT,
        "version": VERSION,
        "width": painting.width,
        "height": painting.height,
        "brush": painting.brush,
        "seed": painting.seed,
        "ground": [round(255 * value) for value in painting.ground],
        "texture": painting.texture,
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
    try:
        page = _Page.model_validate(value)
    except ValidationError as error:
        raise ImpastoError(f"{path}: {_first_fault(error)}") from error
    rows = np.asarray(page.strokes, np.float32).reshape(-1, len(NUMBERS))
    return Painting(
        width=page.width,
        height=page.height,
        brush=page.brush,
        seed=page.seed,
        ground=_shares(page.ground),
        texture=page.texture,
        strokes=Strokes(rows[:, :3], rows[:, 3:12], rows[:, 12:] / np.float32(255)),
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


def _first_fault(error: ValidationError) -> str:
    """`stroke 12, pressure: input should be less than or equal to 1.`"""
    first = error.errors(include_url=False)[0]
    where = [str(part) for part in first["loc"]]
    if where[:1] == ["strokes"] and len(where) >= 2:
        column = f", {NUMBERS[int(where[2])]}" if len(where) > 2 else ""
        where = [f"stroke {int(where[1]) + 1:,}{column}"]
    reason = first["msg"].removeprefix("Value error, ")
    name = ".".join(where) or "the whole"
    return f"{name}: {reason[:1].lower()}{reason[1:]}; `impasto paint` writes such files."

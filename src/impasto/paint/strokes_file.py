"""The fields of `strokes.json`, each of them checked.

The format is described in docs/paint.md.
"""

from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field, field_validator, model_validator

from impasto.reading import Record

FORMAT = "impasto-strokes"
VERSION = 2
"""Written where a painting says how it is made with real paint; else 1, which all versions read."""

LARGEST = 16_384
"""The longest side in pixels that is drawn: 120 cm at 350 dots an inch."""

MOST_STROKES = 200_000
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
Byte = Annotated[int, Field(ge=0, le=255)]

LOWEST = (-1, -1, 1e-4, *[0] * 12)
HIGHEST = (1, 1, 1, *[1] * 9, *[255] * 3)
"""Between which a stroke's fifteen numbers lie."""

Millimetres = Annotated[float, Field(ge=0, le=100_000)]
Side = Annotated[Millimetres, Field(ge=1)]
"""Of a canvas."""

Length = Annotated[Millimetres, Field(gt=0)]
THINNEST, OVER = 0.1, 0.01
"""Millimetres of a brush at least, and by which rounding may put a painting past its canvas."""

Name = Annotated[str, Field(max_length=200)]
MOST_PAINTS, MOST_LAYERS, MOST_STEPS = 4_096, 10_000, 100


class _Part(Record):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Place(_Part):
    """The canvas, and left, top, width and height of the painting on it."""

    canvas: tuple[Side, Side]
    painting: tuple[Millimetres, Millimetres, Length, Length]

    @model_validator(mode="after")
    def within(self) -> Self:
        """The painting lies on the canvas."""
        left, top, across, down = self.painting
        if left + across > self.canvas[0] + OVER or top + down > self.canvas[1] + OVER:
            raise ValueError("the painting does not lie on the canvas")
        return self


class PaintField(_Part):
    """A pen, or a mixture."""

    name: Name
    colour: tuple[Byte, Byte, Byte]
    delta_e: Annotated[float, Field(ge=0, le=1_000)] | None = None


class LayerField(_Part):
    """What is laid in one paint, in a go."""

    name: Name
    paint: Annotated[int, Field(ge=0)]
    strokes: Annotated[tuple[int, ...], Field(min_length=1, max_length=MOST_STROKES)]
    step: Annotated[int, Field(ge=1, le=MOST_STEPS)] | None = None
    brush: Annotated[Millimetres, Field(ge=THINNEST)] | None = None


class StrokesFile(Record):
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

    millimetres: Place | None = None
    paints: Annotated[tuple[PaintField, ...], Field(max_length=MOST_PAINTS)] = ()
    layers: Annotated[tuple[LayerField, ...], Field(max_length=MOST_LAYERS)] = ()
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
        """Layers speak of strokes and paints that are there, of each stroke once, in order."""
        newer = self.millimetres, self.paints, self.layers, self.begun, self.myb
        if self.version == 1 and any(newer):
            raise ValueError("millimetres, paints, layers, begun and myb belong to version 2")
        seen: set[int] = set()
        step = 1
        for number, layer in enumerate(self.layers, start=1):
            if layer.step is not None and layer.step < step:
                raise ValueError(f"layer {number:,}: step {layer.step} comes after step {step}")
            step = layer.step or step
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

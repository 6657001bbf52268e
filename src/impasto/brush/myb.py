"""MyPaint's brush files, `.myb`: read within bounds, and as JSON that libmypaint may be given.

libmypaint trusts its brushes: a line of one point, or one that turns back, ends the process. So
each number is checked here, and libmypaint never sees the file itself.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, TypedDict, cast

from pydantic import ConfigDict, Field, field_validator

from impasto.brush.settings import SETTINGS
from impasto.errors import ImpastoError
from impasto.reading import Record, read_json, validated

SUFFIX = ".myb"

LARGEST = 2**20
"""Bytes of a brush file, at most; the 373 of the mypaint-brushes collections have up to 14,000."""

MOST_SETTINGS, MOST_INPUTS, MOST_POINTS = 256, 64, 64
"""Of a file, of a setting and of a line; libmypaint has 64 settings and lines of 64 points."""

LEFT_ASIDE = (
    *("color_", "change_color_", "restore_color", "colorize", "posterize", "paint_mode"),
    *("smudge", "eraser", "lock_alpha", "snap_to_pixel"),
)
"""Beginnings of the names of settings that change colours, or what is on the canvas already: here
a stroke has one colour and covers."""

KIND = "a MyPaint brush"

Number = Annotated[float, Field(ge=-100_000, le=100_000)]
Line = Annotated[tuple[tuple[Number, Number], ...], Field(max_length=MOST_POINTS)]


class _Part(Record):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class _Setting(_Part):
    base_value: Number
    inputs: Annotated[dict[str, Line], Field(max_length=MOST_INPUTS)] = Field(default_factory=dict)

    @field_validator("inputs")
    @classmethod
    def run_forwards(cls, inputs: dict[str, Line]) -> dict[str, Line]:
        """Lines have no point or at least two, from left to right."""
        for name, points in inputs.items():
            places = [x for x, _ in points]
            if len(points) == 1 or places != sorted(places):
                raise ValueError(f"{name[:40]}: a line has two points or more, from left to right")
        return inputs


class Likeness(_Part):
    """Which of our brushes a brush is most like, as it was found when it was first used."""

    brush: str
    radius: Annotated[float, Field(ge=-4, le=4)]
    """Natural logarithm of its radius in pixels of 64, added to twice the action's size."""

    @field_validator("brush")
    @classmethod
    def known(cls, brush: str) -> str:
        """It is a brush that comes with Impasto."""
        if brush not in SETTINGS:
            raise ValueError(f"there is no brush {brush[:40]!r} in Impasto")
        return brush


class SettingValues(TypedDict):
    """A setting as plain values."""

    base_value: float
    inputs: dict[str, list[list[float]]]


class _Page(_Part):
    """The file as it is written."""

    version: Literal[3]
    settings: Annotated[dict[str, _Setting], Field(min_length=1, max_length=MOST_SETTINGS)]
    impasto: Likeness | None = None


@dataclass(frozen=True, eq=False)
class Myb:
    """What a `.myb` file says of a stroke's paint."""

    settings: Mapping[str, SettingValues]
    """By libmypaint's names: `base_value` and `inputs`, plain values."""

    likeness: Likeness | None = None

    @cached_property
    def text(self) -> str:
        """As a `.myb` file, which MyPaint reads as well."""
        about = {"impasto": self.likeness.model_dump()} if self.likeness else {}
        head = {"version": 3, "comment": "", "group": "", "parent_brush_name": ""}
        return json.dumps({**head, **about, "settings": self.settings}, indent=1) + "\n"

    def liking(self, likeness: Likeness) -> "Myb":
        """The same, which tells what it is like."""
        return replace(self, likeness=likeness)


def read_myb(path: Path) -> Myb:
    """Read a brush file that may come from a stranger.

    Raises:
        ImpastoError: it is missing, too large, no MyPaint brush of version 3, has a number out of
            bounds, or is an eraser.
    """
    value = read_json(path, KIND, LARGEST)
    if isinstance(value, dict) and value.get("version") not in (3, None):
        raise ImpastoError(
            f"{path} has version {str(value['version'])[:20]} of MyPaint's brush files; open it in "
            "MyPaint 1.2 or newer and save it again: that writes version 3."
        )
    page = validated(_Page, value, f"{path} is no MyPaint brush")
    eraser = page.settings.get("eraser")
    if eraser and eraser.base_value > 0.5:
        raise ImpastoError(f"{path} is an eraser; choose a brush that lays paint.")
    kept = {
        name: cast(SettingValues, setting.model_dump(mode="json"))
        for name, setting in page.settings.items()
        if not name.startswith(LEFT_ASIDE)
    }
    return Myb(kept, page.impasto)

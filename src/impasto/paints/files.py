"""Paints from a file: swatches as colours, or as places on a photograph of them."""

import re
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, ConfigDict, Field, field_validator, model_validator

from impasto.core.colour import from_linear, to_linear
from impasto.core.console import say
from impasto.core.images import Picture
from impasto.data.decode import to_array
from impasto.data.picture import read_subject
from impasto.errors import ImpastoError
from impasto.paints.mixing import Paints
from impasto.paints.swatches import find_swatches
from impasto.reading import Record, parse_yaml, read_text, validated

SETS = Path(__file__).parent / "sets"
"""Paints that come with Impasto, a file each."""

LARGEST = 2**20
"""Bytes of a file of paints."""

MOST_PAINTS = 40

Box = tuple[int, int, int, int]
"""Left, top, width and height in pixels of the photograph."""


def _colour_or_place(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        return value
    if isinstance(value, list) and [type(each) for each in value] == [int] * 4:
        left, top, width, height = value
        if min(left, top) >= 0 and min(width, height) >= 1:
            return left, top, width, height
    raise ValueError(
        "input should be a colour, such as '#1b2f4b', or its place on the photograph in pixels: "
        "[left, top, width, height]"
    )


Swatch = Annotated[str | Box, BeforeValidator(_colour_or_place)]

_WHITE_CARD, _BLACK_CARD = "#f6f6f6", "#303030"
"""Of the usual cards for swatches: they reflect 92 % and 3 %."""


class _Entry(Record):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1, max_length=60)]
    white: Swatch | None = None
    """A swatch over white: `#rrggbb`, or its place on the photograph. Those that have none are
    found there, in the order in which one reads."""

    black: Swatch | None = None
    """The same film over black; a paint without one is taken for one that covers."""

    strength: Annotated[float, Field(gt=0, le=100)] = 1.0
    """How strongly it tints, if other than its swatch says."""


class _File(Record):
    model_config = ConfigDict(extra="forbid", frozen=True)

    paints: Annotated[list[_Entry], Field(min_length=1, max_length=MOST_PAINTS)]
    source: Annotated[str, Field(max_length=400)] = ""
    """Where the colours were taken from."""

    coats: Annotated[float, Field(gt=0, le=100)] | None = None
    """Painted as thick as so many swatches, so that the ground shines through; if left out, until
    it covers."""

    photo: Annotated[str, Field(max_length=1000)] | None = None
    """A photograph of the swatches, beside this file."""

    white_card: Swatch = _WHITE_CARD
    """The white below the swatches; on a photograph its place, which then counts as #f6f6f6."""

    black_card: Swatch = _BLACK_CARD

    @field_validator("paints")
    @classmethod
    def _differ(cls, paints: list[_Entry]) -> list[_Entry]:
        names = [paint.name for paint in paints]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"two paints are called {sorted(twice)[0]}")
        return paints

    @model_validator(mode="after")
    def _places_need_a_photo(self) -> "_File":
        swatches = [each for paint in self.paints for each in (paint.white, paint.black)]
        places = any(isinstance(each, tuple) for each in swatches)
        white, black = (isinstance(each, tuple) for each in (self.white_card, self.black_card))
        bare = next((paint for paint in self.paints if paint.white is None), None)
        if (places or white or black) and self.photo is None:
            raise ValueError("a swatch's place [left, top, width, height] needs photo: FILE")
        if black and not white:
            raise ValueError("black_card is a place, so white_card must be one on the same photo")
        if self.photo is not None and not (places or bare):
            raise ValueError("no swatch is taken from photo; give their places, or leave it out")
        if bare and (self.photo is None or bare.black):
            raise ValueError(
                f"paint {bare.name} needs white: '#rrggbb'; or, without black, a photo: FILE to "
                "find it on"
            )
        if bare and places:
            raise ValueError(
                f"paint {bare.name} has no swatch; give the places of all paints, or of none to "
                "have them found"
            )
        return self


def known_sets() -> list[str]:
    """Names of the sets that come with Impasto, sorted."""
    return sorted(file.stem for file in SETS.glob("*.yaml"))


def load_paints(named: str | Path) -> Paints:
    """Read paints: a YAML file, or the name of a set that comes with Impasto.

    Raises:
        ImpastoError: there is no such file or set, or it holds no paints.
    """
    path = Path(named)
    if not path.is_file() and str(named) in known_sets():  # a folder may have a set's name
        path = SETS / f"{named}.yaml"
    elif not path.exists():
        raise ImpastoError(
            f"--paints {named}: there is no such file, and no set of that name; name a YAML file, "
            f"or one of {', '.join(known_sets())}."
        )
    what = "a list of paints (docs/kit.md shows one)"
    value = parse_yaml(read_text(path, what, LARGEST), str(path))
    if not isinstance(value, dict) or "paints" not in value:
        raise ImpastoError(f"{path} is not {what}: it has no `paints:`.")
    return _paints(validated(_File, value, str(path)), path)


def _paints(file: _File, path: Path) -> Paints:
    photo = None if file.photo is None else path.parent / file.photo
    if photo and not photo.exists():
        raise ImpastoError(f"{path}: there is no photograph {photo}; check photo: in this file.")
    card = _Card.read(photo, file) if photo else None
    bare = sum(paint.white is None for paint in file.paints)
    found = iter(card.found(bare, file) if card and bare else ())
    white = _WHITE_CARD if isinstance(file.white_card, tuple) else file.white_card
    black = _BLACK_CARD if isinstance(file.black_card, tuple) else file.black_card
    return Paints.from_swatches(
        [paint.name for paint in file.paints],
        [_colour(paint.white, card) if paint.white else next(found) for paint in file.paints],
        [None if paint.black is None else _colour(paint.black, card) for paint in file.paints],
        cards=(_hex(white), _hex(black)),
        strengths=[paint.strength for paint in file.paints],
        coats=file.coats,
        source=file.source,
    )


class _Card:
    """A photograph of swatches, whose light and exposure the card's own white and black undo."""

    def __init__(self, picture: Picture, where: str) -> None:
        self.picture, self.where = picture, where
        self.dark, self.scale = np.zeros(3), np.ones(3)

    @classmethod
    def read(cls, path: Path, file: _File) -> "_Card":
        """Read it, and level it by the cards whose places are given."""
        card = cls(to_array(read_subject(path, "take swatches from").image), str(path))
        levels = {}
        for name, swatch, known in (
            ("white_card", file.white_card, _WHITE_CARD),
            ("black_card", file.black_card, _BLACK_CARD),
        ):
            if isinstance(swatch, tuple):
                levels[name] = (to_linear(card.median(swatch)), to_linear(_hex(known)))
        found, wanted = levels.get("black_card", (np.zeros(3), np.zeros(3)))
        if "white_card" in levels:
            bright, known_bright = levels["white_card"]
            if (bright - found < 0.05).any():
                raise ImpastoError(
                    f"{path}: the white card is barely lighter than the black one; check "
                    "white_card and black_card."
                )
            card.scale = (known_bright - wanted) / (bright - found)
            card.dark = found - wanted / card.scale
        return card

    def median(self, box: Box) -> NDArray[np.float64]:
        """The colour of a place as it was taken: sRGB, 0–1."""
        left, top, width, height = box
        part = self.picture[top : top + height, left : left + width]
        if part.shape[:2] != (height, width):
            across = f"{self.picture.shape[1]}×{self.picture.shape[0]}"
            raise ImpastoError(f"{self.where} has {across} pixels; {list(box)} lies outside.")
        return np.asarray(np.median(part.reshape(-1, 3), 0) / 255)

    def colour(self, box: Box) -> NDArray[np.float64]:
        """The colour of a place under even light: sRGB, 0–1."""
        return _seen((to_linear(self.median(box)) - self.dark) * self.scale)

    def found(self, count: int, file: _File) -> list[NDArray[np.float64]]:
        """The colours of swatches on a plain card, whose own colour beside each undoes the light.

        Raises:
            ImpastoError: they are not found.
        """
        swatches, across = find_swatches(self.picture, count, self.where)
        say(
            f"{self.where}: found {count} swatches, {across} in a row, read from left to right, "
            "row by row.",
            style="dim",
        )
        if isinstance(file.white_card, tuple):  # light and exposure are known from there
            return [self.colour(swatch.box) for swatch in swatches]
        own = to_linear(_hex(file.white_card))
        return [
            _seen(
                to_linear(self.median(swatch.box)) * own / np.maximum(to_linear(swatch.card), 0.01)
            )
            for swatch in swatches
        ]


def _seen(light: NDArray[np.float64]) -> NDArray[np.float64]:
    return from_linear(np.clip(light, 0, 1))


def _colour(swatch: str | Box, card: _Card | None) -> NDArray[np.float64]:
    if isinstance(swatch, str):
        return _hex(swatch)
    assert card is not None
    return card.colour(swatch)


def _hex(text: str) -> NDArray[np.float64]:
    return np.array([int(text[at : at + 2], 16) / 255 for at in (1, 3, 5)])

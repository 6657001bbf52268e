"""Everything that is worth knowing of one file, found out in one decoding, by a worker."""

import hashlib
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.core.files import state_of
from impasto.core.images import FILTER, Picture
from impasto.data.crop import crops, size_before_crops
from impasto.data.decode import (
    MOST_PIXELS,
    Decoded,
    Unreadable,
    decode_content,
    open_content,
    to_array,
)
from impasto.data.files import name_of
from impasto.prepare.cache import Cache
from impasto.prepare.measures import centre_square, clutter, colour_spread, find_borders
from impasto.prepare.remote import AwayError
from impasto.prepare.where import NotFetched, open_where
from impasto.sizes import PrepareFit

THUMB = 64
"""Side of the thumbnail that duplicates are compared on, in pixels."""
VIEW = 128
"""Side of the picture that the feature network sees, in pixels."""

_LOOKED_AT = 256
"""Short side, in pixels, that a picture keeps for being judged."""

_FINE = 95
"""The JPEG quality at which copies are weighed against each other."""
_DENSER = {"WEBP": 1.4, "AVIF": 1.6}
"""How many bytes of JPEG hold what one byte holds, at equal squared error. Medians of 14
photographs and paintings over several qualities, Pillow's encoders: 1.39–1.46 and 1.54–1.76."""

_LITTLE = 112


@dataclass(frozen=True)
class Settings:
    """What the pixels of a set depend on; facts found under other settings are found anew."""

    width: int
    height: int
    fit: PrepareFit = "crop"
    matte: int = 255
    keep_borders: bool = False
    most_pixels: int = MOST_PIXELS


@dataclass
class Facts:
    """One file. `reason` is set where it cannot be read at all."""

    file: str
    bytes: int
    modified: int
    """Nanoseconds, as the file system tells it; these and the next two are `state_of` the file."""
    inode: int = -1
    changed: int = -1
    sha256: str = ""
    reason: str = ""
    detail: str = ""
    width: int = 0
    """Of the upright picture in the file, borders included, in pixels."""
    height: int = 0
    notes: list[str] = field(default_factory=list)
    trimmed: list[float] = field(default_factory=list)
    """Left, top, right, bottom as shares of the picture; empty where nothing was trimmed."""
    transparent: bool = False
    spread: float = 0.0
    clutter: float = 0.0
    row: int = -1
    """Where thumbnail and features lie on the workbench; where a border was trimmed, a thumbnail
    with it lies in the next row."""
    crops: int = 0
    """How many pictures were cut out of it."""
    first_crop: int = -1
    """Where they begin on the workbench; −1 if they are not there any more."""
    weight: int = 0
    """See `weigh`; 0 unless it was asked for."""

    @property
    def state(self) -> tuple[int, int, int, int]:
        """How a change of the file is noticed."""
        return self.bytes, self.modified, self.inode, self.changed

    @property
    def rows(self) -> range:
        """Where its thumbnails lie on the workbench."""
        count = 0 if self.row < 0 else 2 if self.trimmed else 1
        return range(self.row, self.row + count)

    @property
    def inner(self) -> tuple[int, int]:
        """Width and height without the trimmed border, in pixels."""
        if not self.trimmed:
            return self.width, self.height
        left, top, right, bottom = self.trimmed
        return round(self.width * (right - left)), round(self.height * (bottom - top))


@dataclass(frozen=True)
class Examined:
    """What a worker sends back."""

    facts: Facts
    thumbs: NDArray[np.uint8] | None = None
    """(1 or 2, 64, 64, 3): the whole picture squeezed into a square, as trimmed and as it was.

    A field that another field surrounds looks like a mount; of two copies it may be taken for one
    in this and not in that."""
    view: Picture | None = None
    """(128, 128, 3), the middle, undistorted."""
    pictures: Sequence[Picture] = ()
    """What the set would take, each (height, width, 3)."""
    away: bool = False
    """Whether it could not be had because nobody answers: others may fare the same."""


def examine(folder: Path, settings: Settings, file: Path) -> Examined:
    """`examine_at` a file in a folder."""
    item = name_of(file), str(folder / file), None
    return examine_at(Cache(folder), settings, item)


Item = tuple[str, str, tuple[int, int, int, int] | None]
"""A picture's name, where it lies, and its state; None where looking at the file tells that."""


def examine_at(cache: Cache, settings: Settings, item: Item) -> Examined:
    """Decode one file once and find out everything; never fails on what the file holds."""
    name, where, state = item
    facts = Facts(name, *(state or state_of(Path(where))))
    try:
        with open_where(where, cache, settings.most_pixels) as content:
            facts.sha256 = _sha256(content)
            decoded = _decode(content, settings)
            facts.width, facts.height = decoded.width, decoded.height
            facts.notes, facts.transparent = list(decoded.notes), decoded.transparent
            image = outer = decoded.image
            if not settings.keep_borders:
                facts.trimmed = _borders(image)
            if facts.trimmed:
                # What is left of a reduced picture may be too little: then it is decoded again.
                reduced = image.size != (decoded.width, decoded.height)
                image = _inner(content, settings, facts) if reduced else _cut(image, facts.trimmed)
    except Unreadable as error:
        facts.reason, facts.detail = error.reason, error.detail
        if _may_pass(error):
            facts.modified = _TRY_AGAIN
        return Examined(facts, away=isinstance(error, NotFetched) and error.away)
    pictures = crops(image, settings.width, settings.height, settings.fit, settings.matte)
    facts.crops = len(pictures)
    # One costly look at the full picture; what follows is taken from this small one.
    looks = [image, outer] if facts.trimmed else [image]
    thumbs = np.stack([_thumb(each) for each in looks])
    small = thumbs[0]
    facts.spread, facts.clutter = round(colour_spread(small), 2), round(clutter(small), 4)
    # The middle seven eighths: what is left of a mount, a frame or a ruler stays outside.
    return Examined(facts, thumbs, centre_square(image, VIEW, 0.875), pictures)


_TRY_AGAIN = -1
"""Instead of a time of change: it may be read the next time."""


def _may_pass(error: Unreadable) -> bool:
    """Whether it is the disk, the memory or the network that failed, not the file."""
    if isinstance(error, NotFetched) or error.reason == "unreadable":
        return True
    return isinstance(error.__cause__, MemoryError)


def _sha256(content: BinaryIO) -> str:
    """Of all that follows.

    Raises:
        Unreadable: the disk fails.
    """
    digest = hashlib.sha256()
    try:
        while piece := content.read(2**20):
            digest.update(piece)
    except OSError as error:
        raise Unreadable("unreadable", error.strerror or str(error)) from error
    return digest.hexdigest()


def unchanged(item: Item, settings: Settings, facts: Facts) -> bool:
    """Whether a file is still what the facts tell of: the very same, or one of the same content.

    Size and time alone may be another's, where files were renamed or copied with their times. Then
    the facts get the file's state; what lies elsewhere is not fetched for that.
    """
    _, where, state = item
    if state is not None:
        return state == facts.state
    path = Path(where)
    state = state_of(path)
    if state == facts.state:
        return state[0] >= 0
    if state[0] != facts.bytes or not facts.sha256 or facts.modified == _TRY_AGAIN:
        return False
    try:
        with open_content(path, settings.most_pixels) as content:
            same = _sha256(content) == facts.sha256
    except Unreadable:
        return False
    if same:
        facts.bytes, facts.modified, facts.inode, facts.changed = state
    return same


def cut_again(where: str, cache: Cache, settings: Settings, facts: Facts) -> list[Picture]:
    """The pictures of a file that was examined before; empty if it has vanished since.

    Raises:
        AwayError: nobody answers where it lies.
    """
    try:
        with open_where(where, cache, settings.most_pixels) as content:
            image = _inner(content, settings, facts)
    except Unreadable as error:
        _require_answer(error)
        return []
    return crops(image, settings.width, settings.height, settings.fit, settings.matte)


def weigh(where: str, cache: Cache, settings: Settings, facts: Facts) -> int:
    """How much of the painting is in a file, in bytes of JPEG; 0 if it has vanished.

    Its pixels, packed finely and all alike: what a coarse compression took away or an enlargement
    never had needs few bytes. But no more than the file itself has, as packing a picture again
    adds to it: in the same JPEG bytes other formats hold as much more as `_DENSER` says.

    Raises:
        AwayError: nobody answers where it lies.
    """
    try:
        with open_where(where, cache, settings.most_pixels) as content:
            size = content.seek(0, os.SEEK_END)
            content.seek(0)
            decoded = decode_content(content, None, settings.matte, settings.most_pixels)
    except Unreadable as error:
        _require_answer(error)
        return 0
    image = _cut(decoded.image, facts.trimmed) if facts.trimmed else decoded.image
    packed = io.BytesIO()
    image.save(packed, "JPEG", quality=_FINE)
    own = size * _DENSER.get(decoded.format, 1.0)
    return round(min(own, packed.getbuffer().nbytes))


def _require_answer(error: Unreadable) -> None:
    """End the run if a file is not gone, but out of reach: the set would lose it without need."""
    if isinstance(error, NotFetched) and error.away:
        raise AwayError(f"{error.detail.rstrip('.')}; the same command goes on.") from error


def _decode(content: BinaryIO, settings: Settings, share: float = 1.0) -> Decoded:
    """Decode as large as is still useful, if only `share` of either side will be left."""

    def wanted(across: int, down: int) -> tuple[int, int]:
        """Twice the target: the filter then sees enough to be as sharp as from full size."""
        scaled = size_before_crops(across, down, settings.width, settings.height, settings.fit)
        scale = max(2 * scaled[0] / across, 2 * scaled[1] / down, _LOOKED_AT / min(across, down))
        return max(1, round(across * scale / share)), max(1, round(down * scale / share))

    return decode_content(content, wanted, settings.matte, settings.most_pixels)


def _inner(content: BinaryIO, settings: Settings, facts: Facts) -> Image.Image:
    """The picture without its border."""
    if not facts.trimmed:
        return _decode(content, settings).image
    left, top, right, bottom = facts.trimmed
    share = max(0.01, min(right - left, bottom - top))
    return _cut(_decode(content, settings, share).image, facts.trimmed)


def _borders(image: Image.Image) -> list[float]:
    """What is left without the border, as shares of the picture; empty if there is none."""
    box, (width, height) = find_borders(to_array(image)), image.size
    if box == (0, 0, width, height):
        return []
    shares = (box[0] / width, box[1] / height, box[2] / width, box[3] / height)
    return [round(share, 5) for share in shares]


def _cut(image: Image.Image, shares: Sequence[float]) -> Image.Image:
    width, height = image.size
    left, top, right, bottom = shares
    return image.crop(
        (round(left * width), round(top * height), round(right * width), round(bottom * height))
    )


def _thumb(image: Image.Image) -> NDArray[np.uint8]:
    little = image.resize((_LITTLE, _LITTLE), FILTER)
    return np.asarray(little.resize((THUMB, THUMB), FILTER))

"""Pictures small enough for a wall, made in a process of their own.

Decoding is the house's: bounded, every format, every fault. It happens elsewhere because a large
photograph takes half a gigabyte that the server would keep.
"""

import hashlib
import io
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from impasto.core.files import state_of, write_bytes
from impasto.errors import ImpastoError
from impasto.studio.helper import GivenUpError, Helper
from impasto.studio.preview import sheet
from impasto.studio.unpacking import unpacked

SIDES = (160, 320, 640, 1280)
"""Pixels of the longer side that a page may ask for."""

SOME = 400
"""Pictures after which the process is replaced."""

DECODING = 120.0
"""Seconds that a picture may take."""


class Pictures:
    """Thumbnails, kept on disk under a hash of the file's identity; and checks of uploads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._decoding = Helper(SOME)
        self._unpacking = Helper(1)
        """An archive may take half an hour; thumbnails and uploads do not wait for it."""

    def thumbnail(self, path: Path, side: int) -> Path:
        """A small WebP of a picture file.

        Raises:
            ImpastoError: it is no picture, or a broken one.
        """
        known = hashlib.sha256(repr((str(path), state_of(path), side)).encode()).hexdigest()
        place = self.folder / known[:2] / f"{known[:32]}.webp"
        if not place.is_file():
            write_bytes(place, self._small(path, side))
        return place

    def sheet(self, folder: Path) -> Path:
        """The contact sheet of a prepared set, as a WebP.

        Raises:
            ImpastoError: the set is damaged.
        """
        known = repr((str(folder), state_of(folder / "dataset.json"), "mosaic"))
        name = hashlib.sha256(known.encode()).hexdigest()
        place = self.folder / name[:2] / f"{name[:32]}.webp"
        if not place.is_file():
            write_bytes(place, self.work(sheet, str(folder)))
        return place

    def check(self, path: Path) -> None:
        """Decode a file as every verb will.

        Raises:
            ImpastoError: it is no picture, or a broken one.
        """
        self._small(path, SIDES[0])

    def _small(self, path: Path, side: int) -> bytes:
        found: bytes = self.work(_small, str(path), side, name=path.name)
        return found

    def unpack(self, archive: Path, place: Path, seconds: float) -> int:
        """Unpack an archive, beside all other work; returns how many of its files may be pictures.

        Args:
            archive: a ZIP or TAR, alone in a folder, which is emptied.
            place: the folder to make.
            seconds: until it is given up.

        Raises:
            ImpastoError: it is none, damaged, a bomb, holds no pictures, or took too long.
        """
        given = str(archive), str(place)
        count, fault = _asked(self._unpacking, unpacked, given, archive.name, seconds)
        if fault:
            raise ImpastoError(fault)
        return int(count)

    def close(self) -> None:
        """End the processes, also in the middle of work."""
        self._decoding.close()
        self._unpacking.close()

    def work(
        self,
        function: Callable[..., tuple[Any, str]],
        *given: Any,
        name: str = "",
        seconds: float = DECODING,
    ) -> Any:
        """Do something with strangers' pictures in the process, and return what it found.

        Args:
            function: of a module; returns what it found and, if that is nothing, why.
            given: what it is given; a process is between.
            name: of the picture, for the sentence.
            seconds: until it is given up; waiting for other work does not count.

        Raises:
            ImpastoError: the process broke or took too long, or there is a reason.
        """
        content, fault = _asked(self._decoding, function, given, name, seconds)
        if fault and name:
            raise ImpastoError(f"{name} cannot be opened ({fault}); is it a picture?")
        if fault:
            raise ImpastoError(fault)
        return content


def _asked(
    helper: Helper,
    function: Callable[..., tuple[Any, str]],
    given: tuple[Any, ...],
    name: str,
    seconds: float,
) -> tuple[Any, str]:
    try:
        found: tuple[Any, str] = helper.work(function, given, seconds)
    except GivenUpError as error:
        raise ImpastoError(
            f"{name or 'This'} took longer than {seconds:g} seconds and was given up; try it with "
            "less at once, or smaller."
        ) from error
    except BrokenProcessPool as error:
        what = f"{name} cannot be opened: its" if name else "This cannot be looked at: the"
        raise ImpastoError(f"{what} decoder broke.") from error
    return found


def _small(path: str, side: int) -> tuple[bytes, str]:
    """(a WebP, "") or (nothing, what is wrong); in the helper's process."""
    from impasto.core.images import FILTER
    from impasto.data.decode import Unreadable, decode_image

    def useful(width: int, height: int) -> tuple[int, int]:
        scale = min(1.0, side / max(width, height))
        return max(1, round(width * scale)), max(1, round(height * scale))

    try:
        image = decode_image(Path(path), useful).image
    except Unreadable as error:
        return b"", str(error)
    image = image.resize(useful(*image.size), FILTER)
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "WEBP", quality=82, method=2)
    return buffer.getvalue(), ""

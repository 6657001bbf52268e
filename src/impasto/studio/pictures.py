"""Pictures small enough for a wall, made in a process of their own.

Decoding is the house's: bounded, every format, every fault. It happens elsewhere because a large
photograph takes half a gigabyte that the server would keep.
"""

import hashlib
import io
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from impasto.core.files import state_of, write_bytes
from impasto.core.parallel import Workers, belong_to_parent
from impasto.errors import ImpastoError
from impasto.studio.preview import sheet

SIDES = (160, 320, 640, 1280)
"""Pixels of the longer side that a page may ask for."""

SOME = 400
"""Pictures after which the process is replaced: what a codec lost is given back."""


class Pictures:
    """Thumbnails, kept on disk under a hash of the file's identity; and checks of uploads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._pool: ProcessPoolExecutor | None = None
        self._lock = threading.Lock()

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

    def close(self) -> None:
        """End the process, also in the middle of work: it does not hear Ctrl-C."""
        if self._pool:
            for process in list((self._pool._processes or {}).values()):
                process.terminate()
            self._pool.shutdown(wait=False, cancel_futures=True)

    def work(
        self,
        function: Callable[..., tuple[Any, str]],
        *given: Any,
        name: str = "",
        seconds: float = 120,
    ) -> Any:
        """Do something with strangers' pictures in the process, and return what it found.

        Args:
            function: of a module; returns what it found and, if that is nothing, why.
            given: what it is given; a process is between.
            name: of the picture, for the sentence.
            seconds: until it is given up.

        Raises:
            ImpastoError: the process broke, or there is a reason.
        """
        with self._lock:
            if self._pool is None:
                self._pool = ProcessPoolExecutor(
                    1, Workers(), belong_to_parent, max_tasks_per_child=SOME
                )
            pool = self._pool
        try:
            content, fault = pool.submit(function, *given).result(timeout=seconds)
        except (BrokenProcessPool, TimeoutError) as error:
            with self._lock:
                self._pool = None
            what = f"{name} cannot be opened: its" if name else "This cannot be looked at: the"
            raise ImpastoError(f"{what} decoder broke.") from error
        if fault and name:
            raise ImpastoError(f"{name} cannot be opened ({fault}); is it a picture?")
        if fault:
            raise ImpastoError(fault)
        return content


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

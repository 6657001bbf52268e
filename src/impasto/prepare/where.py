"""Where a picture lies, as one text: a path, an address, or a place inside a shard.

`member:START:SIZE:SHARD` are bytes of a TAR, `row:NUMBER:COLUMN:SHARD` is a row of parquet, and a
shard is a path or an address again. `as:SIZE:MARK:PLACE` is any of these in one state: what was
fetched in another is no copy of it. A text goes into a file and to a worker, however far away;
`lost:KIND:0:WHY` goes there instead of one that was asked for in vain.
"""

import io
import re
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO

from impasto.data.decode import MOST_PIXELS, Unreadable, open_content
from impasto.errors import ImpastoError
from impasto.prepare.cache import Cache
from impasto.prepare.packed import OnlyPathError, parquet_picture
from impasto.prepare.remote import (
    DISK_FULL,
    NOT_FETCHED,
    AwayError,
    RemoteError,
    TooLargeError,
    download,
    is_remote,
)

_MOST_BYTES = 2 * 2**30
"""Of one picture, wherever it lies, unpacked if it comes compressed; `open_content` is stricter."""
_AT_ONCE = 16
"""Fetches at the same time: a store answers each after a while, and all of them no later."""


_IN_STATE = re.compile(r"as:-?[0-9]{1,20}:-?[0-9]{1,20}:")


class NotFetched(Unreadable):
    """A file that could not be had."""

    def __init__(self, error: Exception) -> None:
        """For that error."""
        super().__init__(NOT_FETCHED, str(error))
        self.away = isinstance(error, (AwayError, OSError))
        """Whether other files may fare the same, as nobody has answered."""


def open_where(where: str, cache: Cache, most_pixels: int = MOST_PIXELS) -> BinaryIO:
    """A picture's content.

    Raises:
        Unreadable: it is none, too large, or cannot be had.
        OSError: this machine's disk is full.
    """
    try:
        kind, start, rest, shard = _parts(where)
        if kind == "lost":
            raise _FAILURES[int(start) % len(_FAILURES)](shard)
        if kind == "member":
            size = min(int(rest), _MOST_BYTES)
            with shard_at(shard, cache).open("rb") as file:
                file.seek(int(start))
                return _bounded(file.read(size))
        if kind == "row" and not cache.place(where).exists():
            return _bounded(parquet_picture(shard_at(shard, cache), rest, int(start)))
        path = fetch(where, cache)
    except TooLargeError as error:
        raise Unreadable("too large", str(error)) from error
    except OnlyPathError as error:
        raise Unreadable("not in its shard", str(error)) from error
    except (ImpastoError, OSError) as error:
        if isinstance(error, OSError) and error.errno in DISK_FULL:
            raise
        raise NotFetched(error) from error
    return open_content(path, most_pixels)


def fetch(where: str, cache: Cache) -> Path:
    """A file on this machine with a picture's content; copied into the cache where need be.

    Raises:
        ImpastoError: it cannot be had.
        OSError: this machine's disk cannot be read or written.
    """
    place = _place_of(where)
    kind, start, rest, shard = _parts(where)

    def write(file: BinaryIO) -> None:
        if kind == "row":
            file.write(parquet_picture(shard_at(shard, cache), rest, int(start)))
        elif kind == "member":
            with shard_at(shard, cache).open("rb") as packed:
                packed.seek(int(start))
                file.write(packed.read(min(int(rest), _MOST_BYTES)))
        else:
            download(place, file, min(_MOST_BYTES, cache.most // 2))

    if not kind and not is_remote(place):
        return Path(place)
    return cache.get(where, write)


def fetched_ahead(items: Iterator[Any], cache: Cache) -> Iterator[Any]:
    """The same items, (name, where, state), once what must be fetched for them is here.

    Nobody is asked again for what could not be had: that takes its time, and two cores wait where
    sixteen threads did.
    """
    waiting: deque[tuple[Any, Future[str] | None]] = deque()
    with ThreadPoolExecutor(_AT_ONCE, "fetch") as pool:
        for item in items:
            kind, *_ = _parts(item[1])
            if kind == "row":  # in order, and by one reader
                item = (item[0], _try(item[1], cache), item[2])
            far = not kind and is_remote(_place_of(item[1]))
            waiting.append((item, pool.submit(_try, item[1], cache) if far else None))
            if waiting[0][1] is None or len(waiting) >= 4 * _AT_ONCE:
                yield _done(waiting)
        while waiting:
            yield _done(waiting)


def _done(waiting: "deque[tuple[Any, Future[str] | None]]") -> Any:
    item, coming = waiting.popleft()
    return item if coming is None else (item[0], coming.result(), item[2])


_FAILURES = (RemoteError, AwayError, TooLargeError)


def _try(where: str, cache: Cache) -> str:
    """Fetch it; where it lies then, or why it cannot be had."""
    try:
        fetch(where, cache)
    except RemoteError as error:
        return f"lost:{_FAILURES.index(type(error))}:0:{error}"
    except (ImpastoError, OSError):  # who needs it says what is wrong with this machine's files
        pass
    return where


def in_state(place: str, state: tuple[int, int, int, int] | None) -> str:
    """A place with its state, where it has one that only its source tells."""
    return place if state is None else f"as:{state[0]}:{state[1]}:{place}"


def _place_of(where: str) -> str:
    """The same without a state."""
    found = _IN_STATE.match(where)
    return where[found.end() :] if found else where


def shard_of(where: str) -> str:
    """The shard elsewhere that a picture lies in; empty where it lies in none."""
    *_, shard = _parts(where)
    return shard if is_remote(shard) else ""


def shard_at(shard: str, cache: Cache) -> Path:
    """A file on this machine that is that shard or archive, which may be larger than a picture.

    Raises:
        ImpastoError: it cannot be had.
        OSError: this machine's disk cannot be read or written.
    """
    if not is_remote(shard):
        return Path(shard)
    return cache.get(shard, lambda file: download(shard, file, cache.most // 2))


def _parts(where: str) -> tuple[str, str, str, str]:
    """Kind, first and second number or name, shard; empty for a path or an address."""
    kind, *rest = _place_of(where).split(":", 3)
    if kind not in ("member", "row", "lost") or len(rest) != 3:
        return "", "", "", ""
    if not rest[0].isdecimal() or (kind == "member" and not rest[1].isdecimal()):
        raise RemoteError(f"{where[:80]!r} is no place inside a shard.")
    return kind, rest[0], rest[1], rest[2]


def _bounded(content: bytes) -> BinaryIO:
    if not content:
        raise Unreadable("empty file")
    return io.BytesIO(content)

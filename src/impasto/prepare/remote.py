"""Trees of pictures elsewhere: object stores through fsspec, and plain web addresses.

A store's own library finds the user's credential and sends it to that store. Plain addresses get
none: no cookie, no netrc, no header of a configuration file.
"""

import re
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, BinaryIO, TypeVar
from urllib.parse import SplitResult, urljoin, urlsplit

from impasto.prepare.remote_errors import DISK_FULL as DISK_FULL
from impasto.prepare.remote_errors import AwayError as AwayError
from impasto.prepare.remote_errors import RemoteError as RemoteError
from impasto.prepare.remote_errors import StatusError, told
from impasto.prepare.remote_errors import TooLargeError as TooLargeError

Result = TypeVar("Result")

STORES = ("s3", "gs", "gcs", "hf", "memory")
"""Through fsspec; `memory` is its own, within one process."""
WEB = ("https", "http")

ANSWER = 60.0
"""Seconds within which a store answers a question, its library's own attempts included."""
CONNECT, SILENCE = 10.0, 30.0
"""Seconds until a connection stands, and without a byte."""
PATIENCE, SLOWEST = 60.0, 1000.0
"""Seconds after which an answer must have come at so many bytes a second, on average: a byte every
few seconds is no silence, and would hold a run for ever."""

NOT_FETCHED = "not fetched"
"""Why a file elsewhere is dropped that could not be had; the next run tries again."""

MOST_FILES = 20_000_000
MOST_LIST = 2**28
"""Bytes of a list of addresses."""

_OPTIONS: dict[str, dict[str, object]] = {
    "s3": {
        "config_kwargs": {
            "connect_timeout": CONNECT,
            "read_timeout": SILENCE,
            "retries": {"max_attempts": 1},
        }
    }
}


@dataclass(frozen=True, slots=True)
class Found:
    """A file elsewhere."""

    name: str
    """Relative to the tree, with `/`."""
    address: str
    size: int
    """In bytes; −1 where it is not known."""
    stamp: int
    """Another one for another address, and when the file changes, as far as its store tells."""


def is_remote(text: str) -> bool:
    """Whether a text is an address, not a path."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", text) is not None


def scheme_of(address: str) -> str:
    """`s3`, `https` and so on.

    Raises:
        RemoteError: one that is not read, or with nothing behind it.
    """
    scheme, _, rest = address.partition("://")
    scheme, rest = scheme.lower(), rest.strip("/")
    if scheme not in (*STORES, *WEB):
        raise RemoteError(
            f"{address}: {scheme}:// is not read; name a folder, or s3://, gs://, hf:// or "
            "https:// addresses."
        )
    if not rest:
        raise RemoteError(
            f"{address} names no {'host' if scheme in WEB else 'place'}; write it as in "
            f"{_WRITTEN.get(scheme, f'{scheme}://BUCKET/FOLDER')}."
        )
    if scheme == "hf" and "/" not in rest:
        raise RemoteError(f"{address} names no data set; write it as in {_WRITTEN['hf']}.")
    return scheme


_WRITTEN = {
    "hf": "hf://datasets/OWNER/NAME",
    **dict.fromkeys(WEB, "https://example.org/list.txt"),
}


def parts_of(address: str) -> SplitResult:
    """Host, path and so on of an address.

    Raises:
        RemoteError: it is not written as addresses are.
    """
    try:
        parts = urlsplit(address)
        if parts.scheme.lower() in WEB:
            _ = parts.port  # a number beyond all ports is found out by asking
    except ValueError as error:
        raise RemoteError(
            f"{address} is not written as addresses are; check its host and port."
        ) from error
    return parts


def tree(address: str) -> list[Found]:
    """All files below an address of a store, or the one file that it is.

    Raises:
        RemoteError: there is none, it may not be read, or nobody answers.
    """
    with told(address):
        store, root = _within(address, lambda: _store(address))
        listed = _within(address, lambda: store.find(root, detail=True), 10 * ANSWER)
        if not listed and _within(address, lambda: store.exists(root)):
            listed = {root: _within(address, lambda: store.info(root))}
    if not listed:
        raise RemoteError(f"There is nothing at {address}; check the address.")
    if len(listed) > MOST_FILES:
        raise RemoteError(f"{address} holds more than {MOST_FILES:,} files; name its parts.")
    scheme, base = scheme_of(address), root.rstrip("/")
    found = []
    for path, about in listed.items():
        if path.endswith("/"):  # what a store's web page makes for an empty folder
            continue
        inside = path.removeprefix(base).lstrip("/") or path.rpartition("/")[2]
        place, size = f"{scheme}://{path.lstrip('/')}", about.get("size")
        stamp = zlib.crc32(repr([place, *(str(about.get(key)) for key in _MARKS)]).encode())
        found.append(Found(inside, place, -1 if size is None else int(size), stamp))
    return sorted(found, key=lambda each: each.name.replace("/", "\0"))


_MARKS = ("ETag", "etag", "md5Hash", "blob_id", "LastModified", "mtime")
"""What stores tell of a file that changes with its content."""


def listed_in(text: str, where: str) -> list[Found]:
    """The addresses of a list, one a line; empty lines and those that begin with # are none.

    Raises:
        RemoteError: a line is no web address, or the text is a page.
    """
    if text.lstrip("\ufeff \t\r\n").startswith("<"):
        raise RemoteError(
            f"{where} is a web page, not a list of addresses; name a text file with one address "
            "of a picture on each line."
        )
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        parts, address = None, line
        with suppress(ValueError, RemoteError):
            address = urljoin(where, line) if is_remote(where) else line
            parts = parts_of(address) if "://" in address else None
        if parts is None or parts.scheme.lower() not in WEB or not parts.hostname:
            raise RemoteError(
                f"{where}, line {number} is no https:// address: {line[:80]!r}; a list has one "
                "address of a picture on each line."
            )
        name = f"{parts.path.strip('/') or 'index'}{'?' + parts.query if parts.query else ''}"
        # The host's folders are no labels: a list has none.
        name, stamp = name.replace("/", "-"), zlib.crc32(address.encode("utf-8", "surrogatepass"))
        found.append(Found(name, address, -1, stamp))
    if not found:
        raise RemoteError(f"{where} names no address; a list has one on each line.")
    return found


def download(address: str, file: BinaryIO, most: int) -> None:
    """Write what lies at an address into a file.

    Raises:
        RemoteError: it cannot be had, or has more than `most` bytes.
        OSError: this machine's disk is full.
    """
    left = most
    with told(address):
        for block in _blocks(address):
            left -= len(block)
            if left < 0:
                raise TooLargeError(f"{address} has more than {most:,} bytes.")
            file.write(block)


def _blocks(address: str) -> Iterator[bytes]:
    if scheme_of(address) in WEB:
        yield from _of_web(address)
        return
    store, root = _within(address, lambda: _store(address))
    with _within(address, lambda: store.open(root, "rb", block_size=2**22)) as opened:
        while block := _within(address, lambda: opened.read(2**22)):
            yield block


def _of_web(address: str) -> Iterator[bytes]:
    import httpx2

    class Paced(httpx2.SyncByteStream):
        """What comes over the line, as long as it comes at a pace."""

        def __init__(self, stream: httpx2.SyncByteStream) -> None:
            self._stream = stream

        def __iter__(self) -> Iterator[bytes]:
            return _paced(address, self._stream)

        def close(self) -> None:
            self._stream.close()

    parts_of(address)
    limits = httpx2.Timeout(SILENCE, connect=CONNECT)
    # Without the environment's proxies there is no netrc and no certificate of a user either.
    with httpx2.Client(timeout=limits, follow_redirects=True, trust_env=False) as client:
        request = client.build_request("GET", address, headers={"User-Agent": "Impasto"})
        response = _within(address, lambda: client.send(request, stream=True))
        with closing(response):
            if not response.is_success:
                raise StatusError(response.status_code)
            assert isinstance(response.stream, httpx2.SyncByteStream)  # the client is no other
            response.stream = Paced(response.stream)
            yield from response.iter_bytes()


def _paced(address: str, blocks: Iterable[bytes]) -> Iterator[bytes]:
    begun, come = time.monotonic(), 0
    for block in blocks:
        come += len(block)
        seconds = time.monotonic() - begun
        if seconds > PATIENCE and come < SLOWEST * seconds:
            raise AwayError(
                f"{address} is too slow ({come:,} bytes in {seconds:.0f} seconds); try again later."
            )
        yield block


def _store(address: str) -> tuple[Any, str]:
    from fsspec.core import url_to_fs

    scheme = scheme_of(address)
    options = _OPTIONS.get(scheme, {})
    store, root = url_to_fs(address, **options)
    if scheme == "s3" and not store.anon and not _has_credential():
        # A bucket that all may read asks for none.
        store, root = url_to_fs(address, anon=True, **options)
    return store, root


@cache
def _has_credential() -> bool:
    import botocore.session

    return botocore.session.get_session().get_credentials() is not None


def _within(address: str, ask: Callable[[], Result], seconds: float | None = None) -> Result:
    """What `ask` gives, if it does so in time; a library that waits for ever is left alone."""
    answer: list[Result] = []
    failed: list[BaseException] = []

    def work() -> None:
        try:
            answer.append(ask())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(ANSWER if seconds is None else seconds)
    if failed:
        raise failed[0]
    if not answer:
        raise TimeoutError(address)
    return answer[0]

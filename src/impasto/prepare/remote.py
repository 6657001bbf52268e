"""Trees of pictures elsewhere: object stores through fsspec, and plain web addresses.

A store's own library finds the user's credential and sends it to that store. Plain addresses get
none: no cookie, no netrc, no header of a configuration file.
"""

import errno
import re
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, BinaryIO, TypeVar
from urllib.parse import SplitResult, urljoin, urlsplit

from impasto.errors import ImpastoError

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

_INSTALL = "pip install 'impasto[remote]'"
_OPTIONS: dict[str, dict[str, object]] = {
    "s3": {
        "config_kwargs": {
            "connect_timeout": CONNECT,
            "read_timeout": SILENCE,
            "retries": {"max_attempts": 1},
        }
    }
}


class RemoteError(ImpastoError):
    """Something elsewhere could not be had."""


class AwayError(RemoteError):
    """Nobody answers, or not now: whatever else lies there may fare the same."""


class TooLargeError(RemoteError):
    """There are more bytes than are taken."""


class _StatusError(Exception):
    """What a web server answers instead of a file."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


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
    with _told(address):
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
    with _told(address):
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
                raise _StatusError(response.status_code)
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


@contextmanager
def _told(address: str) -> Iterator[None]:
    """Whatever a library raises, in one sentence; a full disk is passed on."""
    try:
        yield
    except RemoteError:
        raise
    except ImportError as error:
        raise AwayError(
            f"{address} needs a library that is not installed; install it with {_INSTALL}."
        ) from error
    except Exception as error:
        if isinstance(error, OSError) and error.errno in DISK_FULL:
            raise
        kind = AwayError if _is_away(error) else RemoteError
        raise kind(_sentence(address, error)) from error


DISK_FULL = {errno.ENOSPC, errno.EDQUOT}
"""Errors of the disk that things are fetched to: no fault of the address."""


_NO_CREDENTIAL = {"NoCredentialsError", "PartialCredentialsError", "DefaultCredentialsError"}
_NO_RIGHTS = {"GatedRepoError", "RepositoryNotFoundError", "AccessDenied"}
_SILENT = {
    *("ConnectTimeout", "ReadTimeout", "WriteTimeout", "PoolTimeout"),
    *("ConnectTimeoutError", "ReadTimeoutError", "ServerTimeoutError"),
}
_UNREACHED = {"ConnectError", "EndpointConnectionError", "ClientConnectorError", "ConnectionError"}
_BROKE_OFF = {
    *("ReadError", "WriteError", "CloseError", "RemoteProtocolError", "IncompleteRead"),
    *("ServerDisconnectedError", "ClientPayloadError", "ConnectionClosedError"),
}
_LATER = {408, 425, 429}
"""What servers answer that want to be asked again later; so do those from 500 on."""


def _is_away(error: BaseException) -> bool:
    """Whether nobody has answered, or only that it should be asked later.

    What is not there, or not for us, is an answer.
    """
    if isinstance(error, _StatusError):
        return error.code >= 500 or error.code in _LATER
    if isinstance(error, (FileNotFoundError, PermissionError, IsADirectoryError)):
        return False
    kinds = {type(each).__name__ for each in _chain(error)}
    return isinstance(error, OSError) or bool(
        kinds & (_NO_CREDENTIAL | _SILENT | _UNREACHED | _BROKE_OFF)
    )


def _sentence(address: str, error: BaseException) -> str:
    kinds = {type(each).__name__ for each in _chain(error)}
    if kinds & _NO_CREDENTIAL:
        return (
            f"{address} needs a credential and none was found; set it up as the tools of that "
            "store do (AWS_ACCESS_KEY_ID, gcloud auth, HF_TOKEN)."
        )
    code = error.code if isinstance(error, _StatusError) else 0
    if code in (401, 403):
        return (
            f"{address} may not be read by all, and plain addresses get no credential; name it by "
            "hf:// or s3://, or download it."
        )
    if isinstance(error, PermissionError) or kinds & _NO_RIGHTS:
        return (
            f"{address} may not be read: it wants other rights than yours, or a credential and "
            "none was found; check AWS_PROFILE, gcloud auth or HF_TOKEN."
        )
    if isinstance(error, FileNotFoundError) or code in (404, 410):
        return f"There is nothing at {address}; check the address."
    if isinstance(error, TimeoutError) or kinds & _SILENT:
        return f"{address} does not answer; try again later, or check the address and the network."
    if kinds & _UNREACHED:
        return f"{address} cannot be reached; check the address and the network."
    if code:
        later = "try again later" if _is_away(error) else "check the address"
        return f"{address} cannot be read: its server answers with status {code}; {later}."
    if "TooManyRedirects" in kinds:
        return f"{address} cannot be read: it only leads to others; check the address."
    if kinds & _BROKE_OFF:
        return f"{address} broke off; try again later."
    words = " ".join(str(error).split()) or type(error).__name__
    return f"{address} cannot be read ({words[:200]})."


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        following = error.__cause__ or error.__context__
        if following is None:
            return
        error = following

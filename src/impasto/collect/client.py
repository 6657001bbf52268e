"""The one polite HTTP client: says who it is, asks robots.txt, waits, backs off, and is bounded."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import httpcore2
import httpx2
from protego import Protego

from impasto.collect.addresses import (
    PrivateAddressError,
    PublicTransport,
    TooSlowError,
    UnknownHostError,
)
from impasto.collect.pace import LONGEST_WAIT, Pace, back_off, retry_after
from impasto.collect.record import address
from impasto.errors import ImpastoError
from impasto.reading import parse_json

Result = TypeVar("Result")

AGENT = "Impasto"
"""The name by which robots.txt may speak of us."""

PRIVATE = "leads to a private network"
UNKNOWN = "unknown host"

ATTEMPTS = 6
MOST_JSON = 64 * 2**20
MOST_ROBOTS = 512 * 2**10  # RFC 9309, 2.5: read at least 500 KiB
LONG_WAIT = 10.0
"""Seconds from which on a wait is explained to the user."""
LONGEST_ANSWER = 600.0
"""Seconds for one whole answer, from the connection to the last byte of its body: a server that
drips, or sends heads without end, is left."""

_MOST_REDIRECTS = 5
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_BROKEN = (
    httpcore2.TimeoutException,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpx2.TransportError,
    httpx2.DecodingError,
    httpx2.StreamError,
)


class FetchError(ImpastoError):
    """Something could not be had; `reason` is a short phrase to count by."""

    def __init__(self, sentence: str, reason: str, status: int = 0) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.status = status


class _Busy(Exception):  # noqa: N818 - not an error yet: it is tried again
    def __init__(self, what: str, after: float | None = None, status: int = 0) -> None:
        super().__init__(what)
        self.after = after
        self.status = status


@dataclass(frozen=True, slots=True)
class Manners:
    """What one source asks of programs, in its documentation, beyond what all ask."""

    documented: tuple[str, ...] = ()
    """Beginnings of addresses that its documentation offers to programs; see `Client`."""
    identity_headers: tuple[str, ...] = ()
    """Further headers that shall say who we are."""
    busy_statuses: frozenset[int] = frozenset()
    """Statuses that mean "slower, please" here although they usually mean "no"."""
    busy_when: Callable[[Any], bool] | None = None
    """Tells from a JSON answer that it only says "slower, please"."""


@dataclass(frozen=True, slots=True)
class _Expected:
    """What one request is for."""

    accept: str
    most: int
    robots: bool = True
    cut: bool = False
    """Keep the first `most` bytes of a longer body instead of refusing it."""
    picture: bool = False


class Client:
    """Fetches JSON and pictures, one after the other.

    robots.txt is asked for every page and picture. It is not asked for the addresses in
    `manners.documented`: some sites keep crawlers from the very interface that they document
    for programs (Commons does), and that documentation is the more specific word.

    Args:
        pace: how fast.
        contact: an e-mail or web address of whoever runs this, for the User-Agent.
        manners: what the source asks for.
        trusted: non-public addresses to allow; for tests.
        timeout: seconds without a byte.
        tell: is told why a longer wait is taken.
    """

    def __init__(
        self,
        pace: Pace,
        contact: str = "",
        manners: Manners | None = None,
        trusted: Collection[str] = (),
        timeout: float = 30.0,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.pace = pace
        self._tell = tell
        self.agent = f"{AGENT}/{version('impasto')} (collects pictures{contact and '; ' + contact})"
        self.trusted = trusted
        self._manners = manners or Manners()
        self._robots: dict[str, Protego | None] = {}
        self._transport = PublicTransport(trusted)
        self._http = httpx2.Client(
            transport=self._transport,
            headers=dict.fromkeys(("User-Agent", *self._manners.identity_headers), self.agent),
            timeout=timeout,
            trust_env=False,
            follow_redirects=False,
        )

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def json(self, url: str, parameters: Mapping[str, str] | None = None) -> Any:
        """Fetch and parse JSON.

        Raises:
            FetchError: it cannot be had, or it is not JSON.
        """
        full = str(httpx2.URL(url, params=dict(parameters))) if parameters else url
        return self._patiently(full, _Expected("application/json", MOST_JSON), self._parse)

    def picture(self, url: str, most: int) -> bytes:
        """Fetch a picture of at most `most` bytes; only its first bytes have been looked at.

        Raises:
            FetchError: it cannot be had, is too large, or is a web page.
        """
        expected = _Expected("image/*", most, picture=True)
        return self._patiently(url, expected, lambda body, _: body)

    def check_robots(self, url: str) -> None:
        """Ask the host's robots.txt (RFC 9309), once a run, whether `url` is for us.

        Raises:
            FetchError: it is not.
        """
        if url.startswith(self._manners.documented):
            return
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._robots:
            self._robots[origin] = self._read_robots(origin)
        rules = self._robots[origin]
        if rules is None:
            raise FetchError(
                f"{origin}/robots.txt cannot be read, so nothing is taken from there; try later.",
                "robots.txt out of reach",
            )
        if not rules.can_fetch(url, AGENT):
            raise FetchError(f"{url} is closed to programs by robots.txt.", "closed by robots.txt")

    def _read_robots(self, origin: str) -> Protego | None:
        expected = _Expected("text/plain", MOST_ROBOTS, robots=False, cut=True)
        try:
            body = self._patiently(f"{origin}/robots.txt", expected, lambda body, _: body)
        except FetchError as error:
            if error.reason in (PRIVATE, UNKNOWN):
                raise
            # RFC 9309, 2.3.1: no such file, all is open; no answer, all is closed. Who asks to be
            # asked later has not answered.
            refused = 400 <= error.status < 500 and error.status not in _BUSY
            return Protego.parse("") if refused else None
        rules = Protego.parse(body.decode(errors="replace"))
        if delay := rules.crawl_delay(AGENT):
            self.pace.at_least(urlsplit(origin).hostname or "", delay)
        return rules

    def _parse(self, body: bytes, url: str) -> Any:
        host = urlsplit(url).hostname
        try:
            value = parse_json(body, str(host), "an answer")
        except ImpastoError as error:
            what = "a web page" if looks_like_a_page(body) else "something"
            raise FetchError(
                f"{host} answered with {what} where its interface promises JSON: its form has "
                "changed, or it turns programs away; try later, or another source.",
                "not JSON",
            ) from error
        if self._manners.busy_when and self._manners.busy_when(value):
            raise _Busy(f"{host} is busy")
        return value

    def _patiently(
        self, url: str, expected: _Expected, read: Callable[[bytes, str], Result]
    ) -> Result:
        """Follow `url` until it answers, waiting longer each time; `read` makes sense of it."""
        host = urlsplit(url).hostname or url
        for attempt in range(ATTEMPTS):
            try:
                return read(self._follow(url, expected), url)
            except _Busy as busy:
                wait = back_off(attempt) if busy.after is None else busy.after
                if busy.status == 429 or busy.after is not None:
                    self.pace.slow_down(host)
                if wait > LONGEST_WAIT:
                    raise FetchError(
                        f"{host} asks to wait {wait / 60:.0f} minutes; give the same command then.",
                        "asked to wait",
                        busy.status,
                    ) from busy
                if attempt + 1 == ATTEMPTS:
                    raise FetchError(
                        f"{busy} ({ATTEMPTS} times); try again later.", "no answer", busy.status
                    ) from busy
                if wait >= LONG_WAIT:
                    self._tell(f"{busy}; waiting {wait:.0f} s.")
                self.pace.pause(wait)
        raise AssertionError("unreachable")

    def _follow(self, url: str, expected: _Expected) -> bytes:
        """Fetch `url`, or what it redirects to, asking the same questions at each step."""
        for _ in range(_MOST_REDIRECTS + 1):
            if not address(url):
                raise FetchError(f"{url[:200]!r} is not a web address.", "not a web address")
            if expected.robots:
                self.check_robots(url)
            answer = self._once(url, expected)
            if isinstance(answer, bytes):
                return answer
            if url.startswith("https:") and answer.startswith("http:"):
                raise FetchError(f"{url} redirects to an unsafe address.", "unsafe redirect")
            url = answer
        raise FetchError(f"{url} redirects in circles.", "endless redirects")

    def _once(self, url: str, expected: _Expected) -> bytes | str:
        """One request: the body, or the address that it redirects to."""
        host = urlsplit(url).hostname or ""
        self.pace.wait(host)
        encoding = "identity" if expected.picture else "gzip"
        headers = {"Accept": expected.accept, "Accept-Encoding": encoding}
        self._transport.deadline.begin(LONGEST_ANSWER)
        try:
            with self._http.stream("GET", url, headers=headers) as response:
                if response.has_redirect_location:
                    return _target(url, response.headers["Location"])
                self._check_status(response, host)
                return _read(response, expected)
        except TooSlowError as error:  # not tried again: that would hold us as long once more
            raise FetchError(
                f"{host} is too slow: no whole answer within {LONGEST_ANSWER / 60:.0f} minutes.",
                "no answer",
            ) from error
        except PrivateAddressError as error:
            raise FetchError(str(error), PRIVATE) from error
        except UnknownHostError as error:
            raise FetchError(str(error), UNKNOWN) from error
        except httpx2.InvalidURL as error:
            raise FetchError(f"{url!r} is not a web address.", "not a web address") from error
        except _BROKEN as error:
            timeouts = (httpx2.TimeoutException, httpcore2.TimeoutException)
            what = "is silent" if isinstance(error, timeouts) else "broke off"
            raise _Busy(f"{host} {what}") from error

    def _check_status(self, response: httpx2.Response, host: str) -> None:
        status = response.status_code
        if status in _BUSY or status in self._manners.busy_statuses:
            after = retry_after(response.headers.get("Retry-After"))
            raise _Busy(f"{host} answered {status}", after, status)
        if status != 200:
            raise FetchError(
                f"{response.url} answered {status}{_MEANING.get(status, '')}.",
                f"answered {status}",
                status,
            )


def _target(url: str, location: str) -> str:
    try:
        return address(urljoin(url, location)) or location[:200]
    except ValueError:  # such as an unfinished IPv6 address
        return location[:200]


_MEANING = {401: " (closed)", 403: " (not for programs)", 404: " (gone)", 410: " (gone for good)"}


def _read(response: httpx2.Response, expected: _Expected) -> bytes:
    """The body, as long as it is what was expected."""
    length = response.headers.get("Content-Length", "")
    way_out = (
        "--max-megabytes raises the bound"
        if expected.picture
        else "ask for less with --query or --artist, or try another source"
    )
    too_large = FetchError(
        f"{response.url} is larger than {expected.most / 2**20:.0f} MB; {way_out}.", "too large"
    )
    if not expected.cut and length.isdigit() and int(length[:18]) > expected.most:
        raise too_large
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if expected.picture and looks_like_a_page(body):
            raise FetchError(
                f"{response.url} answered with a web page instead of a picture.", "not a picture"
            )
        if len(body) > expected.most:
            if expected.cut:
                return bytes(body[: expected.most])
            raise too_large
    return bytes(body)


def looks_like_a_page(body: bytes | bytearray) -> bool:
    """Whether bytes begin like HTML or XML; no picture format that is kept does."""
    return bytes(body[:512]).removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"

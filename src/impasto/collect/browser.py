"""A real browser for pages that only a browser can read: Chromium, driven by playwright.

It reads pages only. Pictures, fonts and films are not loaded, and pictures are fetched later by the
polite client. What a page asks for is checked like everything else; where a redirect leads is known
only once it has answered, and a page from a private network is then not read.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any
from urllib.parse import urlencode, urlsplit

from impasto.collect.addresses import PrivateAddressError, UnknownHostError, is_public, resolve
from impasto.collect.client import Client, FetchError
from impasto.errors import ImpastoError
from impasto.reading import parse_json

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

_ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_NEEDED = ("document", "script", "stylesheet", "xhr", "fetch")
_LIST = "ul.wiki-masonry-container > li"
_MORE = ".masonry-load-more-button"
_MOST_CLICKS = 500

_READ = """
(first) => [...document.querySelectorAll('ul.wiki-masonry-container > li')].slice(first).map(
  (work) => {
    const name = work.querySelector('a.artwork-name');
    const artist = work.querySelector('a.artist-name');
    work.scrollIntoView();
    return {
      title: name ? name.textContent.slice(0, 1000) : '',
      link: name ? name.href : '',
      artist: artist ? artist.textContent.slice(0, 1000) : '',
      rest: work.textContent.slice(0, 1000),
      pictures: [...work.querySelectorAll('img')].flatMap((image) => [
        image.getAttribute('img-source'), image.getAttribute('lazy-load'),
        image.getAttribute('data-src'), image.src,
      ]).filter((source) => source && /^https?:/.test(source)),
    };
  })
"""
"""Pictures load lazily: their address waits in another attribute until they are scrolled to."""


def find_chromium() -> str | None:
    """A Chromium or Chrome on this machine's PATH."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Browser:
    """One headless browser window; use it in a `with` statement.

    Args:
        client: lends its name, pace and robots.txt.
        seconds: how long to wait for a page.

    Raises:
        ImpastoError: playwright or a browser is missing.
    """

    def __init__(self, client: Client, seconds: float = 30.0) -> None:
        self._client = client
        self._milliseconds = seconds * 1000
        self._hosts: dict[tuple[str, int], bool] = {}

    def __enter__(self) -> "Browser":
        try:
            from playwright.sync_api import Error, sync_playwright
        except ImportError as error:
            raise ImpastoError(
                "--browser needs playwright: pip install 'impasto[browser]', and a Chromium."
            ) from error
        executable = find_chromium()
        if executable is None:
            raise ImpastoError(
                "--browser needs Chromium or Chrome; install one from your system's packages."
            )
        self._error = Error
        self._driver = sync_playwright().start()
        root = getattr(os, "geteuid", lambda: 1)() == 0  # its sandbox does not work for root
        try:
            self._browser = self._driver.chromium.launch(
                executable_path=executable,
                headless=True,
                args=[*_ARGUMENTS, *(["--no-sandbox"] if root else [])],
            )
            self._page = self._browser.new_page(
                user_agent=f"Mozilla/5.0 {self._client.agent}",
                service_workers="block",  # their requests could not be checked
            )
            self._page.set_default_timeout(self._milliseconds)
            self._page.context.route("**/*", self._decide)
        except Error as error:
            self._driver.stop()
            raise ImpastoError(f"The browser {executable} does not start.") from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with suppress(self._error):
            self._browser.close()
        self._driver.stop()

    def json(self, url: str, parameters: dict[str, str] | None = None) -> Any:
        """Open an address that holds JSON, and parse what it shows.

        Raises:
            FetchError: it cannot be opened, or is not JSON.
        """
        self._open(f"{url}?{urlencode(parameters)}" if parameters else url)
        try:
            shown = self._page.evaluate("document.body.textContent") or ""
            return parse_json(shown, url, "an answer")
        except ImpastoError as error:
            raise FetchError(
                f"{urlsplit(url).hostname} shows a web page where it promises JSON: its form has "
                "changed, or it turns programs away; try later, or another source.",
                "not JSON",
            ) from error
        except self._error as error:
            raise self._failure(url, error) from error

    def works(self, url: str) -> Iterator[dict[str, object]]:
        """Open an artist's page and read its list of works, one by one.

        "Load more" is clicked only once all that is shown has been read, so whoever stops
        reading stops the clicking.

        Raises:
            FetchError: the page cannot be opened.
            ImpastoError: it has no list of the form known here.
        """
        self._open(url)
        try:
            yield from self._read_list(url)
        except self._error as error:
            raise self._failure(url, error) from error

    def _read_list(self, url: str) -> Iterator[dict[str, object]]:
        with suppress(self._error):
            self._page.wait_for_selector(_LIST, state="attached")
        shown = 0
        for _ in range(_MOST_CLICKS):
            found = self._page.evaluate(_READ, shown)
            if not found and not shown:
                raise ImpastoError(
                    f"{url.partition('#')[0]} no longer has the list of works that Impasto "
                    "knows; try without --browser, or another source."
                )
            yield from found
            shown += len(found)
            button = self._page.query_selector(_MORE)
            if button is None or not button.is_visible():
                return
            self._client.pace.wait(urlsplit(url).hostname or "")
            button.evaluate("button => button.click()")  # also beneath a cookie banner
            if not self._grows(shown):
                return

    def _grows(self, shown: int) -> bool:
        """Wait for more works than are known; False if none come, or the button goes."""
        condition = (
            "([list, more, shown]) => document.querySelectorAll(list).length > shown"
            " || !(document.querySelector(more) || {}).offsetParent"
        )
        try:
            self._page.wait_for_function(condition, arg=[_LIST, _MORE, shown])
        except self._error as error:
            raise FetchError(
                f'"Load more" brought nothing within {self._milliseconds / 1000:.0f} s, so there '
                "may be more works; give the same command again later.",
                "no answer",
            ) from error
        return bool(self._page.evaluate("list => document.querySelectorAll(list).length", _LIST))

    def _open(self, url: str) -> None:
        """Go to a page, once robots.txt agrees and the host's turn has come."""
        self._client.check_robots(url.partition("#")[0])
        host = urlsplit(url).hostname or ""
        self._client.pace.wait(host)
        try:
            response = self._page.goto(url, wait_until="domcontentloaded")
            server = response.server_addr() if response else None
        except self._error as error:
            raise self._failure(url, error) from error
        if server and not self._may_answer(server["ipAddress"]):
            raise FetchError(
                f"{url.partition('#')[0]} leads to {server['ipAddress']}, which is not on the "
                "public internet: refused.",
                "private address",
            )
        status = response.status if response else 0
        if status != 200:
            raise FetchError(
                f"{url.partition('#')[0]} answered {status} to the browser.",
                f"answered {status}",
                status,
            )

    def _failure(self, url: str, error: Exception) -> FetchError:
        reason = str(error).partition("\n")[0]
        return FetchError(f"The browser cannot read {url.partition('#')[0]} ({reason}).", "browser")

    def _decide(self, route: Any) -> None:
        """Let a request pass if a page needs it to be read, and it stays on the internet."""
        request = route.request
        parts = urlsplit(request.url)
        wanted = request.resource_type in _NEEDED and parts.scheme in ("http", "https")
        if wanted and self._is_public(parts.hostname or "", parts.port or 443):
            route.continue_()
        else:
            route.abort()

    def _may_answer(self, address: str) -> bool:
        bare = address.strip("[]")
        return bare in self._client.trusted or is_public(bare)

    def _is_public(self, host: str, port: int) -> bool:
        if (host, port) not in self._hosts:
            try:
                self._hosts[host, port] = bool(resolve(host, port, self._client.trusted))
            except (PrivateAddressError, UnknownHostError):
                self._hosts[host, port] = False
        return self._hosts[host, port]

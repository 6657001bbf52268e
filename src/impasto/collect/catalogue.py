"""The sources by name, and one run from a request to a summary."""

from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from impasto.collect import chicago, cleveland, commons, met, urls, wikiart
from impasto.collect.browser import Browser
from impasto.collect.client import Client, FetchError, Manners
from impasto.collect.gather import Bounds, Summary, gather
from impasto.collect.ledger import Ledger
from impasto.collect.pace import Pace
from impasto.collect.record import Fetch, Record, Wanted
from impasto.errors import ImpastoError


@dataclass(frozen=True, slots=True)
class Source:
    """One place to collect from."""

    title: str
    search: Callable[[Fetch, Wanted, str], Iterator[Record]]
    base: str
    fastest: float
    """Requests a second that its documentation allows, or that are decent."""
    manners: Manners = field(default_factory=Manners)


SOURCES = {
    met.NAME: Source(
        "The Metropolitan Museum of Art, New York",
        met.search,
        met.BASE,
        # 80 are documented; since 2025 a firewall turns away more than about 30 in a burst,
        # with 403 (openaccess repository, issue 60).
        fastest=4,
        manners=Manners((met.BASE + "/",), busy_statuses=frozenset({403})),
    ),
    chicago.NAME: Source(
        "The Art Institute of Chicago",
        chicago.search,
        chicago.BASE,
        fastest=1,
        manners=Manners(
            (chicago.BASE + "/", chicago.IMAGES + "/"), identity_headers=("AIC-User-Agent",)
        ),
    ),
    cleveland.NAME: Source(
        "The Cleveland Museum of Art",
        cleveland.search,
        cleveland.BASE,
        fastest=4,
        manners=Manners((cleveland.BASE + "/",)),
    ),
    commons.NAME: Source(
        "Wikimedia Commons",
        commons.search,
        commons.BASE,
        fastest=2,
        manners=Manners((commons.BASE,), busy_when=commons.is_busy),
    ),
    wikiart.NAME: Source("WikiArt", wikiart.search, wikiart.BASE, fastest=1),
}
"""All but `urls`, which has no search."""

NAMES = (*SOURCES, urls.NAME)


@dataclass(frozen=True, slots=True)
class Request:
    """One command."""

    source: str
    out: Path
    wanted: Wanted
    bounds: Bounds
    artists: tuple[str, ...] = ()
    """Several artists are collected one after the other."""
    list_file: Path | None = None
    rate: float = 1.0
    contact: str = ""
    browser: bool = False
    by_artist: bool = False


def run(
    request: Request,
    advance: Callable[[Summary], None] = lambda _: None,
    remark: Callable[[str], None] = lambda _: None,
    expect: Callable[[int], None] = lambda _: None,
    base: str | None = None,
    pace: Pace | None = None,
    trusted: Collection[str] = (),
) -> Summary:
    """Collect what a request asks for.

    Args:
        request: what, where to, and how much.
        advance: is told after each work.
        remark: is told what the user should know meanwhile.
        expect: is told how many works there are to look at, as far as the source says.
        base: another address of the source, `pace` another clock, and `trusted` non-public
            addresses to allow: these three are for tests.
        pace: see `base`.
        trusted: see `base`.

    Raises:
        ImpastoError: nothing could be collected.
    """
    source = SOURCES.get(request.source)
    fastest = source.fastest if source else 4.0
    if request.rate > fastest:
        remark(f"--rate {request.rate:g} is lowered to {fastest:g} a second, which is decent here.")
    ledger = Ledger(request.out, request.by_artist)
    known = ledger.known(request.source, request.wanted.any_licence)
    listed: list[int] = []

    def announce(count: int) -> None:
        listed.append(count)
        expect(sum(listed))

    wanted = replace(request.wanted, known=known, announce=announce)
    manners = source.manners if source else Manners()
    if source and base:
        moved = tuple(each.replace(source.base, base) for each in manners.documented)
        manners = replace(manners, documented=moved)
    with ExitStack() as stack:
        pace = pace or Pace(min(request.rate, fastest))
        client = stack.enter_context(Client(pace, request.contact, manners, trusted, tell=remark))
        if source is None:
            if request.list_file is None:
                raise ImpastoError("urls needs a list: impasto collect urls LIST --out FOLDER.")
            lines = urls.read_list(request.list_file)
            announce(len(lines))
            records = urls.search(lines)
        elif request.source == wikiart.NAME:
            records = _wikiart(request, wanted, client, stack, remark, base or source.base)
        else:
            where = base or source.base
            records = chain.from_iterable(
                source.search(client.json, replace(wanted, artist=artist), where)
                for artist in request.artists or ("",)
            )
        return gather(records, client, ledger, wanted, request.bounds, advance)


def _wikiart(
    request: Request,
    wanted: Wanted,
    client: Client,
    stack: ExitStack,
    remark: Callable[[str], None],
    base: str,
) -> Iterator[Record]:
    """By JSON; by the browser if that was asked for, or if JSON is not to be had."""
    browser: Browser | None = None
    for artist in request.artists or ("",):
        one = replace(wanted, artist=artist)
        if browser is None and not request.browser:
            try:
                yield from wikiart.search(client.json, one, base)
                continue
            except FetchError as error:
                if error.reason not in ("not JSON", "answered 403", "answered 404"):
                    raise
                remark(f"{error} Trying with a browser.")
        browser = browser or stack.enter_context(Browser(client))
        yield from wikiart.search_page(browser, one, base)

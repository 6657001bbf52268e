"""What every source speaks: what is wanted, what was found, and how to read a stranger's JSON."""

import html
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

Fetch = Callable[[str, Mapping[str, str]], Any]
"""(address, query parameters) → parsed JSON. Raises `ImpastoError` when there is none."""

MOST_PAGES = 10_000
"""No listing is followed further than this, whatever it promises."""

MOST_BARREN_PAGES = 5
"""Nor further than so many pages in a row without anything new: it turns in circles."""


def _keep_quiet(_: int) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user asked for, in the same words for every source."""

    query: str = ""
    """Words to look for; for Commons also `Category:NAME`."""
    artist: str = ""
    """Only works whose artist has all of these words in the name."""
    any_licence: bool = False
    """Take works that are not in the public domain, too."""
    all_kinds: bool = False
    """Take drawings, prints and vases, too, where the source tells them from paintings."""
    full: bool = False
    """The largest file that the source has, however large."""
    known: frozenset[str] = frozenset()
    """Identities that need no second look: a source may name them without asking for more."""
    announce: Callable[[int], None] = _keep_quiet
    """Is told how many works a listing has, where it says so."""


@dataclass(frozen=True, slots=True)
class Record:
    """One work as its source describes it. Only the identity is certain to be there."""

    source: str
    identity: str
    """Unique within the source."""
    title: str = ""
    artist: str = ""
    date: str = ""
    licence: str = ""
    public_domain: bool | None = None
    """None where the source does not tell."""
    page: str = ""
    """Where a person can read about the work."""
    pictures: tuple[str, ...] = ()
    """Addresses of the picture, the best first; the others are tried if it is gone."""


def dig(value: Any, *path: str | int) -> Any:
    """`value[path[0]][path[1]]…`, or None as soon as a step does not exist."""
    for step in path:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, dict) else None
        else:
            value = value[step] if isinstance(value, list) and len(value) > step else None
    return value


def items(value: Any, *path: str | int) -> list[Any]:
    """The list at `path`, or an empty one."""
    found = dig(value, *path)
    return found if isinstance(found, list) else []


def text(value: Any, limit: int = 300) -> str:
    """A stranger's value as one short line of plain text; empty unless it is text or a number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    line = str(value)[: 50 * limit]
    visible = "".join(" " if unicodedata.category(c)[0] == "C" else c for c in line)
    return " ".join(visible.split())[:limit].rstrip()


def whole(value: Any) -> int:
    """A count or a size; 0 unless it is a whole number, or text that spells one."""
    if isinstance(value, bool):
        return 0
    if isinstance(value, int):
        return value if 0 <= value < 2**31 else 0
    return int(value) if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value) else 0


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        styles = dict(attrs).get("style") or ""
        if self.hidden or tag in ("style", "script") or "display:none" in styles.replace(" ", ""):
            self.hidden += tag not in _VOID

    def handle_endtag(self, tag: str) -> None:
        self.hidden = max(0, self.hidden - (tag not in _VOID))

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.parts.append(data)


_VOID = ("br", "hr", "img", "input", "link", "meta", "wbr")


def text_of_html(value: Any, limit: int = 300) -> str:
    """The visible text of a stranger's HTML fragment, on one line."""
    if not isinstance(value, str):
        return text(value, limit)
    parser = _Text()
    try:
        parser.feed(value[: 50 * limit])
        parser.close()
    except (AssertionError, ValueError):  # the parser's own, on broken declarations
        return text(re.sub(r"<[^>]*>", " ", html.unescape(value[: 50 * limit])), limit)
    return text("".join(parser.parts), limit)


def address(value: Any) -> str:
    """A web address made safe to ask for: http(s), a host, no password, percent-encoded.

    Sources publish addresses with blanks and accents in them. Returns "" for anything else.
    """
    if not isinstance(value, str) or len(value) > 2000:
        return ""
    try:
        parts = urlsplit(value.strip())
        host, port = parts.hostname or "", parts.port
        if not host.isascii():
            host = host.encode("idna").decode()
    except (ValueError, UnicodeError):
        return ""
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or not _HOST.fullmatch(host):
        return ""
    where = f"[{host}]" if ":" in host else host
    path = quote(parts.path, safe="/%!$&'()*+,;=:@~-._")
    query = quote(parts.query, safe="/%!$&'()*+,;=:@~-._?[]")
    return urlunsplit((parts.scheme, f"{where}:{port}" if port else where, path, query, ""))


_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45}")


def addresses(*values: Any) -> tuple[str, ...]:
    """The usable ones among `values`, each once, in order."""
    return tuple(dict.fromkeys(found for found in map(address, values) if found))


def words(value: str) -> set[str]:
    """The words of a name, without case and accents: `Édouard Manet` → {edouard, manet}."""
    folded = unicodedata.normalize("NFKD", value.casefold())
    plain = "".join(c for c in folded if not unicodedata.combining(c))
    return set(re.findall(r"\w+", plain))


def is_by(wanted: Wanted, artist: str) -> bool:
    """Whether `artist` has every word of the wanted name: searches alone are generous."""
    return words(wanted.artist) <= words(artist)


def fresh(records: Iterator[Record | None]) -> Iterator[Record]:
    """Each record once, without those that could not be read."""
    seen: set[str] = set()
    for record in records:
        if record is not None and record.identity and record.identity not in seen:
            seen.add(record.identity)
            yield record


Listed = tuple[str, Record | None]
"""One element of a page: what it is known by, and its record; None if it is of no use."""


def listed(values: Iterable[Any], parse: Callable[[Any], Record | None]) -> list[Listed]:
    """The elements of a page; one without a record is known by all that it says."""
    parsed = [(value, parse(value)) for value in values]
    return [(r.identity if r else f"? {hash(repr(value))}", r) for value, r in parsed]


def turn_pages(pages: Iterator[list[Listed]], keep: Callable[[Record], bool]) -> Iterator[Record]:
    """Each record of a listing once, as far as `keep` wants it; pages are asked for as needed.

    It ends when several pages in a row hold nothing but what was there before, of use or not.
    """
    seen: set[str] = set()
    barren = 0
    for page in pages:
        new = {name: record for name, record in page if name not in seen}
        barren = 0 if new else barren + 1
        if barren == MOST_BARREN_PAGES:
            return
        seen.update(new)
        yield from (
            record for record in new.values() if record and record.identity and keep(record)
        )

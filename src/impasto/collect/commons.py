"""Wikimedia Commons: the MediaWiki Action API.

Documentation: mediawiki.org, "API:Search", "API:Categorymembers", "API:Imageinfo" (with
`extmetadata`), "API:Continue", and "API:Etiquette" for `maxlag` and gzip; on Commons itself
"Commons:Machine-readable data"; the Wikimedia Foundation's User-Agent policy asks for a contact.
"""

from collections.abc import Iterator
from typing import Any

from impasto.collect.record import (
    MOST_PAGES,
    Fetch,
    Listed,
    Record,
    Wanted,
    addresses,
    dig,
    items,
    listed,
    text,
    text_of_html,
    turn_pages,
    whole,
    words,
)
from impasto.errors import ImpastoError

NAME = "commons"
BASE = "https://commons.wikimedia.org/w/api.php"
WIDTH = 1920
"""Renditions come in a few standard widths; this one is generous for training."""

_KINDS = ("image/jpeg", "image/png", "image/tiff", "image/webp")
_METADATA = "Artist|ObjectName|DateTimeOriginal|LicenseShortName|License|Copyrighted"


def search(fetch: Fetch, wanted: Wanted, base: str = BASE) -> Iterator[Record]:
    """The files that fit, fifty a request.

    Raises:
        ImpastoError: nothing to look for, or the interface complains or has changed.
    """
    if not (wanted.query or wanted.artist):
        raise ImpastoError(
            "Commons needs search words; give --query, --artist, "
            'or --query "Category:Paintings by NAME".'
        )
    return turn_pages(_pages(fetch, wanted, base), lambda record: _is_by(wanted, record))


def _pages(fetch: Fetch, wanted: Wanted, url: str) -> Iterator[list[Listed]]:
    parameters = {
        "action": "query",
        "format": "json",
        "formatversion": "2",
        "maxlag": "5",
        "prop": "imageinfo",
        "iiprop": "url|size|mime|extmetadata",
        "iiurlwidth": str(WIDTH),
        "iiextmetadatafilter": _METADATA,
        "iiextmetadatalanguage": "en",
        **_generator(wanted),
    }
    go_on: dict[str, str] = {}
    for _ in range(MOST_PAGES):
        answer = fetch(url, {**parameters, **go_on})
        if not isinstance(answer, dict) or "error" in answer:
            told = text(dig(answer, "error", "info")) or "its form has changed"
            raise ImpastoError(f"Commons refuses the search: {told}.")
        found = items(answer, "query", "pages")
        found.sort(key=lambda value: whole(dig(value, "index")))  # the search's order, best first
        yield listed(found, lambda value: parse_page(value, wanted.full))
        further = answer.get("continue")
        following = (
            {text(k): text(v, 1000) for k, v in further.items()}
            if isinstance(further, dict)
            else {}
        )
        if not following or following == go_on:
            return
        go_on = following


def _generator(wanted: Wanted) -> dict[str, str]:
    """Which files: a category's members, or what the search finds among the pictures."""
    if wanted.query.startswith("Category:"):
        return {
            "generator": "categorymembers",
            "gcmtitle": wanted.query,
            "gcmtype": "file",
            "gcmlimit": "50",
        }
    artist = f'"{wanted.artist}"'.replace('""', "") if wanted.artist else ""
    return {
        "generator": "search",
        "gsrsearch": " ".join(filter(None, (wanted.query, artist, "filetype:bitmap"))),
        "gsrnamespace": "6",
        "gsrlimit": "50",
    }


def _is_by(wanted: Wanted, record: Record) -> bool:
    """Commons names the artist in the artist field, or only in the file's name."""
    return words(wanted.artist) <= words(f"{record.artist} {record.title} {record.identity}")


def is_busy(answer: Any) -> bool:
    """Whether an answer only says "slower, please" (with status 200)."""
    return dig(answer, "error", "code") in ("maxlag", "ratelimited", "readonly")


def parse_page(value: Any, full: bool = False) -> Record | None:
    """One element of `query.pages`; None if it is not a picture that can be read.

    Args:
        value: the element.
        full: prefer the original to a rendition of `WIDTH` pixels.
    """
    identity = text(dig(value, "pageid"))
    info = dig(value, "imageinfo", 0)
    if not identity.isdecimal() or not isinstance(info, dict) or info.get("mime") not in _KINDS:
        return None
    metadata = info.get("extmetadata")
    told = {name: text_of_html(dig(metadata, name, "value")) for name in _METADATA.split("|")}
    return Record(
        source=NAME,
        identity=identity,
        title=told["ObjectName"] or text(value.get("title")).removeprefix("File:"),
        artist=told["Artist"],
        date=told["DateTimeOriginal"],
        licence=told["LicenseShortName"] or "unknown",
        public_domain=_is_public(told),
        page=next(iter(addresses(info.get("descriptionurl"))), ""),
        pictures=_pictures(info, full),
    )


def _is_public(told: dict[str, str]) -> bool:
    """Commons' own word, then the licence's code and name; anything unclear is no."""
    code, name = told["License"].lower(), told["LicenseShortName"].lower()
    free = code in ("pd", "cc0", "cc-zero") or code.startswith(("pd-", "cc-pd"))
    named = name.startswith(("public domain", "cc0", "pd-")) or name in ("pd", "no restrictions")
    return free or named or told["Copyrighted"].lower() == "false"


def _pictures(info: dict[str, object], full: bool) -> tuple[str, ...]:
    original, rendition = info.get("url"), info.get("thumburl")
    if full or whole(info.get("width")) <= WIDTH:
        return addresses(original, rendition)
    return addresses(rendition, original)

"""WikiArt: an artist's works, by the site's JSON, or by its page in a real browser.

Documentation: "WikiArt API", www.wikiart.org/en/App/GetApi: `App/Artist/AlphabetJson` (with
`inPublicDomain`) and `App/Painting/PaintingsByArtist`. The page, its list and its button
"load more" are what people use; ART-GAN's authors clicked it for thirty artists.

An address such as `…/the-starry-night.jpg!Large.jpg` is a small rendition; what stands before
the `!` is the file as it was uploaded.
"""

import difflib
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Protocol
from urllib.parse import urlsplit

from impasto.collect.ledger import slug
from impasto.collect.record import Fetch, Record, Wanted, addresses, dig, fresh, text, words
from impasto.errors import ImpastoError

NAME = "wikiart"
BASE = "https://www.wikiart.org"
LICENCE = "public domain, by WikiArt's list of artists"

_PLACEHOLDER = "FRAME-600x480"  # shown instead of works that may not be shown in one's country


class Page(Protocol):
    """What this module needs of a browser; `browser.Browser` has it."""

    def json(self, url: str, parameters: dict[str, str] | None = None) -> Any:
        """Open an address that holds JSON."""
        ...

    def works(self, url: str) -> Iterator[dict[str, object]]:
        """Open an artist's page and read its list, clicking "load more" as far as one reads."""
        ...


def search(fetch: Fetch, wanted: Wanted, base: str = BASE) -> Iterator[Record]:
    """An artist's works by the site's JSON: one request for the artists, one for the works.

    Raises:
        ImpastoError: no artist, an unknown one, or an answer of another form.
    """
    artist = check_artist(fetch, wanted, base)
    answer = fetch(f"{base}/en/App/Painting/PaintingsByArtist", {"artistUrl": artist, "json": "2"})
    if not isinstance(answer, list):
        raise ImpastoError(
            "WikiArt answered without a list of works, so its format has changed; "
            "try --browser, or another source."
        )
    wanted.announce(len(answer))
    page = f"{base}/en/{artist}"
    return fresh(_fit(parse_painting(value, page), wanted) for value in answer)


def search_page(browser: Page, wanted: Wanted, base: str = BASE) -> Iterator[Record]:
    """The same by the artist's page in a browser, as far as the records are asked for.

    Raises:
        ImpastoError: as `search`, or the page has another form.
    """
    artist = check_artist(lambda url, p: browser.json(url, dict(p)), wanted, base)
    found = browser.works(f"{base}/en/{artist}/all-works#!#resultType:masonry")
    return fresh(_fit(parse_item(value), wanted) for value in found)


def check_artist(fetch: Fetch, wanted: Wanted, base: str) -> str:
    """The artist's name as in WikiArt's addresses, if WikiArt has such an artist.

    Unless any licence will do, the artist must be on its list of those in the public domain.
    """
    if not wanted.artist:
        raise ImpastoError("WikiArt is collected by artist; give --artist NAME.")
    artist = artist_slug(wanted.artist)
    parameters = {"v": "new"} if wanted.any_licence else {"v": "new", "inPublicDomain": "true"}
    answer = fetch(f"{base}/en/App/Artist/AlphabetJson", parameters)
    known = {text(dig(value, "url")) for value in answer} if isinstance(answer, list) else set()
    known.discard("")
    if not known:
        raise ImpastoError(
            "WikiArt answered without a list of artists, so its format has changed; "
            "try --browser, or another source."
        )
    if artist not in known:
        near = difflib.get_close_matches(artist, known, n=3)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        if wanted.any_licence:
            raise ImpastoError(f"WikiArt has no artist {artist!r}.{hint}")
        raise ImpastoError(
            f"WikiArt has no artist {artist!r} in the public domain; --any-licence looks among "
            f"all artists, if you may use their works.{hint}"
        )
    return artist


def artist_slug(artist: str) -> str:
    """`Édouard Manet`, `edouard-manet` or the page's address → `edouard-manet`."""
    if "/" in artist:
        parts = [part for part in urlsplit(artist).path.split("/") if part]
        artist = parts[1] if len(parts) > 1 and len(parts[0]) == 2 else (parts or [""])[0]
    return slug(artist, 120)


def _fit(record: Record | None, wanted: Wanted) -> Record | None:
    """The record if its title has the wanted words, with the licence that was found out."""
    if record is None or not words(wanted.query) <= words(record.title):
        return None
    if wanted.any_licence:
        return record
    return replace(record, licence=LICENCE, public_domain=True)


def parse_painting(value: Any, page: str = "") -> Record | None:
    """One element of `PaintingsByArtist`; None if there is not even an identity."""
    identity = text(dig(value, "contentId"))
    if not identity.isdecimal():
        return None
    return Record(
        source=NAME,
        identity=identity,
        title=text(value.get("title")),
        artist=text(value.get("artistName")),
        date=text(value.get("yearAsString")) or text(value.get("completitionYear")),  # sic
        licence="unknown",
        page=page,
        pictures=full_size(value.get("image")),
    )


def parse_item(value: Any) -> Record | None:
    """One work of the page's list; its identity is the end of its own page's address."""
    page = next(iter(addresses(dig(value, "link"))), "")
    identity = "/".join(urlsplit(page).path.strip("/").split("/")[-2:])
    if not identity:
        return None
    year = re.search(r"\b1[0-9]{3}\b|\b20[0-9]{2}\b", text(value.get("rest"), 1000))
    pictures = value.get("pictures")
    first = next(iter(addresses(*pictures)), "") if isinstance(pictures, list) else ""
    return Record(
        source=NAME,
        identity=text(identity),
        title=text(value.get("title")),
        artist=text(value.get("artist")).split(" • ")[0],
        date=year[0] if year else "",
        licence="unknown",
        page=page,
        pictures=full_size(first),
    )


def full_size(value: Any) -> tuple[str, ...]:
    """The upload itself, then the renditions that a missing upload may have left behind."""
    if not isinstance(value, str) or _PLACEHOLDER in value:
        return ()
    upload = value.partition("!")[0]
    return addresses(upload, f"{upload}!HD.jpg", f"{upload}!Large.jpg")

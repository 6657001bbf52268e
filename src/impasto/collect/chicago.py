"""The Art Institute of Chicago: its API and its IIIF image server.

Documentation: "Art Institute of Chicago API", api.artic.edu/docs: search by `/artworks/search`
with the query as JSON in `params`, at most 100 records a page; at most one request a second;
pictures by IIIF, 843 pixels wide for all, up to 1686 for works in the public domain.
"""

import json
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from impasto.collect.client import FetchError
from impasto.collect.record import (
    Fetch,
    Listed,
    Record,
    Wanted,
    address,
    dig,
    is_by,
    listed,
    text,
    turn_pages,
    whole,
)
from impasto.errors import ImpastoError

NAME = "chicago"
BASE = "https://api.artic.edu/api/v1"
IMAGES = "https://www.artic.edu/iiif/2"
PAGE = 100
WINDOW = 10_000

_FIELDS = (
    "id",
    "title",
    "artist_title",
    "artist_display",
    "date_display",
    "is_public_domain",
    "copyright_notice",
    "image_id",
    "thumbnail",
)


def search(fetch: Fetch, wanted: Wanted, base: str = BASE) -> Iterator[Record]:
    """The works that fit, a hundred a request.

    Raises:
        ImpastoError: the answer has another form than documented.
    """
    pages = _pages(fetch, wanted, f"{base}/artworks/search")
    return turn_pages(pages, lambda record: is_by(wanted, record.artist))


def _pages(fetch: Fetch, wanted: Wanted, url: str) -> Iterator[list[Listed]]:
    for page in range(1, WINDOW // PAGE + 1):
        try:
            answer = fetch(url, {"params": query(wanted, page)})
        except FetchError as error:
            if page > 1 and error.status in (403, 404):  # deeper than it lets one look
                return
            raise
        if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
            raise ImpastoError(
                "Chicago's search answered without a list of works, so its format has changed; "
                "try another source."
            )
        if page == 1:
            wanted.announce(min(WINDOW, whole(dig(answer, "pagination", "total"))))
        images = address(dig(answer, "config", "iiif_url")) or IMAGES
        yield listed(answer["data"], partial(parse_artwork, images=images))
        if not answer["data"] or page >= whole(dig(answer, "pagination", "total_pages")):
            return


def query(wanted: Wanted, page: int) -> str:
    """The search as the JSON that `params` takes: Elasticsearch's query language."""
    filters: list[dict[str, object]] = [{"exists": {"field": "image_id"}}]
    if not wanted.any_licence:
        filters.append({"term": {"is_public_domain": True}})
    if not wanted.all_kinds:
        filters.append({"term": {"artwork_type_title.keyword": "Painting"}})
    if wanted.artist:
        filters.append({"match": {"artist_title": {"query": wanted.artist, "operator": "and"}}})
    body: dict[str, object] = {
        "query": {"bool": {"filter": filters}},
        "fields": list(_FIELDS),
        "page": page,
        "limit": PAGE,
    }
    if wanted.query:
        body["q"] = wanted.query
    return json.dumps(body, separators=(",", ":"))


def parse_artwork(value: Any, images: str = IMAGES) -> Record | None:
    """One element of `data`; None if there is not even an identity.

    Args:
        value: the element.
        images: the image server's address, from the answer's `config.iiif_url`.
    """
    identity = text(dig(value, "id"))
    if not identity.isdecimal():
        return None
    public = value.get("is_public_domain") is True
    artist = text(value.get("artist_title")) or text(
        str(value.get("artist_display") or "").partition("\n")[0]
    )
    return Record(
        source=NAME,
        identity=identity,
        title=text(value.get("title")),
        artist=artist,
        date=text(value.get("date_display")),
        licence="CC0 1.0" if public else text(value.get("copyright_notice")) or "unknown",
        public_domain=public,
        page=f"https://www.artic.edu/artworks/{identity}",
        pictures=_pictures(value, images.rstrip("/"), public),
    )


def _pictures(value: dict[str, object], images: str, public: bool) -> tuple[str, ...]:
    """IIIF addresses by width; the server does not enlarge, so none is wider than the scan."""
    image = value.get("image_id")
    if not isinstance(image, str) or not re.fullmatch(r"[0-9A-Za-z-]{1,64}", image):
        return ()
    scan = whole(dig(value, "thumbnail", "width")) or 1686
    widths = dict.fromkeys(min(scan, width) for width in ((1686, 843) if public else (843,)))
    return tuple(f"{images}/{image}/full/{width},/0/default.jpg" for width in widths)

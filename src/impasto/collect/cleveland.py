"""The Cleveland Museum of Art: its Open Access API.

Documentation: "The Cleveland Museum of Art Open Access API", openaccess-api.clevelandart.org:
`/api/artworks` with `q`, `artists`, `type`, `cc0`, `has_image`, in pages by `skip` and `limit`.
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
    is_by,
    items,
    listed,
    text,
    turn_pages,
    whole,
)
from impasto.errors import ImpastoError

NAME = "cleveland"
BASE = "https://openaccess-api.clevelandart.org/api"
PAGE = 100


def search(fetch: Fetch, wanted: Wanted, base: str = BASE) -> Iterator[Record]:
    """The works that fit, a hundred a request.

    Raises:
        ImpastoError: the answer has another form than documented.
    """
    pages = _pages(fetch, wanted, f"{base}/artworks/")
    return turn_pages(pages, lambda record: is_by(wanted, record.artist))


def _pages(fetch: Fetch, wanted: Wanted, url: str) -> Iterator[list[Listed]]:
    parameters = {"has_image": "1", "limit": str(PAGE)}
    if wanted.query:
        parameters["q"] = wanted.query
    if wanted.artist:
        parameters["artists"] = wanted.artist
    if not wanted.any_licence:
        parameters["cc0"] = "1"
    if not wanted.all_kinds:
        parameters["type"] = "Painting"
    for page in range(MOST_PAGES):
        answer = fetch(url, {**parameters, "skip": str(page * PAGE)})
        if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
            raise ImpastoError(
                "Cleveland's search answered without a list of works, so its format has changed; "
                "try another source."
            )
        total = whole(dig(answer, "info", "total"))
        if not page:
            wanted.announce(total)
        yield listed(answer["data"], lambda value: parse_artwork(value, wanted.full))
        if not answer["data"] or (page + 1) * PAGE >= total:
            return


def parse_artwork(value: Any, full: bool = False) -> Record | None:
    """One element of `data`; None if there is not even an identity.

    Args:
        value: the element.
        full: prefer the uncompressed TIFF to the JPEG of print size.
    """
    identity = text(dig(value, "id"))
    if not identity.isdecimal():
        return None
    status = text(value.get("share_license_status"))
    makers = [text(dig(maker, "description")) for maker in items(value, "creators")]
    # "Claude Monet (French, 1840–1926)": the name alone
    artist = "; ".join(maker.partition(" (")[0] for maker in makers if maker)
    sizes = ("full", "print", "web") if full else ("print", "web")
    return Record(
        source=NAME,
        identity=identity,
        title=text(value.get("title")),
        artist=text(artist),
        date=text(value.get("creation_date")),
        licence="CC0 1.0" if status == "CC0" else text(value.get("copyright")) or status,
        public_domain=status == "CC0",
        page=next(iter(addresses(value.get("url"))), ""),
        pictures=addresses(*(dig(value, "images", size, "url") for size in sizes)),
    )

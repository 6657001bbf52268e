"""The Metropolitan Museum of Art, New York: its Collection API.

Documentation: "The Metropolitan Museum of Art Collection API", metmuseum.github.io; search in
pages by `/public/collection/v1.1/search`, which took the place of `/v1/search` in October 2026.
"""

from collections.abc import Iterator
from typing import Any

from impasto.collect.client import FetchError
from impasto.collect.record import (
    Fetch,
    Record,
    Wanted,
    addresses,
    dig,
    is_by,
    items,
    text,
    whole,
)
from impasto.errors import ImpastoError

NAME = "met"
BASE = "https://collectionapi.metmuseum.org/public/collection"
PAGE = 100
WINDOW = 10_000
"""The search gives the first so many results and no more."""
MOST_MISSES = 200
"""So many works in a row by others, and the search, best first, has nothing more to give."""


def search(fetch: Fetch, wanted: Wanted, base: str = BASE) -> Iterator[Record]:
    """The works that fit, in the search's order; each costs one request for its record.

    Raises:
        ImpastoError: nothing to look for, or the answer has another form than documented.
    """
    if not (wanted.query or wanted.artist):
        raise ImpastoError("The Met needs search words; give --query or --artist.")
    return _records(fetch, wanted, base)


def _records(fetch: Fetch, wanted: Wanted, base: str) -> Iterator[Record]:
    misses = 0
    for identity in _identities(fetch, wanted, f"{base}/v1.1/search"):
        known = identity in wanted.known
        url = f"{base}/v1/objects/{identity}"
        record = Record(NAME, identity) if known else _ask(fetch, url, wanted)
        misses = 0 if record else misses + 1
        if record:
            yield record
        elif misses == MOST_MISSES:
            return


def _identities(fetch: Fetch, wanted: Wanted, url: str) -> Iterator[str]:
    parameters = {"hasImages": "true"}
    if not wanted.all_kinds:
        parameters["medium"] = "Paintings"
    if not wanted.query:
        parameters["artistOrCulture"] = "true"
    words = f"{wanted.query} {wanted.artist}".strip()
    seen: set[str] = set()
    for offset in range(0, WINDOW, PAGE):
        page = {"offset": str(offset), "limit": str(PAGE)}
        # q goes last: parameters behind it are ignored (openaccess repository, issue 36)
        answer = fetch(url, {**parameters, **page, "q": words})
        if not isinstance(answer, dict) or "objectIDs" not in answer:
            raise ImpastoError(
                "The Met's search answered without a list of objects, so its format has changed; "
                "try another source."
            )
        if not offset:
            wanted.announce(min(WINDOW, whole(answer.get("total"))))
        found = dict.fromkeys(text(identity) for identity in items(answer, "objectIDs"))
        new = [identity for identity in found if identity.isdecimal() and identity not in seen]
        seen.update(new)
        yield from new
        if not new or offset + PAGE >= whole(answer.get("total")):
            return


def _ask(fetch: Fetch, url: str, wanted: Wanted) -> Record | None:
    try:
        record = parse_object(fetch(url, {}))
    except FetchError as error:
        if error.status in (404, 410):  # the search lists objects that were withdrawn
            return None
        raise
    return record if record and is_by(wanted, record.artist) else None


def parse_object(value: Any) -> Record | None:
    """The record in the answer of `/objects/{id}`; None if there is not even an identity."""
    identity = text(dig(value, "objectID"))
    if not identity.isdecimal():
        return None
    public = dig(value, "isPublicDomain") is True
    return Record(
        source=NAME,
        identity=identity,
        title=text(value.get("title")),
        artist=text(value.get("artistDisplayName")) or text(value.get("culture")),
        date=text(value.get("objectDate")),
        licence="CC0 1.0" if public else text(value.get("rightsAndReproduction")) or "unknown",
        public_domain=public,
        page=next(iter(addresses(value.get("objectURL"))), ""),
        pictures=addresses(value.get("primaryImage"), value.get("primaryImageSmall")),
    )

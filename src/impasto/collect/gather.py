"""The loop: record by record, take its picture or say why not, until there are enough."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from impasto.collect import urls
from impasto.collect.client import UNKNOWN, Client, FetchError
from impasto.collect.ledger import NO_ADDRESS, NO_PICTURE, NOT_PUBLIC, Ledger
from impasto.collect.picture import identify
from impasto.collect.record import Record, Wanted
from impasto.errors import ImpastoError

MOST_FAILURES = 10
"""So many pictures in a row out of reach, and the run ends: the site has a bad day."""

_OUT_OF_REACH = ("no answer", "asked to wait", "robots.txt out of reach", UNKNOWN)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is enough."""

    pictures: int
    """Pictures of this request in the folder, those of earlier runs included."""
    picture_bytes: int
    """The largest picture that is taken."""
    total_bytes: int
    """What one run may add to the disk."""


@dataclass(slots=True)
class Summary:
    """What a run did."""

    new: int = 0
    earlier: int = 0
    bytes: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    ended: str = ""
    """Why it ended before there were enough, if it did not simply run out of works."""

    def plain(self) -> dict[str, object]:
        """For JSON."""
        return {
            "new": self.new,
            "earlier": self.earlier,
            "bytes": self.bytes,
            "skipped": dict(self.skipped.most_common()),
            "ended": self.ended,
        }


def gather(
    records: Iterator[Record],
    client: Client,
    ledger: Ledger,
    wanted: Wanted,
    bounds: Bounds,
    advance: Callable[[Summary], None] = lambda _: None,
) -> Summary:
    """Take the pictures of `records` into the ledger's folder.

    Whatever ends it, an interrupt, a full disk or a site that fails, all that was taken so far
    is safe and on record.

    Args:
        records: works, as they are found; asking for the next one may take requests.
        client: fetches the pictures.
        ledger: keeps them.
        wanted: tells which licences are acceptable.
        bounds: when to stop.
        advance: is told after each work.
    """
    summary = Summary()
    failures = 0
    try:
        while summary.new + summary.earlier < bounds.pictures:
            record = next(records, None)
            if record is None:
                break
            if ledger.has(record):
                summary.earlier += 1
            elif not ledger.refused(record, wanted.any_licence):
                reason = _take(record, client, ledger, wanted, bounds, summary)
                failures = failures + 1 if reason in _OUT_OF_REACH else 0
            advance(summary)
            if failures == MOST_FAILURES:
                summary.ended = f"{MOST_FAILURES} pictures in a row were out of reach"
                break
            if summary.bytes >= bounds.total_bytes:
                summary.ended = "--max-gigabytes is reached"
                break
    except KeyboardInterrupt:
        summary.ended = "interrupted"
    except ImpastoError as error:
        if not summary.new + summary.earlier:
            raise
        summary.ended = str(error).rstrip(".")
    return summary


def _take(
    record: Record,
    client: Client,
    ledger: Ledger,
    wanted: Wanted,
    bounds: Bounds,
    summary: Summary,
) -> str:
    """Take one work's picture; the reason if it could not be taken, else empty."""
    reason, detail = "", ""
    if record.public_domain is False and not wanted.any_licence:
        reason, detail = NOT_PUBLIC, record.licence
    elif not record.pictures:
        reason = NO_ADDRESS if record.source == urls.NAME else NO_PICTURE
        detail = record.page
    else:
        failure = _download(record, client, ledger, bounds, summary)
        if failure:
            where = record.page or record.pictures[0]
            detail = str(failure)
            reason, detail = failure.reason, detail if where in detail else f"{where}: {detail}"
    if reason:
        summary.skipped[reason] += 1
        ledger.skip(record, reason, detail)
    return reason


def _download(
    record: Record, client: Client, ledger: Ledger, bounds: Bounds, summary: Summary
) -> FetchError | None:
    """Try the record's addresses, the best first; the first failure tells most."""
    first: FetchError | None = None
    for picture in record.pictures:
        try:
            content = client.picture(picture, bounds.picture_bytes)
            taken = ledger.take(record, picture, content, identify(content, picture))
        except FetchError as error:
            first = first or error
            if error.reason in _OUT_OF_REACH:
                break  # the site is down: its smaller files are, too
        else:
            summary.new += 1
            summary.bytes += taken.bytes
            return None
    return first

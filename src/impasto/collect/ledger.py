"""What was taken, from where and under which licence; and what was not, and why.

Both tables are only ever added to, a whole line at a time, and read back at the next start:
so an interrupted run goes on, and nothing is downloaded twice.
"""

import hashlib
import os
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from impasto.collect.picture import Kind
from impasto.collect.record import Record
from impasto.core.console import say
from impasto.core.files import open_own, write_bytes, write_text
from impasto.core.tables import header, line, read_table, table
from impasto.errors import ImpastoError

PROVENANCE = "provenance.csv"
SKIPPED = "skipped.csv"

COLUMNS = (
    "file",
    "source",
    "id",
    "title",
    "artist",
    "date",
    "licence",
    "page",
    "picture",
    "width",
    "height",
    "bytes",
    "sha256",
    "retrieved",
)
SKIPPED_COLUMNS = ("source", "id", "reason", "detail", "when")

NOT_PUBLIC = "not in the public domain"
NO_PICTURE = "no picture"
NO_ADDRESS = "not a web address"

_LARGEST_TABLE = 512 * 2**20


class Table:
    """A CSV file that grows by whole lines.

    Args:
        path: where it is, or will be with the first row.
        columns: its first line.

    Raises:
        ImpastoError: there is a file, but not one of these, or one with torn lines in its middle.
    """

    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        self.path = path
        self._columns = columns
        self.rows: list[dict[str, str]] = []
        """What was there at the start."""
        if path.exists() and (path.stat().st_size or not path.is_file()):
            self._read()

    def _read(self) -> None:
        """Read all rows; cut off the torn last line that a power cut leaves behind.

        Lines are only ever added, so what a spreadsheet has saved is first written anew.
        """
        found = read_table(self.path, "a table of impasto collect", self._columns, _LARGEST_TABLE)
        content = self.path.read_bytes()
        whole = content.rfind(b"\n") + 1
        tail, torn = content[whole:].decode("utf-8", "replace"), found.torn
        if torn and not found.ours:
            raise ImpastoError(
                f"{self.path}, line {torn[0][0]} is torn: it has other columns than the first "
                "line; put it right or delete it, and run the same command again."
            )
        if torn and torn[-1][1] == tail:
            os.truncate(self.path, whole)
            torn = torn[:-1]
        elif not found.ours or tail:
            write_text(self.path, table(self._columns, found.rows))
        for number, _ in torn:
            say(f"{self.path}, line {number} is torn and was passed over.")
        self.rows = found.rows

    def add(self, row: dict[str, str]) -> None:
        """Append one row and see it onto the disk."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = not self.path.exists() or not self.path.stat().st_size
        text = (header(self._columns) if new else "") + line(self._columns, row)
        with open_own(self.path, append=True) as file:
            file.write(text.encode("utf-8", "replace"))
            file.flush()
            os.fsync(file.fileno())


@dataclass(frozen=True, slots=True)
class Taken:
    """A picture that was kept just now."""

    file: Path
    bytes: int


class Ledger:
    """The memory of one folder.

    Args:
        folder: the pictures' folder; it need not exist yet.
        by_artist: put each artist's works into a folder of their own.
    """

    def __init__(self, folder: Path, by_artist: bool = False) -> None:
        self.folder = folder
        self._by_artist = by_artist
        self._provenance = Table(folder / PROVENANCE, COLUMNS)
        self._skipped = Table(folder / SKIPPED, SKIPPED_COLUMNS)
        self._taken: set[tuple[str, str]] = set()
        self._pictures: set[str] = set()
        for row in self._provenance.rows:
            self._taken.add((row["source"], row["id"]))
            self._pictures.add(row["picture"])
        self._reasons = {(r["source"], r["id"]): r["reason"] for r in self._skipped.rows}

    def has(self, record: Record) -> bool:
        """Whether this work was taken, now or earlier; even if its file was deleted since."""
        return (record.source, record.identity) in self._taken or any(
            picture in self._pictures for picture in record.pictures
        )

    def refused(self, record: Record, any_licence: bool) -> bool:
        """Whether an earlier look at this work found nothing that could be taken."""
        reason = self._reasons.get((record.source, record.identity))
        return reason == NO_PICTURE or (reason == NOT_PUBLIC and not any_licence)

    def known(self, source: str, any_licence: bool) -> frozenset[str]:
        """The identities in `source` that need no second look."""
        taken = {identity for where, identity in self._taken if where == source}
        refused = {
            identity
            for where, identity in self._reasons
            if where == source and self.refused(Record(where, identity), any_licence)
        }
        return frozenset(taken | refused)

    def take(self, record: Record, picture: str, content: bytes, kind: Kind) -> Taken:
        """Keep a picture: first the file, whole or not at all, then its row."""
        folder = self.folder
        if self._by_artist:
            folder /= slug(record.artist, 60) or "unknown-artist"
        file = folder / f"{file_stem(record)}{kind.suffix}"
        write_bytes(file, content)
        self._provenance.add(
            {
                "file": file.relative_to(self.folder).as_posix(),
                "source": record.source,
                "id": record.identity,
                "title": record.title,
                "artist": record.artist,
                "date": record.date,
                "licence": record.licence,
                "page": record.page,
                "picture": picture,
                "width": str(kind.width),
                "height": str(kind.height),
                "bytes": str(len(content)),
                "sha256": hashlib.sha256(content).hexdigest(),
                "retrieved": _now(),
            }
        )
        self._taken.add((record.source, record.identity))
        self._pictures.update((picture, *record.pictures[:1]))
        return Taken(file, len(content))

    def skip(self, record: Record, reason: str, detail: str = "") -> None:
        """Remember why a work was not taken; the same reason twice is one row."""
        key = (record.source, record.identity)
        if self._reasons.get(key) == reason:
            return
        self._reasons[key] = reason
        self._skipped.add(
            {
                "source": record.source,
                "id": record.identity,
                "reason": reason,
                "detail": detail,
                "when": _now(),
            }
        )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def slug(name: str, limit: int) -> str:
    """`Nymphéas, 1906!` → `nympheas-1906`: safe in every file system and every shell."""
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", folded).strip("-")[:limit].rstrip("-")


def file_stem(record: Record) -> str:
    """`met-437127-bouquet-of-sunflowers`: a name that no other work has."""
    identity = slug(record.identity, 80)
    if identity != record.identity:  # something was lost: two works must not share a file
        digest = hashlib.sha256(record.identity.encode("utf-8", "replace")).hexdigest()[:12]
        identity = f"{slug(identity, 40)}-{digest}".lstrip("-")
    return "-".join(part for part in (record.source, identity, slug(record.title, 60)) if part)

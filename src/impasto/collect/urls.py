"""A list of addresses, one a line, made by the user."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from impasto.collect.record import Record, address, fresh, text
from impasto.errors import ImpastoError
from impasto.reading import read_text

NAME = "urls"

_LARGEST_LIST = 64 * 2**20


def read_list(path: Path) -> list[str]:
    """The lines of a list, without blank ones and comments (`#`).

    Raises:
        ImpastoError: the list cannot be read, is too large, or is empty.
    """
    content = read_text(path, "a list of addresses", _LARGEST_LIST)
    lines = [line.strip() for line in content.splitlines()]
    kept = [line for line in lines if line and not line.startswith("#")]
    if not kept:
        raise ImpastoError(f"The list {path} has no addresses; write one on each line.")
    return kept


def search(lines: list[str]) -> Iterator[Record]:
    """A record for each line; a line that is no address becomes one without a picture."""
    return fresh(map(parse_line, lines))


def parse_line(line: str) -> Record:
    """The record of one address; its identity is a digest, as nothing else is known."""
    url = address(line)
    digest = hashlib.sha256((url or line).encode("utf-8", "replace")).hexdigest()[:16]
    name = url.partition("?")[0].rstrip("/").rpartition("/")[2].rpartition(".")[0]
    return Record(
        source=NAME,
        identity=digest,
        title=text(name, 100),
        licence="unknown",
        page=url or text(line),
        pictures=(url,) if url else (),
    )

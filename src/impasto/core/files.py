"""Files that are either the old one or the new one, never half of each."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from impasto.errors import ImpastoError
from impasto.reading import read_json as read_json


@contextmanager
def atomic_writer(path: Path) -> Iterator[BinaryIO]:
    """Open a binary file that takes the place of `path` only once it is completely on disk.

    A crash, a full disk or `kill -9` at any moment leaves the previous file untouched.

    Raises:
        ImpastoError: `path` is a folder.
    """
    if path.is_dir():
        raise ImpastoError(f"{path} is a folder, where a file is to be written; name another path.")
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)  # mkstemp makes it private; a result is not
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path` atomically."""
    with atomic_writer(path) as file:
        file.write(content)


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` atomically, as UTF-8; what is none of a file's name is spelt out."""
    write_bytes(path, text.encode("utf-8", "backslashreplace"))


def write_json(path: Path, value: Any) -> None:
    """Write `value` to `path` atomically, as indented JSON; names of files come back as they are.

    A name that is no UTF-8 is a text with lone surrogates (PEP 383), and `read_json` knows them.
    """
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    write_bytes(path, text.encode("utf-8", "surrogatepass"))

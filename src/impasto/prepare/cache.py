"""What was fetched or taken out of a shard: a folder of bounded size, the oldest go first."""

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock

from impasto.core.files import atomic_writer

MOST_BYTES = 8 * 2**30
"""Of all that lies in the cache; one file may have half of it."""


@dataclass
class Cache:
    """Files by what they are a copy of; several processes may use one folder."""

    folder: Path
    most: int = field(default_factory=lambda: MOST_BYTES)
    _added: int = -1
    """Bytes since the sizes were last summed; less than 0 where they never were."""

    def get(self, key: str, write: Callable[[BinaryIO], None]) -> Path:
        """The file of that key, written first if it is not there."""
        path = self.place(key)
        with suppress(OSError):
            os.utime(path)  # the least recently used goes first
            return path
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock")):  # nobody fetches the same gigabyte beside us
            if not path.exists():
                with atomic_writer(path) as file:
                    write(file)
                self._bound(path)
        with suppress(OSError):
            path.with_suffix(".lock").unlink()
        return path

    def place(self, key: str) -> Path:
        """Where the file of a key lies, if it is there."""
        digest = hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()
        return self.folder / digest[:32]

    def forget(self, key: str) -> None:
        """What was fetched is no longer it, or never was whole."""
        self.place(key).unlink(missing_ok=True)

    def _bound(self, newest: Path) -> None:
        size = newest.stat().st_size
        if 0 <= self._added + size <= self.most // 16 and self._added >= 0:
            self._added += size
            return
        self._added = 0
        found = []
        for entry in os.scandir(self.folder):
            with suppress(OSError):
                status = entry.stat()
                found.append((status.st_mtime_ns, status.st_size, entry.path))
        total = sum(size for _, size, _ in found)
        for _, size, name in sorted(found):
            if total <= self.most * 15 // 16:
                break
            if name != str(newest) and not name.endswith((".lock", ".part")):
                with suppress(OSError):
                    Path(name).unlink()
                    total -= size

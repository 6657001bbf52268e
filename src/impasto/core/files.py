"""Files that are either the old one or the new one, never half of each."""

import errno
import json
import os
import re
import stat
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from filelock import FileLock, Timeout

from impasto.core.given import refuse_given
from impasto.errors import ImpastoError
from impasto.reading import read_json as read_json

if sys.platform != "win32":
    import fcntl


@contextmanager
def atomic_writer(path: Path) -> Iterator[BinaryIO]:
    """Open a binary file that takes the place of `path` only once it is completely on disk.

    A crash, a full disk or `kill -9` at any moment leaves the previous file untouched.

    Raises:
        ImpastoError: `path` is a folder, or a file that the user gave.
    """
    if path.is_dir():
        raise ImpastoError(
            f"{path} is a folder, but a file must be written here; name another path."
        )
    refuse_given(path)
    with part_of(path) as (file, temporary):
        yield file
        file.flush()
        publish(file, temporary, path)


def refuse_others(folder: Path, names: Iterable[str], ours: bool, option: str) -> None:
    """Refuse to write files of common names over somebody else's.

    Args:
        folder: where they are to lie.
        names: what they are called.
        ours: whether those that are there are an earlier result.
        option: that named the folder.

    Raises:
        ImpastoError: one of them is there, and is not ours.
    """
    there = [name for name in names if (folder / name).exists()]
    if there and not ours:
        raise ImpastoError(
            f"{option} {folder} holds a {there[0]} that Impasto did not write; name another folder."
        )


@contextmanager
def part_of(path: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """A file beside `path` to write what will take its place, and its name; removed in the end.

    It is locked, and the lock dies with the process, however it dies: what a killed one left is
    known by that, and the next process that writes into the folder removes it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.parent not in _SWEPT:
        _SWEPT.add(path.parent)
        sweep(path.parent)
    while True:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        _lock(handle)
        if os.fstat(handle).st_nlink:
            break
        os.close(handle)  # swept before it was locked
    try:
        with _named(path), os.fdopen(handle, "wb") as file:
            yield file, Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Give what a full disk answers the name of the file: `write` knows none."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno in _OF_DISKS:
            error.filename = str(path)
        raise


_OF_DISKS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


def whole_of(name: str) -> str:
    """What an unfinished part of ours will be called; any other name as it is."""
    path = Path(name)
    found = re.fullmatch(r"\.(.+?)(\.\w{8})?\.part", path.name, re.DOTALL)
    return str(path.with_name(found[1])) if found else name


def publish(file: BinaryIO, temporary: Path, path: Path) -> None:
    """Let what `part_of` gave, written to its end, take the place of `path`."""
    os.fsync(file.fileno())
    umask = os.umask(0)
    os.umask(umask)
    temporary.chmod(0o666 & ~umask)  # `mkstemp` makes it private; a result is not
    if sys.platform == "win32":  # which renames no open file
        file.close()
    temporary.replace(path)


def open_own(path: Path, append: bool = False) -> BinaryIO:
    """Open a file of our own under a name that others know too: to write it anew, or to append.

    What a link of that name leads to is another's and is left alone; a pipe is not waited for.

    Raises:
        OSError: a folder, a link or a pipe has the name.
    """
    how = os.O_APPEND if append else os.O_EXCL
    if not append:
        path.unlink(missing_ok=True)
    for flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY", "O_CLOEXEC"):
        how |= getattr(os, flag, 0)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | how, 0o666)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    return os.fdopen(handle, "ab" if append else "wb")


def sweep(folder: Path) -> None:
    """Remove what killed processes left half written in a folder; never what one is writing."""
    with suppress(OSError):  # no folder, or not ours
        for entry in os.scandir(folder):
            if _LEFT.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                with suppress(OSError), Path(entry.path).open("rb") as file:
                    if _lock(file.fileno()):
                        Path(entry.path).unlink()


_SWEPT: set[Path] = set()
"""Folders that this process has swept."""

_LEFT = re.compile(r"\..+\.\w{8}\.part", re.DOTALL)
"""As `mkstemp` names them."""


def _lock(handle: int) -> bool:
    """Hold an open file until it is closed; whether nobody else holds it."""
    if sys.platform != "win32":  # where an open file cannot be removed anyway
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # held, or a file system without locks
            return False
    return True


@contextmanager
def folder_to_fill(folder: Path) -> Iterator[None]:
    """Make a folder, and take it away again if nothing came into it, with those made above it.

    So a path that cannot be written is told before the work, and a refusal leaves nothing behind.
    """
    made = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        with suppress(OSError):  # the first that is not empty
            for each in made:
                each.rmdir()


@contextmanager
def alone_in(folder: Path, verb: str) -> Iterator[None]:
    """Hold a folder of results that belong together for one writer, however its process ends.

    Raises:
        ImpastoError: another one holds it.
    """
    with folder_to_fill(folder):
        lock = FileLock(folder / ".lock", timeout=0)
        try:
            lock.acquire()
        except Timeout as error:
            raise ImpastoError(
                f"Another impasto {verb} is writing to {folder}; wait for it, or name another "
                "--out."
            ) from error
        try:
            yield
        finally:
            with suppress(OSError):  # Windows keeps what is open
                (folder / ".lock").unlink()
            lock.release()


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path` atomically."""
    with atomic_writer(path) as file:
        file.write(content)


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` atomically, as UTF-8; what UTF-8 cannot encode is escaped."""
    write_bytes(path, text.encode("utf-8", "backslashreplace"))


def write_json(path: Path, value: Any) -> None:
    """Write `value` to `path` atomically, as indented JSON; names of files come back as they are.

    A name that is no UTF-8 is a text with lone surrogates (PEP 383), and `read_json` knows them.
    """
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    write_bytes(path, text.encode("utf-8", "surrogatepass"))


def state_of(path: Path) -> tuple[int, int, int, int]:
    """What changes when a file does: size, time, and, as names and times may be others', identity.

    Returns:
        Size in bytes, time of change of the content in nanoseconds, number of the file on its
        disk, time of its last change of any kind. All −1 where there is no such file.
    """
    try:
        status = path.stat()
    except OSError:
        return -1, -1, -1, -1
    return status.st_size, status.st_mtime_ns, status.st_ino, status.st_ctime_ns

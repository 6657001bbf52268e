"""Atomic writes: a file is always entirely the old one or entirely the new one."""

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
    """Open a binary file that replaces `path` only once it is completely on disk.

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
    """Refuse to overwrite files with common names that are not earlier results.

    Args:
        folder: the target folder.
        names: names of the files.
        ours: whether the existing files are an earlier result.
        option: the option that named the folder.

    Raises:
        ImpastoError: one of them exists and is not ours.
    """
    there = [name for name in names if (folder / name).exists()]
    if there and not ours:
        raise ImpastoError(
            f"{option} {folder} holds a {there[0]} that Impasto did not write; name another folder."
        )


@contextmanager
def part_of(path: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """Open a temporary file beside `path` that will replace it; yields the file and its name.

    The file is locked. The lock ends with the process, even if it is killed, so the next process
    that writes into the folder recognises and removes abandoned files.
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
        os.close(handle)  # another process removed it before it was locked
    try:
        with _named(path), os.fdopen(handle, "wb") as file:
            yield file, Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Add the file's name to an `OSError` of `write`, which has none."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno in _OF_DISKS:
            error.filename = str(path)
        raise


_OF_DISKS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


def whole_of(name: str) -> str:
    """The final name of a temporary file of ours; other names unchanged."""
    path = Path(name)
    found = re.fullmatch(r"\.(.+?)(\.\w{8})?\.part", path.name, re.DOTALL)
    return str(path.with_name(found[1])) if found else name


def publish(file: BinaryIO, temporary: Path, path: Path) -> None:
    """Replace `path` by the finished file from `part_of`."""
    os.fsync(file.fileno())
    umask = os.umask(0)
    os.umask(umask)
    temporary.chmod(0o666 & ~umask)  # `mkstemp` makes it private; results are not
    if sys.platform == "win32":  # Windows cannot rename an open file
        file.close()
    temporary.replace(path)


def open_own(path: Path, append: bool = False) -> BinaryIO:
    """Open a file of ours with a predictable name, to rewrite or append to it.

    Links are not followed, and pipes are not waited for.

    Raises:
        OSError: a folder, link or pipe has that name.
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
    """Remove files that killed processes left half written in a folder, but none in use."""
    with suppress(OSError):  # missing folder, or no permission
        for entry in os.scandir(folder):
            if _LEFT.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                with suppress(OSError), Path(entry.path).open("rb") as file:
                    if _lock(file.fileno()):
                        Path(entry.path).unlink()


_SWEPT: set[Path] = set()
"""Folders that this process has cleaned."""

_LEFT = re.compile(r"\..+\.\w{8}\.part", re.DOTALL)
"""Names as `mkstemp` makes them."""


def _lock(handle: int) -> bool:
    """Lock an open file until it is closed; return False if another process holds it."""
    if sys.platform != "win32":  # there an open file cannot be removed anyway
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # locked, or a file system without locks
            return False
    return True


@contextmanager
def folder_to_fill(folder: Path) -> Iterator[None]:
    """Create a folder and its parents; remove those that were created if they stay empty.

    A path that cannot be written thus fails before the work, and a refusal leaves nothing behind.
    """
    made = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        with suppress(OSError):  # stop at the first that is not empty
            for each in made:
                each.rmdir()


@contextmanager
def alone_in(folder: Path, verb: str) -> Iterator[None]:
    """Lock a folder of related results for one writer; the lock ends with the process.

    Raises:
        ImpastoError: another process holds it, or a folder or link is in its place.
    """
    with folder_to_fill(folder):
        place = folder / ".lock"
        lock = FileLock(place, timeout=0)
        try:
            lock.acquire()
        except Timeout as error:
            raise ImpastoError(
                f"Another impasto {verb} is writing to {folder}; wait for it, or name another "
                "--out."
            ) from error
        except OSError as error:
            if not (place.is_symlink() or place.is_dir()):
                raise
            raise ImpastoError(
                f"{place} is a folder or a link, but Impasto keeps its lock there; remove it, or "
                "name another --out."
            ) from error
        try:
            yield
        finally:
            with suppress(OSError):  # Windows keeps open files
                place.unlink()
            lock.release()


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path` atomically."""
    with atomic_writer(path) as file:
        file.write(content)


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` atomically as UTF-8; escape what UTF-8 cannot encode."""
    write_bytes(path, text.encode("utf-8", "backslashreplace"))


def write_json(path: Path, value: Any) -> None:
    """Write `value` to `path` atomically as indented JSON; file names survive unchanged."""
    write_bytes(path, as_json(value))


def as_json(value: Any) -> bytes:
    """`value` as indented JSON.

    A name that is not UTF-8 has lone surrogates (PEP 383), which `read_json` restores.
    """
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    return text.encode("utf-8", "surrogatepass")


def state_of(path: Path) -> tuple[int, int, int, int]:
    """A file's identity, to detect changes: size, times and inode.

    Returns:
        Size in bytes, time of change of the content in nanoseconds, number of the file on its
        disk, time of its last change of any kind. All −1 where there is no such file.
    """
    try:
        status = path.stat()
    except OSError:
        return -1, -1, -1, -1
    return status.st_size, status.st_mtime_ns, status.st_ino, status.st_ctime_ns

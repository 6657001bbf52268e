"""ZIP and TAR archives as a source: unpacked once, bounded, and never outside their folder."""

import lzma
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Self

from impasto.core.console import progress_bar
from impasto.core.files import read_json, write_json
from impasto.data.files import passed_over
from impasto.errors import ImpastoError

MOST_FILES = 2_000_000
MOST_BYTES = 2**40
_MOST_RATIO = 200
"""What grows more than this in unpacking is a bomb: pictures hardly shrink."""
_DONE = ".unpacked.json"
_BROKEN = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError,
    EOFError, RuntimeError, ValueError,
)  # fmt: skip


def is_archive(path: Path) -> bool:
    """Whether a file is a ZIP or TAR archive, by its content."""
    return path.is_file() and (zipfile.is_zipfile(path) or tarfile.is_tarfile(path))


def not_an_archive(path: Path) -> str:
    """Why a file cannot be a source, as a sentence."""
    with path.open("rb") as file:
        begins = file.read(4)
    cut = begins == b"PK\x03\x04" or {".zip", ".tar", ".tgz"} & {s.lower() for s in path.suffixes}
    if cut:
        return f"{path} is a damaged or unfinished archive; fetch it again."
    return f"{path} is neither a folder nor a ZIP or TAR of pictures; name one."


def unpack(archive: Path, place: Path) -> Path:
    """Unpack an archive's possible pictures into `place`, unless that was done before.

    Links, devices, names that lead outside, hidden files and `__MACOSX` are left out.

    Returns:
        `place`.

    Raises:
        ImpastoError: the archive is damaged, or larger than its bounds.
    """
    status = archive.stat()
    state = [archive.name, status.st_size, status.st_mtime_ns]
    if (place / _DONE).is_file() and read_json(place / _DONE, "a note on an archive") == state:
        return place
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    written = 0
    try:
        with progress_bar(unit="files") as progress:
            task = progress.add_task(f"unpacking {archive.name}", total=None)
            for name, size, stream in _members(archive):
                written += size
                if written > MOST_BYTES:
                    raise ImpastoError(f"{archive} holds more than a terabyte; unpack it yourself.")
                _write(place / name, size, stream)
                progress.advance(task)
    except (*_BROKEN, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:  # the disk's, not the archive's
            raise
        raise ImpastoError(f"{archive} is damaged ({error}); fetch it again.") from error
    write_json(place / _DONE, state)
    return place


def _write(path: Path, size: int, stream: IO[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    left = size  # what the archive's directory promises bounds what is read
    with path.open("wb") as file:
        while left > 0 and (block := stream.read(min(left, 2**20))):
            file.write(block)
            left -= len(block)


def _members(archive: Path) -> Iterator[tuple[PurePosixPath, int, IO[bytes]]]:
    """Safe relative name, size in bytes and content of each possible picture."""
    opened = _zip_members if zipfile.is_zipfile(archive) else _tar_members
    for count, member in enumerate(opened(archive)):
        if count >= MOST_FILES:
            raise ImpastoError(f"{archive} holds more than {MOST_FILES:,} files.")
        yield member


def _zip_members(archive: Path) -> Iterator[tuple[PurePosixPath, int, IO[bytes]]]:
    with zipfile.ZipFile(archive) as opened:
        for info in opened.infolist():
            name = _safe(info.filename)
            link = stat.S_ISLNK(info.external_attr >> 16)
            if name is None or info.is_dir() or link:
                continue
            _check_growth(archive, name, info.file_size, info.compress_size)
            with opened.open(info) as stream:
                yield name, info.file_size, stream


def _tar_members(archive: Path) -> Iterator[tuple[PurePosixPath, int, IO[bytes]]]:
    packed = archive.stat().st_size  # a member's own share of a compressed TAR is not told
    with tarfile.open(archive, "r:*", tarinfo=_Header) as opened:
        for info in opened:
            name = _safe(info.name)
            if name is None or not info.isreg() or info.issparse():  # a sparse file: all holes
                continue
            _check_growth(archive, name, info.size, packed)
            if (stream := opened.extractfile(info)) is not None:
                yield name, info.size, stream
        left = max(2**20, _MOST_RATIO * packed)
        while left > 0 and opened.fileobj is not None and opened.fileobj.read(2**20):
            left -= 2**20  # on to the end, where the checksum of what was compressed is


class _Header(tarfile.TarInfo):
    """A header that is none is damage; `tarfile` itself would take it for the archive's end."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """The header in a block of 512 bytes."""
        try:
            return super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if not buf.strip(b"\0"):  # nothing more, or the zeros that end an archive
                raise
            raise tarfile.ReadError(str(error)) from error


def _check_growth(archive: Path, name: PurePosixPath, size: int, packed: int) -> None:
    if size > 2**20 and size > _MOST_RATIO * packed:
        raise ImpastoError(
            f"{archive}: {name} would grow {_MOST_RATIO}-fold and more; unpack it yourself."
        )


def _safe(name: str) -> PurePosixPath | None:
    """The name if it stays inside and may be a picture; else None."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or not path.parts or "\0" in name:
        return None
    if ":" in path.parts[0] or passed_over(Path(*path.parts)):
        return None
    return path

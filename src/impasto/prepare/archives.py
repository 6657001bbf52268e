"""ZIP and TAR archives as a source: unpacked once, bounded, and never outside their folder.

Members are first unpacked under numbers. Once all names are known, their encoding is chosen, and
each gets its name. One bad member costs no other.
"""

import os
import re
import shutil
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Self

from impasto.core.console import counted, progress_bar, say
from impasto.core.files import read_json, state_of, write_json
from impasto.data.files import ARCHIVES, passed_over, say_unopened
from impasto.errors import ImpastoError
from impasto.prepare.archive_kinds import BROKEN, is_tar, kind_of
from impasto.prepare.archive_names import Member, encoding_of, give_names, provisional, zip_name
from impasto.prepare.zip_directory import open_zip

MOST_FILES = 2_000_000
MOST_BYTES = 2**40
_MOST_RATIO = 200
"""What grows more than this in unpacking is a bomb: pictures hardly shrink."""
_SLACK = 2**24
"""Bytes that a whole archive may hold beyond that; a member may have a megabyte."""
_MOST_BEHIND = 10_240
"""Zeros that may follow the mark of a TAR's end: programs fill up their last block."""
_MOST_HEADER = 2**20
"""Bytes of a TAR's header with a long name or with attributes: it is read into memory."""
_READ_ON = 2**30
"""Bytes that are unpacked, and thrown away, to tell a bomb from an archive that was cut."""
_DONE, _PARTS = "unpacked.json", ".parts"


@dataclass(frozen=True)
class Lost:
    """A member that could have been a picture and could not be unpacked."""

    file: str
    reason: str
    """Short and countable."""
    detail: str


@dataclass
class Unpacked:
    """What is left of an archive."""

    lost: list[Lost] = field(default_factory=list)
    passed_over: int = 0
    """Members that are no pictures by their names, links, and those that lead outside."""
    archive: str = ""
    """The first archive inside, if there is one."""
    outside: int = 0
    """Members whose names lead out of the folder that they are unpacked into."""
    outsider: str = ""
    """The first of them."""

    def pass_over(self, name: Path) -> None:
        """Count a member that is left where it is; `name` is a provisional one."""
        self.passed_over += 1
        text = str(name).encode("latin-1").decode("utf-8", "backslashreplace")
        if not self.archive and name.suffix.lower() in ARCHIVES:
            self.archive = text
        if ".." in re.split(r"[/\\]", text):
            self.keep_inside(text)

    def keep_inside(self, name: str) -> None:
        """Remember a member that would lie outside."""
        self.outside, self.outsider = self.outside + 1, self.outsider or name

    def say_outside(self, where: str) -> None:
        """Name the first member that would lie outside, if there is one."""
        if self.outside:
            say(
                f"{counted(self.outside, 'name')} in {where}, such as {self.outsider}, would lead "
                "out of the folder that it is unpacked into; left out.",
                style="yellow",
            )


def unpack(archive: Path, place: Path, names: str = "") -> Unpacked:
    """Unpack an archive's possible pictures into `place`, unless that was done before.

    Links, devices, names that lead outside, hidden files and `__MACOSX` are passed over. Folders
    that all members lie in are skipped: an archive has the labels that its folder would have.

    Args:
        archive: a ZIP or TAR.
        place: where to; beside it a note is kept for the next time.
        names: the encoding of names that the archive does not tell; guessed if empty.

    Raises:
        ImpastoError: it is no archive, damaged as a whole, or larger than its bounds.
    """
    state = [archive.name, *state_of(archive), names]
    found = _known(place, state)
    if found is None:
        found = _unpack(archive, place, names, state)
    if found.archive:
        say_unopened(archive, found.archive)
    found.say_outside(archive.name)
    return found


def _unpack(archive: Path, place: Path, names: str, state: list[Any]) -> Unpacked:
    kind = kind_of(archive)
    (place.parent / _DONE).unlink(missing_ok=True)
    shutil.rmtree(place, ignore_errors=True)
    (place / _PARTS).mkdir(parents=True)
    found, members = Unpacked(), list[Member]()
    try:
        with progress_bar(unit="files") as progress:
            task = progress.add_task(f"unpacking {archive.name}", total=None)
            opened = _zip_members if kind == "zip" else _tar_members
            for member in opened(archive, place / _PARTS, found):
                members.append(member)
                if len(members) > MOST_FILES:
                    raise ImpastoError(
                        f"{archive} holds more than {MOST_FILES:,} files; unpack it and prepare "
                        f"its parts."
                    )
                progress.advance(task)
    except (*BROKEN, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:  # the disk's, not the archive's
            raise
        words = str(error or type(error).__name__).partition("\n")[0].rstrip(":")
        raise ImpastoError(
            f"{archive} is a damaged or unfinished archive ({words}); "
            "copy or download it again, or unpack what is left of it yourself."
        ) from error
    encoding = names or encoding_of(archive, members)
    given = give_names(place / _PARTS, place, members, encoding, bool(names))
    found.passed_over += given.passed_over
    for name in given.outside:
        found.keep_inside(name)
    found.lost = [Lost(name, reason, detail) for name, reason, detail in given.lost]
    shutil.rmtree(place / _PARTS)
    if not given.count and (found.lost or found.archive):
        raise _nothing(archive, found)
    note = {"archive": state, "passed_over": found.passed_over, "files": given.count}
    note |= {"inside": found.archive, "outside": found.outside, "outsider": found.outsider}
    write_json(place.parent / _DONE, {**note, "lost": [vars(each) for each in found.lost]})
    return found


def _nothing(archive: Path, found: Unpacked) -> ImpastoError:
    """Why no picture came out."""
    if not found.lost:
        return ImpastoError(
            f"{archive} holds no pictures, only archives, such as {found.archive}; unpack it and "
            "prepare that one."
        )
    first = found.lost[0]
    if first.reason == "decompression bomb":
        return ImpastoError(f"{archive}: {first.file}: {first.detail}; unpack it yourself.")
    if first.reason == "encrypted":
        return ImpastoError(f"{archive} needs a password; unpack it yourself.")
    if first.reason == _PACKING:
        return ImpastoError(f"{archive} is packed by {first.detail}, which is not read; unpack it.")
    return ImpastoError(
        f"{archive} is damaged: none of its {counted(len(found.lost), 'picture')} can be "
        f"unpacked, as "
        f"{first.file} ({first.detail}); copy or download it again."
    )


def _known(place: Path, state: list[Any]) -> Unpacked | None:
    """What was unpacked before, if it is all there still."""
    try:
        note = read_json(place.parent / _DONE, "a note on an archive", 2**30)
        files = sum(len(names) for _, _, names in os.walk(place))
        if note["archive"] != state or note["files"] != files:
            return None
        lost, inside = [Lost(**each) for each in note["lost"]], str(note.get("inside", ""))
        outside = int(note.get("outside", 0)), str(note.get("outsider", ""))
        return Unpacked(lost, int(note["passed_over"]), inside, *outside)
    except (ImpastoError, KeyError, TypeError, ValueError):
        return None


def _zip_members(archive: Path, parts: Path, found: Unpacked) -> Iterator[Member]:
    left = min(MOST_BYTES, _SLACK + _MOST_RATIO * archive.stat().st_size)
    with open_zip(archive) as opened:
        for number, info in enumerate(opened.infolist()):
            raw, name = zip_name(info)
            if not info.filename:
                found.pass_over(Path())
                continue
            if info.is_dir() or (not info.file_size and info.external_attr & 0x10):
                continue
            if passed_over(provisional(raw)) or stat.S_ISLNK(info.external_attr >> 16):
                found.pass_over(provisional(raw))
                continue
            size = info.file_size
            if size > left or (size > 2**20 and size > _MOST_RATIO * info.compress_size):
                yield Member(raw, name, number, "decompression bomb", _TOO_MUCH)
                continue
            if info.flag_bits & 1:
                yield Member(raw, name, number, "encrypted", "it needs a password")
                continue
            try:
                # Other methods than these two unpack a whole block in memory, however much it is.
                bounded = info.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
                with opened.open(info) as stream:
                    _write(parts / str(number), size, stream, 2**20 if bounded else 2**12)
            except NotImplementedError:  # Deflate64 of Windows is the usual one
                method = _METHODS.get(info.compress_type, f"method {info.compress_type}")
                yield Member(raw, name, number, _PACKING, method)
                continue
            except (*BROKEN, OSError) as error:
                if isinstance(error, OSError) and error.errno is not None:
                    raise
                (parts / str(number)).unlink(missing_ok=True)
                yield Member(raw, name, number, "corrupt", f"in the archive: {error}")
                continue
            left -= size
            yield Member(raw, name, number)


_PACKING = "packed in a way that is not read"
_METHODS = {9: "Deflate64", 93: "Zstandard", 95: "XZ", 98: "PPMd"}
_TOO_MUCH = f"it would grow {_MOST_RATIO}-fold and more"


def _tar_members(archive: Path, parts: Path, found: Unpacked) -> Iterator[Member]:
    packed = archive.stat().st_size  # a member's own share of a compressed TAR is not told
    with archive.open("rb") as file:
        plain = is_tar(file.read(tarfile.BLOCKSIZE))
    left = min(MOST_BYTES, _SLACK + _MOST_RATIO * packed)
    with tarfile.open(
        archive, "r:*", tarinfo=Header, encoding="utf-8", errors="surrogateescape"
    ) as opened:
        number = 0
        while (info := opened.next()) is not None:
            number += 1
            size = info.size if info.isreg() and not info.issparse() else 0  # else all holes
            left -= size
            if plain and info.offset_data + size > packed:
                raise tarfile.ReadError("unexpected end of data")
            if left < 0 or (size > 2**20 and size > _MOST_RATIO * packed):
                _read_on(opened.fileobj, left + size)
                raise ImpastoError(f"{archive}: {info.name}: {_TOO_MUCH}; unpack it yourself.")
            opened.members = []  # type: ignore[attr-defined]  # or memory grows with the archive
            raw = info.name.encode("utf-8", "surrogateescape")
            if info.isdir():
                continue
            if passed_over(provisional(raw)) or not info.isreg() or info.issparse():
                found.pass_over(provisional(raw))
                continue
            if (stream := opened.extractfile(info)) is not None:
                _write(parts / str(number), info.size, stream, 2**20)
                yield Member(raw, None, number)
        behind = 0
        # On to the end, where the checksum of what was compressed is.
        while left > 0 and opened.fileobj is not None and (rest := opened.fileobj.read(2**20)):
            left -= 2**20
            behind = max(behind + len(rest), 2**20 * bool(rest.strip(b"\0")))
        if behind > _MOST_BEHIND:
            say(
                f"{archive.name} has data after its end mark; if pictures are missing, it is "
                "damaged or several archives joined: unpack it yourself.",
                style="yellow",
            )


def _read_on(stream: Any, most: int) -> None:
    """Read a stream that promises too much: one that was cut ends before, which is its fault then.

    Raises:
        EOFError: it was cut.
    """
    left = min(most, _READ_ON)
    while stream is not None and left > 0 and (content := stream.read(2**20)):
        left -= len(content)


class Header(tarfile.TarInfo):
    """Report an invalid header, or none, as damage; `tarfile` would take it for the archive's end.

    Zeros are the mark of the end: two blocks, of which some programs write one. An archive that
    stops without them was cut where a member begins.
    """

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """The header in a block of 512 bytes."""
        try:
            found = super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if buf and not buf.strip(b"\0"):
                raise
            raise tarfile.ReadError(str(error) if buf else "its end is missing") from error
        if found.type in _OF_HEADERS and found.size > _MOST_HEADER:
            raise tarfile.ReadError(f"a name or attributes of {found.size:,} bytes")
        return found


_OF_HEADERS = (
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
)


def _write(path: Path, size: int, stream: IO[bytes], block: int) -> None:
    """Write exactly as much as the archive's directory promises.

    Raises:
        ValueError: there is less, or more.
    """
    left = size
    with path.open("wb") as file:
        while left > 0 and (content := stream.read(min(left, block))):
            file.write(content)
            left -= len(content)
    if left or stream.read(1):  # at the end the checksum is compared
        raise ValueError(f"it has not the {size:,} bytes that are promised")

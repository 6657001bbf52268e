"""What the members of an archive are called: their encoding, and where they go on this disk.

An old ZIP does not say how its names are encoded, and a TAR holds whatever bytes its maker's disk
had. What is UTF-8 is taken for it; the encoding of the rest is chosen for all names together.
"""

import errno
import os
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path, PurePosixPath

from impasto.core.console import say
from impasto.core.encodings import is_utf8, likely
from impasto.data.files import passed_over

_UNHOLDABLE = {
    *(errno.ENAMETOOLONG, errno.EEXIST, errno.ENOTDIR, errno.EISDIR),
    *(errno.EINVAL, errno.EILSEQ),
}
"""What a file system answers to a name that it cannot hold."""

_DRIVE = re.compile("[^/]*:" if os.name == "nt" else "[A-Za-z]:/")
"""How a name on a disk of Windows begins. Elsewhere a colon may stand in a title."""


@dataclass(frozen=True)
class Member:
    """A possible picture. It lies under its number, unless a reason says why not."""

    raw: bytes
    """The name as it stands in the archive."""
    text: str | None
    """The name, where the archive says how it is encoded."""
    number: int
    reason: str = ""
    detail: str = ""


@dataclass
class Given:
    """What came of giving names."""

    count: int = 0
    """Files that have one."""
    passed_over: int = 0
    outside: list[str] = field(default_factory=list)
    """Names that lead outside, among those that are passed over."""
    lost: list[tuple[str, str, str]] = field(default_factory=list)
    """Name, reason, detail of those that have no file."""


def provisional(raw: bytes) -> Path:
    """A name before its encoding is known: enough to see its suffix and its hidden parts.

    A backslash may be half of a letter; a slash never is.
    """
    return Path(PurePosixPath(raw.decode("latin-1")))


def zip_name(info: zipfile.ZipInfo) -> tuple[bytes, str | None]:
    """The name's bytes, and its text where the ZIP tells that."""
    if info.flag_bits & 0x800:
        return info.orig_filename.encode("utf-8", "surrogatepass"), info.orig_filename
    raw = info.orig_filename.encode("cp437")  # zipfile has decoded it so
    extra = info.extra
    while len(extra) >= 4:
        kind, length = (int.from_bytes(extra[at : at + 2], "little") for at in (0, 2))
        content, extra = extra[4 : 4 + length], extra[4 + length :]
        # Info-ZIP's Unicode path: a version, a checksum of the name that it stands for, UTF-8.
        if kind == 0x7075 and content[1:5] == zlib.crc32(raw).to_bytes(4, "little"):
            return raw, content[5:].decode("utf-8", "replace")
    return raw, None


def encoding_of(archive: Path, members: Iterable[Member]) -> str:
    """The likeliest encoding of the names that are not UTF-8; says so where there are any."""
    unclear = [each.raw for each in members if each.text is None and not is_utf8(each.raw)]
    if not unclear:
        return "utf-8"
    found = likely(unclear)
    say(
        f"{archive.name} does not tell how its names are encoded; those that are no "
        f"UTF-8 are read as {found}. If they come out garbled, name the encoding: --names gbk."
    )
    return found


def give_names(
    parts: Path, place: Path, members: list[Member], encoding: str, forced: bool
) -> Given:
    """Move the numbered files in `parts` to their names below `place`.

    Args:
        parts: where they lie.
        place: where they go.
        members: all of them.
        encoding: of the names that are not UTF-8.
        forced: of all names that the archive does not tell.
    """
    given = Given()
    named = []
    for member in members:
        text = _text(member, encoding, forced)
        path = _safe(text)
        if path is None or passed_over(Path(path)):
            given.passed_over += 1
            if path is None and "\0" not in text:
                given.outside.append(text)
        else:
            named.append((member, path))
    root = _common_root([path for _, path in named])
    for member, path in named:
        inner = PurePosixPath(*path.parts[root:])
        if member.reason:
            given.lost.append((str(inner), member.reason, member.detail))
            continue
        try:
            _move(parts / str(member.number), place / inner)
            given.count += 1
        except OSError as error:
            if error.errno not in _UNHOLDABLE:
                raise
            reason = "name too long" if error.errno == errno.ENAMETOOLONG else "name not possible"
            given.lost.append((str(inner), reason, f"{error.strerror}, for this disk"))
    return given


def _move(source: Path, target: Path) -> None:
    """Move a file; where another has its name, or the same in capitals, it gets a number."""
    target.parent.mkdir(parents=True, exist_ok=True)
    number, free = 1, target
    while os.path.lexists(free):
        number += 1
        free = target.with_name(f"{target.stem} ({number}){target.suffix}")
    source.rename(free)


def _text(member: Member, encoding: str, forced: bool) -> str:
    """The name as text, its accents in one piece: macOS takes them apart."""
    text = member.text
    if text is None:
        use = encoding if forced or not is_utf8(member.raw) else "utf-8"
        text = member.raw.decode(use, "replace")
    return unicodedata.normalize("NFC", text)


def _safe(text: str) -> PurePosixPath | None:
    """The name if it stays inside and is one of a file; else None."""
    path = PurePosixPath(text.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or not path.parts or text[-1] in "/\\":
        return None
    return None if _DRIVE.match(str(path)) or "\0" in text else path


def _common_root(names: list[PurePosixPath]) -> int:
    """How many folders all files share that are no labels.

    All of them where folders differ below; where they do not, the last may be the label.
    """
    folders = [name.parts[:-1] for name in names]
    common = len(list(takewhile(lambda same: len({*same}) == 1, zip(*folders, strict=False))))
    labelled = any(len(parts) > common for parts in folders)
    return common if labelled else min(1, common)

"""What kind of archive a file is, by its content, or why it is none."""

import bz2
import gzip
import lzma
import tarfile
import zipfile
import zlib
from pathlib import Path

from impasto.errors import ImpastoError

BROKEN = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError,
    EOFError, RuntimeError, ValueError, MemoryError,
)  # fmt: skip
"""What readers of archives raise on damage, `OSError` without a number aside."""

_PIECE, _LOOKED_AT = 2**20, 2**26
_PACKED = ((b"\x1f\x8b", gzip.open), (b"BZh", bz2.open), (b"\xfd7zXZ\0", lzma.open))
_OTHERS = ((b"Rar!", "RAR"), (b"7z\xbc\xaf\x27\x1c", "7-Zip"), (b"\x28\xb5\x2f\xfd", "Zstandard"))
_SUFFIXES = {".zip", ".tar", ".tgz", ".tbz2", ".txz", ".gz", ".bz2", ".xz"}


def kind_of(path: Path) -> str:
    """`zip` or `tar`; a compressed TAR is a TAR.

    Raises:
        ImpastoError: it is neither, with the reason.
    """
    with path.open("rb") as file:
        begins = file.read(tarfile.BLOCKSIZE)
    # A TAR first: one whose last member is a ZIP ends like a ZIP.
    if is_tar(begins):
        return "tar"
    for magic, opener in _PACKED:
        if begins.startswith(magic):
            try:
                with opener(path) as stream:
                    begins = stream.read(tarfile.BLOCKSIZE)
                    # What no longer is a TAR may be damaged: the checksum stands at the end.
                    left = 0 if is_tar(begins) else _LOOKED_AT
                    while left > 0 and stream.read(_PIECE):
                        left -= _PIECE
            except (*BROKEN, OSError) as error:
                raise _damaged(path) from error
            if is_tar(begins):
                return "tar"
            raise ImpastoError(f"{path} is compressed but holds no TAR; unpack it yourself.")
    if zipfile.is_zipfile(path):
        return "zip"
    for magic, name in _OTHERS:
        if begins.startswith(magic):
            raise ImpastoError(f"{path} is packed by {name}, which is not read; unpack it first.")
    if begins.startswith(b"PK\x03\x04") or path.suffix.lower() in _SUFFIXES:
        raise _damaged(path)
    raise ImpastoError(f"{path} is neither a folder nor a ZIP or TAR of pictures; name one.")


def is_tar(block: bytes) -> bool:
    """Whether this is a TAR's first block: a header whose checksum fits."""
    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def _damaged(path: Path) -> ImpastoError:
    return ImpastoError(
        f"{path} is a damaged or unfinished archive, or none at all; copy or download it again."
    )

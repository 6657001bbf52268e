"""Archives are known by their content."""

import gzip
import io
import tarfile
import zipfile

import pytest

from impasto.errors import ImpastoError
from impasto.prepare.archive_kinds import kind_of


def tar() -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as made:
        made.addfile(tarfile.TarInfo("a.png"))
    return held.getvalue()


def zipped() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as made:
        made.writestr("a.png", b"one")
    return held.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [(tar(), "tar"), (gzip.compress(tar()), "tar"), (zipped(), "zip")],
    ids=["tar", "tar.gz", "zip"],  # not the bytes, which name the second of their making
)
def test_whatever_it_is_called_the_kind_is_found(tmp_path, content, kind):
    path = tmp_path / "pictures.bin"
    path.write_bytes(content)
    assert kind_of(path) == kind


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("a.rar", b"Rar!\x1a\x07", "RAR"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c", "7-Zip"),
        ("a.gz", gzip.compress(b"no archive"), "TAR"),
        ("a.zip", zipped()[:-10], "damaged"),
        ("a.tar", b"", "damaged"),
        ("a.txt", b"words", "neither"),
    ],
    ids=["rar", "7z", "gz", "zip", "empty tar", "txt"],
)
def test_what_is_none_is_one_sentence_with_the_reason(tmp_path, name, content, word):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ImpastoError, match=word):
        kind_of(path)

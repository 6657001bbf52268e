"""What the user gave is never replaced by what is made from it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from impasto.core.files import write_bytes
from impasto.core.given import forget_given, give, refuse_given
from impasto.errors import ImpastoError


@pytest.fixture(autouse=True)
def _nothing_given() -> Iterator[None]:
    forget_given()
    yield
    forget_given()


def test_a_given_file_is_not_written_over_by_any_of_its_names(tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    photo.write_bytes(b"photo")
    (tmp_path / "link.png").symlink_to(photo)
    give(tmp_path / "link.png", tmp_path)  # a folder may be filled
    for name in ("photo.png", "link.png"):
        with pytest.raises(ImpastoError, match=name):
            write_bytes(tmp_path / name, b"painting")
    assert photo.read_bytes() == b"photo"
    refuse_given(tmp_path / "other.png")


def test_another_command_knows_nothing_of_it(tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    photo.write_bytes(b"photo")
    give(photo)
    forget_given()
    write_bytes(photo, b"anew")
    assert photo.read_bytes() == b"anew"

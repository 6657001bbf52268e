"""One reader for every verb, and its refusals in one sentence."""

import pytest
from PIL import Image

from impasto.data.picture import read_subject
from impasto.errors import ImpastoError
from impasto.explore.project import read_target


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (Image.new("RGBA", (32, 32), (9, 9, 9, 0)), "transparent"),
        (Image.new("RGB", (1, 1)), "1×1 pixels.* 16×16"),
    ],
)
def test_project_refuses_what_shows_nothing(tmp_path, image, words):
    image.save(tmp_path / "a.png")
    with pytest.raises(ImpastoError, match=words):
        read_target(tmp_path / "a.png", 64, 64, "crop")


def test_a_missing_file_and_a_kind_that_is_not_read_are_named(tmp_path):
    with pytest.raises(ImpastoError, match=r"There is no file .*a\.jxl"):
        read_subject(tmp_path / "a.jxl", "paint")
    (tmp_path / "a.jxl").write_bytes(b"\xff\x0a" + bytes(range(1, 90)))
    with pytest.raises(ImpastoError, match=r"not read .JPEG XL: export"):
        read_subject(tmp_path / "a.jxl", "paint")

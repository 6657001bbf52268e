"""One reader for every verb, and its refusals in one sentence."""

import pytest
from PIL import Image

from impasto.data.picture import read_subject
from impasto.errors import ImpastoError
from impasto.explore.project import read_target
from impasto.kit.making import read_picture as read_for_kit
from impasto.print.layout import Sheet, print_file


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


@pytest.mark.parametrize(
    "read",
    [
        read_for_kit,
        lambda path: read_target(path, 32, 32, "crop"),
        lambda path: print_file(path, Sheet(100, 100, dpi=72), "pdf", path.with_suffix(".pdf")),
    ],
    ids=["kit", "project", "print"],
)
def test_every_verb_says_that_it_uses_an_animations_first_frame(tmp_path, capsys, read):
    first, second = Image.new("RGB", (64, 64), "teal"), Image.new("RGB", (64, 64), "maroon")
    first.save(tmp_path / "film.gif", save_all=True, append_images=[second])
    first.save(tmp_path / "still.gif")
    read(tmp_path / "still.gif")
    assert "animated" not in capsys.readouterr().err
    read(tmp_path / "film.gif")
    assert "film.gif is animated; only its first frame is used." in capsys.readouterr().err

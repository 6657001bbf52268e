"""Any photograph is read; what cannot be painted is refused in one sentence."""

import numpy as np
import pytest
from PIL import Image

from impasto.errors import ImpastoError
from impasto.paint.picture import read_care, read_painting, read_photograph, read_picture


def sheet(width: int, height: int, mode: str = "RGB") -> Image.Image:
    y, x = np.mgrid[:height, :width]
    rgb = np.stack([x * 255 // width, y * 255 // height, 0 * x + 90], -1).astype(np.uint8)
    return Image.fromarray(rgb).convert(mode)


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P", "1", "CMYK", "LA", "I;16"])
def test_every_mode_becomes_rgb(tmp_path, mode):
    image = sheet(40, 30, "L").convert("I;16") if mode == "I;16" else sheet(40, 30, mode)
    image.save(tmp_path / "a.tif")
    picture = read_picture(tmp_path / "a.tif")
    assert picture.shape == (30, 40, 3)
    assert picture.dtype == np.uint8


def test_a_rotated_photograph_stands_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    sheet(40, 30).save(tmp_path / "a.jpg", exif=exif)
    assert read_picture(tmp_path / "a.jpg").shape == (40, 30, 3)


def test_it_is_shrunk_to_what_is_needed(tmp_path):
    sheet(300, 150).save(tmp_path / "a.png")
    assert read_picture(tmp_path / "a.png", 100).shape == (50, 100, 3)
    assert read_picture(tmp_path / "a.png", 1000).shape == (150, 300, 3)


@pytest.mark.parametrize("suffix", ["gif", "webp", "png"])
def test_an_animation_is_told_once_where_it_is_painted(tmp_path, suffix, capsys):
    frames = [sheet(40, 30), sheet(40, 30).transpose(Image.Transpose.ROTATE_180)]
    frames[0].save(tmp_path / "still.png")
    frames[0].save(tmp_path / f"a.{suffix}", save_all=True, append_images=frames[1:], duration=80)
    for name, told in (("still.png", 0), (f"a.{suffix}", 1)):
        read_picture(tmp_path / name, 64)  # as a folder's pictures are looked at before
        read_photograph(tmp_path / name)
        assert capsys.readouterr().err.count("first frame") == told


def test_transparent_parts_are_white_and_nothing_but_them_is_refused(tmp_path):
    image = sheet(40, 30, "RGBA")
    image.putalpha(Image.fromarray((np.arange(40) // 20 * 255 + np.zeros((30, 1))).astype("uint8")))
    image.save(tmp_path / "half.png")
    assert (read_picture(tmp_path / "half.png")[:, :20] == 255).all()
    image.putalpha(0)
    image.save(tmp_path / "clear.png")
    with pytest.raises(ImpastoError, match="transparent"):
        read_picture(tmp_path / "clear.png")


@pytest.mark.parametrize(
    ("width", "height", "words"),
    [
        (1, 1, "1×1 pixels.* 16×16"),
        (500, 3, "at least 16×16"),
        (30_000, 20, "too narrow"),
    ],
)
def test_pictures_of_no_use_are_refused(tmp_path, width, height, words):
    Image.new("RGB", (width, height), "red").save(tmp_path / "a.png")
    with pytest.raises(ImpastoError, match=words):
        read_picture(tmp_path / "a.png", 512)


def test_a_panorama_of_30_000_pixels_is_read_small(tmp_path):
    Image.new("RGB", (30_000, 600), "red").save(tmp_path / "a.jpg")
    assert read_picture(tmp_path / "a.jpg", 1024).shape == (20, 1024, 3)


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG\r\n\x1a\nbroken", b"<html></html>"])
def test_what_is_no_picture_is_refused(tmp_path, content):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(ImpastoError, match=r"a\.png cannot be read"):
        read_picture(tmp_path / "a.png")


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(ImpastoError, match="There is no file"):
        read_picture(tmp_path / "none.jpg")


def test_a_mask_says_where_it_matters(tmp_path):
    Image.fromarray(np.uint8([[0, 255]]).repeat(8, 0).repeat(8, 1)).save(tmp_path / "m.png")
    care = read_care(tmp_path / "m.png", 40, 20)
    assert care.shape == (20, 40)
    assert care[:, :15].max() < 0.05
    assert care[:, -15:].min() > 0.95
    assert care.min() > 0
    Image.new("L", (8, 8)).save(tmp_path / "black.png")
    with pytest.raises(ImpastoError, match="black all over"):
        read_care(tmp_path / "black.png", 40, 20)
    layer = Image.new("RGBA", (40, 20))  # white paint on nothing, as a program of layers saves it
    layer.paste((255, 255, 255, 255), (20, 0, 40, 20))
    layer.save(tmp_path / "layer.png")
    care = read_care(tmp_path / "layer.png", 40, 20)
    assert care[:, :18].max() < 0.1
    assert care[:, 22:].min() > 0.9


@pytest.mark.parametrize(
    "bars", [(0, 40, 0, 40), (70, 0, 70, 0), (60, 30, 60, 33), (150, 20, 150, 20)]
)
@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_a_painting_is_borrowed_from_without_its_letterbox(tmp_path, bars, suffix):
    left, top, right, bottom = bars
    boxed = Image.new("RGB", (200 + left + right, 160 + top + bottom), (3, 3, 3))
    boxed.paste(sheet(200, 160), (left, top))
    boxed.save(tmp_path / f"a.{suffix}")
    found = read_painting(tmp_path / f"a.{suffix}")
    assert found.shape[0] <= 160
    assert found.shape[1] <= 200
    assert min(found.shape[0] / 160, found.shape[1] / 200) > 0.95
    assert (found.max(2) < 40).mean() == 0  # blue is 90 everywhere inside


def test_a_painting_without_a_letterbox_is_borrowed_from_whole(tmp_path):
    sheet(200, 160).save(tmp_path / "a.png")
    assert read_painting(tmp_path / "a.png").shape == (160, 200, 3)


def test_a_panorama_is_read_large_enough_for_its_shorter_side(tmp_path):
    for size, wanted in (((6000, 4000), (2048, 1365)), ((6000, 600), (5120, 512)),
                         ((12000, 600), (8192, 410)), ((400, 3000), (400, 3000))):  # fmt: skip
        Image.new("RGB", size, "teal").save(tmp_path / "a.jpg")
        assert read_photograph(tmp_path / "a.jpg").shape[1::-1] == wanted

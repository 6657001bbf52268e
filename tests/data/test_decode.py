"""Every image mode comes out as the same RGB picture; every broken file says why."""

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from impasto.data.decode import Unreadable, decode, decode_content, decode_image


def save(image: Image.Image, path: Path, **options: object) -> Path:
    image.save(path, **options)
    return path


def grey_of(picture: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(picture).convert("L"))


def close(a: np.ndarray, b: np.ndarray, within: float) -> bool:
    return a.shape == b.shape and float(np.abs(a.astype(int) - b.astype(int)).mean()) <= within


@pytest.mark.parametrize("suffix", ["png", "bmp", "tiff", "gif", "webp", "avif", "jpg", "jp2"])
def test_every_format_gives_the_picture_back(tmp_path, painter, suffix):
    picture = painter(1)
    image = Image.fromarray(picture)
    options = {"lossless": True} if suffix == "webp" else {}
    found = decode(save(image, tmp_path / f"a.{suffix}", **options))
    assert found.dtype == np.uint8
    assert close(found, picture, 12 if suffix == "gif" else 4)


def test_greyscale_and_bilevel(tmp_path, painter):
    grey = grey_of(painter(2))
    found = decode(save(Image.fromarray(grey), tmp_path / "a.png"))
    assert (found == grey[..., None]).all()
    bilevel = Image.fromarray(grey).convert("1")
    found = decode(save(bilevel, tmp_path / "b.png"))
    assert set(np.unique(found)) == {0, 255}


def test_palette_without_and_with_transparency(tmp_path):
    image = Image.new("P", (8, 8), 1)
    image.putpalette([0, 0, 255, 200, 10, 20])
    image.putpixel((0, 0), 0)
    plain = decode(save(image, tmp_path / "a.png"))
    assert plain[0, 0].tolist() == [0, 0, 255]
    assert plain[4, 4].tolist() == [200, 10, 20]
    clear = decode(save(image, tmp_path / "b.png", transparency=0))
    assert clear[0, 0].tolist() == [255, 255, 255]
    assert clear[4, 4].tolist() == [200, 10, 20]


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_alpha_is_laid_on_the_matte(tmp_path, mode):
    image = Image.new(
        mode, (4, 4), (100, 100, 100, 255)[-len(mode) :] if mode == "RGBA" else (100, 255)
    )
    image.putpixel((0, 0), (0, 0, 0, 0) if mode == "RGBA" else (0, 0))
    path = save(image, tmp_path / "a.png")
    on_white, on_black = decode_image(path), decode_image(path, matte=0)
    assert on_white.image.getpixel((0, 0)) == (255, 255, 255)
    assert on_black.image.getpixel((0, 0)) == (0, 0, 0)
    assert on_white.image.getpixel((2, 2)) == (100, 100, 100)
    assert not on_white.transparent


def test_a_fully_transparent_picture_is_noticed(tmp_path):
    path = save(Image.new("RGBA", (8, 8), (9, 9, 9, 0)), tmp_path / "a.png")
    assert decode_image(path).transparent


def test_sixteen_bit_grey_keeps_its_brightness(tmp_path, painter):
    grey = grey_of(painter(3))
    sixteen = Image.fromarray(grey.astype(np.uint16) * 257)
    assert sixteen.mode.startswith("I;16")
    for suffix in ("png", "tiff"):
        found = decode(save(sixteen, tmp_path / f"a.{suffix}"))
        assert (found == grey[..., None]).all()


@pytest.mark.parametrize(
    ("values", "white"),
    [
        (np.float32([[0.0, 1.0], [0.5, 0.25]]), 1.0),
        (np.float32([[0.0, 255.0], [128.0, 64.0]]), 255.0),
        (np.int32([[0, 65535], [257, 0]]), 65535.0),
        (np.int32([[0, 255], [128, 7]]), 255.0),
        (np.float32([[-1.0, 1.0], [0.0, 0.0]]), None),
        (np.float32([[-np.inf, 1.0], [np.inf, 0.5]]), 1.0),
    ],
)
def test_wide_greys_find_their_white(tmp_path, values, white):
    found = decode(save(Image.fromarray(values), tmp_path / "a.tiff"))[..., 0]
    finite = np.nan_to_num(values.astype(float), posinf=1, neginf=0)
    expected = finite / white * 255 if white else (finite + 1) / 2 * 255
    assert close(found, np.rint(expected), 1)


def test_what_is_no_number_is_damage_and_no_speckle(tmp_path):
    values = np.full((40, 50), 0.5, np.float32)
    values[7, 9] = np.nan
    with pytest.raises(Unreadable, match="corrupt"):
        decode(save(Image.fromarray(values), tmp_path / "a.tiff"))


def test_cmyk_jpeg_and_tiff(tmp_path, painter):
    picture = painter(4)
    cmyk = Image.fromarray(picture).convert("CMYK")
    assert close(decode(save(cmyk, tmp_path / "a.jpg", quality=95)), picture, 4)
    assert close(decode(save(cmyk, tmp_path / "a.tiff")), picture, 1)


def test_lab_and_ycbcr(tmp_path, painter):
    picture = painter(5)
    image = Image.fromarray(picture)
    lab = ImageCms.profileToProfile(
        image, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    assert close(decode(save(lab, tmp_path / "a.tiff")), picture, 3)
    assert close(decode(save(image.convert("YCbCr"), tmp_path / "b.tiff")), picture, 2)


def test_a_profile_that_fits_nothing_is_passed_over(tmp_path, painter):
    picture = painter(6)
    path = save(Image.fromarray(picture), tmp_path / "a.png", icc_profile=b"not a profile")
    assert (decode(path) == picture).all()
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    path = save(Image.fromarray(picture), tmp_path / "b.png", icc_profile=lab)
    assert decode(path).shape == picture.shape


def test_a_profile_with_swapped_primaries_changes_the_colours(tmp_path):
    """A profile that is not sRGB is used: here one with another white and gamma."""
    image = Image.new("RGB", (8, 8), (120, 60, 200))
    xyz = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    found = decode(save(image, tmp_path / "a.png", icc_profile=xyz))
    assert found.shape == (8, 8, 3)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_undone(tmp_path, painter, orientation):
    upright = painter(7)
    undo = {
        2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud,
        5: lambda a: a.transpose(1, 0, 2), 6: lambda a: np.rot90(a, 1),
        7: lambda a: np.rot90(a, 2).transpose(1, 0, 2), 8: lambda a: np.rot90(a, -1),
    }  # fmt: skip
    stored = undo.get(orientation, lambda a: a)(upright)
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = save(Image.fromarray(np.ascontiguousarray(stored)), tmp_path / "a.png", exif=exif)
    decoded = decode_image(path)
    assert (np.asarray(decoded.image) == upright).all()
    assert (decoded.width, decoded.height) == (96, 80)


def test_an_animation_gives_its_first_frame(tmp_path):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue", "lime")]
    for suffix in ("gif", "webp", "png"):
        path = tmp_path / f"a.{suffix}"
        frames[0].save(path, save_all=True, append_images=frames[1:], lossless=True)
        decoded = decode_image(path)
        assert decoded.image.getpixel((3, 3)) == (255, 0, 0)
        assert "animated: first frame" in decoded.notes


def test_the_content_counts_not_the_suffix(tmp_path, painter):
    path = tmp_path / "a.jpg"
    Image.fromarray(painter(8)).save(path, format="PNG")
    assert (decode(path) == painter(8)).all()


def test_a_large_jpeg_is_decoded_smaller_where_that_is_enough(tmp_path, painter):
    path = save(Image.fromarray(painter(9, 800, 600)), tmp_path / "a.jpg")
    decoded = decode_image(path, wanted=lambda width, height: (width // 8, height // 8))
    assert decoded.image.size == (100, 75)
    assert (decoded.width, decoded.height) == (800, 600)


def jpeg(seed: int = 0) -> bytes:
    random = np.random.default_rng(seed).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(random).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty file"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "not an image"),
        (b"<html><title>403 Forbidden</title></html>", "not an image"),
        (b"\n <!DOCTYPE html><p>gone", "not an image"),
        (b"just words", "not an image"),
        (b"x", "not an image"),
        (b"\xff\xd8", "corrupt"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n", "a kind that is not read"),
        (b"\xff\xd8" + bytes(range(200)) * 9, "corrupt"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "corrupt"),
        (jpeg()[: len(jpeg()) // 2], "truncated"),
    ],
)
def test_a_broken_file_says_why(tmp_path, content, reason):
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    with pytest.raises(Unreadable) as caught:
        decode(path)
    assert caught.value.reason == reason


def test_a_truncated_png(tmp_path, painter):
    path = save(Image.fromarray(painter(10)), tmp_path / "a.png")
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(Unreadable, match="truncated"):
        decode(path)


def test_a_decompression_bomb_is_refused_unread(tmp_path):
    header = bytes.fromhex("0000ea600000ea600802000000")
    import zlib

    chunk = b"IHDR" + header
    png = b"\x89PNG\r\n\x1a\n" + len(header).to_bytes(4, "big") + chunk
    png += zlib.crc32(chunk).to_bytes(4, "big")
    idat = b"IDAT" + zlib.compress(b"\0" * 1000)
    png += (len(idat) - 4).to_bytes(4, "big") + idat + zlib.crc32(idat).to_bytes(4, "big")
    path = tmp_path / "a.png"
    path.write_bytes(png)
    with pytest.raises(Unreadable, match="decompression bomb"):
        decode(path)
    small = save(Image.new("L", (100, 100)), tmp_path / "b.png")
    with pytest.raises(Unreadable, match="decompression bomb"):
        decode_image(small, most_pixels=9_999)


def test_a_missing_file_is_unreadable(tmp_path):
    with pytest.raises(Unreadable, match="unreadable"):
        decode(tmp_path / "none.jpg")


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, 2**16),
    st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 255)), max_size=12),
)
def test_no_damage_escapes_as_another_exception(cut, changes):
    content = bytearray(jpeg(1))
    for place, value in changes:
        content[place % len(content)] = value
    try:
        content = bytes(content[: cut % (len(content) + 1)]) or b"x"
        decoded = decode_content(io.BytesIO(content), most_pixels=10**6)
    except Unreadable as error:
        assert error.reason
    else:
        assert decoded.image.mode == "RGB"


@pytest.mark.parametrize("brand", [b"heic", b"mif1"])
def test_an_iphones_format_is_named_with_the_way_out(tmp_path, brand):
    (tmp_path / "a.heic").write_bytes(b"\0\0\0\x18ftyp" + brand + b"\0" * 200)
    with pytest.raises(Unreadable, match="export it as JPEG"):
        decode(tmp_path / "a.heic")

"""BMP and icons: their colours count, and damage inside an icon is found."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from impasto.data.decode import decode_content
from impasto.data.decode.windows import colours_of
from tests.data import odd
from tests.data.decode.test_damage import textured, verdict

SRGB = (0.64, 0.33, 0.03, 0.30, 0.60, 0.10, 0.15, 0.06, 0.79)


def bmp(picture, space=b"\0\0\0\0", points=SRGB, gamma=1.0, profile=b"") -> bytes:
    """A bitmap with the longest header."""
    rows = picture[::-1, :, ::-1]
    pixels = b"".join(row.tobytes() + bytes(-row.nbytes % 4) for row in rows)
    height, width, _ = picture.shape
    header = struct.pack("<IiiHHIIiiII", 124, width, height, 1, 24, 0, len(pixels), 0, 0, 0, 0)
    header += bytes(16) + space + struct.pack("<9i", *(round(x * 2**30) for x in points))
    header += struct.pack("<3I", *[round(gamma * 65_536)] * 3)
    header += struct.pack("<IIII", 4, 124 + len(pixels), len(profile), 0)
    size = 14 + len(header) + len(pixels) + len(profile)
    return b"BM" + struct.pack("<IHHI", size, 0, 0, 14 + len(header)) + header + pixels + profile


def shown(content: bytes) -> np.ndarray:
    return np.asarray(decode_content(io.BytesIO(content)).image).astype(int)


def test_a_calibrated_bitmap_is_converted():
    picture = textured(1)
    linear = picture / 255
    expected = 255 * np.where(
        linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055
    )
    assert np.abs(shown(bmp(picture)) - expected).max() <= 2
    assert np.array_equal(shown(bmp(picture, gamma=2.2)), picture)
    assert np.array_equal(shown(bmp(picture, b"BGRs")), picture)  # it says sRGB
    assert np.array_equal(shown(bmp(picture, points=[0] * 9, gamma=0)), picture)
    scaled = bmp(picture, points=[1.1 * each for each in SRGB])
    assert np.abs(shown(scaled) - expected).max() <= 2


def test_an_embedded_profile_is_converted_and_a_damaged_one_passed_over():
    picture, profile = textured(2), odd.profile("Linear sRGB")
    assert np.abs(shown(bmp(picture, b"DEBM", profile=profile)) - picture).mean() > 20
    assert np.array_equal(shown(bmp(picture, b"DEBM", profile=b"no profile")), picture)


@pytest.mark.parametrize("length", [0, 20, 70, 110])
def test_short_headers_say_nothing(length: int):
    assert colours_of(io.BytesIO(bmp(textured(3))[:length])) == {}


def icon(picture: Image.Image, **more) -> bytes:
    return odd.saved(picture, "ICO", sizes=[picture.size], **more)


@pytest.mark.parametrize("kind", ["bmp", "png"])
@pytest.mark.parametrize("share", [0.35, 0.62, 0.81])
def test_a_zeroed_end_in_an_icon_is_found(kind: str, share: float):
    content = icon(Image.fromarray(textured(4)), bitmap_format=kind)
    assert verdict(content) == ""
    kept = int(len(content) * share) + 5
    assert verdict(content[:kept] + bytes(len(content) - kept)) in ("corrupt", "truncated")

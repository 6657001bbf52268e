"""Progressive JPEG: whole scans may be missing, which libjpeg does not tell."""

import io
import re

import numpy as np
import pytest
from PIL import Image

from impasto.data.decode import Unreadable, decode_content
from tests.data import odd
from tests.data.decode.test_damage import textured, verdict


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("end", [b"", b"\xff\xd9", bytes(3_000)])
def test_a_progressive_picture_cut_between_two_scans_is_truncated(mode: str, end: bytes):
    picture = Image.fromarray(textured(1)).convert(mode)
    whole = odd.saved(picture, "JPEG", progressive=True, quality=92)
    assert verdict(whole) == ""
    assert verdict(whole[:-2]) == ""
    scans = [found.start() for found in re.finditer(rb"\xff\xda", whole)]
    assert len(scans) > 3
    for start in scans[1:]:
        assert verdict(whole[:start] + end) in ("truncated", "corrupt")


def test_smaller_ones_are_looked_at_as_well():
    whole = odd.saved(Image.fromarray(textured(2)), "JPEG", progressive=True)
    last = whole.rindex(b"\xff\xda")
    with pytest.raises(Unreadable, match="scans are missing"):
        decode_content(io.BytesIO(whole[:last]), wanted=lambda width, height: (20, 20))


@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("progressive", [False, True])
def test_inks_that_are_stored_coarsely_are_read(subsampling: int, progressive: bool):
    smooth = Image.fromarray(textured(3)).resize((20, 16)).resize((203, 157), Image.BICUBIC)
    inks = smooth.convert("CMYK")
    more = {"subsampling": subsampling, "progressive": progressive, "quality": 95}
    content = odd.saved(inks, "JPEG", **more)
    found = np.asarray(decode_content(io.BytesIO(content)).image).astype(int)
    assert np.abs(found - np.asarray(inks.convert("RGB"))).mean() < 2
    assert verdict(content[: len(content) // 2]) == "truncated"
    assert verdict(content[: len(content) // 2] + bytes(len(content) // 2)) != ""

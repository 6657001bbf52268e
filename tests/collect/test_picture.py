"""Pictures as they come from a site."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impasto.collect.client import FetchError
from impasto.collect.picture import identify
from tests.collect.site import PATIENT, painting


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "AVIF"])
def test_pictures_are_known_by_their_content(kind: str):
    found = identify(painting(format=kind), "here")
    assert (found.width, found.height) == (40, 30)
    assert found.suffix.startswith(f".{kind.lower()[:3].replace('jpe', 'jp').replace('avi', 'av')}")


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a", b"hello", b"%PDF-1.7", b"\xff\xd8\xff\xe0", painting()[:30]]
)
def test_what_is_no_picture_is_refused(content: bytes):
    with pytest.raises(FetchError, match="not a picture"):
        identify(content, "https://m.example/x.jpg")


@PATIENT
@given(st.binary(max_size=200), st.sampled_from(["JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP"]))
def test_no_header_however_broken_breaks_the_reader(junk: bytes, kind: str):
    whole = painting(format=kind)
    broken = whole[:20] + junk + whole[40:]
    try:
        assert identify(broken, "here").width > 0
    except FetchError as error:
        assert error.reason in ("not a picture", "too large")


def test_a_picture_of_a_billion_pixels_is_refused():
    header = painting(format="BMP")
    huge = header[:18] + (40_000).to_bytes(4, "little") + (40_000).to_bytes(4, "little")
    with pytest.raises(FetchError, match="more pixels"):
        identify(huge + header[26:], "here")

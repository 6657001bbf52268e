"""Files that are no pictures are called what they are."""

import io

import pytest

from impasto.data.decode.unknown import unidentified


@pytest.mark.parametrize(
    ("content", "reason", "word"),
    [
        (b"%PDF-1.7 ...", "a kind that is not read", "PDF"),
        (b"gimp xcf file", "a kind that is not read", "XCF"),
        (b"version https://git-lfs.github.com/spec/v1", "not an image", "git lfs pull"),
        (b"\n<!DOCTYPE html><title>404", "not an image", "web page"),
        (b"<?xml version='1.0'?><svg/>", "a kind that is not read", "SVG"),
        (b"\0\0\0\x18ftypheic", "HEIC", "export it as JPEG"),
        (b"\x89PNG\r\n\x1a\nxxxx", "corrupt", "header"),
        (b"plain words", "not an image", ""),
    ],
)
def test_the_kind_and_the_way_out_are_named(content, reason, word):
    found = unidentified(content, io.BytesIO(content), ("PNG", "JPEG"))
    assert found.reason == reason
    assert word in found.detail

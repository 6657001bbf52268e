"""Grids and encoding."""

import base64
import io
import os

import numpy as np
import pytest
from PIL import Image

from impasto.core.images import data_uri, encode, grid, is_whole, save, within
from impasto.train.report import embed


def test_a_grid_holds_every_picture_in_reading_order():
    pictures = np.stack([np.full((4, 6, 3), number, np.uint8) for number in range(5)])
    sheet = grid(pictures, columns=3, gap=1)
    assert sheet.shape == (2 * 5 + 1, 3 * 7 + 1, 3)
    assert [sheet[2, 2 + 7 * column, 0] for column in range(3)] == [0, 1, 2]
    assert [sheet[7, 2 + 7 * column, 0] for column in range(3)] == [3, 4, 255]


def test_a_grid_is_as_square_as_can_be():
    assert grid(np.zeros((64, 2, 2, 3), np.uint8), gap=0).shape == (16, 16, 3)


@pytest.mark.parametrize("suffix", ["png", "webp", "jpg"])
def test_saved_pictures_open_again(tmp_path, suffix):
    picture = np.full((8, 8, 3), 120, np.uint8)
    save(picture, tmp_path / f"a.{suffix}")
    with Image.open(tmp_path / f"a.{suffix}") as opened:
        assert abs(int(np.asarray(opened.convert("RGB"))[4, 4, 0]) - 120) <= 2


def test_a_data_address_holds_the_whole_picture():
    picture = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    head, _, body = data_uri(picture, "png").partition(",")
    assert head == "data:image/png;base64"
    with Image.open(io.BytesIO(base64.b64decode(body))) as opened:
        assert np.array_equal(np.asarray(opened), picture)
    assert encode(picture, "png")[:4] == b"\x89PNG"


@pytest.mark.parametrize(("height", "width", "size"), [(64, 64, (64, 64)), (512, 256, (256, 128))])
def test_a_sheets_pictures_are_only_made_smaller_and_keep_their_shape(height, width, size):
    pictures = np.random.default_rng(0).integers(0, 256, (3, height, width, 3), dtype=np.uint8)
    small = within(pictures, 256)
    assert small.shape == (3, *size, 3)
    assert np.array_equal(small, pictures) == (size == (height, width))
    assert small.mean() == pytest.approx(pictures.mean(), abs=1)


@pytest.mark.parametrize("spoil", ["pipe", "no memory", "half", "gone"])
def test_a_sheet_that_cannot_be_read_is_made_again_and_left_out_of_pages(
    tmp_path, monkeypatch, spoil
):
    sheet = tmp_path / "sheet.png"
    save(np.zeros((8, 8, 3), np.uint8), sheet)
    assert is_whole(sheet)
    assert embed(sheet)
    content = sheet.read_bytes()
    sheet.unlink()
    if spoil == "pipe":
        os.mkfifo(sheet)
    elif spoil == "half":
        sheet.write_bytes(content[:40])
    elif spoil == "no memory":  # a chunk says that it has gigabytes, and there is a limit
        sheet.write_bytes(content)
        monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load", _no_memory)
    assert not is_whole(sheet)
    assert embed(sheet) is None


def _no_memory(*_: object) -> None:
    raise MemoryError

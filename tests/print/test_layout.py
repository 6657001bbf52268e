"""Pictures on paper: size, bleed, what is cut off, what each kind of file says of it."""

import re
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from impasto.cli import app
from impasto.core.images import save
from impasto.errors import ImpastoError
from impasto.print.layout import Sheet, lay_out


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A wide one, red on the left and blue on the right."""
    pixels = np.zeros((60, 90, 3), dtype=np.uint8)
    pixels[:, :45, 0] = pixels[:, 45:, 2] = 255
    save(pixels, tmp_path / "a picture.png")
    return tmp_path / "a picture.png"


def printed(*words: str):
    return CliRunner().invoke(app, ["print", *words])


@pytest.mark.parametrize("kind", ["png", "tiff"])
def test_paper_bleed_and_dots_are_those_of_the_file(picture, tmp_path, kind):
    options = ["--paper", "50.8x76.2mm", "--dpi", "100", "--bleed", "2.54", "--format", kind]
    done = printed(str(picture), *options, "--out", str(tmp_path / "out"))
    assert done.exit_code == 0, done.output
    with Image.open(tmp_path / "out" / f"a picture-print.{kind}") as page:
        assert page.size == (320, 220)  # turned, as the picture is wide; bleed on both sides
        assert round(float(page.info["dpi"][0])) == 100
        assert page.info["icc_profile"][24:36] == struct.pack(">6H", 2026, 1, 1, 0, 0, 0)
        assert page.getpixel((0, 0)) == (255, 0, 0)  # no white rim


def test_a_pdf_is_as_large_as_the_paper(picture, tmp_path):
    assert printed(str(picture), "--paper", "A4", "--dpi", "72", "--fill").exit_code == 0
    content = (tmp_path / "a picture-print.pdf").read_bytes()
    found = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+)", content)
    assert [round(float(each)) for each in found.groups()] == [842, 595]


def test_without_filling_all_of_the_picture_is_there():
    page, own = lay_out(Image.new("RGB", (100, 50)), Sheet(100, 100, dpi=25.4))
    assert page.size == (100, 100)
    assert own == pytest.approx(25.4)
    assert page.getpixel((0, 0)) == (255, 255, 255)
    assert page.getpixel((0, 50)) == (0, 0, 0)


def test_what_cannot_be_printed_is_said_in_a_sentence(picture, tmp_path):
    with pytest.raises(ImpastoError, match="choose --dpi"):
        Sheet(841, 1189, dpi=600).pixels(turned=False)
    (tmp_path / "no.png").write_bytes(b"no picture")
    assert "not an image" in str(printed(str(tmp_path / "no.png")).exception)
    Image.new("RGBA", (60, 50)).save(tmp_path / "clear.png")
    assert "nothing to print" in str(printed(str(tmp_path / "clear.png")).exception)
    Image.new("RGB", (1, 1)).save(tmp_path / "one.png")
    assert "1×1 pixels" in str(printed(str(tmp_path / "one.png")).exception)
    assert "name a paper" in str(printed(str(picture), "--paper", "napkin").exception)

"""One picture: any factor, transparency kept."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from impasto.core.images import save
from impasto.errors import ImpastoError
from impasto.upscale import picture as module
from impasto.upscale.picture import Settings, enlarge, read_picture, spread, work
from tests.children import Child
from tests.data import odd


@pytest.mark.parametrize(("scale", "network"), [(4, 4), (2, 4), (4, 2), (2, 2), (2, 3), (4, 3)])
def test_any_network_reaches_any_factor(repeating, picture, scale, network):
    settings, done = Settings(repeating(network), scale, tile=32), []
    result = enlarge(picture, settings, done=lambda: done.append(1))
    assert result.shape == (scale * picture.shape[0], scale * picture.shape[1], 3)
    assert len(done) == work(*picture.shape[:2], settings)
    small = np.asarray(Image.fromarray(result).resize(picture.shape[1::-1], Image.Resampling.BOX))
    assert np.abs(small.astype(int) - picture).mean() < 3


@pytest.fixture
def cut_out(tmp_path, picture):
    """A picture with a transparent border under which lies bright green."""
    alpha = np.zeros(picture.shape[:2], np.uint8)
    alpha[10:40, 10:50] = 255
    layers = np.dstack([np.where(alpha[..., None] > 0, picture, (0, 255, 0)), alpha])
    Image.fromarray(layers.astype(np.uint8)).save(tmp_path / "cut.png")
    return tmp_path / "cut.png"


def test_alpha_is_kept_and_hidden_colours_do_not_show(cut_out, picture, repeating):
    colours, alpha = read_picture(cut_out)
    assert np.array_equal(colours[10:40, 10:50], picture[10:40, 10:50])
    result = enlarge(colours, Settings(repeating(4), 4), alpha)
    assert result.shape == (200, 244, 4)
    assert np.array_equal(result[..., 3], alpha.repeat(4, 0).repeat(4, 1))
    border = result[..., :3][result[..., 3] == 0].astype(int)
    green = (border[:, 1] > 250) & (border[:, 0] < 5) & (border[:, 2] < 5)
    assert not green.any()


@pytest.mark.parametrize("damaged", [b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0nonsense"])
def test_damaged_exif_costs_no_transparent_picture(tmp_path, cut_out, damaged):
    with Image.open(cut_out) as image:
        image.save(tmp_path / "odd.png", exif=damaged)
    colours, alpha = read_picture(tmp_path / "odd.png")
    plain, plain_alpha = read_picture(cut_out)
    assert np.array_equal(colours, plain)
    assert np.array_equal(alpha, plain_alpha)


def test_a_transparent_picture_is_turned_upright(tmp_path, cut_out):
    exif = Image.Exif()
    exif[0x0112] = 6
    with Image.open(cut_out) as image:
        image.save(tmp_path / "turned.png", exif=exif)
    _, alpha = read_picture(tmp_path / "turned.png")
    _, plain = read_picture(cut_out)
    assert np.array_equal(alpha, np.rot90(plain, -1))


def test_an_opaque_picture_stays_without_alpha(tmp_path, picture):
    layers = np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)])
    Image.fromarray(layers).save(tmp_path / "a.png")
    colours, alpha = read_picture(tmp_path / "a.png")
    assert alpha is None
    assert np.array_equal(colours, picture)


@pytest.mark.parametrize("suffix", ["gif", "webp", "png"])
def test_an_animation_is_told(tmp_path, picture, suffix, capsys):
    frames = [Image.fromarray(picture), Image.fromarray(255 - picture)]
    for count in (1, 2):
        path = tmp_path / f"{count}.{suffix}"
        frames[0].save(path, save_all=count > 1, append_images=frames[1:count], lossless=True)
        read_picture(path)
        assert capsys.readouterr().err.count("first frame") == count - 1


def test_a_picture_without_a_visible_pixel_does_no_harm(picture):
    spread(picture, np.zeros(picture.shape[:2], np.uint8))
    assert (np.ptp(picture, axis=(0, 1)) == 0).all()


def test_what_can_be_seen_stays_and_the_rest_takes_the_nearest_colours():
    """Across the borders of the parts in which it is done."""
    picture = np.zeros((40, 700, 3), np.uint8)
    alpha = np.zeros((40, 700), np.uint8)
    for left, colour in ((250, 200), (510, 90)):
        picture[:, left : left + 4], alpha[:, left : left + 4] = colour, 128
    before = picture.copy()
    spread(picture, alpha)
    assert np.array_equal(picture[alpha > 0], before[alpha > 0])
    assert (picture[:, 222:282] == 200).all()
    assert (picture[:, 482:542] == 90).all()


MEASURED = """
import sys
from pathlib import Path
import torch
from impasto.upscale.picture import read_picture

def kilobytes(name):
    lines = open("/proc/self/status").read().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1])

torch.nn.functional.avg_pool2d(torch.ones(1, 1, 9, 9), 3)
open("/proc/self/clear_refs", "w").write("5")  # the high-water mark begins anew
before = kilobytes("VmRSS")
read_picture(Path(sys.argv[1]))
print((kilobytes("VmHWM") - before) * 1024)
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the kernel's own measure")
@pytest.mark.parametrize("kind", ["RGBA", "LA", "RGBA of 16 bits", "RGB of 16 bits"])
def test_a_picture_is_read_within_eight_bytes_a_pixel(tmp_path, kind):
    width, height = 2000, 1500
    channels = 2 if kind == "LA" else 3 if kind.startswith("RGB ") else 4
    ramp = np.arange(height)[:, None, None] * 3 + np.arange(width * channels).reshape(width, -1) * 5
    ramp[:200, ..., -1] = 0  # transparent, where that is alpha
    if "16" in kind:
        rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in ramp)
        header = struct.pack(">IIBBBBB", width, height, 16, 6 if channels == 4 else 2, 0, 0, 0)
        parts = {b"IHDR": header, b"IDAT": zlib.compress(rows, 1), b"IEND": b""}
        chunks = b"".join(odd.chunk(name, body) for name, body in parts.items())
        (tmp_path / "a").write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)
    else:
        Image.fromarray(ramp.astype(np.uint8), kind).save(tmp_path / "a", "PNG", compress_level=1)
    (tmp_path / "measured.py").write_text(MEASURED)
    child = Child(tmp_path / "a", script=tmp_path / "measured.py")
    assert child.wait() == 0, child.said()
    assert int(child.told()) < 8 * width * height + 32 * 2**20


def test_what_cannot_be_held_is_said_before_the_work(repeating, picture, monkeypatch):
    monkeypatch.setattr(module, "MOST_PIXELS", 1_000)
    settings = Settings(repeating(4), 4)
    with pytest.raises(ImpastoError, match="61×50 is too large"):
        enlarge(picture, settings)
    assert settings.enlarger.network.seen == []


def test_a_broken_file_is_one_sentence(tmp_path, picture):
    save(picture, tmp_path / "a.png")
    content = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(content[: len(content) // 2])
    with pytest.raises(ImpastoError, match=r"a\.png cannot be read"):
        read_picture(tmp_path / "a.png")

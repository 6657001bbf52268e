"""Damage is found where decoders keep silent, and no sound picture is called damaged."""

import io
import struct
import subprocess
import sys
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from impasto.data.decode import Unreadable, decode_content
from impasto.data.decode.damage import check_rows
from impasto.data.decode.opened import COSTS, USUAL
from tests.data import odd
from tests.data.odd import verdict

KINDS = {
    "bmp": ("BMP", {}),
    "ppm": ("PPM", {}),
    "tiff": ("TIFF", {}),
    "lzw": ("TIFF", {"compression": "tiff_lzw"}),
    "deflate": ("TIFF", {"compression": "tiff_adobe_deflate"}),
    "qoi": ("QOI", {}),
    "gif": ("GIF", {}),
    "png": ("PNG", {}),
    "webp": ("WEBP", {}),
    "lossless webp": ("WEBP", {"lossless": True}),
    "avif": ("AVIF", {"speed": 9}),
    "jpeg": ("JPEG", {}),
    "progressive jpeg": ("JPEG", {"progressive": True}),
    "jpeg 2000": ("JPEG2000", {}),
    "pcx": ("PCX", {}),
}


def textured(seed: int = 0, width: int = 203, height: int = 157) -> np.ndarray:
    """Never black, never flat."""
    random = np.random.default_rng(seed)
    small = random.integers(60, 230, (9, 11, 3), dtype=np.uint8)
    large = np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC))
    noise = random.integers(-25, 26, large.shape)
    return np.clip(large + noise, 30, 255).astype(np.uint8)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("share", [0.35, 0.66, 0.9])
def test_a_zeroed_or_missing_end_is_found(name: str, share: float):
    kind, options = KINDS[name]
    content = odd.saved(Image.fromarray(textured()), kind, **options)
    assert verdict(content) == ""
    kept = int(len(content) * share)
    assert verdict(content[:kept] + bytes(len(content) - kept)) in ("corrupt", "truncated")
    assert verdict(content[:kept]) in ("corrupt", "truncated")


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("colour", [0, 255, 90])
@pytest.mark.parametrize("share", [0.08, 0.5])
def test_a_flat_strip_is_no_damage(name: str, colour: int, share: float):
    kind, options = KINDS[name]
    picture = textured(1)
    picture[int(len(picture) * (1 - share)) :] = colour
    if name == "webp":
        options = {"quality": 95, "method": 0}  # the encoder that does end in zeros
    for sheet in (picture, np.ascontiguousarray(picture[::-1])):
        assert verdict(odd.saved(Image.fromarray(sheet), kind, **options)) == ""


@pytest.mark.parametrize("angle", [0.2, 0.5, 1, 10, 45])
def test_a_turned_scan_or_an_oval_on_black_is_no_damage(angle: float):
    sheet = Image.new("RGB", (240, 200))
    sheet.paste(Image.fromarray(textured(2)), (15, 12))
    for turn in (angle, -angle):
        pixels = np.asarray(sheet.rotate(turn))
        check_rows(io.BytesIO(pixels.tobytes()), 0, pixels.shape[1] * 3, len(pixels))
    rows, columns = np.mgrid[-1:1:157j, -1:1:203j]
    oval = textured(3) * ((rows**2 + columns**2) < 1)[..., None]
    assert verdict(odd.saved(Image.fromarray(oval.astype(np.uint8)), "BMP")) == ""


def test_any_flipped_byte_of_a_png_is_found():
    content = odd.saved(Image.fromarray(textured(4, 40, 30)), "PNG")
    random = np.random.default_rng(0)
    for place in random.integers(0, len(content), 60):
        damaged = bytearray(content)
        damaged[place] ^= 1 << int(random.integers(8))
        assert verdict(bytes(damaged)) in ("corrupt", "truncated", "not an image")


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_that_lacks_only_its_end_mark_is_sound(progressive: bool):
    image = Image.fromarray(textured(5))
    content = odd.saved(image, "JPEG", progressive=progressive)
    whole = np.asarray(Image.open(io.BytesIO(content)))
    found = np.asarray(decode_content(io.BytesIO(content[:-2])).image)
    assert (found == whole).all()
    assert verdict(content[:-1]) == ""
    assert verdict(content + bytes(300)) == ""
    assert verdict(content[:-40]) == "truncated"


def test_zeros_in_the_midst_of_a_jpeg_are_found():
    content = odd.saved(Image.fromarray(textured(6)), "JPEG")
    at = len(content) // 2
    assert verdict(content[:at] + bytes(512) + content[at + 512 :]) == "corrupt"


@pytest.mark.parametrize("mode", ["RGB", "YCbCr", "L", "CMYK"])
@pytest.mark.parametrize("rows", [16, 157])
def test_a_jpeg_inside_a_tiff_is_looked_at_as_strictly(mode: str, rows: int):
    image = Image.fromarray(textured(6)).convert(mode)
    content = odd.saved(image, "TIFF", compression="jpeg", tiffinfo={278: rows})
    assert verdict(content) == ""
    at = len(content) // 2
    assert verdict(content[:at] + bytes(512) + content[at + 512 :]) == "corrupt"


@pytest.mark.parametrize("compression", [1, 5, 8])
def test_zeros_at_the_end_of_a_deep_tiff_are_found(compression: int):
    deep = textured(7).astype(np.uint16) * 257
    for tile in ((0, 0), (64, 64)):
        content = odd.tiff(deep, 2, tile=tile, compression=compression)
        assert verdict(content) == ""
        kept = int(len(content) * 0.7)
        assert verdict(content[:kept] + bytes(len(content) - kept)) in ("corrupt", "truncated")


@pytest.mark.parametrize("compression", [1, 8])
def test_an_orientation_in_the_words_of_a_tiff_counts_however_it_is_packed(compression: int):
    words = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    picture = textured(12)
    content = odd.tiff(picture, 2, compression=compression, tags={700: (1, words)})
    found = decode_content(io.BytesIO(content))
    assert np.array_equal(np.asarray(found.image), np.rot90(picture, -1))


@pytest.mark.parametrize("mode", ["P", "1", "LAB"])
def test_a_flipped_bit_of_a_deflated_palette_or_bitmap_is_found(mode: str):
    picture = Image.fromarray(textured(9))
    if mode == "LAB":
        content = odd.tiff(textured(9), 8, compression=8)
    else:
        picture = picture.quantize(256) if mode == "P" else picture.convert("1")
        content = odd.saved(picture, "TIFF", compression="tiff_adobe_deflate")
    assert verdict(content) == ""
    for at in range(60, len(content) // 2, len(content) // 20):
        changed = bytes([content[at] ^ 16])
        assert verdict(content[:at] + changed + content[at + 1 :]) != "", at


@pytest.mark.parametrize(
    ("head", "samples"),
    [
        (b"P6\n203 157\n65535\n", textured(10).astype(">u2") * 257),
        (b"P6\n203 157\n1000\n", textured(10).astype(">u2") * 3),
        (b"P5\n203 157\n100\n", np.clip(textured(10)[..., 0], 60, 255) // 3),
        (b"Pf\n203 157\n-1\n", (textured(10)[..., 0] / 255).astype("<f4")),
    ],
)
@pytest.mark.parametrize("row", [51, 103])
def test_zeros_in_portable_maps_of_every_depth_are_found(head, samples, row):
    content = head + samples.tobytes()
    assert verdict(content) == ""
    kept = int(len(head) + len(samples.tobytes()) / 157 * (row + 0.5))
    assert verdict(content[:kept] + bytes(len(content) - kept)) == "corrupt"


def test_a_pcx_without_its_palette_is_truncated_and_no_grey_picture():
    content = odd.saved(Image.fromarray(textured(11)).quantize(256), "PCX")
    assert verdict(content) == ""
    for damaged in (content + b"\x1a", content[:-1], content[:-769]):
        assert verdict(damaged) == "truncated"
    assert verdict(odd.saved(Image.fromarray(textured(11)).convert("L"), "PCX")) == ""


def test_libtiff_says_nothing_on_the_terminal(capfd):
    content = odd.saved(Image.fromarray(textured(8)), "TIFF", compression="tiff_lzw")
    kept = len(content) // 2
    assert verdict(content[:kept] + b"\xa5" * (len(content) - kept)) != ""
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"\xff\x0a" + bytes(range(99)), "JPEG XL"),
        (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(90), "JPEG XL"),
        (b"8BPS\0\1" + bytes(6) + b"\0\3\0\0\0\x20\0\0\0\x20\0\x10\0\3" + bytes(99), "PSD"),
        (odd.tiff(np.zeros((20, 20, 3), np.int8), 2), "signed"),
        (odd.tiff(np.zeros((20, 20, 3), np.uint16), 8), "photometric 8"),
        (odd.tiff(np.zeros((20, 20, 4), np.uint8), 5, tags={332: (3, [2])}), "inks"),
        (odd.tiff(np.zeros((20, 20, 1), np.uint64), 1), "64 bits"),
        (odd.tiff(np.zeros((20, 20, 3), np.uint8), 2, tags={317: (3, [2])}), "a predictor"),
        (
            odd.tiff(np.zeros((20, 20, 3), np.uint16), 2, compression=32_773, predictor=2),
            "a predictor",
        ),
        (
            odd.tiff(np.zeros((20, 20, 1), np.uint8), 3, tags={320: (3, [*range(256)] * 3)}),
            "a colour table of 8 bits",
        ),
        (odd.tiff(np.zeros((20, 20, 3), np.uint8), 8, planar=True), "Lab in planes"),
        (odd.tiff(np.zeros((20, 20, 1), np.uint8), 1, tags={32_997: (4, [3])}), "depth"),
        (
            odd.tiff(
                np.zeros((20, 20, 3), np.uint8),
                6,
                tags={530: (3, [1, 1]), 532: (3, [16, 235, 128, 240, 128, 240])},
            ),
            "narrow range",
        ),
        (
            b"8BPS" + struct.pack(">H6xHIIHH14x", 1, 3, 20, 20, 8, 3)[:-2] + b"\0\2" + bytes(99),
            "ZIP",
        ),
        (odd.psd(7, [np.zeros((20, 20), np.uint8)] * 3, packed=False), "inks"),
        (b"P7\nWIDTH 9\nHEIGHT 9\nDEPTH 3\nMAXVAL 255\nENDHDR\n" + bytes(243), "PAM"),
        (b"PF\n9 9\n-1.0\n" + bytes(972), "PFM"),
        (odd.saved(Image.new("RGB", (20, 9), (1, 2, 3)), "TGA"), "TGA"),
        (odd.saved(Image.new("RGB", (20, 9)), "TGA", compression="tga_rle")[:60], "TGA"),
        (b'<?xml version="1.0"?>\n<svg width="9"/>', "SVG"),
        (b"%PDF-1.7\n", "PDF"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "PostScript"),
        (odd.saved(Image.new("RGB", (128, 128)), "ICNS"), "icons"),
        (struct.pack(">hBBHHHH", 474, 0, 1, 3, 9, 9, 1).ljust(593, b"\0"), "SGI"),
    ],
)
def test_a_kind_that_is_not_read_is_named(content: bytes, name: str):
    with pytest.raises(Unreadable) as caught:
        decode_content(io.BytesIO(content))
    assert caught.value.reason == "a kind that is not read"
    if name != "PSD":
        assert name in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [b"a letter of some lines\n" * 9, b"\x7fELF\2\1\1" + bytes(99), bytes(400), b"\0\0\2"],
)
def test_what_is_no_picture_is_not_taken_for_one(content: bytes):
    assert verdict(content) == "not an image"


@pytest.mark.parametrize("megabytes", [3, 40])
@pytest.mark.parametrize("kind", ["iccp", "ztxt"])
def test_a_large_profile_or_text_is_no_damage_and_a_bomb_is_called_one(megabytes: int, kind: str):
    content = bytes(megabytes * 2**20)
    info = PngInfo()
    if kind == "ztxt":
        info.add_text("history", "a" * len(content), zip=True)
    profile = content if kind == "iccp" else None
    made = odd.saved(Image.fromarray(textured(9)), "PNG", pnginfo=info, icc_profile=profile)
    assert verdict(made) == ("" if megabytes == 3 else "decompression bomb")


def grey(side: int) -> np.ndarray:
    columns = np.arange(side, dtype=np.uint32)
    return ((columns[:, None] * columns) % 65_536).astype(np.uint16)


def deep_files(side: int) -> dict[str, bytes]:
    one = grey(side)[..., None]
    three = np.concatenate([one, one[::-1], one[:, ::-1]], axis=2)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in three)
    header = (side).to_bytes(4) * 2 + b"\x10\2\0\0\0"
    chunks = odd.chunk(b"IHDR", header) + odd.chunk(b"IDAT", zlib.compress(rows, 1))
    return {
        "grey tiff": odd.tiff(one, 1, rows=side),
        "tiff": odd.tiff(three, 2, rows=side),
        "packed tiff": odd.tiff(three, 2, rows=side, compression=8),
        "floating tiff": odd.tiff(three.astype(np.float32) / 65_535, 2, rows=64),
        "png": b"\x89PNG\r\n\x1a\n" + chunks + odd.chunk(b"IEND", b""),
    }


def test_sixteen_bits_are_decoded_within_eight_bytes_a_pixel(tmp_path: Path):
    """numpy's and Python's memory; Pillow's result, 4 bytes a pixel, is not among it."""
    side = 1500
    for name, content in deep_files(side).items():
        (tmp_path / "a").write_bytes(content)
        with (tmp_path / "a").open("rb") as file:
            tracemalloc.start()
            decode_content(file)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        # The band at a time is of one size, however large the picture.
        assert peak <= 4 * side * side + 2**24, name


def test_what_is_too_large_is_refused_by_its_header():
    for name, content in deep_files(64).items():
        tracemalloc.start()
        with pytest.raises(Unreadable, match="decompression bomb"):
            decode_content(io.BytesIO(content), most_pixels=64 * 64 - 1)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 2**20, name


@pytest.mark.parametrize("kind", ["WEBP", "JPEG2000", "AVIF", "PNG", "BMP"])
def test_what_takes_more_memory_a_pixel_may_have_fewer_pixels(kind):
    content = io.BytesIO()
    Image.new("RGB", (100, 80)).save(content, kind)
    cost = max(COSTS.get(kind, USUAL), USUAL)
    least = -(-8000 * cost // USUAL)
    decode_content(content, most_pixels=least)
    with pytest.raises(Unreadable, match="decompression bomb"):
        decode_content(content, most_pixels=least - 2)


@pytest.mark.slow
def test_the_costs_of_decoders_are_what_they_take(tmp_path):
    """In a process of its own, by the kernel's high-water mark."""
    noise = np.random.default_rng(0).integers(0, 255, (60, 80, 3), np.uint8)
    large = Image.fromarray(noise).resize((2000, 1500))
    for kind, cost in COSTS.items():
        large.save(tmp_path / "a", kind)
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, tmp_path / "a"], capture_output=True, text=True
        )
        assert float(done.stdout) <= cost + 3, (kind, done)


MEASURED = """
import sys
from pathlib import Path
from impasto.data.decode import decode_image

def kilobytes(name):
    lines = open("/proc/self/status").read().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1])

before = kilobytes("VmRSS")
decode_image(Path(sys.argv[1]))
print((kilobytes("VmHWM") - before) * 1024 / 3_000_000)
"""

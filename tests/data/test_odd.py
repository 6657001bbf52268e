"""Odd but sound files give their right pixels to every verb alike, within two levels."""

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from impasto.explore.project import read_target
from impasto.paint import picture as paint
from impasto.prepare.examine import Settings, examine
from impasto.upscale import picture as upscale
from tests.data import odd

HEIGHT, WIDTH = 36, 47


def shares(channels: int, seed: int = 5) -> np.ndarray:
    """(H, W, channels) in [0, 1]: smooth, with every level from black to white."""
    random = np.random.default_rng(seed)
    small = random.integers(0, 256, (5, 6, channels), dtype=np.uint8)
    layers = [
        np.asarray(Image.fromarray(small[..., n]).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC))
        for n in range(channels)
    ]
    return np.stack(layers, axis=2) / 255


@dataclass(frozen=True)
class Case:
    name: str
    content: bytes
    right: np.ndarray
    """(H, W, 3), on white where it is transparent."""


def quantised(values: np.ndarray, depth: int) -> tuple[np.ndarray, np.ndarray]:
    """As stored, and as shares again."""
    most = 2**depth - 1
    stored = np.rint(values * most).astype(np.uint16 if depth > 8 else np.uint8)
    return stored, stored / most


def on_white(rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    return np.rint(rgb * alpha + 255 * (1 - alpha))


def right_of(values: np.ndarray, space: str, alpha: bool) -> np.ndarray:
    """By the textbook, of shares whose last channel may be alpha."""
    colour = values[..., :-1] if alpha else values
    rgb = odd.to_srgb(colour, space or "sRGB")
    return on_white(rgb, values[..., -1:]) if alpha else rgb


UPRIGHT = odd.STORED | {6: odd.STORED[8], 8: odd.STORED[6]}
SPACES = ("", "Adobe RGB", "ProPhoto", "Linear sRGB")
MODES = ((1, False), (2, True), (3, False), (4, True))


def pngs() -> Iterator[Case]:
    turn = cycle(range(1, 9))
    for space in SPACES:
        for depth in (8, 16):
            for channels, alpha in MODES:
                orientation = next(turn)
                stored, values = quantised(shares(channels), depth)
                before = [odd.chunk(b"eXIf", odd.exif(orientation).removeprefix(b"Exif\0\0"))]
                if space:
                    body = zlib.compress(odd.profile(space, channels < 3, "sRGB, in name only"))
                    before.append(odd.chunk(b"iCCP", b"any\0\0" + body))
                late = orientation % 2 == 0
                content = odd.png(
                    odd.STORED[orientation](stored),
                    depth=depth,
                    interlaced=orientation > 4,
                    before=before[late:],
                    after=before[:late],
                )
                name = f"png, {depth} bits, {channels} channels, {space}, turn {orientation}"
                yield Case(name, content, right_of(values, space, alpha))


def png_palettes() -> Iterator[Case]:
    for space in SPACES:
        for depth in (1, 2, 4, 8):
            colours = np.random.default_rng(depth).integers(0, 256, (2**depth, 3))
            index = np.rint(shares(1) * (2**depth - 1)).astype(np.uint8)
            icc = b"any\0\0" + zlib.compress(odd.profile(space)) if space else b""
            before = [odd.chunk(b"iCCP", icc)] if space else []
            veil = np.linspace(0, 255, 2**depth).astype(np.uint8)
            for clear in (False, True):
                # The transparencies follow the palette, so they may not stand before it.
                content = odd.png(
                    index,
                    depth=depth,
                    palette=colours.tolist(),
                    before=before,
                    after=[],
                )
                rgb = odd.to_srgb(colours[index[..., 0]] / 255, space or "sRGB")
                if clear:
                    at = content.index(b"IDAT") - 4
                    content = content[:at] + odd.chunk(b"tRNS", veil.tobytes()) + content[at:]
                    rgb = on_white(rgb, veil[index] / 255)
                yield Case(f"png palette of {depth} bits, {space}, {clear}", content, rgb)


def png_chunks() -> Iterator[Case]:
    stored, values = quantised(shares(3), 8)
    deep, deep_values = quantised(shares(3), 16)

    def gamma(value: float) -> bytes:
        return odd.chunk(b"gAMA", struct.pack(">I", round(value * 100_000)))

    primaries = (0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
    adobe = odd.chunk(b"cHRM", struct.pack(">8I", *(round(v * 100_000) for v in primaries)))
    srgb = odd.chunk(b"sRGB", b"\0")
    for name, before, space in (
        ("gamma 1", [gamma(1)], "Linear sRGB"),
        ("gamma of sRGB", [gamma(0.45455)], "sRGB"),
        ("sRGB before gamma", [srgb, gamma(1)], "sRGB"),
        ("gamma and primaries", [gamma(256 / 563), adobe], "Adobe RGB"),
        ("code points of sRGB before gamma", [odd.chunk(b"cICP", b"\1\15\0\1"), gamma(1)], "sRGB"),
        ("code points of linear light", [odd.chunk(b"cICP", b"\1\10\0\1")], "Linear sRGB"),
    ):
        right = odd.to_srgb(values, space)
        yield Case(f"png, {name}", odd.png(stored, before=before), right)
        right = odd.to_srgb(deep_values, space)
        yield Case(f"deep png, {name}", odd.png(deep, depth=16, before=before), right)
    for channels in (1, 3):
        for depth in (8, 16):
            stored, values = quantised(shares(channels), depth)
            colour = stored[0, 0].tolist()
            body = odd.chunk(b"tRNS", struct.pack(f">{channels}H", *colour))
            clear = (stored == colour).all(axis=2, keepdims=True)
            right = on_white(odd.to_srgb(values, "sRGB"), 1.0 - clear)
            content = odd.png(stored, depth=depth, before=[body])
            yield Case(f"png, one clear colour, {depth} bits, {channels} channels", content, right)


def tiffs() -> Iterator[Case]:
    turn, packing = cycle(range(1, 9)), cycle((1, 5, 8, 32_773))
    for space in SPACES:
        for depth in (8, 16, 32):
            for channels, alpha in MODES:
                for planar in (False, True):
                    for tile in ((0, 0), (16, 32)):
                        orientation, compression = next(turn), next(packing)
                        order = "<" if orientation < 5 else ">"
                        if depth == 32:
                            stored = shares(channels).astype(np.float32)
                            values = stored
                        else:
                            stored, values = quantised(shares(channels), depth)
                        icc = odd.profile(space, channels < 3) if space else b""
                        tags = {274: (3, [orientation])}
                        tags |= {34_675: (7, icc)} if icc else {}
                        predictor = (1, 3 if depth == 32 else 2)[compression in (5, 8)]
                        content = odd.tiff(
                            np.ascontiguousarray(odd.STORED[orientation](stored)),
                            1 if channels < 3 else 2,
                            order=order,
                            planar=planar and channels > 1,
                            tile=tile,
                            compression=compression,
                            predictor=predictor,
                            extra=2 if alpha else None,
                            tags=tags,
                        )
                        name = f"tiff {depth} bits, {channels} channels, {space}, {order}"
                        name += f" planar {planar}, tile {tile}, packing {compression}"
                        right = right_of(values, space, alpha)
                        yield Case(f"{name}, turn {orientation}", content, right)


def tiff_kinds() -> Iterator[Case]:
    grey = shares(1)
    right = odd.to_srgb(grey, "sRGB")
    colour = shares(3)
    for order in "<>":
        for compression in (1, 8):
            options = {"order": order, "compression": compression}
            for name, samples, photometric, expected in (
                ("white is zero", 65_535 - quantised(grey, 16)[0], 0, right),
                ("white is zero, 8 bits", 255 - quantised(grey, 8)[0], 0, right),
                ("32-bit integers", (grey * (2**32 - 1)).astype(np.uint32), 1, right),
                ("32-bit signed", (grey * (2**31 - 1)).astype(np.int32), 1, right),
                ("16-bit signed", (grey * 32_767).astype(np.int16), 1, right),
                ("double", grey.astype(np.float64), 1, right),
                ("half", grey.astype(np.float16), 1, right),
                ("double RGB", colour.astype(np.float64), 2, odd.to_srgb(colour, "sRGB")),
                ("32-bit RGB", (colour * (2**32 - 1)).astype(np.uint32), 2,
                 odd.to_srgb(colour, "sRGB")),
            ):  # fmt: skip
                yield Case(
                    f"tiff, {name}, {order}, packing {compression}",
                    odd.tiff(samples, photometric, **options),
                    expected,
                )
    bright = grey.astype(np.float32)
    bright[3, 5] = 1.01
    bright[4, :3] = 7.5
    expected = right.copy()
    expected[3, 5] = expected[4, :3] = 255
    yield Case("tiff, floating point with highlights", odd.tiff(bright, 1), expected)
    for depth in (8, 16):
        inks, values = quantised(shares(4), depth)
        eight = np.rint(values * 255).astype(np.uint8)
        plain = np.asarray(Image.frombytes("CMYK", (WIDTH, HEIGHT), eight.tobytes()).convert("RGB"))
        for planar in (False, True):
            content = odd.tiff(inks, 5, planar=planar)
            yield Case(f"tiff, CMYK of {depth} bits, planar {planar}", content, plain)
        alpha = values[..., -1:]
        most = 2**depth - 1
        stored = np.concatenate([values[..., :3] * alpha, alpha], axis=2)
        stored = np.rint(stored * most).astype(inks.dtype)
        content = odd.tiff(stored, 2, extra=1)
        right = on_white(odd.to_srgb(values[..., :3], "sRGB"), alpha)
        yield Case(f"tiff, multiplied alpha of {depth} bits", content, right)
        content = odd.tiff(inks, 2, extra=0)
        right = odd.to_srgb(values[..., :3], "sRGB")
        yield Case(f"tiff, a fourth channel of {depth} bits that is no alpha", content, right)


def tiff_channels() -> Iterator[Case]:
    """More channels than colours, of every depth alike."""
    for depth, photometric in ((8, 0), (8, 1), (8, 2), (16, 0), (16, 1), (16, 2)):
        colours = 3 if photometric == 2 else 1
        for extra, alpha in (([0, 0], None), ([0, 2], 1), ([2, 0], 0), ([2], 0), (None, 0)):
            stored, values = quantised(shares(colours + len(extra or [2])), depth)
            shown = odd.to_srgb(values[..., :colours], "sRGB")
            if photometric == 0:
                stored[..., :1] = 2**depth - 1 - stored[..., :1]
            if alpha is not None:
                shown = on_white(shown, values[..., colours + alpha :][..., :1])
            content = odd.tiff(stored, photometric, extra=extra, compression=5)
            yield Case(f"tiff {depth} bits, {photometric}, more channels {extra}", content, shown)
        for order in "<>":
            stored, values = quantised(shares(colours), depth)
            right = odd.to_srgb(1 - values if photometric == 0 else values, "sRGB")
            content = odd.tiff(stored, photometric, order=order, big=True)
            yield Case(f"BigTIFF {depth} bits, {photometric}, {order}", content, right)


def documents() -> Iterator[Case]:
    planes = np.ascontiguousarray(quantised(shares(3), 8)[0].transpose(2, 0, 1))
    full = np.full_like(planes[:1], 255)
    colour, grey = planes.transpose(1, 2, 0), np.repeat(planes[0][..., None], 3, axis=2)
    for packed in (False, True):
        for name, content, right in (
            ("RGB", odd.psd(3, planes, packed=packed), colour),
            ("RGB and two more", odd.psd(3, [*planes, *full, *full], packed=packed), colour),
            ("grey and one more", odd.psd(1, [planes[0], *full], packed=packed), grey),
            ("CMYK and one more", odd.psd(4, [*planes, *full, *full], packed=packed), colour),
            ("bitmap", odd.psd(0, [planes[0] > 128], packed=packed), np.where(grey > 128, 0, 255)),
        ):  # fmt: skip
            yield Case(f"PSD, {name}, packed {packed}", content, right)


def others() -> Iterator[Case]:
    turn = cycle(range(1, 9))
    stored, values = quantised(shares(3), 8)
    veiled, veiled_values = quantised(shares(4), 8)
    grey, grey_values = quantised(shares(1), 8)
    image = Image.fromarray(stored)
    right = odd.to_srgb(values, "sRGB")
    for kind in ("BMP", "PPM", "SGI", "PCX", "QOI", "TIFF"):
        yield Case(kind, odd.saved(image, kind), right)
        if kind != "QOI":
            found = odd.saved(Image.fromarray(grey[..., 0]), kind)
            yield Case(f"{kind}, grey", found, odd.to_srgb(grey_values, "sRGB"))
    for kind, options in (
        ("WEBP", {"lossless": True, "exact": True}),
        ("AVIF", {"quality": 100, "subsampling": "4:4:4"}),
        ("JPEG", {"quality": 100, "subsampling": 0}),
        ("JPEG2000", {}),
    ):
        for space in SPACES:
            for samples in (stored, veiled, grey):
                alpha, channels = samples is veiled, samples.shape[2]
                if kind == "JPEG" and alpha:
                    continue
                orientation = 1 if kind == "JPEG2000" else next(turn)
                lying = np.ascontiguousarray(odd.STORED[orientation](samples))
                page = Image.fromarray(lying[..., 0] if channels == 1 else lying)
                more = {}
                if space:
                    grey_alone = channels == 1 and kind in ("JPEG", "JPEG2000")
                    more["icc_profile"] = odd.profile(space, grey_alone)
                if orientation > 1:
                    more["exif"] = odd.exif(orientation)
                content = odd.saved(page, kind, **options, **more)
                if space and kind == "JPEG2000":
                    content = odd.with_profile(content, more["icc_profile"])
                shown = veiled_values if alpha else grey_values if channels == 1 else values
                shown = np.repeat(shown, 3, 2) if channels == 1 else shown
                if kind in ("JPEG", "AVIF"):  # what the codec lost is lost to Pillow as well
                    decoded = np.asarray(Image.open(io.BytesIO(content))) / 255
                    decoded = np.repeat(decoded[..., None], 3, 2) if decoded.ndim == 2 else decoded
                    assert np.abs(decoded - odd.STORED[orientation](shown)).mean() < 0.02
                    shown = UPRIGHT[orientation](decoded)
                name = f"{kind}, {space}, {channels} channels, turn {orientation}"
                yield Case(name, content, right_of(shown, space, alpha))
    deep = np.rint(shares(1)[..., 0] * 65_535).astype(np.uint16)
    yield Case("PGM of 16 bits", odd.saved(Image.fromarray(deep), "PPM"),
               odd.to_srgb(shares(1), "sRGB"))  # fmt: skip


CASES = [
    *pngs(),
    *png_palettes(),
    *png_chunks(),
    *tiffs(),
    *tiff_kinds(),
    *tiff_channels(),
    *documents(),
]
CASES += others()


def by_prepare(path: Path) -> np.ndarray:
    settings = Settings(WIDTH, HEIGHT, keep_borders=True)
    found = examine(path.parent, settings, Path(path.name))
    assert found.facts.reason == ""
    return found.pictures[0]


def by_upscale(path: Path) -> np.ndarray:
    picture, alpha = upscale.read_picture(path)
    return picture if alpha is None else on_white(picture, alpha[..., None] / 255)


READERS = {
    "prepare": by_prepare,
    "paint": paint.read_picture,
    "upscale": by_upscale,
    "project": lambda path: read_target(path, WIDTH, HEIGHT, "crop"),
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_right_pixels(tmp_path: Path, case: Case):
    path = tmp_path / "a.img"
    path.write_bytes(case.content)
    for verb, read in READERS.items():
        found = read(path).astype(int)
        assert found.shape == case.right.shape, verb
        assert np.abs(found - case.right).max() <= 2, verb

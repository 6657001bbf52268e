"""What a file says of its colours, as a function from its numbers to sRGB.

Profiles are judged by their curves and primaries, never by their names. Those made of curves and
a matrix are computed here, because Pillow's colour engine takes eight bits and a linear picture
of sixteen needs them all; those made of tables go through that engine.
"""

import io
import struct
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from impasto.core.colour import from_linear, to_linear
from impasto.data.decode.verdict import NOT_READ, Unreadable

Ink = Literal["L", "RGB", "CMYK", "LAB"]
"""What the numbers of a pixel are."""

Samples = NDArray[np.uint8] | NDArray[np.uint16]
"""(H, W, C): 0 to 255 or 65,535, of the file's own colours."""

Convert = Callable[[Samples], NDArray[np.uint8]]
"""(H, W, C) of a file's colours to (H, W, 3), sRGB."""

_D50 = np.array([0.9642, 1.0, 0.8249])
_D65 = (0.3127, 0.3290)
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
_PRIMARIES = {
    1: (0.64, 0.33, 0.30, 0.60, 0.15, 0.06),  # sRGB
    5: (0.64, 0.33, 0.29, 0.60, 0.15, 0.06),
    6: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    7: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    9: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046),  # BT.2020
    12: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060),  # Display P3
}
"""By their number in ITU-T H.273: x and y of red, green and blue; the white is D65."""
_GAMMAS = {4: 2.2, 5: 2.8, 8: 1.0}
_BROADCAST = (1, 2, 6, 11, 13, 14, 15)
"""Curves that screens show as sRGB's."""
_UNSPECIFIED = {0, 2, 3}
"""And reserved numbers, which say nothing either."""
_HIGH_RANGE = {16: "PQ", 18: "HLG"}

_STEPS = np.arange(65_536, dtype=np.float64) / 65_535


_SRGB = to_linear(_STEPS)
_ENCODE = np.rint(255 * from_linear(_STEPS)).astype(np.uint8)
"""From light, in 65,536 steps, to eight bits of sRGB."""


def eight_bits(values: Samples) -> NDArray[np.uint8]:
    """Samples of 16 bits to 8, rounded; those of 8 as they are."""
    if values.dtype == np.uint8:
        return np.asarray(values, np.uint8)
    return np.asarray((values.astype(np.uint32) * 255 + 32_767) // 65_535, np.uint8)


def plain(ink: Ink) -> Convert:
    """What to do where a file says nothing of its colours: sRGB, or the textbook's formula."""

    def convert(samples: Samples) -> NDArray[np.uint8]:
        eight = eight_bits(samples)
        if ink == "RGB":
            return eight
        if ink == "L":
            return np.repeat(eight[..., :1], 3, axis=2)
        return np.asarray(_as_image(eight, ink).convert("RGB"))

    return convert


def from_file(info: dict[Any, Any], ink: Ink) -> Convert | None:
    """What an opened file says of its colours; nothing where they are sRGB, or it says nothing.

    The order is that of the PNG specification: code points (`cicp`), then a profile, then sRGB by
    name of the chunk, then gamma and primaries.

    Args:
        info: of Pillow, with `cicp` as a pair of numbers by ITU-T H.273 where there is one.
        ink: what the samples are.

    Raises:
        Unreadable: the picture is of high dynamic range, which sRGB cannot show as it is.
    """
    if ink == "LAB":
        return _table(b"", "LAB")
    primaries, transfer = info.get("cicp") or (2, 2)
    if ink == "CMYK":
        primaries, transfer = 2, 2
    if transfer in _HIGH_RANGE:
        raise Unreadable(NOT_READ, f"high dynamic range by {_HIGH_RANGE[transfer]}")
    curve_known = transfer in _GAMMAS or transfer in _BROADCAST
    if curve_known and (primaries in _PRIMARIES or (transfer in _GAMMAS and primaries == 2)):
        return _from_code_points(primaries, transfer)
    profile = info.get("icc_profile")
    if isinstance(profile, bytes) and profile:
        return _from_profile(profile, ink)
    if primaries not in _UNSPECIFIED or not (curve_known or transfer in _UNSPECIFIED):
        raise Unreadable(NOT_READ, f"colours by the code points {primaries} and {transfer}")
    if ink == "CMYK" or "srgb" in info or not ("gamma" in info or "chromaticity" in info):
        return None
    return _from_gamma(info.get("gamma"), info.get("chromaticity"))


def _from_code_points(primaries: int, transfer: int) -> Convert | None:
    curve = _STEPS ** _GAMMAS[transfer] if transfer in _GAMMAS else _SRGB
    own = _PRIMARIES.get(primaries, _PRIMARIES[1])
    return _unless_srgb(_matrix([curve], _to_xyz(_D65, own)), "RGB")


def _from_gamma(gamma: Any, chromaticity: Any) -> Convert | None:
    """PNG's gAMA and cHRM.

    Within 5 % of 1/2.2 and without other primaries sRGB is meant, of which that is the nearest
    power: so do libpng and browsers take it.
    """
    white, primaries = _D65, _PRIMARIES[1]
    if isinstance(chromaticity, (tuple, list)) and len(chromaticity) == 8:
        white, primaries = tuple(chromaticity[:2]), tuple(chromaticity[2:])
    own = np.abs(np.array([*white, *primaries]) - [*_D65, *_PRIMARIES[1]]).max() > 0.005
    curve = _SRGB
    if isinstance(gamma, (int, float)) and 0.05 <= gamma <= 20:
        curve = _STEPS ** (1 / gamma) if own or abs(gamma * 2.2 - 1) > 0.05 else _SRGB
    if not own and curve is _SRGB:
        return None
    try:
        return _unless_srgb(_matrix([curve], _to_xyz(white, primaries)), "RGB")
    except (ArithmeticError, ValueError, np.linalg.LinAlgError):
        return None


@lru_cache(maxsize=16)
def _from_profile(profile: bytes, ink: Ink) -> Convert | None:
    """An ICC profile; nothing where it cannot be used, or changes nothing that can be seen."""
    space = profile[16:20]
    takes: dict[bytes, Ink] = {b"RGB ": "RGB", b"GRAY": "L", b"CMYK": "CMYK"}
    own = takes.get(space)
    # A grey picture may carry the profile of the colour picture that it was made from.
    if own is None or (own != ink and (own, ink) != ("RGB", "L")):
        return None
    try:
        tags = _tags(profile)
        found: Convert | None = None
        if b"A2B0" not in tags and profile[20:24] == b"XYZ ":
            if own == "L":
                found = _matrix([_curve(tags[b"kTRC"])], None)
            elif own == "RGB" and b"rXYZ" in tags:
                curves = [_curve(tags[name]) for name in (b"rTRC", b"gTRC", b"bTRC")]
                columns = [_xyz(tags[name]) for name in (b"rXYZ", b"gXYZ", b"bXYZ")]
                found = _matrix(curves, np.array(columns).T)
        if found is None:
            found = _table(profile, own)
        return _unless_srgb(found, own)
    except (ImageCms.PyCMSError, ArithmeticError, KeyError, OSError, ValueError, struct.error):
        return None


def _tags(profile: bytes) -> dict[bytes, bytes]:
    count = struct.unpack_from(">I", profile, 128)[0]
    found = {}
    for number in range(min(count, 200)):
        name, at, size = struct.unpack_from(">4sII", profile, 132 + 12 * number)
        found[name] = profile[at : at + size]
    return found


def _xyz(tag: bytes) -> list[float]:
    return [value / 65_536 for value in struct.unpack_from(">3i", tag, 8)]


def _curve(tag: bytes) -> NDArray[np.float64]:
    """A `curv` or `para` tag at 65,536 steps: what is stored to what shines, both 0–1."""
    if tag.startswith(b"curv"):
        count = struct.unpack_from(">I", tag, 8)[0]
        table = np.frombuffer(tag, ">u2", count, 12).astype(np.float64)
        if count == 0:
            return _STEPS
        if count == 1:
            return np.asarray(_STEPS ** (table[0] / 256))
        return np.interp(_STEPS, np.linspace(0, 1, count), table / 65_535)
    if not tag.startswith(b"para"):
        raise ValueError("a curve of an unknown kind")
    kind = struct.unpack_from(">H", tag, 8)[0]
    if kind > 4:
        raise ValueError("a curve of an unknown kind")
    numbers = struct.unpack_from(f">{(1, 3, 4, 5, 7)[kind]}i", tag, 12)
    g, a, b, c, d, e, f = ([n / 65_536 for n in numbers] + [0.0] * 6)[:7]
    if kind == 0:
        return np.asarray(_STEPS**g)
    if kind in (1, 2):
        knee, below, above = (-b / a), c if kind == 2 else 0.0, c if kind == 2 else 0.0
        low: Any = below
    else:
        knee, low, above = d, c * _STEPS + f, e
    high = np.maximum(a * _STEPS + b, 0) ** g + above
    return np.asarray(np.where(knee <= _STEPS, high, low))


def _to_xyz(white: tuple[float, ...], primaries: tuple[float, ...]) -> NDArray[np.float64]:
    """Linear RGB of these primaries to XYZ under D50 (Lindbloom; Bradford's adaptation)."""
    columns = np.array([_xyz_of(primaries[2 * n], primaries[2 * n + 1]) for n in range(3)]).T
    there = _xyz_of(*white)
    scaled = columns * np.linalg.solve(columns, there)
    gains = (_BRADFORD @ _D50) / (_BRADFORD @ there)
    return np.asarray(np.linalg.inv(_BRADFORD) @ np.diag(gains) @ _BRADFORD @ scaled)


def _xyz_of(x: float, y: float) -> NDArray[np.float64]:
    return np.array([x / y, 1.0, (1 - x - y) / y])


_FROM_XYZ = np.linalg.inv(_to_xyz(_D65, _PRIMARIES[1]))


def _matrix(curves: list[NDArray[np.float64]], to_xyz: NDArray[np.float64] | None) -> Convert:
    """Curves (one for all channels, or each its own), then a matrix, then the curve of sRGB."""
    tables = [np.nan_to_num(np.clip(curve, 0, 1)).astype(np.float32) for curve in curves]
    mixed = None if to_xyz is None else (_FROM_XYZ @ to_xyz).T.astype(np.float32)
    if mixed is not None and not np.isfinite(mixed).all():
        raise ValueError("primaries that are no numbers")

    def convert(samples: Samples) -> NDArray[np.uint8]:
        step = 257 if samples.dtype == np.uint8 else 1
        channels = samples.shape[2]
        light = np.empty(samples.shape, np.float32)
        for channel in range(channels):
            table = tables[channel % len(tables)][::step]
            light[..., channel] = table[samples[..., channel]]
        if mixed is not None:
            light = np.repeat(light, 3, axis=2) if channels == 1 else light
            light = np.clip(light @ mixed, 0, 1)
        encoded = _ENCODE[(light * 65_535 + 0.5).astype(np.uint16)]
        return np.repeat(encoded, 3, axis=2) if encoded.shape[2] == 1 else encoded

    return convert


def _table(profile: bytes, ink: Ink) -> Convert:
    """Through Pillow's colour engine, in eight bits."""
    source: Any = ImageCms.createProfile("LAB")
    if profile:
        source = ImageCms.getOpenProfile(io.BytesIO(profile))
    transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), ink, "RGB")

    def convert(samples: Samples) -> NDArray[np.uint8]:
        eight = eight_bits(samples)
        if ink == "RGB" and eight.shape[2] == 1:
            eight = np.repeat(eight, 3, axis=2)
        image = ImageCms.applyTransform(_as_image(eight, ink), transform)
        return np.asarray(image)

    return convert


def _as_image(samples: NDArray[np.uint8], ink: Ink) -> Image.Image:
    height, width = samples.shape[:2]
    # Pillow keeps a and b of Lab with the sign; its raw mode of the same name takes them so.
    return Image.frombytes(ink, (width, height), np.ascontiguousarray(samples).tobytes())


def _unless_srgb(convert: Convert, ink: Ink) -> Convert | None:
    """Nothing, if it moves no colour by more than one level."""
    if ink == "CMYK":
        return convert
    steps = np.linspace(0, 255, 18 if ink == "RGB" else 256).round().astype(np.uint8)
    if ink == "L":
        probe = steps[None, :, None]
        return None if _same(convert(probe), np.repeat(probe, 3, axis=2)) else convert
    probe = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)
    return None if _same(convert(probe), probe) else convert


def _same(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> bool:
    return bool(np.abs(a.astype(np.int16) - b).max() <= 1)

"""What Pillow decodes rightly, as bands of its samples."""

from collections.abc import Iterator

import numpy as np
from PIL import Image

from impasto.data.decode.colour import Ink
from impasto.data.decode.ranges import Range, find_range, to_sixteen
from impasto.data.decode.sheet import Band, stripes

_INKS: dict[str, Ink] = {
    **{"1": "L", "L": "L", "LA": "L", "La": "L", "CMYK": "CMYK", "LAB": "LAB"},
    **{"I": "L", "F": "L", "I;16": "L", "I;16B": "L", "I;16L": "L", "I;16N": "L"},
}


def ink_of(image: Image.Image) -> Ink:
    """What the samples of an opened image are."""
    return _INKS.get(image.mode, "RGB")


def bands(image: Image.Image) -> Iterator[Band]:
    """A loaded image of any mode, a band at a time."""
    scale = _range(image)
    veiled = image.has_transparency_data
    premultiplied = image.mode in ("La", "RGBa")
    for top, bottom in stripes(*image.size):
        part = image.crop((0, top, image.width, bottom))
        where = (slice(top, bottom), slice(None))
        if scale is not None:
            yield Band(where, to_sixteen(np.asarray(part), scale)[..., None])
            continue
        part = _simple(part, veiled, premultiplied)
        samples = np.asarray(part)
        samples = samples[..., None] if samples.ndim == 2 else samples
        alpha = samples[..., -1] if part.mode in ("LA", "RGBA") else None
        yield Band(where, samples if alpha is None else samples[..., :-1], alpha)


def _simple(part: Image.Image, veiled: bool, premultiplied: bool) -> Image.Image:
    if premultiplied:
        return part.convert("LA" if part.mode == "La" else "RGBA")
    if veiled:
        return part if part.mode in ("LA", "RGBA") else part.convert("RGBA")
    if part.mode == "1":
        return part.convert("L")
    return part if part.mode in ("L", "RGB", "CMYK", "LAB") else part.convert("RGB")


def _range(image: Image.Image) -> Range | None:
    """Of modes with more than eight bits; None for the others."""
    if image.mode.startswith("I;16"):
        return Range(0, 65_535)
    if image.mode == "I":  # Pillow stretches the formats that have it, PGM and JPEG 2000
        return Range(0, 65_535)
    if image.mode != "F":
        return None
    step = max(1, image.width * image.height // 2**18)
    rows = [
        np.asarray(image.crop((0, t, image.width, b))).ravel()[::step].copy()
        for t, b in stripes(*image.size)
    ]
    return find_range(np.concatenate(rows), "f4")

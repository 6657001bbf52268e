"""The built-in paintings: colour fields in eight families, any number of them, from a seed.

`paint(seed)` composes one picture; the same seed is the same picture at every size. The families
are the true modes of the set, so what a generator leaves out can be counted, not guessed:

- `fields`: two to four soft-edged rectangles that float above one another;
- `zips`: one field, cut from top to bottom by a few vertical lines;
- `stripes`: level bands from side to side;
- `unfurled`: streams of colour that run down from both sides past a bare centre;
- `stains`: thin paint soaked into raw canvas in pools;
- `veils`: upright plumes of transparent colour, one over another;
- `targets`: rings round the middle;
- `shapes`: two or three large shapes with a hard edge, curved or leaning.

No picture is a copy of a painting; palettes, proportions and edges are drawn by chance.
"""

import math
from collections.abc import Callable
from random import Random

import numpy as np

from impasto.core.images import Picture
from impasto.data.brushwork import Canvas, Layer, smooth
from impasto.data.pigments import Palette, mix, raw_canvas
from impasto.errors import ImpastoError


def paint(seed: int, size: int = 64, family: str | None = None) -> Picture:
    """Paint one picture.

    Args:
        seed: any whole number; it decides everything.
        size: width and height in pixels, 16 to 4096.
        family: one of `FAMILIES`; chosen by the seed if not given, each equally often.

    Returns:
        (size, size, 3), uint8, RGB. Equal on one machine; between machines a value may differ
        by one where the last bit of a logarithm does.

    Raises:
        ImpastoError: there is no such family, or the size is out of range.
    """
    if not 16 <= size <= 4096:
        raise ImpastoError(f"A painting of {size} pixels cannot be made; choose 16 to 4096.")
    chance = Random(seed)  # its random() and getrandbits() are the same on any machine
    drawn = FAMILIES[int(chance.random() * len(FAMILIES))]
    chosen = drawn if family is None else family
    if chosen not in _PAINTERS:
        raise ImpastoError(f"There is no family {chosen!r}; name one of {', '.join(FAMILIES)}.")
    return _PAINTERS[chosen](size, chance, Palette(chance))


def family_of(seed: int) -> str:
    """The family that `paint(seed)` chooses."""
    return FAMILIES[int(Random(seed).random() * len(FAMILIES))]


def _fields(size: int, chance: Random, palette: Palette) -> Picture:
    ground = palette.pick()
    canvas = Canvas(size, chance, ground)
    canvas.glaze(mix(ground, palette.darkest, 0.5), 0.12 * canvas.noise(3, octaves=4))
    count = 2 + int(chance.random() ** 1.3 * 3)
    shares = [0.35 + chance.random() ** 1.5 for _ in range(count)]
    border = _between(chance, 0.045, 0.085)
    gap = _between(chance, 0.02, 0.05)
    room = (1 - 2 * border - gap * (count - 1)) / sum(shares)
    top = border
    feather = _between(chance, 0.018, 0.05)
    for share, colour in zip(shares, palette.row(count, ground), strict=True):
        bottom = top + share * room
        side = border + _between(chance, 0.0, 0.025)
        inside = _inside_box(canvas, top, bottom, side)
        inside += 0.35 * feather * (canvas.noise(5, octaves=5, keep=0.62))
        scumble = canvas.noise(10, 3, octaves=4, keep=0.7)
        halo = mix(colour, palette.pick(ground, colour, distance=0.05), 0.6)
        canvas.lay(halo, 0.6 * canvas.step(inside + 0.3 * feather, 1.5 * feather))
        body = _between(chance, 0.74, 0.95) + 0.07 * scumble
        canvas.lay(colour, np.clip(body, 0, 1) * canvas.step(inside, feather))
        cloud = np.clip(0.5 + 0.5 * canvas.noise(3, 2, octaves=4), 0, 1)
        canvas.lay(halo, 0.28 * cloud * canvas.step(inside - feather, 2.5 * feather))
        canvas.tone(0.03 * scumble * canvas.step(inside, feather))
        top = bottom + gap
    return canvas.finish(0.012)


def _inside_box(canvas: Canvas, top: float, bottom: float, side: float) -> Layer:
    """Distance to the nearest edge of a box with rounded corners, positive inside."""
    corner = 0.02
    across = np.abs(canvas.x - np.float32(0.5)) - np.float32(0.5 - side - corner)
    down = np.abs(canvas.y - np.float32((top + bottom) / 2)) - np.float32(
        (bottom - top) / 2 - corner
    )
    outside = np.hypot(np.maximum(across, 0), np.maximum(down, 0))
    return corner - outside - np.minimum(np.maximum(across, down), 0)


def _zips(size: int, chance: Random, palette: Palette) -> Picture:
    ground = palette.vivid[int(chance.random() * 3)]
    canvas = Canvas(size, chance, ground)
    other = palette.pick(ground, distance=0.06)
    canvas.lay(other, 0.10 * smooth(0.5 + 0.4 * canvas.noise(2, octaves=3)))
    canvas.tone(0.035 * canvas.noise(6, 24, octaves=3, keep=0.7))
    count = 1 + int(chance.random() * 4)
    places = _spread_out(chance, count, 0.06, 0.94, 0.1)
    for place in places:
        colour = palette.pick(ground, distance=0.22)
        width = 0.012 + 0.05 * chance.random() ** 2.5
        if chance.random() < 0.2:
            width = _between(chance, 0.09, 0.16)
        rough = chance.random() < 0.45
        edge = width / 2 - np.abs(canvas.x - np.float32(place))
        if rough:
            edge += 0.22 * min(width, 0.03) * canvas.noise(24, 4, octaves=4, keep=0.8)
            bare = smooth(0.9 + 0.5 * canvas.noise(8, 60, octaves=2))
            canvas.lay(mix(ground, colour, 0.5), 0.5 * canvas.step(edge + 0.008, 0.02))
            canvas.lay(colour, (0.55 + 0.45 * bare) * canvas.step(edge, 0.006))
        else:
            canvas.lay(colour, 0.97 * canvas.step(edge))
    return canvas.finish(0.012)


def _stripes(size: int, chance: Random, palette: Palette) -> Picture:
    base = raw_canvas(chance) if chance.random() < 0.5 else palette.pick()
    canvas = Canvas(size, chance, base)
    count = 5 + int(chance.random() * 8)
    shares = [0.3 + 1.6 * chance.random() ** 2 for _ in range(count)]
    if chance.random() < 0.4:  # one wide band that the others lead to
        shares[int(chance.random() * count)] = sum(shares) * _between(chance, 0.3, 0.6)
    gap = _between(chance, 0.008, 0.03) if chance.random() < 0.6 else 0.0
    room = (1 + gap) / sum(shares)
    top = 0.0
    for share, colour in zip(shares, palette.row(count, base), strict=True):
        bottom = top + share * room - gap
        sag = 0.0016 * canvas.wobble(canvas.x, 3)
        edge = np.minimum(canvas.y - np.float32(top), np.float32(bottom) - canvas.y) + sag
        brush = canvas.noise(48, 3, octaves=3, keep=0.8)
        canvas.lay(colour, np.clip(0.93 + 0.05 * brush, 0, 1) * canvas.step(edge, 0.004))
        canvas.tone(0.02 * brush * canvas.step(edge, 0.004))
        top = bottom + gap
    return canvas.finish(0.015)


def _unfurled(size: int, chance: Random, palette: Palette) -> Picture:
    canvas = Canvas(size, chance, raw_canvas(chance))
    for mirrored in (False, True):
        across = 1 - canvas.x if mirrored else canvas.x
        count = 4 + int(chance.random() * 4)
        steep = _between(chance, 0.9, 1.7)
        sag = _between(chance, 0.3, 1.2)
        fall = canvas.y - steep * across - sag * across * across
        start, end = _between(chance, -0.15, 0.1), _between(chance, 0.75, 1.0)
        spacing = (end - start) / count
        previous = raw_canvas(chance)
        for number in range(count):
            colour = palette.pick(previous, distance=0.12)
            previous = colour
            middle = start + (number + 0.5) * spacing + 0.1 * spacing * canvas.wobble(across, 2)
            width = spacing * _between(chance, 0.24, 0.4) * (1 + 0.14 * canvas.wobble(across, 4))
            edge = width - np.abs(fall - middle)
            canvas.glaze(colour, 0.25 * canvas.step(edge + 0.01, 0.03))
            canvas.lay(colour, 0.9 * canvas.step(edge, 0.012))
            canvas.glaze(colour, 0.2 * smooth(0.5 + 0.5 * canvas.noise(4)) * canvas.step(edge))
    return canvas.finish(0.02)


def _stains(size: int, chance: Random, palette: Palette) -> Picture:
    canvas = Canvas(size, chance, raw_canvas(chance))
    warp_x, warp_y = (0.07 * canvas.noise(3, octaves=5, keep=0.5) for _ in range(2))
    x, y = canvas.x + warp_x, canvas.y + warp_y
    colours = palette.row(5, raw_canvas(chance))
    for colour in colours[: 3 + int(chance.random() * 3)]:
        place = _between(chance, 0.12, 0.88), _between(chance, 0.12, 0.88)
        reach = _between(chance, 0.1, 0.3)
        angle, stretch = chance.random() * math.pi, _between(chance, 0.5, 1.0)
        along = (x - place[0]) * math.cos(angle) + (y - place[1]) * math.sin(angle)
        beside = (y - place[1]) * math.cos(angle) - (x - place[0]) * math.sin(angle)
        pool = reach - np.hypot(along * stretch, beside)
        pool += 0.05 * canvas.noise(5, octaves=4)
        wash = 0.55 + 0.2 * canvas.noise(3, octaves=4)
        rim = np.exp(-((pool / 0.018) ** 2)) * 0.3
        canvas.glaze(colour, (np.clip(wash, 0.1, 2) + rim) * canvas.step(pool, 0.02))
        canvas.glaze(colour, 0.12 * canvas.step(pool + 0.04, 0.12))
    return canvas.finish(0.022)


def _veils(size: int, chance: Random, palette: Palette) -> Picture:
    canvas = Canvas(size, chance, raw_canvas(chance))
    count = 5 + int(chance.random() * 4)
    colours = [palette.pick() for _ in range(count)]
    lean = _between(chance, -0.1, 0.1)
    for number, colour in enumerate(colours):
        middle = 0.5 + (number / (count - 1) - 0.5) * 0.62 + _between(chance, -0.05, 0.05)
        width = _between(chance, 0.12, 0.3)
        crown = _between(chance, 0.06, 0.2)
        fan = 1 - 0.35 * canvas.y
        across = (canvas.x - middle - lean * canvas.y) / fan
        across = across + 0.012 * canvas.wobble(canvas.y, 3)
        top = crown + 0.5 * np.abs(across) ** 1.6 + 0.02 * canvas.wobble(canvas.x, 6)
        edge = np.minimum(width - np.abs(across), canvas.y - top)
        body = 0.34 + 0.08 * canvas.noise(2, 14, octaves=3)
        rim = 0.18 * np.exp(-((edge / 0.014) ** 2))
        canvas.glaze(colour, (np.clip(body, 0.05, 1) + rim) * canvas.step(edge, 0.016))
    return canvas.finish(0.02)


def _targets(size: int, chance: Random, palette: Palette) -> Picture:
    base = raw_canvas(chance) if chance.random() < 0.6 else palette.pick()
    canvas = Canvas(size, chance, base)
    x = canvas.x - np.float32(0.5 + _between(chance, -0.02, 0.02))
    y = canvas.y - np.float32(0.5 + _between(chance, -0.02, 0.02))
    radius = np.hypot(x, y)
    count = 3 + int(chance.random() * 4)
    outer = _between(chance, 0.36, 0.47)
    shares = [0.4 + chance.random() for _ in range(count)]
    bare = chance.random() < 0.5
    left = sum(shares)
    for number, (share, colour) in enumerate(zip(shares, palette.row(count, base), strict=True)):
        reach = outer * left / sum(shares)
        inner = outer * (left - share * (0.75 if bare else 1.0)) / sum(shares)
        rough = 0.012 if number == 0 and chance.random() < 0.5 else 0.0012
        edge = reach - radius + rough * canvas.noise(10, octaves=4, keep=0.7)
        if number < count - 1:
            edge = np.minimum(edge, radius - np.float32(inner))
        body = np.clip(0.93 + 0.05 * canvas.noise(16, octaves=3), 0, 1)
        canvas.lay(colour, body * canvas.step(edge, 0.006))
        left -= share
    return canvas.finish(0.018)


def _shapes(size: int, chance: Random, palette: Palette) -> Picture:
    ground = palette.pick()
    canvas = Canvas(size, chance, ground)
    canvas.tone(0.012 * canvas.noise(20, octaves=3))
    for colour in palette.row(1 + int(chance.random() * 2), ground):
        angle = _between(chance, 0.2, 1.37) + math.floor(chance.random() * 4) * math.pi / 2
        along = (canvas.x - 0.5) * math.cos(angle) + (canvas.y - 0.5) * math.sin(angle)
        beside = (canvas.y - 0.5) * math.cos(angle) - (canvas.x - 0.5) * math.sin(angle)
        bend = _between(chance, 0.5, 1.8) * (1 if chance.random() < 0.5 else -1)
        if chance.random() < 0.35:
            bend = 0.0
        edge = along - _between(chance, -0.05, 0.3) + bend * beside * beside
        canvas.lay(colour, 0.98 * canvas.step(edge, 0.003))
    return canvas.finish(0.008)


def _between(chance: Random, low: float, high: float) -> float:
    return low + (high - low) * chance.random()


def _spread_out(chance: Random, count: int, low: float, high: float, apart: float) -> list[float]:
    """`count` places between `low` and `high`, no two nearer than `apart`."""
    slack = high - low - apart * (count - 1)
    cuts = sorted(chance.random() for _ in range(count))
    return [low + slack * cut + apart * number for number, cut in enumerate(cuts)]


_PAINTERS: dict[str, Callable[[int, Random, Palette], Picture]] = {
    "fields": _fields,
    "zips": _zips,
    "stripes": _stripes,
    "unfurled": _unfurled,
    "stains": _stains,
    "veils": _veils,
    "targets": _targets,
    "shapes": _shapes,
}

FAMILIES: tuple[str, ...] = tuple(_PAINTERS)
"""The families' names: the modes of the set."""

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
from impasto.data.colourfield.brushwork import Canvas, Layer, smooth
from impasto.data.colourfield.pigments import Palette, mix, raw_canvas
from impasto.errors import ImpastoError

STYLE = 1
"""Goes up whenever an old seed paints another picture, so that kept sets are painted anew."""


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
    return canvas.finish(0.02)


def _inside_box(canvas: Canvas, top: float, bottom: float, side: float) -> Layer:
    """Distance to the nearest edge of a box with rounded corners, positive inside."""
    corner = 0.02
    across = np.abs(canvas.x - 0.5) - (0.5 - side - corner)
    down = np.abs(canvas.y - ((top + bottom) / 2)) - ((bottom - top) / 2 - corner)
    outside = np.hypot(np.maximum(across, 0), np.maximum(down, 0))
    return np.asarray(corner - outside - np.minimum(np.maximum(across, down), 0))


def _zips(size: int, chance: Random, palette: Palette) -> Picture:
    ground = palette.vivid[int(chance.random() * 3)]
    canvas = Canvas(size, chance, ground)
    other = palette.pick(ground, distance=0.06)
    canvas.lay(other, 0.14 * smooth(0.5 + 0.4 * canvas.noise(2, octaves=3)))
    canvas.tone(0.03 * canvas.noise(9, 12, octaves=5, keep=0.75))
    count = 1 + int(chance.random() * 4)
    for place in _spread_out(chance, count, 0.06, 0.94, 0.1):
        colour = palette.pick(ground, distance=0.22)
        width = 0.014 + 0.05 * chance.random() ** 2.5
        if chance.random() < 0.2:
            width = _between(chance, 0.09, 0.18)
        edge = width / 2 - np.abs(canvas.x - place)
        if chance.random() < 0.4:  # paint dragged along a tape that was pulled off wet
            edge = edge + 0.07 * min(width, 0.03) * canvas.noise(60, 10, octaves=2, keep=0.9)
            body = np.clip(0.82 + 0.14 * canvas.noise(3, 56, octaves=3, keep=0.8), 0, 1)
            canvas.lay(mix(ground, colour, 0.45), 0.6 * canvas.step(edge + 0.005, 0.016))
            canvas.lay(colour, body * canvas.step(edge, 0.008))
        else:
            canvas.lay(colour, 0.97 * canvas.step(edge))
    return canvas.finish(0.016)


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
        edge = np.minimum(canvas.y - top, bottom - canvas.y) + sag
        brush = canvas.noise(48, 3, octaves=3, keep=0.8)
        canvas.lay(colour, np.clip(0.93 + 0.05 * brush, 0, 1) * canvas.step(edge, 0.004))
        canvas.tone(0.02 * brush * canvas.step(edge, 0.004))
        top = bottom + gap
    return canvas.finish(0.015)


def _unfurled(size: int, chance: Random, palette: Palette) -> Picture:
    canvas = Canvas(size, chance, raw_canvas(chance))
    ragged = 0.004 * canvas.noise(14, octaves=3)
    pooled = smooth(0.5 + 0.5 * canvas.noise(7, octaves=2))
    for mirrored in (False, True):
        across = 1 - canvas.x if mirrored else canvas.x
        steep, sag = _between(chance, 1.2, 2.0), _between(chance, 0.1, 1.2)
        foot = _between(chance, 0.38, 0.48)  # where the innermost stream leaves at the bottom
        start = 1 - steep * foot - sag * foot * foot
        count = 4 + int(chance.random() * 4)
        shares = [0.4 + chance.random() for _ in range(count)]
        fall = canvas.y - steep * across - sag * across * across
        bare, top = raw_canvas(chance), start
        for share, colour in zip(shares, palette.row(count, bare), strict=True):
            room = share / sum(shares) * (1.02 - start)
            middle = top + room / 2 + 0.1 * room * canvas.wobble(across, 3)
            width = room * _between(chance, 0.3, 0.46) * (1 + 0.2 * canvas.wobble(across, 5))
            edge = np.maximum(width, 0.008) - np.abs(fall - middle)
            edge = edge + ragged
            canvas.wash(colour, 0.2 * canvas.step(edge + 0.012, 0.03))  # turpentine creeps out
            canvas.lay(colour, 0.92 * canvas.step(edge, 0.014))
            canvas.wash(colour, 0.3 * pooled * canvas.step(edge, 0.05))
            top += room
    return canvas.finish(0.02)


def _stains(size: int, chance: Random, palette: Palette) -> Picture:
    bare = raw_canvas(chance)
    canvas = Canvas(size, chance, bare)
    x = canvas.x + 0.07 * canvas.noise(3, octaves=5, keep=0.5)
    y = canvas.y + 0.07 * canvas.noise(3, octaves=5, keep=0.5)
    pools, drops = 3 + int(chance.random() * 2), 1 + int(chance.random() * 3)
    for number, colour in enumerate(palette.row(pools + drops, bare)):
        place = _between(chance, 0.08, 0.92), _between(chance, 0.08, 0.92)
        reach = _between(chance, 0.18, 0.42) if number < pools else _between(chance, 0.03, 0.07)
        angle, stretch = chance.random() * math.pi, _between(chance, 0.45, 1.0)
        along = (x - place[0]) * math.cos(angle) + (y - place[1]) * math.sin(angle)
        beside = (y - place[1]) * math.cos(angle) - (x - place[0]) * math.sin(angle)
        pool = reach - np.hypot(along * stretch, beside)
        pool += 0.14 * reach * canvas.noise(5, octaves=4)
        body = np.clip(0.62 + 0.2 * canvas.noise(3, octaves=5), 0.15, 2)
        rim = 0.3 * np.exp(-((pool / 0.016) ** 2))  # pigment gathers where the paint dries last
        canvas.wash(colour, (body + rim) * canvas.step(pool, 0.02))
        canvas.wash(colour, 0.14 * canvas.step(pool + 0.035, 0.1))
    return canvas.finish(0.022)


def _veils(size: int, chance: Random, palette: Palette) -> Picture:
    bare = raw_canvas(chance)
    canvas = Canvas(size, chance, bare)
    count = 5 + int(chance.random() * 4)
    narrowing, lean = _between(chance, 0.1, 0.5), _between(chance, -0.12, 0.12)
    fan = 1 - narrowing * canvas.y
    sway = 0.01 * canvas.wobble(canvas.y, 3)
    body = np.clip(0.42 + 0.1 * canvas.noise(2, 16, octaves=3), 0.1, 1)
    places = [0.17 + 0.66 * number / (count - 1) for number in range(count)]
    chance.shuffle(places)
    x = (canvas.x - 0.5 - lean * canvas.y) / fan + 0.5 + sway
    for place, colour in zip(places, palette.row(count, bare), strict=True):
        width, crown = _between(chance, 0.13, 0.3), _between(chance, 0.05, 0.2)
        across = np.abs(x - place - _between(chance, -0.04, 0.04)) / width
        top = crown + _between(chance, 0.1, 0.3) * across**2.6 + 0.015 * canvas.wobble(x, 7)
        under = canvas.y - top
        rim = 0.3 * np.exp(-((under / 0.012) ** 2))
        side = canvas.step(width * (1 - across), 0.05)
        canvas.wash(colour, (body + rim) * side * canvas.step(under, 0.014))
    # The last pour, thin and dark, lies over all the others and leaves their crowns alight.
    low = canvas.y - _between(chance, 0.16, 0.3) - 1.1 * (x - 0.5) ** 2
    low = low + 0.02 * canvas.wobble(x, 5)
    shade = mix(palette.darkest, palette.vivid[0], 0.4)
    inside = canvas.step(0.44 - np.abs(x - 0.5), 0.06) * canvas.step(low, 0.05)
    canvas.wash(shade, _between(chance, 0.0, 0.75) * inside)
    return canvas.finish(0.02)


def _targets(size: int, chance: Random, palette: Palette) -> Picture:
    base = raw_canvas(chance) if chance.random() < 0.6 else palette.pick()
    canvas = Canvas(size, chance, base)
    x = canvas.x - (0.5 + _between(chance, -0.02, 0.02))
    y = canvas.y - (0.5 + _between(chance, -0.02, 0.02))
    radius = np.hypot(x, y)
    count = 3 + int(chance.random() * 4)
    outer = _between(chance, 0.36, 0.47)
    shares = [0.4 + chance.random() for _ in range(count)]
    bare = chance.random() < 0.5
    left = sum(shares)
    for number, (share, colour) in enumerate(zip(shares, palette.row(count, base), strict=True)):
        reach = outer * left / sum(shares)
        inner = outer * (left - share * (0.75 if bare else 1.0)) / sum(shares)
        rough = 0.005 if number == 0 and chance.random() < 0.4 else 0.0012
        edge = reach - radius + rough * canvas.noise(22, octaves=3, keep=0.8)
        if number < count - 1:
            edge = np.minimum(edge, radius - inner)
        body = np.clip(0.93 + 0.05 * canvas.noise(16, octaves=3), 0, 1)
        canvas.lay(colour, body * canvas.step(edge, 0.006))
        left -= share
    return canvas.finish(0.018)


def _shapes(size: int, chance: Random, palette: Palette) -> Picture:
    ground = palette.pick() if chance.random() < 0.75 else raw_canvas(chance)
    canvas = Canvas(size, chance, ground)
    canvas.tone(0.012 * canvas.noise(20, octaves=3))
    below = [ground]
    for _ in range(1 + int(chance.random() * 2.3)):
        colour = palette.pick(*below, distance=0.24)
        below.append(colour)
        angle = _between(chance, 0.25, 1.32) + math.floor(chance.random() * 4) * math.pi / 2
        along = (canvas.x - 0.5) * math.cos(angle) + (canvas.y - 0.5) * math.sin(angle)
        beside = (canvas.y - 0.5) * math.cos(angle) - (canvas.x - 0.5) * math.sin(angle)
        beside = beside - _between(chance, -0.3, 0.3)
        roll, depth = chance.random(), _between(chance, -0.12, 0.26)
        if roll < 0.3:  # a straight cut
            edge = along - depth
        elif roll < 0.75:  # a curve like a hill or a sail
            edge = along - depth + _between(chance, 0.7, 2.2) * beside * beside
        else:  # a leaf between two arcs
            edge = _between(chance, 0.14, 0.3) - np.abs(along - depth) - 1.1 * beside * beside
        canvas.lay(colour, 0.98 * canvas.step(edge, 0.003))
        canvas.tone(0.012 * canvas.noise(30, 8, octaves=3) * canvas.step(edge))
    return canvas.finish(0.012)


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

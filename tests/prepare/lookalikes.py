"""Pictures that are hard to tell apart, and copies that are hard to recognise, with the truth.

Colour fields in series, fans and leaves on plain mounts, one motif in other light; and what
becomes of copies on their way: other colours, crops, frames, turns. `bench/duplicates.py` measures
on them, tests look at a few.
"""

import io
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Chance = np.random.Generator
Floats = NDArray[np.float64]


def _grid(width: int, height: int) -> tuple[Floats, Floats]:
    y, x = np.mgrid[0:height, 0:width]
    return (x + 0.5) / width, (y + 0.5) / height


def _cloud(chance: Chance, width: int, height: int, cells: int) -> Floats:
    """Smooth noise, about −1 to 1."""
    coarse = chance.normal(0, 0.5, (cells, cells)).astype(np.float32)
    size = (width, height)
    return np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC), np.float64)


def _finish(chance: Chance, picture: Floats, grain: float, brush: float) -> Image.Image:
    """Brushwork and the grain of a canvas over flat colours."""
    height, width = picture.shape[:2]
    light = brush * _cloud(chance, width, height, int(chance.integers(4, 40)))
    light = light + grain * chance.normal(0, 1, (height, width))
    return Image.fromarray(np.clip(picture + light[..., None], 0, 255).astype(np.uint8))


def _colour(chance: Chance) -> Floats:
    return chance.uniform(10, 245, 3)


def field_layout(chance: Chance) -> list[Floats]:
    """Weights of some fields, each (H, W) from 0 to 1, from back to front."""
    width, height = (int(side) for side in chance.integers(300, 460, 2))
    x, y = _grid(width, height)
    kind = chance.choice(["rothko", "newman", "albers", "bands", "panels", "disc"])
    soft = chance.uniform(0.004, 0.03) if kind == "rothko" else chance.uniform(0.001, 0.004)

    def box(left: float, top: float, right: float, bottom: float) -> Floats:
        away = np.minimum(np.minimum(x - left, right - x), np.minimum(y - top, bottom - y))
        return np.asarray(1 / (1 + np.exp(-np.clip(away / soft, -50, 50))))

    layers = [np.ones((height, width))]
    if kind == "rothko":
        edges = np.sort(chance.uniform(0.12, 0.88, int(chance.integers(1, 3))))
        edges = np.concatenate([[0.05], edges, [0.95]])
        for top, bottom in pairwise(edges):
            if bottom - top > 0.1:
                layers.append(box(0.07, top + 0.015, 0.93, bottom - 0.015))
    elif kind == "newman":
        for _ in range(chance.integers(1, 4)):
            left = chance.uniform(0.08, 0.9)
            layers.append(box(left, -1, left + chance.uniform(0.015, 0.08), 2))
    elif kind == "albers":
        for step in range(1, int(chance.integers(3, 5))):
            inset = 0.11 * step
            layers.append(box(inset, 1.4 * inset, 1 - inset, 1 - 0.6 * inset))
    elif kind == "bands":
        edges = np.sort(chance.uniform(0, 1, int(chance.integers(2, 9))))
        across = chance.random() < 0.5
        layers += [box(edge, -1, 2, 2) if across else box(-1, edge, 2, 2) for edge in edges]
    elif kind == "panels":
        for _ in range(chance.integers(2, 6)):
            left, top = chance.uniform(0, 0.7, 2)
            layers.append(box(left, top, left + chance.uniform(0.15, 0.6), top + 0.4))
    else:
        away = np.hypot(x - 0.5, y - 0.5)
        for radius in np.linspace(0.42, 0.12, int(chance.integers(2, 5))):
            layers.append(1 / (1 + np.exp(-np.clip((radius - away) / soft, -50, 50))))
    return layers


def fields(chance: Chance, layers: list[Floats]) -> Image.Image:
    """A layout in colours of its own."""
    picture = np.zeros((*layers[0].shape, 3))
    for layer in layers:
        weight = layer[..., None]
        picture = picture * (1 - weight) + _colour(chance) * weight
    return _finish(chance, picture, chance.uniform(0.5, 5), chance.uniform(1, 9))


def _ink(chance: Chance, draw: ImageDraw.ImageDraw, box: tuple[float, ...]) -> None:
    """A branch with blossoms, hills or reeds within a box."""
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    dark = tuple(int(level) for level in chance.integers(20, 110, 3))
    kind = chance.choice(["branch", "hills", "reeds", "bird"])
    if kind == "hills":
        for _ in range(chance.integers(2, 5)):
            peak = left + width * chance.uniform(0.1, 0.9)
            high, base = top + height * chance.uniform(0.1, 0.7), top + height * 0.9
            points = [(peak - width * chance.uniform(0.15, 0.4), base), (peak, high)]
            points += [(peak + width * chance.uniform(0.15, 0.4), base)]
            draw.line(points, dark, int(chance.integers(2, 6)))
    for _ in range(chance.integers(3, 14)):
        x, y = left + width * chance.uniform(0, 1), top + height * chance.uniform(0, 1)
        points = [(x, y)]
        heading = chance.uniform(0, 2 * np.pi) if kind != "reeds" else chance.normal(-1.5, 0.2)
        for _ in range(chance.integers(3, 9)):
            heading += chance.normal(0, 0.4)
            step = chance.uniform(0.03, 0.1) * width
            x, y = x + step * np.cos(heading), y + step * np.sin(heading)
            points.append((x, y))
        draw.line(points, dark, int(chance.integers(1, 5)), joint="curve")
        size = chance.uniform(2, 9)
        blossom = tuple(int(level) for level in chance.integers(90, 230, 3))
        draw.ellipse((x - size, y - size, x + size, y + size), blossom)


def fan(chance: Chance, shape: str) -> Image.Image:
    """A painting on silk, of one of three shapes that many have, on a plain mount."""
    width, height = {"round": (400, 400), "leaf": (380, 440), "folding": (480, 300)}[shape]
    mount = np.array([233, 228, 216]) + chance.normal(0, 6)
    silk = np.array([188, 164, 122]) + chance.normal(0, 10, 3)
    inner = {"round": (50, 50, 350, 350), "leaf": (50, 60, 330, 380), "folding": (60, 40, 420, 220)}
    image = Image.new("RGB", (width, height), tuple(int(level) for level in silk))
    draw = ImageDraw.Draw(image)
    _ink(chance, draw, inner[shape])
    x, y = chance.uniform(0.25, 0.75, 2) * (width, height)
    draw.rectangle((x, y, x + 12, y + 14), (170, 40, 30))
    image = image.filter(ImageFilter.GaussianBlur(0.7))
    mask = Image.new("L", image.size, 0)
    shapes = ImageDraw.Draw(mask)
    if shape == "round":
        shapes.ellipse((28, 30, 372, 370), 255)
    elif shape == "leaf":
        shapes.rounded_rectangle((30, 36, 350, 404), 26, 255)
    else:
        shapes.pieslice((20, 20, 460, 460), 200, 340, 255)
        shapes.pieslice((160, 160, 320, 320), 190, 350, 0)
    ground = Image.new("RGB", image.size, tuple(int(level) for level in mount))
    ground.paste(image, (int(chance.integers(-3, 4)), int(chance.integers(-3, 4))), mask)
    return _finish(chance, np.asarray(ground, np.float64), 2.0, 3.0)


def motif(scene: int, chance: Chance) -> Image.Image:
    """One scene (stacks on a field before hills) in a light and with strokes of its own."""
    same = np.random.default_rng(scene)
    width, height = 420, 320
    image = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(image)
    horizon = int(height * same.uniform(0.3, 0.6))
    draw.rectangle((0, 0, width, horizon), tuple(int(c) for c in chance.integers(120, 250, 3)))
    ground = tuple(int(c) for c in chance.integers(40, 190, 3))
    draw.rectangle((0, horizon, width, height), ground)
    for _ in range(same.integers(1, 4)):
        middle, size = same.uniform(0.15, 0.85) * width, same.uniform(40, 100)
        foot = horizon + size * same.uniform(0.3, 0.8)
        shape = [(middle - size, foot), (middle - size * 0.8, foot - size * 0.6)]
        shape += [(middle, foot - 1.3 * size), (middle + size * 0.8, foot - size * 0.6)]
        shape += [(middle + size, foot)]
        draw.polygon(shape, tuple(int(c) for c in chance.integers(20, 200, 3)))
    flat = np.asarray(image, np.int64)
    for _ in range(900):
        x, y = (int(chance.integers(side)) for side in (width, height))
        colour = np.clip(flat[y, x] + chance.normal(0, 26, 3), 0, 255)
        angle, length = chance.normal(0, 0.5), chance.uniform(6, 22)
        end = (x + length * np.cos(angle), y + length * np.sin(angle))
        draw.line((x, y, *end), tuple(int(c) for c in colour), int(chance.integers(2, 6)))
    return image


def originals(kind: str, count: int, chance: Chance) -> Iterator[Image.Image]:
    """`count` different pictures of a kind: `fields`, `fans` or `motifs`."""
    made = 0
    while made < count:
        series = int(chance.integers(1, 7))
        layout = field_layout(chance)
        scene, shape = int(chance.integers(2**31)), str(chance.choice(["round", "leaf", "folding"]))
        for _ in range(min(series, count - made)):
            made += 1
            if kind == "fields":
                yield fields(chance, layout)
            elif kind == "fans":
                yield fan(chance, shape)
            else:
                yield motif(scene, chance)


def _levels(image: Image.Image, change: Callable[[Floats], Floats]) -> Image.Image:
    levels = change(np.asarray(image, np.float64))
    return Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))


def _cast(image: Image.Image, chance: Chance) -> Image.Image:
    gain, offset = chance.uniform(0.86, 1.14, 3), chance.uniform(-14, 14, 3)
    return _levels(image, lambda levels: levels * gain + offset)


def _gamma(image: Image.Image, chance: Chance) -> Image.Image:
    power = np.exp(chance.uniform(-0.3, 0.3))
    return _levels(image, lambda levels: 255 * (levels / 255) ** power)


def _contrast(image: Image.Image, chance: Chance) -> Image.Image:
    gain, offset = chance.uniform(0.72, 1.3), chance.uniform(-28, 28)
    return _levels(image, lambda levels: (levels - 128) * gain + 128 + offset)


def _faded(image: Image.Image, chance: Chance) -> Image.Image:
    keep = chance.uniform(0.5, 1.4)
    grey = np.asarray(image.convert("L"), np.float64)[..., None]
    return _levels(image, lambda levels: grey + keep * (levels - grey))


def _recompressed(image: Image.Image, chance: Chance) -> Image.Image:
    packed = io.BytesIO()
    image.save(packed, "JPEG", quality=int(chance.integers(25, 70)))
    return Image.open(packed).convert("RGB")


def _resized(image: Image.Image, chance: Chance) -> Image.Image:
    across, down = chance.uniform(0.4, 0.9) * chance.uniform(0.98, 1.02, 2)
    return image.resize((round(image.width * across), round(image.height * down)))


def _cropped(image: Image.Image, chance: Chance) -> Image.Image:
    left, top, right, bottom = chance.uniform(0, 0.045, 4)
    width, height = image.size
    return image.crop(
        (int(left * width), int(top * height), int((1 - right) * width), int((1 - bottom) * height))
    )


def _margin(image: Image.Image, chance: Chance) -> Image.Image:
    colour = [(255, 255, 255), (0, 0, 0), (228, 222, 210)][chance.integers(3)]
    around = [int(side) for side in chance.uniform(0.02, 0.12, 4) * min(image.size)]
    size = (image.width + around[0] + around[2], image.height + around[1] + around[3])
    mount = Image.new("RGB", size, colour)
    mount.paste(image, (around[0], around[1]))
    return mount


def _framed(image: Image.Image, chance: Chance) -> Image.Image:
    """In a frame of carved gold that no plain border is."""
    wide = int(chance.uniform(0.03, 0.08) * min(image.size))
    size = (image.width + 2 * wide, image.height + 2 * wide)
    ribs = 40 * np.sin(_grid(*size)[0] * 150) * np.sin(_grid(*size)[1] * 150)
    ribs = ribs + chance.normal(0, 12, ribs.shape)
    frame = _levels(Image.new("RGB", size, (150, 110, 50)), lambda levels: levels + ribs[..., None])
    frame.paste(image, (wide, wide))
    return frame


def _signed(image: Image.Image, chance: Chance) -> Image.Image:
    """With a strip that names who owns the scan."""
    strip = int(chance.uniform(0.04, 0.09) * image.height) + 10
    level = int(chance.choice([0, 128, 255]))
    signed = Image.new("RGB", (image.width, image.height + strip), (level,) * 3)
    signed.paste(image, (0, 0))
    ink = (255 - level if level != 128 else 0,) * 3
    draw = ImageDraw.Draw(signed)
    draw.text((6, image.height + strip // 2 - 6), "© The museum, all rights reserved", ink)
    return signed


_TURNS = Image.Transpose
COPIES: dict[str, Callable[[Image.Image, Chance], Image.Image]] = {
    "cast": _cast,
    "gamma": _gamma,
    "contrast": _contrast,
    "faded": _faded,
    "recompressed": _recompressed,
    "resized": _resized,
    "cropped": _cropped,
    "margin": _margin,
    "framed": _framed,
    "signed": _signed,
    "mirrored": lambda image, _: image.transpose(_TURNS.FLIP_LEFT_RIGHT),
    "upside down": lambda image, _: image.transpose(_TURNS.ROTATE_180),
    "quarter turn": lambda image, chance: image.transpose(
        [_TURNS.ROTATE_90, _TURNS.ROTATE_270][chance.integers(2)]
    ),
    "grey": lambda image, _: image.convert("L").convert("RGB"),
}
"""What is done to a copy, by name."""


def copied(image: Image.Image, chance: Chance) -> tuple[str, Image.Image]:
    """One change, or two; recompressed always, as copies are."""
    first, second = chance.choice(list(COPIES), 2, replace=False)
    image = COPIES[first](image, chance)
    if chance.random() < 0.3:
        image = COPIES[second](image, chance)
        first = f"{first} + {second}"
    return first, image

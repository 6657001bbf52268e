"""Pictures to make kits of, drawn by code."""

import numpy as np
from PIL import Image, ImageDraw

from impasto.core.images import Picture
from impasto.data.colourfield import paint


def painting(seed: int = 3, width: int = 320, height: int = 240) -> Picture:
    """A built-in painting."""
    return np.asarray(Image.fromarray(paint(seed, 256)).resize((width, height)))


def landscape(width: int = 360, height: int = 240) -> Picture:
    """A pale sky that darkens evenly, hills, a sun, speckled grass."""
    chance = np.random.default_rng(0)
    sky = np.linspace((120, 170, 230), (200, 220, 240), height)[:, None].repeat(width, 1)
    image = Image.fromarray(sky.astype(np.uint8))
    draw = ImageDraw.Draw(image)
    draw.ellipse((270, 20, 310, 60), fill=(250, 230, 120))
    draw.polygon([(0, 160), (90, 100), (200, 170), (360, 120), (360, 240), (0, 240)], (60, 90, 70))
    grass = np.array(image)
    grass[190:] = np.clip(grass[190:] + chance.integers(-40, 40, (50, width, 1)), 0, 255)
    return grass


def line_drawing(side: int = 300) -> Picture:
    """Black lines on white, thinner than any brush."""
    image = Image.new("RGB", (side, side), "white")
    draw = ImageDraw.Draw(image)
    wide = max(1, side // 150)
    for share in (0.1, 0.2, 0.31, 0.44):
        low, high = side * (0.5 - share), side * (0.5 + share)
        draw.ellipse((low, low, high, high), outline="black", width=wide)
    draw.line((0, 0, side, side), fill="black", width=wide)
    draw.line((0, side * 0.7, side, side * 0.4), fill="black", width=wide)
    return np.asarray(image)


def noise(width: int = 240, height: int = 160) -> Picture:
    """Colours at random: nothing in it is as wide as a brush."""
    return np.random.default_rng(1).integers(0, 255, (height, width, 3), np.uint8)

"""Colours for the built-in paintings: limited palettes, bent a little for every picture.

A palette is five colours that were chosen to hang together. Each picture takes one, turns all
its hues by the same small angle in OKLab and moves lightness and chroma a little, so that the
palettes are neighbourhoods and not a list of modes.
"""

import math
from random import Random

import numpy as np
from numpy.typing import NDArray

from impasto.core.colour import from_oklab, to_oklab

Colour = NDArray[np.float64]
"""Three sRGB values, 0–1."""

PALETTES: dict[str, str] = {
    "maroon": "3a0f12 6b1a1c a5301f c9542a 1f0a0d",
    "ember": "c8401c e8842a f0b040 8e1f14 f5d9a0",
    "lagoon": "14283f 1f5a6b 2f8f83 c9d8c4 0d1726",
    "wheat": "e9b12c f2d25a e0742a f6ead0 b8431f",
    "moss": "5d1a2b 27452f 8a9a4a d9b98a 14201a",
    "iris": "4a2f5e 7d5a8c c79a3c ead7b0 241a33",
    "rust": "8c3b1f c06a3a 2a4d7a 9fb7c8 1c2233",
    "chapel": "17151a 2a2629 6b6662 a8a29a 3a2a30",
    "rose": "e7a6a1 d4544e b7263a f3dcd0 6d1530",
    "ultramarine": "1b2f8f 3d62c4 e9e2d0 d6372a 0f1a4a",
    "cadmium": "c4201d e13b22 f3eadb 2a1414 f0a52f",
    "harbour": "12324a 2f6687 d98c93 f1d6cc 7a2438",
    "sand": "d8c3a0 b99468 8a5a3a efe6d4 3d2b22",
    "tide": "8fc1c4 4f96a8 e9efe4 22566b e7b98d",
    "orchard": "b9cf7a 6fa35a f4efcf e8a0a8 3f7a6a",
    "dusk": "f2a65a e0604a 8c3a5e 3a2550 f7dba7",
    "mustard": "d09a22 1d2a4d f1e5c4 7a6a2c b3421f",
    "lilac": "b9a3d0 8f74b5 f0e6ee d98a5a 5a4a86",
    "tangerine": "ea6a1f 0f6d6e f4e2c2 f2a33a 083a44",
    "forest": "1d3b2a 3f6b45 a8b06a e3dcb8 7a3b22",
    "plum": "3f1233 7a2459 d3a13a f1dfb4 1d0a1c",
    "frost": "dfe7ea a9c3d1 6b93b0 f6f2ea d9694e",
    "oxblood": "141113 7f1518 c9301f 2c1c1e e8d9c2",
    "coral": "f07f62 f6b79a 2f6f8f f5eee2 8f2f3a",
    "peony": "c2307a e887ad 2f7a55 f5e6df 7b1c4e",
    "lemon": "f0dc4a f6f0d4 9aa0a3 5a6068 e0882a",
    "verdigris": "2c9a9a 8fd0c6 5b3322 f0e4cf b5622f",
    "nocturne": "0c1226 1a2550 3a3f86 6f5aa0 d8a84a",
}


class Palette:
    """The five colours of one picture, and the choice of the next one."""

    def __init__(self, chance: Random) -> None:
        name = _pick(chance, list(PALETTES))
        lab = _LAB[name].copy()
        angle = _bell(chance) * math.radians(11)
        turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        lab[:, 1:] = lab[:, 1:] @ turn.T * (0.85 + 0.3 * chance.random())
        lab[:, 0] += 0.02 * _bell(chance)
        lab += 0.012 * np.array([[_bell(chance) for _ in range(3)] for _ in lab])
        self._lab = lab
        self.colours: NDArray[np.float64] = from_oklab(lab)
        """(5, 3), sRGB, 0–1."""
        self.chance = chance

    def pick(self, *apart_from: Colour, distance: float = 0.14) -> Colour:
        """Any colour that the eye tells from each of `apart_from`; else the farthest one."""
        if not apart_from:
            return self._colour(int(self.chance.random() * len(self.colours)))
        others = to_oklab(np.stack(apart_from))
        gaps = np.linalg.norm(self._lab[:, None] - others[None], axis=-1).min(axis=1)
        far = np.flatnonzero(gaps >= distance)
        roll = self.chance.random()
        chosen = far[int(roll * len(far))] if len(far) else int(gaps.argmax())
        return self._colour(chosen)

    def row(self, count: int, start: Colour) -> list[Colour]:
        """`count` colours for neighbours in a row, each apart from the one before it."""
        colours = [start]
        for _ in range(count):
            colours.append(self.pick(*colours[-2:], distance=0.12))
        return colours[1:]

    def _colour(self, number: int) -> Colour:
        return np.asarray(self.colours[number])

    @property
    def darkest(self) -> Colour:
        """The colour of least lightness."""
        return self._colour(int(self._lab[:, 0].argmin()))

    @property
    def vivid(self) -> list[Colour]:
        """The colours by chroma, the strongest first."""
        order = np.argsort(-np.hypot(self._lab[:, 1], self._lab[:, 2]))
        return [self._colour(int(number)) for number in order]


def raw_canvas(chance: Random) -> Colour:
    """Unprimed cotton duck or linen: a warm, light grey-yellow."""
    lightness, chroma, hue = 0.87 + 0.07 * chance.random(), 0.02 + 0.025 * chance.random(), 1.45
    return from_oklab(np.array([lightness, chroma * math.cos(hue), chroma * math.sin(hue)]))


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """`share` of `other` stirred into `one`, in OKLab."""
    return from_oklab(to_oklab(one) * (1 - share) + to_oklab(other) * share)


def _pick(chance: Random, items: list[str]) -> str:
    return items[int(chance.random() * len(items))]


def _bell(chance: Random) -> float:
    """Nearly normal, mean 0, deviation 1, never beyond 3.5: only sums, so the same anywhere."""
    return math.fsum(chance.random() for _ in range(4)) * math.sqrt(3) - 2 * math.sqrt(3)


def _parse(text: str) -> NDArray[np.float64]:
    values = [[int(word[at : at + 2], 16) / 255 for at in (0, 2, 4)] for word in text.split()]
    return np.array(values)


_LAB = {name: to_oklab(_parse(text)) for name, text in PALETTES.items()}

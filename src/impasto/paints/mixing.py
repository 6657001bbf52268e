"""Paints, what they mix to in whole parts, and the mixtures that come nearest to given colours."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import comb, gcd

import numpy as np
from numpy.typing import NDArray

from impasto.core.colour import from_oklab, to_oklab
from impasto.paints.difference import cielab_delta_e, delta_e, to_cielab
from impasto.paints.kubelka_munk import film, inside, measured, opaque, outside
from impasto.paints.spectra import BANDS, to_reflectance, to_srgb

Array = NDArray[np.float64]

MOST_TOGETHER = 3
"""Paints in a mixture: more are muddy, and tiresome to mix twice alike."""

MOST_PARTS = {1: 1, 2: 20, 3: 12}
"""Of so many paints: a drop of blue in a pot of white is a colour of its own."""

FEWEST_PARTS = 8
MOST_MIXTURES = 200_000
"""With many paints there are fewer parts, so that mixtures stay so few."""

COVERING = 4.0
"""S times the thickness of a swatch of which only the colour over white is known."""

TROUBLE = 0.5
"""How much nearer, as ΔE, a mixture must come to be worth one more paint."""

LIKELY = 64
"""Mixtures, by distance in CIELAB, whose ΔE is computed for each colour."""

_BATCH = 20_000


@dataclass(frozen=True)
class Mixture:
    """A recipe."""

    parts: tuple[tuple[str, int], ...]
    """Names and whole parts by volume, the largest first."""

    colour: tuple[float, float, float]
    """What it looks like painted: sRGB, 0–1."""

    delta_e: float
    """How far that is from the colour that was wanted."""

    def recipe(self) -> str:
        """As `3 Titanium white + 1 Cobalt blue`; a paint from the tube is called by its name."""
        if len(self.parts) == 1:
            return self.parts[0][0]
        return " + ".join(f"{count} {name}" for name, count in self.parts)


@dataclass(frozen=True)
class Paints:
    """A set of paints."""

    names: tuple[str, ...]
    absorption: Array
    """(P, 16), K times the thickness of the swatches."""

    scattering: Array
    """(P, 16), S times the same."""

    coats: float | None = None
    """Painted as thick as so many swatches; None: until it covers."""

    ground: float = 0.92
    """What the canvas reflects."""

    source: str = ""

    @classmethod
    def from_swatches(
        cls,
        names: Sequence[str],
        over_white: Sequence[Array],
        over_black: Sequence[Array | None],
        cards: tuple[Array, Array],
        strengths: Sequence[float] | None = None,
        coats: float | None = None,
        source: str = "",
    ) -> "Paints":
        """Paints from their swatches, all of one thickness.

        Args:
            names: of the paints.
            over_white: each swatch's colour over white, (3,), sRGB in 0–1.
            over_black: the same film over black; None for a paint that covers.
            cards: the colours of that white and black.
            strengths: how much more each tints than its swatches say.
            coats: see above.
            source: where the colours were taken from.
        """
        white, black = (inside(to_reflectance(card)) for card in cards)
        found = []
        for light, dark in zip(over_white, over_black, strict=True):
            seen = inside(to_reflectance(light))
            if dark is None:
                scattering = np.full(len(BANDS), COVERING)
                found.append((scattering * np.square(1 - seen) / (2 * seen), scattering))
            else:
                found.append(measured(seen, inside(to_reflectance(dark)), white, black))
        scale = np.asarray(strengths or np.ones(len(names)), np.float64)[:, None]
        absorption, scattering = (np.stack(each) * scale for each in zip(*found, strict=True))
        return cls(tuple(names), absorption, scattering, coats, source=source)

    def colours(self, parts: NDArray[np.integer] | Array) -> Array:
        """What mixtures look like painted: (N, P) parts → (N, 3), sRGB in 0–1."""
        share = parts / parts.sum(1, keepdims=True)
        absorption, scattering = share @ self.absorption, share @ self.scattering
        if self.coats is None:
            return to_srgb(outside(opaque(absorption, scattering)))
        thick = self.coats
        below = float(inside(np.array(self.ground)))
        return to_srgb(outside(film(thick * absorption, thick * scattering, below)))

    @cached_property
    def mixtures(self) -> tuple[NDArray[np.uint8], Array]:
        """All mixtures of a few paints in few whole parts: (N, P) parts and (N, 3) colours."""
        rows = []
        for together in range(1, min(MOST_TOGETHER, len(self.names)) + 1):
            groups = comb(len(self.names), together)
            most = MOST_PARTS[together]
            while most > FEWEST_PARTS and groups * len(_shares(together, most)) > MOST_MIXTURES:
                most -= 1
            shares = np.array(_shares(together, most), np.uint8)
            for chosen in combinations(range(len(self.names)), together):
                row = np.zeros((len(shares), len(self.names)), np.uint8)
                row[:, chosen] = shares
                rows.append(row)
        parts = np.concatenate(rows)
        starts = range(0, len(parts), _BATCH)
        return parts, np.concatenate([self.colours(parts[at : at + _BATCH]) for at in starts])

    @cached_property
    def _known(self) -> tuple[Array, Array]:
        """Of all mixtures, where they lie in CIELAB, and what they cost in trouble."""
        parts, colours = self.mixtures
        trouble = TROUBLE * ((parts > 0).sum(1) - 1 + parts.sum(1) / max(MOST_PARTS.values()))
        return to_cielab(colours), trouble

    def nearest(self, wanted: Array) -> NDArray[np.intp]:
        """For each colour the number of the mixture that comes nearest, no mixture twice.

        Args:
            wanted: (K, 3), sRGB in 0–1; where two want the same mixture, the earlier one gets it.
        """
        known, trouble = self._known
        taken: list[int] = []
        for colour in to_cielab(wanted):
            away = np.square(known - colour).sum(1)
            away[taken[: len(known) - 1]] = np.inf
            count = min(LIKELY, len(known) - 1)
            likely = np.argpartition(away, count)[: count + 1] if count else np.array([0])
            cost = cielab_delta_e(known[likely], colour) + trouble[likely]
            cost[np.isinf(away[likely])] = np.inf
            taken.append(int(likely[cost.argmin()]))
        return np.array(taken)

    def chooser(self, wanted: Array) -> Array:
        """The colours of the mixtures nearest to those that are wanted: (K, 3), Oklab."""
        return to_oklab(self.mixtures[1][self.nearest(from_oklab(wanted))])

    def recipe_for(self, colour: Array, wanted: Array) -> Mixture:
        """The mixture whose colour this is, and how near it comes to what is wanted.

        Args:
            colour: (3,), Oklab, one that `chooser` gave.
            wanted: (3,), sRGB in 0–1.
        """
        parts, colours = self.mixtures
        away = np.square(self._known[0] - to_cielab(from_oklab(colour))).sum(1)
        number = int(away.argmin())
        used = sorted(
            np.flatnonzero(parts[number]).tolist(), key=lambda at: -int(parts[number, at])
        )
        red, green, blue = colours[number].tolist()
        return Mixture(
            tuple((self.names[at], int(parts[number, at])) for at in used),
            (red, green, blue),
            float(delta_e(colours[number], wanted)),
        )


def _shares(together: int, most: int) -> list[tuple[int, ...]]:
    """Whole parts of so many paints, each at least one, that cannot be made smaller."""

    def split(left: int, count: int) -> list[tuple[int, ...]]:
        if count == 0:
            return [()]
        return [
            (first, *rest)
            for first in range(1, left - count + 2)
            for rest in split(left - first, count - 1)
        ]

    return [parts for parts in split(most, together) if gcd(*parts) == 1]

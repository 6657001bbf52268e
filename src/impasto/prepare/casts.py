"""What happens to a painting's colours between two scans, and what does not."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impasto.prepare.sketches import GREY

Colours = NDArray[np.float64]

_LEAST_GAIN, _MOST_GAIN = 0.65, 1.55
_SATURATIONS = (0.5, 0.75, 1.0, 1.25, 1.5)
_GREY = 6.0
"""Grey levels by which the colours of a grey or evenly tinted picture spread, at most."""
_STEADY = 9.0
"""Squared grey levels of spread below which a channel tells no gain."""
_NOISE = 4.0
_MOST_UNEXPLAINED = 0.45
_MOST_STRAIN = 1.6
"""Of 350 copies of plain fields, fans and motifs none had more than .05 unexplained, 99 % a tint
below 25 and 30 levels of brightness; of 47 pairs of real scans of impressionists, whose strokes
agree, none more than .37, 38 and 47."""


@dataclass(frozen=True)
class Cast:
    """The change of colours that explains one picture by the other best."""

    unexplained: float
    """Share of the variance of colours, 0–1, that it leaves."""
    tint: float
    """The most by which a channel is shifted against the others, in grey levels."""
    brighter: float
    """By how much all are, in grey levels."""

    @property
    def exact(self) -> bool:
        """Whether every field has its colour: then little detail is asked for."""
        return self.unexplained <= 0.015 and self.fits(0)

    def fits(self, rich: float, stroked: float = 1.0) -> bool:
        """Whether the colours can be those of one painting.

        Scans of one painting differ in more than one respect, but not to the limit in each.

        Args:
            rich: from 0, where only colour tells fields apart, to 1, where strokes do.
            stroked: share of the variance that strokes make; the grain of fields makes less.
        """
        slack = float(np.clip((rich - 0.6) / 0.3, 0, 1)) ** 4  # many edges are no strokes yet
        slack = min(slack, 0.2 + 0.8 * float(np.clip((stroked - 0.02) / 0.03, 0, 1)))
        strain = self.unexplained / (0.04 + 0.46 * slack)
        strain += (self.tint / (32 + 28 * slack)) ** 2
        strain += (self.brighter / (45 + 25 * slack)) ** 2
        return strain <= _MOST_STRAIN and self.unexplained <= _MOST_UNEXPLAINED


def explain(one: Colours, two: Colours) -> Cast:
    """The cast that turns the colours of one picture into the other's, whichever way is better.

    Each channel may have a gain and an offset, all together may be paler or stronger, and one of
    the two may be grey. A general affine change would explain any recolouring of four fields.

    Args:
        one: (N, 3), the colours of places, 0–255.
        two: (N, 3), of the same places.
    """
    ways = [_cast(one, two), _cast(two, one)]
    return min(ways, key=lambda cast: cast.unexplained + cast.tint / 1000)


def _cast(source: Colours, target: Colours) -> Cast:
    saturations = (*_SATURATIONS, 0.0) if _is_grey(target) else _SATURATIONS
    casts = [_at(source, target, saturation) for saturation in saturations]
    return min(casts, key=lambda cast: cast.unexplained + cast.tint / 1000)


def _is_grey(colours: Colours) -> bool:
    hues = colours - (colours @ GREY)[:, None]
    return float(np.sqrt(((hues - hues.mean(0)) ** 2).mean())) < _GREY


def _at(source: Colours, target: Colours, saturation: float) -> Cast:
    source = saturation * source + (1 - saturation) * (source @ GREY)[:, None]
    offset = target.mean(0) - source.mean(0)
    source, target = source - source.mean(0), target - target.mean(0)
    gain = ((source * target).mean(0) + _STEADY) / ((source * source).mean(0) + _STEADY)
    rest = target - np.clip(gain, _LEAST_GAIN, _MOST_GAIN) * source
    unexplained = (rest * rest).mean() / ((target * target).mean() + _NOISE)
    tint = float(np.abs(offset - offset.mean()).max())
    return Cast(float(unexplained), tint, float(offset.mean()))

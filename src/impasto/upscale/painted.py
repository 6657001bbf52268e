"""Enlarging with the paint of originals, on shapes that a network draws where that is quick."""

import colorsys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from impasto.brushwork.donors import DONORS, choose
from impasto.brushwork.finish import Finished, finish
from impasto.brushwork.originals import Originals, thumb_of
from impasto.brushwork.shapes import Shapes
from impasto.core.console import say
from impasto.core.device import has_fast_bf16
from impasto.core.files import write_json
from impasto.core.images import FILTER, Picture, save
from impasto.core.notes import latents_in
from impasto.core.threads import THREADS
from impasto.data.decode import FORMATS
from impasto.errors import ImpastoError
from impasto.upscale.method import MAP_FORMAT, Job, maps_of
from impasto.upscale.networks import load_enlarger
from impasto.upscale.picture import Settings, enlarge, read_picture

LONGEST = 32
"""Pixels: no larger piece of an original is copied, unless asked for."""

LARGEST = 4096
"""Pixels on the longer side of a result: 2 GB of memory."""

FINER = 4
"""A picture is painted anew where it is finer than this part of the result."""

OF_SAMPLES = 0.8
"""What is kept of a generator's picture: its finest detail is its worst."""

NETWORK, TIMES = "quality", 4
"""What draws shapes, and how many times larger."""

MOST_SHAPED = 128
"""Pixels on the shorter side of what the network enlarges: of all donors as well, half a processor
second for each 64² pixels."""

_LEAST = 16
_VERSION = 1
_LENGTHS = (8, 16, 32, 64)


@dataclass(frozen=True)
class Painted:
    """A method of `upscale`: any size, with the paint of originals."""

    originals: Originals
    size: int | None = None
    """Longer side of the results in pixels; None for `FINER` times the picture's, and at most
    `LARGEST`."""

    keep: int | None = None
    """Shorter side to which a picture is reduced first; None chooses."""

    longest: int = LONGEST
    donors: int = DONORS
    seed: int = 0
    shapes: Shapes | None = None
    dpi: float | None = None
    said: list[str] = field(default_factory=list, compare=False)

    @property
    def key(self) -> str:
        """All that makes one result differ from another."""
        names, barred = self.originals.names, sorted(self.originals.barred)
        left_out = [names[number] for number in barred]
        parts = (self.originals.shown, self.size, self.keep, self.longest, self.donors, self.seed)
        shapes = self.shapes.name if self.shapes else "soft"
        return " ".join(map(str, ("painted", *parts, shapes, left_out)))

    def sides(self, width: int, height: int) -> tuple[int, int]:
        """Height and width of the result."""
        longer = max(width, height)
        scale = (self.size or min(LARGEST, FINER * longer)) / longer
        return max(1, round(height * scale)), max(1, round(width * scale))

    def work(self, width: int, height: int) -> int:
        """Thousands of pixels."""
        high, wide = self.sides(width, height)
        return max(1, high * wide // 1000)

    def make(self, job: Job, done: Callable[[float], None]) -> NDArray[np.uint8]:
        """Paint one picture; beside it goes a map of whose paint is where.

        Raises:
            ImpastoError: it cannot be read, is too small or too narrow, or no size is asked for
                and it is as large already as can be painted.
        """
        picture, alpha = read_picture(job.source)
        height, width, _ = picture.shape
        sides = self.sides(width, height)
        if self.size is None and max(sides) <= max(height, width):
            raise ImpastoError(
                f"{job.source} has {width:,}×{height:,} pixels, and at most {LARGEST:,} a side are "
                "painted; name a --size to have it painted anew that large."
            )
        if min(height, width) < _LEAST or min(sides) < 2 * _LEAST:
            raise ImpastoError(
                f"{job.source} has {width}×{height} pixels and would become {sides[1]}×{sides[0]}; "
                f"to be painted each side needs at least {_LEAST}, and {2 * _LEAST} then."
            )
        begin = self._begin(job.source, min(height, width), min(sides))
        THREADS.adjust(torch.device("cpu"))
        chosen = choose(
            thumb_of(Image.fromarray(picture)),
            self.originals.known,
            self.originals.usable,
            self.donors,
        )
        opened = [self.originals.open(number, min(sides), mirror) for number, mirror in chosen]
        self._say_if_smaller(opened, min(sides))
        total = self.work(width, height)
        found = finish(
            picture,
            opened,
            sides,
            begin=begin,
            shapes=self.shapes if begin <= MOST_SHAPED else None,
            longest=self.longest,
            seed=self.seed,
            advance=lambda share: done(share * total),
        )
        self._tell(found, job.target, chosen, begin)
        if alpha is None:
            return found.picture
        size = (sides[1], sides[0])
        grown = np.asarray(Image.fromarray(alpha).resize(size, FILTER))[..., None]
        return np.concatenate([found.picture, grown], axis=2)

    def _say_if_smaller(self, opened: Sequence[torch.Tensor], short: int) -> None:
        """Say once if originals are smaller than what is painted with their paint."""
        largest = max(min(each.shape[2:]) for each in opened)
        if largest < short and not self.said:
            self.said.append(
                f"The originals of {self.originals.shown} have at most {largest:,} pixels on the "
                "shorter side: their brushwork is not enlarged, so it looks finer on this larger "
                "picture."
            )
            say(self.said[0], style="dim")

    def _begin(self, source: Path, short: int, wanted: int) -> int:
        if self.keep is not None:
            return max(_LEAST, min(self.keep, short, wanted - 1))
        if latents_in(source) is not None:
            short = round(short * OF_SAMPLES)
            if self.shapes is not None:
                short = min(short, MOST_SHAPED)
        return max(_LEAST, min(short, wanted // FINER))

    def _tell(
        self, found: Finished, target: Path, chosen: Sequence[tuple[int, bool]], begin: int
    ) -> None:
        """`NAME-paint.png`, a colour an original, and `NAME-paint.json`."""
        height, width, _ = found.picture.shape
        pieces = found.pieces
        counts = Counter(pieces.donor.flatten().tolist())
        rows: list[dict[str, object]] = [
            {
                "file": self.originals.names[number],
                "mirrored": mirrored,
                "share": round(counts[place] / pieces.donor.numel(), 4),
                "colour": "#{:02x}{:02x}{:02x}".format(*_colour(place)),
            }
            for place, (number, mirrored) in enumerate(chosen)
        ]
        drawn, description = maps_of(target)
        write_json(
            description,
            {
                "format": MAP_FORMAT,
                "version": _VERSION,
                "paint_from": self.originals.shown,
                "width": width,
                "height": height,
                "kept_to": begin,
                "shapes_by": self.shapes.name if self.shapes and begin <= MOST_SHAPED else None,
                "seed": self.seed,
                "longest_piece": pieces.longest,
                "share_in_pieces_longer_than": {
                    str(length): round(pieces.share_above(length), 4) for length in _LENGTHS
                },
                "originals": rows,
            },
        )
        save(_map(found, len(chosen)), drawn)


def usual_much(path: Path) -> str:
    """How large a picture becomes where no size is asked for, for its name: `x4`, or `4096`."""
    try:
        with Image.open(path, formats=FORMATS) as image:
            longer = max(image.size)
    except Exception:  # codecs raise anything; `read_picture` will say what is wrong
        return f"x{FINER}"
    return f"x{FINER}" if FINER * longer <= LARGEST else str(LARGEST)


def shapes_for(originals: Originals) -> Shapes | None:
    """The network that draws shapes; None where its weights are not installed, and that is said."""
    bf16 = has_fast_bf16("cpu")
    try:
        settings = Settings(load_enlarger(NETWORK), TIMES, bf16=bf16)
    except ImpastoError as error:
        say(f"Shapes will be softer than they could be: {error}", style="dim")
        return None
    name = f"{settings.enlarger.name} in {'bf16' if bf16 else 'fp32'}"
    remembered = originals.remembered / "shapes"
    return Shapes(lambda picture: enlarge(picture, settings), TIMES, name, remembered)


def _colour(place: int) -> tuple[int, int, int]:
    """Colours as unlike as can be: hues by the golden angle, in two lightnesses."""
    found = colorsys.hls_to_rgb(place * 0.381966 % 1, 0.42 + 0.22 * (place % 2), 0.7)
    red, green, blue = (round(255 * each) for each in found)
    return red, green, blue


def _map(found: Finished, count: int) -> Picture:
    """(H, W, 3): the colour of whose paint it is, darker where a piece ends."""
    pieces = found.pieces
    colours = np.array([_colour(place) for place in range(count)], np.uint8)
    picture = colours[pieces.donor.numpy()]
    number = pieces.number.numpy()
    rim = np.zeros(number.shape, bool)
    rim[1:] |= number[1:] != number[:-1]
    rim[:, 1:] |= number[:, 1:] != number[:, :-1]
    picture[rim] = picture[rim] // 2
    large = picture.repeat(pieces.cell, 0).repeat(pieces.cell, 1)
    height, width, _ = found.picture.shape
    return np.ascontiguousarray(large[:height, :width])

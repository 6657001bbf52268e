"""A picture, enlarged with the paint of originals: from coarse to fine, half an octave at a time.

The idea of Hertzmann et al. 2001 ("Image analogies"), with places carried on from level to level
as in Granot et al. 2022 ("Drop the GAN", arXiv 2103.15545); what is copied is detail alone.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from impasto.brushwork.bands import (
    GAIN,
    LEAST,
    Looks,
    Sides,
    axes_of,
    contrast,
    cut,
    join,
    looks_of,
    resized,
)
from impasto.brushwork.field import Atlas, Field, Search
from impasto.brushwork.pieces import Pieces, keep_short, pieces_of
from impasto.core.images import Picture

STEP = math.sqrt(2)
"""How much larger each level is than the one before."""

COARSE = 128
"""Shorter side from which a cell has 2×2 pixels instead of one: a quarter of the work."""

ROUNDS, LATER = 15, 6
"""Of the search at the first level and at those after, which begin where the last one ended."""

REFINED, LARGEST_REFINED = 2, 1024
"""How often places are sought once more by what the result would look like (the alternation of
Kwatra et al. 2005, "Texture optimization for example-based synthesis"), and the shorter side up to
which that is done: it needs a second table."""

NEAR = 16.0
"""Cells around a place within which it is looked for again at the level after."""

ROUNDING = 1e-3
"""Of a cell: places that are whole numbers stay what they are."""

UNKNOWN = -1
"""The donor of a cell that no tile has come to yet."""

TILE, MARGIN = 512, 16
"""Cells on the side of what is searched at once, and how far beyond it is looked."""

WINDOW = 512
"""Cells on the side of a donor that are used at once: of large ones, about where they were used."""


@dataclass(frozen=True)
class Finished:
    """A picture, and where its paint is from."""

    picture: Picture
    pieces: Pieces


@dataclass(frozen=True)
class Level:
    """One step of the enlargement."""

    before: int
    """Shorter side that it comes from."""

    side: int
    """Shorter side that it gets."""

    @property
    def cell(self) -> int:
        """Pixels on the side of a cell."""
        return 1 if self.side <= COARSE else 2


def levels(begin: int, end: int) -> list[Level]:
    """Steps from one shorter side to another, all about `STEP` and alike."""
    count = max(1, round(math.log(end / begin) / math.log(STEP)))
    sides = [round(begin * (end / begin) ** (n / count)) for n in range(count + 1)]
    return [Level(before, side) for before, side in pairwise(sides)]


def finish(
    picture: Picture,
    donors: Sequence[Tensor],
    sides: Sides,
    *,
    begin: int,
    longest: int | None = None,
    seed: int = 0,
    advance: Callable[[float], None] = lambda share: None,
) -> Finished:
    """Paint a picture anew, larger, with the donors' paint.

    Args:
        picture: (H, W, 3), uint8: what is to be seen.
        donors: (1, 3, H, W) each, in 0–1: whose paint.
        sides: height and width of the result.
        begin: shorter side to which the picture is reduced first; what is finer is painted anew.
        longest: pixels of the result; no piece of an original is copied that is larger.
        seed: of the search.
        advance: is told of shares of the work as they are done.
    """
    given = torch.tensor(picture).permute(2, 0, 1)[None].float() / 255
    short = min(sides)
    steps = levels(min(begin, short - 1), short)
    now = resized(given, _sides(sides, steps[0].before))
    chance = torch.Generator().manual_seed(seed)
    work = sum(step.side**2 for step in steps)
    field: Field | None = None
    for step in steps:
        most = longest if step is steps[-1] else None
        painter = _Painter(donors, step, field, chance, most)
        now, field = painter.paint(now, _sides(sides, step.side), advance, work)
    assert field is not None  # there is at least one level
    painted = (now[0].clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()
    return Finished(np.ascontiguousarray(painted), pieces_of(field, steps[-1].cell))


def _sides(result: Sides, short: int) -> Sides:
    """Those of a smaller level: of the same shape."""
    scale = short / min(result)
    return max(1, round(result[0] * scale)), max(1, round(result[1] * scale))


class _Painter:
    """One level: all donors at its size, and a search tile by tile, so that memory has a bound."""

    def __init__(
        self,
        donors: Sequence[Tensor],
        level: Level,
        before: Field | None,
        chance: torch.Generator,
        longest: int | None,
    ) -> None:
        self.level, self.before, self.chance, self.longest = level, before, chance, longest
        windows = [self._window(number, donor) for number, donor in enumerate(donors)]
        seen = [_seen(donor, level, window) for donor, window in zip(donors, windows, strict=True)]
        self.axes = axes_of(torch.cat([each.looks.detail for each in seen]))
        counts = torch.tensor([len(each.band) for each in seen])
        self.atlas = Atlas(
            torch.cat([each.looks.project(self.axes) for each in seen]),
            torch.cat([each.band for each in seen]),
            counts.cumsum(0) - counts,
            torch.tensor([each.looks.grid[0] for each in seen]),
            torch.tensor([each.looks.grid[1] for each in seen]),
        )
        self.sharp: tuple[Atlas, Tensor] | None = None
        if level.side <= LARGEST_REFINED:
            axes = axes_of(torch.cat([each.sharp.detail for each in seen]))
            table = torch.cat([each.sharp.project(axes) for each in seen])
            self.sharp = replace(self.atlas, looks=table), axes
        self.contrasts = torch.cat([each.contrast for each in seen])
        self.corners = torch.tensor([each.corner for each in seen])
        self.grown = torch.tensor(
            [_scaled(each, level.side)[0] / _scaled(each, level.before)[0] for each in donors]
        )
        self.margin = max(MARGIN, (longest or 0) // level.cell)

    def paint(
        self, before: Tensor, sides: Sides, advance: Callable[[float], None], work: int
    ) -> tuple[Tensor, Field]:
        """The picture at this level, with the donors' band; and the field of the whole donors."""
        cell = self.level.cell
        soft = _padded(resized(before, sides), cell)
        grid = soft.shape[2] // cell, soft.shape[3] // cell
        begun = None if self.before is None else self._carried(self.before, grid)
        whole = Field(*(torch.full(grid, UNKNOWN) for _ in range(3)))
        painted = torch.empty_like(soft)
        for top, left in product(range(0, grid[0], TILE), range(0, grid[1], TILE)):
            outer, inner, within = _tile(top, left, grid, self.margin)
            part = soft[:, :, _pixels(outer[0], cell), _pixels(outer[1], cell)]
            found, field = self._part(
                part, None if begun is None else begun.part(outer), whole.part(outer)
            )
            place = (..., _pixels(inner[0], cell), _pixels(inner[1], cell))
            painted[place] = found[..., _pixels(within[0], cell), _pixels(within[1], cell)]
            donor, row, column = field.part(within)
            down, right = self.corners[donor].unbind(-1)
            for target, values in zip(whole, (donor, row + down, column + right), strict=True):
                target[inner] = values
            share = (inner[0].stop - inner[0].start) * (inner[1].stop - inner[1].start)
            advance(share / (grid[0] * grid[1]) * self.level.side**2 / work)
        return painted[..., : sides[0], : sides[1]], whole

    def _part(self, soft: Tensor, begun: Field | None, done: Field) -> tuple[Tensor, Field]:
        """Paint a tile; places of neighbouring tiles that are `done` stay as they are."""
        looks = looks_of(soft, self.level.cell)
        if begun is None:
            field = self.atlas.draw(looks.grid, self.chance)
            rounds, far = ROUNDS, max(looks.grid) / 2
        else:
            # Where donors grow no more, what went on in them before goes on no longer.
            rounds = LATER if bool((self.grown > 1).all()) else ROUNDS
            field, far = self._within(begun), NEAR
        fixed = done.donor != UNKNOWN
        field = self._within(done).where(fixed, field)
        search = Search(self.atlas, looks.project(self.axes), field, self.chance, fixed)
        search.run(rounds, far)
        search.mend_seams()
        if self.sharp is not None:
            atlas, axes = self.sharp
            for _ in range(REFINED):
                painted = looks_of(self._laid_on(soft, search.field), self.level.cell)
                search = Search(atlas, painted.project(axes), search.field, self.chance, fixed)
                search.run(LATER, NEAR / 2)
                search.mend_seams()
        if self.longest is not None:
            keep_short(search, max(1, self.longest // self.level.cell))
        return self._laid_on(soft, search.field), search.field

    def _within(self, field: Field) -> Field:
        """Places in whole donors, as places in the parts of them that are used."""
        down, right = self.corners[field.donor].unbind(-1)
        return Field(field.donor.clamp_min(0), field.row - down, field.column - right)

    def _carried(self, field: Field, grid: Sides) -> Field:
        """A field of the level before, for the cells of this one: each goes on from its old place.

        A donor that has reached its own size grows no further.
        """
        cell, old_cell = self.level.cell, Level(0, self.level.before).cell
        scale = self.level.side / self.level.before
        indices, offsets = [], []
        for count, old_count in zip(grid, field.row.shape, strict=True):
            centre = (torch.arange(count) + 0.5) * cell / (scale * old_cell)  # in old cells
            index = centre.long().clamp_max(old_count - 1)
            indices.append(index)
            offsets.append((centre - index - 0.5) * old_cell * scale)  # in pixels
        old = Field(*(part[indices[0]][:, indices[1]] for part in field))
        grown = self.grown[old.donor] * old_cell
        row = ((old.row + 0.5) * grown + offsets[0][:, None]) / cell
        column = ((old.column + 0.5) * grown + offsets[1]) / cell
        return Field(
            old.donor, torch.floor(row + ROUNDING).long(), torch.floor(column + ROUNDING).long()
        )

    def _laid_on(self, soft: Tensor, field: Field) -> Tensor:
        """The band at the field's places, as strong as the contrast that it comes to."""
        cell, grid = self.level.cell, field.row.shape
        found = self.atlas.numbers(field)
        theirs = self.contrasts.index_select(0, found).view(1, 1, *grid)
        own = F.avg_pool2d(contrast(soft), cell)
        gain = ((own + LEAST) / (theirs + LEAST)).clamp(*GAIN)
        gain = F.interpolate(gain, soft.shape[2:], mode="bilinear", align_corners=False)
        band = join(self.atlas.bands.index_select(0, found), (grid[0], grid[1]), cell)
        return (soft + gain * band).clamp(0, 1)

    def _window(self, number: int, donor: Tensor) -> tuple[float, float]:
        """Where in a donor paint was taken so far, as shares of its height and width."""
        if self.before is None or not bool((own := self.before.donor == number).any()):
            return 0.5, 0.5
        cell = Level(0, self.level.before).cell
        height, width = _scaled(donor, self.level.before)
        row, column = self.before.row[own].median(), self.before.column[own].median()
        return float(row) * cell / height, float(column) * cell / width


class _Seen(NamedTuple):
    """A donor at a level, or the part of it that is used there."""

    looks: Looks
    """Without the band."""

    sharp: Looks
    """With it."""

    band: Tensor
    contrast: Tensor
    corner: tuple[int, int]
    """Row and column of its first cell in the whole donor."""


def _seen(donor: Tensor, level: Level, centre: tuple[float, float]) -> _Seen:
    cell = level.cell
    height, width = _scaled(donor, level.side)
    sides = max(cell, height // cell * cell), max(cell, width // cell * cell)
    sharp = resized(donor, sides)
    less = level.before / level.side
    small = resized(sharp, (max(1, round(sides[0] * less)), max(1, round(sides[1] * less))))
    soft = resized(small, sides)
    corner, cuts = [], []
    for side, share in zip(sides, centre, strict=True):
        cells = side // cell
        count = min(cells, WINDOW)
        first = min(max(0, round(share * cells) - count // 2), cells - count)
        corner.append(first)
        cuts.append(slice(first * cell, (first + count) * cell))
    sharp, soft = sharp[:, :, cuts[0], cuts[1]], soft[:, :, cuts[0], cuts[1]]
    deviation = F.avg_pool2d(contrast(soft), cell).flatten()
    return _Seen(
        looks_of(soft, cell),
        looks_of(sharp, cell),
        cut(sharp - soft, cell),
        deviation,
        (corner[0], corner[1]),
    )


def _scaled(donor: Tensor, side: int) -> Sides:
    """A donor's height and width where pictures have that shorter side; it is never enlarged."""
    height, width = donor.shape[2], donor.shape[3]
    scale = min(1.0, side / min(height, width))
    return round(height * scale), round(width * scale)


def _padded(picture: Tensor, cell: int) -> Tensor:
    """With both sides multiples of `cell`."""
    down, right = -picture.shape[2] % cell, -picture.shape[3] % cell
    return F.pad(picture, (0, right, 0, down), mode="replicate") if down or right else picture


Part = tuple[slice, slice]


def _tile(top: int, left: int, grid: Sides, margin: int) -> tuple[Part, Part, Part]:
    """A tile with its margin, the tile, and the tile within its margin; in cells."""
    parts = []
    for first, count in ((top, grid[0]), (left, grid[1])):
        last = min(first + TILE, count)
        begin, end = max(0, first - margin), min(count, last + margin)
        inner = slice(first - begin, last - begin)
        parts.append((slice(begin, end), slice(first, last), inner))
    (outer, inner, within), (outer_2, inner_2, within_2) = parts
    return (outer, outer_2), (inner, inner_2), (within, within_2)


def _pixels(cells: slice, cell: int) -> slice:
    return slice(cells.start * cell, cells.stop * cell)

"""A picture, enlarged with the paint of originals: from coarse to fine.

Where a network draws shapes it makes the first step, four times as large; all others are half an
octave each.

The idea of Hertzmann et al. 2001 ("Image analogies"), with places carried on from level to level
as in Granot et al. 2022 ("Drop the GAN", arXiv 2103.15545); what is copied is detail alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from impasto.brushwork.bands import (
    LEAST,
    Sides,
    axes_of,
    contrast,
    edges,
    join,
    looks_of,
    resized,
)
from impasto.brushwork.field import Atlas, Field, Search
from impasto.brushwork.levels import Level, levels
from impasto.brushwork.pieces import Pieces, keep_short, pieces_of
from impasto.brushwork.seen import scaled, see
from impasto.brushwork.shapes import Shapes
from impasto.core.images import Picture

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

STEEP = 0.15
"""An edge on which half as much paint is laid: outlines are the network's. Paint of another edge
nibbles at them, and leaves specks of its colours."""

UNKNOWN = -1
"""The donor of a cell that no tile has come to yet."""

TILE, MARGIN = 256, 16
"""Cells on the side of what is searched at once, and how far beyond it is looked."""

LOOKING = 6
"""How many times as long as the search it takes to enlarge all donors by a network."""

Advance = Callable[[float], None]
"""Is told of shares of a work as they are done."""


@dataclass(frozen=True)
class Finished:
    """A picture, and where its paint is from."""

    picture: Picture
    pieces: Pieces


def finish(
    picture: Picture,
    donors: Sequence[Tensor],
    sides: Sides,
    *,
    begin: int,
    shapes: Shapes | None = None,
    longest: int | None = None,
    seed: int = 0,
    advance: Advance = lambda share: None,
) -> Finished:
    """Paint a picture anew, larger, with the donors' paint.

    Args:
        picture: (H, W, 3), uint8: what is to be seen.
        donors: (1, 3, H, W) each, in 0–1: whose paint.
        sides: height and width of the result.
        begin: shorter side to which the picture is reduced first; what is finer is painted anew.
        shapes: enlarge first, and get the paint that they leave out; None: bicubic alone.
        longest: pixels of the result; no piece of an original is copied that is larger.
        seed: of the search.
        advance: is told of shares of the work as they are done.
    """
    given = torch.tensor(picture).permute(2, 0, 1)[None].float() / 255
    short = min(sides)
    steps = levels(min(begin, short - 1), short, 1 if shapes is None else shapes.times)
    now = resized(given, _sides(sides, steps[0].before))
    chance = torch.Generator().manual_seed(seed)
    field: Field | None = None
    total = sum(map(_work, steps))
    for step in steps:
        most = longest if step is steps[-1] else None
        own = shapes if step.on_shapes else None
        share = _work(step) / total
        looking = share * LOOKING / (1 + LOOKING) if own else 0.0
        if own is not None:
            now = own.of(now)
        look = _part_of(advance, looking)
        painter = _Painter(donors, step, field, chance, most, own, look)
        paint = _part_of(advance, share - looking)
        now = resized(now, _sides(sides, step.side))  # what it was is not kept beside it
        now, field = painter.paint(now, paint, rounded=step is steps[-1])
    assert field is not None  # there is at least one level
    painted = now[0].permute(1, 2, 0).numpy()
    return Finished(np.ascontiguousarray(painted), pieces_of(field, steps[-1].cell))


def _sides(result: Sides, short: int) -> Sides:
    """Those of a smaller level: of the same shape."""
    scale = short / min(result)
    return max(1, round(result[0] * scale)), max(1, round(result[1] * scale))


def _work(level: Level) -> int:
    """How long a level takes, as shares of the whole."""
    return level.side**2 * (1 + LOOKING * level.on_shapes)


def _part_of(advance: Advance, share: float) -> Advance:
    """Tells of parts of a share."""
    return lambda part: advance(part * share)


class _Painter:
    """One level: all donors at its size, and a search tile by tile, so that memory has a bound."""

    def __init__(
        self,
        donors: Sequence[Tensor],
        level: Level,
        before: Field | None,
        chance: torch.Generator,
        longest: int | None,
        shapes: Shapes | None,
        advance: Advance,
    ) -> None:
        self.level, self.before, self.chance, self.longest = level, before, chance, longest
        seen = []
        for number, donor in enumerate(donors):
            seen.append(see(donor, level, self._window(number, donor), shapes))
            advance(1 / len(donors))
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
            [scaled(each, level.side)[0] / scaled(each, level.before)[0] for each in donors]
        )
        self.margin = max(MARGIN, (longest or 0) // level.cell)

    def paint(self, soft: Tensor, advance: Advance, *, rounded: bool) -> tuple[Tensor, Field]:
        """The picture at this level, with the donors' band; and the field of the whole donors.

        Args:
            soft: (1, 3, H, W), in 0–1: the level before at this one's size.
            advance: is told of shares of the work as they are done.
            rounded: whether the picture is wanted as bytes: of 4,096 pixels its numbers would take
                150 MB more.
        """
        cell, sides = self.level.cell, soft.shape[2:]
        soft = _padded(soft, cell)
        grid = soft.shape[2] // cell, soft.shape[3] // cell
        begun = None if self.before is None else self._carried(self.before, grid)
        whole = Field(*(torch.full(grid, UNKNOWN, dtype=torch.int32) for _ in range(3)))
        painted = torch.empty_like(soft, dtype=torch.uint8 if rounded else None)
        for top, left in product(range(0, grid[0], TILE), range(0, grid[1], TILE)):
            outer, inner, within = _tile(top, left, grid, self.margin)
            part = soft[:, :, _pixels(outer[0], cell), _pixels(outer[1], cell)]
            found, field = self._part(
                part,
                None if begun is None else begun.part(outer).long(),
                whole.part(outer).long(),
            )
            if rounded:
                found = found.mul_(255).round_()
            place = (..., _pixels(inner[0], cell), _pixels(inner[1], cell))
            painted[place] = found[..., _pixels(within[0], cell), _pixels(within[1], cell)]
            donor, row, column = field.part(within)
            down, right = self.corners[donor].unbind(-1)
            for target, values in zip(whole, (donor, row + down, column + right), strict=True):
                target[inner] = values
            share = (inner[0].stop - inner[0].start) * (inner[1].stop - inner[1].start)
            advance(share / (grid[0] * grid[1]))
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
            old.donor, torch.floor(row + ROUNDING).int(), torch.floor(column + ROUNDING).int()
        )

    def _laid_on(self, soft: Tensor, field: Field) -> Tensor:
        """The band at the field's places, as strong as the contrast that it comes to."""
        cell, grid = self.level.cell, field.row.shape
        found = self.atlas.numbers(field)
        theirs = self.contrasts.index_select(0, found).view(1, 1, *grid)
        own = F.avg_pool2d(contrast(soft), cell)
        gain = ((own + LEAST) / (theirs + LEAST)).clamp(*self.level.gain)
        gain = F.interpolate(gain, soft.shape[2:], mode="bilinear", align_corners=False)
        if self.level.on_shapes:
            gain = gain / (1 + (edges(soft) / STEEP).square())
        band = join(self.atlas.bands.index_select(0, found), (grid[0], grid[1]), cell)
        return (soft + gain * band).clamp(0, 1)

    def _window(self, number: int, donor: Tensor) -> tuple[float, float]:
        """Where in a donor paint was taken so far, as shares of its height and width."""
        if self.before is None or not bool((own := self.before.donor == number).any()):
            return 0.5, 0.5
        cell = Level(0, self.level.before).cell
        height, width = scaled(donor, self.level.before)
        row, column = self.before.row[own].median(), self.before.column[own].median()
        return float(row) * cell / height, float(column) * cell / width


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

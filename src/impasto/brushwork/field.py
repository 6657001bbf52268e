"""Which place of which original each cell of a picture has its paint from, and how it is found.

PatchMatch (Barnes et al. 2009): a good place for a cell is probably beside the good place of its
neighbour, or near its own; a few rounds of asking so find nearly what comparing with everything
would. Then seams: among the neighbours' places each cell takes the one whose paint goes on in
theirs (the energy of Kwatra et al. 2003, "Graphcut textures", section 3, by iterated conditional
modes). All cells ask at once, so it is the same with any number of threads.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from impasto.brushwork.bands import Sides

SIDES = ((0, 1), (0, -1), (1, 0), (-1, 0))

STRIDES = (8, 4, 2, 1)
"""How far away neighbours are asked in the first round, in cells; later 1 and 3."""

SEAM = 0.5
"""What a visible seam counts beside an unlike patch."""

SWEEPS = 4
"""Rounds in which seams are sought."""


class Field(NamedTuple):
    """Of each cell (rows, columns): the donor's number, and the cell's row and column in it."""

    donor: Tensor
    row: Tensor
    column: Tensor

    def where(self, chosen: Tensor, other: "Field") -> "Field":
        """Its own places where `chosen`, else the other's."""
        parts = zip(self, other, strict=True)
        return Field(*(torch.where(chosen, mine, theirs) for mine, theirs in parts))

    def part(self, place: tuple[slice, slice]) -> "Field":
        """A part of it."""
        return Field(*(each[place] for each in self))

    def long(self) -> "Field":
        """Numbers that tables can be read by; kept are halves of them."""
        return Field(*(each.long() for each in self))

    def of_neighbours(self, down: int, right: int) -> "Field":
        """What the neighbour so far up and left would have here, if its paint went on."""
        donor, row, column = (torch.roll(part, (down, right), (0, 1)) for part in self)
        return Field(donor, row + down, column + right)


@dataclass(frozen=True)
class Atlas:
    """Cells of all donors in one table."""

    looks: Tensor
    """(cells of all donors, D): what they are compared by."""

    bands: Tensor
    """(cells of all donors, K): the detail that is copied."""

    first: Tensor
    """(donors,): where each begins in the tables."""

    rows: Tensor
    columns: Tensor
    """(donors,): cells of each."""

    def inside(self, field: Field) -> Field:
        """The nearest places that there are."""
        row = torch.minimum(field.row, self.rows[field.donor] - 1).clamp_min(0)
        column = torch.minimum(field.column, self.columns[field.donor] - 1).clamp_min(0)
        return Field(field.donor, row, column)

    def numbers(self, field: Field) -> Tensor:
        """(cells,): rows of the tables; of places inside."""
        start, width = self.first[field.donor], self.columns[field.donor]
        return (start + field.row * width + field.column).reshape(-1)

    def draw(self, grid: Sides, chance: torch.Generator) -> Field:
        """Places at random."""
        donor = torch.randint(len(self.first), grid, generator=chance)
        row = torch.rand(grid, generator=chance) * self.rows[donor]
        column = torch.rand(grid, generator=chance) * self.columns[donor]
        return self.inside(Field(donor, row.long(), column.long()))


@dataclass
class Search:
    """A field that gets better."""

    atlas: Atlas
    looks: Tensor
    """(cells, D) of the picture, as the atlas has them."""

    field: Field
    chance: torch.Generator
    fixed: Tensor
    """(rows, columns): whose places stay."""

    forbidden: Callable[[Field], Tensor] | None = None
    """Where a place may not be taken: (rows, columns) of bool."""

    def __post_init__(self) -> None:
        """Look at what there is."""
        self.field = self.atlas.inside(self.field)
        self.cost = self.cost_of(self.field)

    def cost_of(self, field: Field) -> Tensor:
        """(rows, columns): squared distance of looks."""
        found = self.atlas.looks.index_select(0, self.atlas.numbers(field))
        cost = (found - self.looks).square().sum(1).view(field.row.shape)
        if self.forbidden is not None:
            cost = cost.masked_fill(self.forbidden(field), torch.inf)
        return cost

    def consider(self, other: Field) -> None:
        """Take its places where they look more alike."""
        other = self.atlas.inside(other)
        cost = self.cost_of(other)
        better = (cost < self.cost) & ~self.fixed
        self.cost = torch.where(better, cost, self.cost)
        self.field = other.where(better, self.field)

    def ask_neighbours(self, strides: Sequence[int]) -> None:
        """Whether a neighbour's paint goes on well here."""
        for stride in strides:
            for down, right in SIDES:
                self.consider(self.field.of_neighbours(down * stride, right * stride))

    def look_around(self, far: float) -> None:
        """Ever nearer to where one is, beginning `far` cells away; far away in another donor."""
        atlas = self.atlas
        grid = self.field.row.shape[0], self.field.row.shape[1]
        most = far
        while far >= 1:
            donor, row, column = self.field
            leap = torch.rand(grid, generator=self.chance) < (0.5 if far > most / 4 else 0.1)
            elsewhere = atlas.draw(grid, self.chance)
            by = (torch.rand(2, *grid, generator=self.chance) * 2 - 1) * far
            near = Field(donor, row + by[0].round().long(), column + by[1].round().long())
            self.consider(elsewhere.where(leap, near))
            far /= 2

    def run(self, rounds: int, far: float) -> None:
        """Neighbours and chance, in turn."""
        for number in range(rounds):
            self.ask_neighbours(STRIDES if number == 0 else (3, 1))
            self.look_around(far)

    def mend_seams(self, seam: float = SEAM, sweeps: int = SWEEPS) -> None:
        """Let neighbouring cells have paint that goes on from one to the other."""
        state = _Continued(self.atlas, self.field)
        grid = self.field.row.shape
        odd = torch.arange(grid[0])[:, None] + torch.arange(grid[1])
        for sweep in range(sweeps):
            stride = 2 if sweep == 0 else 1
            for down, right in SIDES:
                other = self.atlas.inside(self.field.of_neighbours(down * stride, right * stride))
                cost, there = self.cost_of(other), _Continued(self.atlas, other)
                now = self.cost + seam * state.seams(state)
                better = cost + seam * there.seams(state) < now
                # Only every second cell moves, so that two neighbours do not merely swap.
                better &= ((odd + sweep) % 2 == 0) & ~self.fixed
                self.cost = torch.where(better, cost, self.cost)
                self.field = other.where(better, self.field)
                state.take(better, there)


class _Continued:
    """The bands at a field's places, and where its paint would go on, one cell to each side."""

    def __init__(self, atlas: Atlas, field: Field) -> None:
        grid = field.row.shape
        self.parts = []
        for down, right in ((0, 0), *SIDES):
            beside = atlas.inside(Field(field.donor, field.row + down, field.column + right))
            self.parts.append(atlas.bands.index_select(0, atlas.numbers(beside)).view(*grid, -1))

    def seams(self, around: "_Continued") -> Tensor:
        """(rows, columns): how far what is here disagrees with what `around` has beside it."""
        total = torch.zeros(self.parts[0].shape[:2])
        for number, (down, right) in enumerate(SIDES, 1):
            theirs = torch.roll(around.parts[0], (-down, -right), (0, 1))
            opposite = 1 + (number - 1 ^ 1)  # SIDES lie in pairs
            theirs_here = torch.roll(around.parts[opposite], (-down, -right), (0, 1))
            total += (self.parts[number] - theirs).abs().sum(2)
            total += (theirs_here - self.parts[0]).abs().sum(2)
        return total

    def take(self, chosen: Tensor, other: "_Continued") -> None:
        """Have the other's where chosen."""
        for number, part in enumerate(other.parts):
            self.parts[number] = torch.where(chosen[..., None], part, self.parts[number])

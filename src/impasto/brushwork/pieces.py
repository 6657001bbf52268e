"""How much of an original was copied in one piece, and that it is not too much."""

from dataclasses import dataclass

import torch
from torch import Tensor

from impasto.brushwork.field import Field, Search
from impasto.errors import ImpastoError

TRIES = 12
"""Rounds in which pieces that are too large are broken up."""


@dataclass(frozen=True)
class Pieces:
    """Connected cells that have their paint from connected cells of one original."""

    donor: Tensor
    """(rows, columns): whose paint."""

    number: Tensor
    """(rows, columns): which piece; cells of one piece have one number."""

    cell: int
    """Pixels on the side of a cell."""

    @property
    def extents(self) -> Tensor:
        """(pieces,): longer side of each, in pixels."""
        return _extents(self.number) * self.cell

    @property
    def longest(self) -> int:
        """Of the largest piece: its longer side in pixels."""
        return int(self.extents.max())

    def share_above(self, pixels: int) -> float:
        """The share of the picture that lies in pieces longer than so many pixels."""
        extents = self.extents
        return float((extents[_ranked(self.number)] > pixels).float().mean())


def pieces_of(field: Field, cell: int) -> Pieces:
    """Find the pieces of a field."""
    return Pieces(field.donor, _labels(field), cell)


def _labels(field: Field) -> Tensor:
    """Numbers of connected cells whose places are connected alike: the least cell of each."""
    rows, columns = field.row.shape
    down = (field.donor[1:] == field.donor[:-1]) & (field.row[1:] == field.row[:-1] + 1)
    down &= field.column[1:] == field.column[:-1]
    right = (field.donor[:, 1:] == field.donor[:, :-1]) & (
        field.column[:, 1:] == field.column[:, :-1] + 1
    )
    right &= field.row[:, 1:] == field.row[:, :-1]
    labels = torch.arange(rows * columns).view(rows, columns)
    while True:
        before = labels.clone()
        for one, other, joined in (
            (labels[1:], labels[:-1], down),
            (labels[:, 1:], labels[:, :-1], right),
        ):
            # The two overlap, so each looks at what the other has just been given.
            one.copy_(torch.where(joined, torch.minimum(one, other), one))
            other.copy_(torch.where(joined, torch.minimum(one, other), other))
        labels = labels.flatten()[labels]  # jump to where one's own number has got
        if torch.equal(before, labels):
            return labels


def _ranked(number: Tensor) -> Tensor:
    _, rank = torch.unique(number, return_inverse=True)
    return torch.as_tensor(rank)


def _extents(number: Tensor) -> Tensor:
    """(pieces,): cells on the longer side of each."""
    rank = _ranked(number)
    count = int(rank.max()) + 1
    sides = []
    for axis in (0, 1):
        shape = (-1, 1) if axis == 0 else (1, -1)
        place = torch.arange(number.shape[axis]).view(shape).expand_as(rank).reshape(-1)
        most = torch.zeros(count, dtype=torch.long).scatter_reduce_(
            0, rank.reshape(-1), place, "amax", include_self=False
        )
        least = torch.zeros(count, dtype=torch.long).scatter_reduce_(
            0, rank.reshape(-1), place, "amin", include_self=False
        )
        sides.append(most - least + 1)
    return torch.maximum(sides[0], sides[1])


def keep_short(search: Search, longest: int) -> None:
    """Break up pieces of more than `longest` cells: parts of them get other paint.

    Raises:
        ImpastoError: there is not enough other paint.
    """
    for attempt in range(TRIES):
        labels = _labels(search.field)
        extents = _extents(labels)
        long = extents[_ranked(labels)] > longest
        if not bool(long.any()):
            return
        # Every second square of a lattice within them has to find another place.
        side = max(1, longest // 2)
        rows = (torch.arange(labels.shape[0]) + attempt * side // 3) // side
        columns = (torch.arange(labels.shape[1]) + attempt * side // 2) // side
        broken = long & ((rows[:, None] + columns) % 2 == 0) & ~search.fixed
        _elsewhere(search, broken)
    raise ImpastoError(
        "The originals are too few or too uniform to fill the picture without pieces larger than "
        "--longest; name more originals, or a larger --longest."
    )


def _elsewhere(search: Search, broken: Tensor) -> None:
    """Find the second-best places of some cells; the others stay."""
    old = search.field
    down = torch.arange(old.row.shape[0])[:, None]
    right = torch.arange(old.row.shape[1])
    shift = old.row - down, old.column - right

    def forbidden(field: Field) -> Tensor:
        same = (field.donor == old.donor) & (field.row - down == shift[0])
        return broken & same & (field.column - right == shift[1])

    kept = search.cost
    begun = search.atlas.draw((old.row.shape[0], old.row.shape[1]), search.chance)
    again = Search(
        search.atlas, search.looks, old.where(~broken, begun), search.chance, ~broken, forbidden
    )
    again.run(3, max(old.row.shape) / 2)
    search.field = again.field.where(broken, old)
    search.cost = torch.where(broken, again.cost, kept)

"""Pieces are what hangs together, and none stays larger than allowed."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from impasto.brushwork.field import Field
from impasto.brushwork.pieces import keep_short, pieces_of
from impasto.errors import ImpastoError
from tests.brushwork.test_field import picture, searching


def whole(rows: int, columns: int) -> Field:
    row = torch.arange(rows)[:, None].expand(rows, columns).clone()
    column = torch.arange(columns).expand(rows, columns).clone()
    return Field(torch.zeros(rows, columns, dtype=torch.long), row, column)


def test_a_copy_is_one_piece_and_a_cut_makes_two() -> None:
    field = whole(6, 9)
    assert pieces_of(field, 2).extents.tolist() == [18]
    field.column[:, 5:] += 3
    pieces = pieces_of(field, 2)
    assert sorted(pieces.extents.tolist()) == [12, 12]
    assert pieces.longest == 12
    assert pieces.share_above(11) == 1
    assert pieces.share_above(12) == 0


@given(st.lists(st.lists(st.integers(0, 1), min_size=7, max_size=7), min_size=5, max_size=5))
def test_pieces_are_those_of_a_search_by_hand(donors: list[list[int]]) -> None:
    field = whole(5, 7)._replace(donor=torch.tensor(donors))
    number = pieces_of(field, 1).number
    seen: dict[tuple[int, int], int] = {}
    for start in ((r, c) for r in range(5) for c in range(7)):
        stack = [start] if start not in seen else []
        while stack:
            r, c = stack.pop()
            if (r, c) in seen:
                continue
            seen[r, c] = start[0] * 7 + start[1]
            around = ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1))
            stack += [
                (a, b)
                for a, b in around
                if 0 <= a < 5 and 0 <= b < 7 and donors[a][b] == donors[r][c]
            ]
    for (r, c), first in seen.items():
        assert int(number[r, c]) == first


def test_large_pieces_are_broken_up() -> None:
    donor = picture(1, 64)
    search = searching(donor, [donor, picture(2, 64)])
    search.run(5, 32)
    assert pieces_of(search.field, 1).longest > 40
    keep_short(search, 12)
    assert pieces_of(search.field, 1).longest <= 12


def test_too_little_paint_is_one_sentence() -> None:
    donor = picture(1, 64)
    search = searching(donor, [donor])
    search.run(5, 32)
    search.fixed[:] = True
    with pytest.raises(ImpastoError, match="--longest"):
        keep_short(search, 12)

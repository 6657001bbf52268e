"""The search finds what comparing with everything finds, and seams become fewer."""

import torch
from torch import Tensor

from impasto.brushwork.bands import axes_of, cut, looks_of, resized
from impasto.brushwork.field import Atlas, Field, Search


def picture(seed: int, side: int = 48) -> Tensor:
    chance = torch.Generator().manual_seed(seed)
    return resized(torch.rand(1, 3, side // 4, side // 4, generator=chance), (side, side))


def searching(target: Tensor, donors: list[Tensor]) -> Search:
    looks = [looks_of(each, 1) for each in donors]
    axes = axes_of(torch.cat([each.detail for each in looks]))
    counts = torch.tensor([len(each.place) for each in looks])
    atlas = Atlas(
        torch.cat([each.project(axes) for each in looks]),
        torch.cat([cut(each, 1) for each in donors]),
        counts.cumsum(0) - counts,
        torch.tensor([each.grid[0] for each in looks]),
        torch.tensor([each.grid[1] for each in looks]),
    )
    seen, chance = looks_of(target, 1), torch.Generator().manual_seed(0)
    fixed = torch.zeros(seen.grid, dtype=torch.bool)
    return Search(atlas, seen.project(axes), atlas.draw(seen.grid, chance), chance, fixed)


def best_of_all(search: Search) -> Tensor:
    return torch.cdist(search.looks, search.atlas.looks).square().amin(1).view(search.cost.shape)


def test_a_part_of_a_donor_is_found_again() -> None:
    donors = [picture(1), picture(2, 64)]
    search = searching(donors[1][..., 16:48, 8:40], donors)
    search.run(5, 32)
    row = torch.arange(32)[:, None] + 16
    column = torch.arange(32) + 8
    field = search.field
    right = (field.donor == 1) & (field.row == row) & (field.column == column)
    assert float(right[4:-4, 4:-4].float().mean()) > 0.98


def test_nearly_as_alike_as_the_most_alike_of_all() -> None:
    search = searching(picture(3), [picture(seed) for seed in range(4, 8)])
    before = float(search.cost.mean())
    search.run(5, 24)
    exact = float(best_of_all(search).mean())
    assert exact <= float(search.cost.mean()) < exact + 0.1 * (before - exact)


def breaks(field: Field) -> float:
    beside = field.of_neighbours(0, 1)
    same = (beside.donor == field.donor) & (beside.row == field.row)
    return float((~(same & (beside.column == field.column)))[:, 1:].float().mean())


def test_mending_seams_joins_pieces() -> None:
    search = searching(picture(3), [picture(seed) for seed in range(4, 8)])
    search.run(2, 24)
    before = breaks(search.field)
    search.mend_seams()
    assert breaks(search.field) < 0.9 * before
    assert torch.allclose(search.cost, search.cost_of(search.field))


def test_what_is_fixed_stays() -> None:
    search = searching(picture(3), [picture(4)])
    search.fixed[:10] = True
    before = search.field
    search.run(1, 8)
    search.mend_seams()
    for old, new in zip(before, search.field, strict=True):
        assert torch.equal(old[:10], new[:10])


def test_places_beyond_a_donor_are_its_rim() -> None:
    search = searching(picture(3), [picture(4), picture(5, 32)])
    field = Field(torch.tensor([[1, 0]]), torch.tensor([[90, -3]]), torch.tensor([[-1, 47]]))
    inside = search.atlas.inside(field)
    assert inside.row.tolist() == [[31, 0]]
    assert inside.column.tolist() == [[0, 47]]

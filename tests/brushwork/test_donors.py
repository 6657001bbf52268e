"""Originals are chosen by the places that they share with a picture."""

import numpy as np
import torch
from torch import Tensor

from impasto.brushwork.donors import NUMBERS, PATCHES, THUMB, choose, places_of
from impasto.data.colourfield import paint


def thumb(seed: int) -> Tensor:
    return torch.tensor(paint(seed, THUMB)).permute(2, 0, 1)[None].float() / 255


def known(count: int) -> np.ndarray:
    return np.stack([places_of(thumb(seed)).numpy() for seed in range(count)]).astype(np.float16)


def test_a_picture_finds_itself_first_mirrored_or_not() -> None:
    table = known(8)
    assert table.shape == (8, PATCHES, NUMBERS)
    usable = np.ones(8, bool)
    assert choose(thumb(5), table, usable, 3)[0] == (5, False)
    assert choose(thumb(5).flip(3), table, usable, 3)[0] == (5, True)


def test_what_may_not_be_used_is_not_and_none_comes_twice() -> None:
    usable = np.ones(6, bool)
    usable[[2, 5]] = False
    chosen = choose(thumb(5), known(6), usable, 50)
    assert len(chosen) == len(set(chosen)) == 8
    assert {number for number, _ in chosen} == {0, 1, 3, 4}


def test_two_halves_come_from_two_originals() -> None:
    table = known(8)
    both = torch.cat([thumb(1)[..., :32], thumb(6)[..., 32:]], 3)
    assert {(1, False), (6, False)} == set(choose(both, table, np.ones(8, bool), 2))

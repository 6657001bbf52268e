"""Steps from a small picture to a large one."""

from itertools import pairwise

import pytest

from impasto.brushwork.levels import levels


@pytest.mark.parametrize(("begin", "end"), [(64, 256), (45, 256), (20, 21), (64, 1024), (63, 100)])
def test_levels_lead_from_one_side_to_the_other(begin: int, end: int) -> None:
    steps = levels(begin, end)
    assert steps[0].before == begin
    assert steps[-1].side == end
    for one, other in pairwise(steps):
        assert one.side == other.before
    assert all(1 < step.side / step.before < 1.7 for step in steps)
    assert not any(step.on_shapes for step in steps)


@pytest.mark.parametrize(
    ("begin", "end", "first", "count"),
    [(64, 256, 256, 1), (51, 256, 204, 2), (64, 200, 200, 1), (64, 1024, 256, 5)],
)
def test_a_network_makes_the_first_and_only_that(begin, end, first, count) -> None:
    steps = levels(begin, end, 4)
    assert (steps[0].before, steps[0].side, steps[0].on_shapes) == (begin, first, True)
    assert len(steps) == count
    assert steps[-1].side == end
    assert not any(step.on_shapes for step in steps[1:])
    assert all(1 < step.side / step.before < 1.7 for step in steps[1:])

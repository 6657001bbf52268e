import numpy as np
import pytest

from impasto.errors import ImpastoError
from impasto.metrics import distances
from impasto.metrics.neighbours import nearest


def test_the_nearest_come_first_with_their_distance():
    reals = np.array([[0.0, 0.0], [3.0, 4.0], [10.0, 0.0]])
    found = nearest([[0.0, 0.0], [9.0, 0.0]], reals, k=2)
    assert found.indices.tolist() == [[0, 1], [2, 1]]
    assert found.distances[0] == pytest.approx([0, 5])
    assert found.distances[1] == pytest.approx([1, np.sqrt(52)])


def test_a_copy_among_many_is_found_in_any_chunk_size(monkeypatch):
    reals = np.random.default_rng(0).normal(size=(200, 30))
    copies = reals[[150, 3, 77]] + 1e-6
    whole = nearest(copies, reals, k=3)
    monkeypatch.setattr(distances, "ROWS", 2)
    parts = nearest(copies, reals, k=3)
    assert whole.indices[:, 0].tolist() == [150, 3, 77]
    assert np.array_equal(whole.indices, parts.indices)
    assert whole.distances[:, 0].max() < 1e-3 < whole.distances[:, 1].min()


def test_equally_near_originals_keep_their_order():
    assert nearest([[0.0]], [[1.0], [-1.0], [1.0]], k=3).indices.tolist() == [[0, 1, 2]]


@pytest.mark.parametrize("k", [0, 4, -1])
def test_more_neighbours_than_originals_are_refused(k):
    with pytest.raises(ImpastoError, match="among 3 originals"):
        nearest(np.zeros((2, 5)), np.zeros((3, 5)), k=k)

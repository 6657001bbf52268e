import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from impasto.errors import ImpastoError
from impasto.metrics import distances
from impasto.metrics.distances import (
    density_coverage,
    diversity,
    fid,
    kid,
    mean_distance,
    nearest,
    precision_recall,
)


def normal(seed, count, numbers, shift=0.0, scale=1.0):
    return np.random.default_rng(seed).normal(shift, scale, size=(count, numbers))


def with_moments(seed, count, mean, covariance):
    """Rows whose sample mean and unbiased covariance are exactly these."""
    raw = normal(seed, count, len(mean))
    raw -= raw.mean(0)
    whitening = np.linalg.inv(np.linalg.cholesky(raw.T @ raw / (count - 1)))
    return raw @ whitening.T @ np.linalg.cholesky(covariance).T + mean


def test_kid_has_the_expectation_that_gaussian_moments_give():
    # In one dimension MMD² of (xy + 1)³ is Σ C(3, j) (difference of the j-th moments)².
    p, q = (0.3, 1.0), (-0.2, 0.8)

    def moments(mean, deviation):
        variance = deviation**2
        return mean, mean**2 + variance, mean**3 + 3 * mean * variance

    weights = (3, 3, 1)
    expected = sum(
        weight * (one - other) ** 2
        for weight, one, other in zip(weights, moments(*p), moments(*q), strict=True)
    )
    values = [
        kid(normal(seed, 40, 1, *p), normal(10_000 + seed, 30, 1, *q)).value for seed in range(3000)
    ]
    error = np.std(values) / math.sqrt(len(values))
    assert error < expected / 20  # else the next line could not fail
    assert abs(np.mean(values) - expected) < 4 * error


def test_kids_error_is_the_spread_of_repeated_measurements():
    estimates = np.array(
        [kid(normal(seed, 80, 8), normal(seed + 10_000, 80, 8, 0.3)) for seed in range(300)]
    )
    assert np.mean(estimates[:, 1]) == pytest.approx(np.std(estimates[:, 0]), rel=0.15)


def test_kid_equals_its_definition_and_the_published_library():
    kernels = pytest.importorskip("torchmetrics.image.kid")
    x, y = normal(0, 90, 12), normal(1, 90, 12, 0.2, 1.2)
    ours = kid(x, y).value
    assert ours == pytest.approx(float(kernels.poly_mmd(torch.tensor(x), torch.tensor(y))))
    y = y[:50]
    kernel = lambda a, b: (a @ b.T / 12 + 1) ** 3  # noqa: E731
    within = [
        (k.sum() - np.trace(k)) / (len(k) * (len(k) - 1)) for k in (kernel(x, x), kernel(y, y))
    ]
    assert kid(x, y).value == pytest.approx(sum(within) - 2 * kernel(x, y).mean())


def test_the_jackknife_is_what_leaving_each_picture_out_gives():
    x, y = normal(0, 9, 4), normal(1, 7, 4, 0.5)
    without_x = [kid(np.delete(x, i, axis=0), y).value for i in range(9)]
    without_y = [kid(x, np.delete(y, i, axis=0)).value for i in range(7)]
    variance = 8 * np.var(without_x) + 6 * np.var(without_y)
    assert kid(x, y).error == pytest.approx(math.sqrt(variance))


@pytest.mark.parametrize("count", [3, 40, 500])
def test_fid_is_the_analytic_distance_of_two_gaussians(count):
    mean_x, mean_y = np.array([0.5, -1.0]), np.array([0.0, 2.0])
    x_cov = np.array([[2.0, 0.7], [0.7, 1.0]])
    y_cov = np.array([[0.5, -0.3], [-0.3, 3.0]])  # they do not commute
    product = x_cov @ y_cov
    shared = math.sqrt(np.trace(product) + 2 * math.sqrt(np.linalg.det(product)))  # 2 × 2 only
    expected = ((mean_x - mean_y) ** 2).sum() + np.trace(x_cov) + np.trace(y_cov) - 2 * shared
    x = with_moments(0, count, mean_x, x_cov)
    y = with_moments(1, count + 5, mean_y, y_cov)
    assert fid(x, y) == pytest.approx(expected, rel=1e-9)


def test_fid_equals_the_published_library():
    library = pytest.importorskip("torchmetrics.image.fid")
    x, y = normal(0, 400, 20), normal(1, 300, 20, 0.1, 1.3)
    statistics = [
        s for z in (x, y) for s in (torch.tensor(z.mean(0)), torch.cov(torch.tensor(z.T)))
    ]
    assert fid(x, y) == pytest.approx(float(library._compute_fid(*statistics)), rel=1e-6)


def test_fid_of_fewer_pictures_than_numbers_is_finite_real_and_symmetric():
    x, y = normal(0, 20, 300), normal(1, 400, 300)
    assert fid(x, y) == pytest.approx(fid(y, x))
    assert fid(x, x) == pytest.approx(0, abs=1e-9)
    assert fid(np.zeros((5, 8)), np.zeros((5, 8))) == 0


def brute_force(x, y, k):
    """Precision, recall, density, coverage from their definitions, picture by picture."""
    far = lambda a, b: np.linalg.norm(a[:, None] - b[None], axis=-1)  # noqa: E731
    radius_x, radius_y = np.sort(far(x, x))[:, k], np.sort(far(y, y))[:, k]
    across = far(x, y)
    return (
        (across <= radius_x[:, None]).any(0).mean(),
        (across <= radius_y[None]).any(1).mean(),
        (across <= radius_x[:, None]).sum() / (k * len(y)),
        (across.min(1) <= radius_x).mean(),
    )


@pytest.mark.parametrize("rows", [7, 1024])
def test_overlaps_equal_their_definitions_in_any_chunk_size(rows, monkeypatch):
    monkeypatch.setattr(distances, "ROWS", rows)
    x, y = normal(0, 60, 5), normal(1, 45, 5, 0.6, 0.8)
    for k in (1, 3, 5):
        ours = (*precision_recall(x, y, k), *density_coverage(x, y, k))
        assert ours == pytest.approx(brute_force(x, y, k))
        assert 0 < ours[0] < 1
        assert 0 < ours[1] < 1


def test_a_collapsed_set_is_precise_and_recalls_nothing():
    x = normal(0, 100, 6)
    collapsed = np.repeat(x[:1], 100, axis=0) + normal(1, 100, 6, 0, 1e-3)
    assert precision_recall(x, collapsed).fidelity == 1
    assert precision_recall(x, collapsed).coverage <= 0.01
    assert density_coverage(x, collapsed).coverage < 0.2
    assert diversity(x, collapsed) < 0.01


def test_half_the_modes_make_half_the_recall_and_less_diversity():
    one, other = normal(0, 200, 4), normal(1, 200, 4) + 50
    reals = np.concatenate([one, other])
    assert precision_recall(reals, normal(2, 400, 4)).coverage == pytest.approx(0.5, abs=0.05)
    assert diversity(reals, normal(2, 400, 4)) < 0.2
    assert diversity(reals, reals) == 1


def test_mean_distance_is_over_different_pairs_only():
    assert mean_distance([[0.0, 0.0], [3.0, 4.0]]) == pytest.approx(5)
    assert mean_distance([[0.0], [1.0], [3.0]]) == pytest.approx(2)


@given(st.integers(0, 1000), st.floats(-50, 50), st.sampled_from([2, 5, 30]))
def test_order_and_origin_change_no_distance(seed, shift, numbers):
    x, y = normal(seed, 20, numbers), normal(seed + 1, 25, numbers, 0.3)
    mixed = np.random.default_rng(seed).permutation(y)
    assert kid(x, y) == pytest.approx(kid(x, mixed))
    assert fid(x + shift, y + shift) == pytest.approx(fid(x, mixed), abs=1e-7)
    assert precision_recall(x, y) == precision_recall(x, mixed)


MEASURES = (kid, fid, precision_recall, density_coverage, diversity)


@pytest.mark.parametrize("measure", MEASURES)
def test_what_cannot_be_measured_is_refused_in_a_sentence(measure):
    good = normal(0, 10, 4)
    with pytest.raises(ImpastoError, match=r"at least . pictures .* 1"):
        measure(good, good[:1])
    with pytest.raises(ImpastoError, match="one extractor for both"):
        measure(good, normal(0, 10, 5))
    with pytest.raises(ImpastoError, match="NaN or infinite"):
        measure(good, np.full((10, 4), np.nan))
    with pytest.raises(ImpastoError, match="must be a matrix"):
        measure(good[0], good)


@pytest.mark.parametrize("measure", MEASURES)
def test_float32_features_are_computed_in_float64(measure):
    x, y = (normal(seed, 30, 6, 100).astype(np.float32) for seed in (0, 1))
    assert measure(x, y) == measure(x.astype(np.float64), y.astype(np.float64))


def test_diversity_needs_reals_that_differ():
    with pytest.raises(ImpastoError, match="all the same"):
        diversity(np.ones((5, 3)), normal(0, 5, 3))


class Given(torch.nn.Module):
    """The published library's place for a network: rows of a table instead of features."""

    num_features = 24

    def __init__(self, table):
        super().__init__()
        self.table = torch.tensor(table)

    def forward(self, numbers):
        return self.table[numbers[:, 0, 0, 0].long()]


def numbered(first, count):
    """Pictures that carry their row of the table in their first pixel."""
    return torch.arange(first, first + count, dtype=torch.uint8)[:, None, None, None].expand(
        -1, 3, 4, 4
    )


@pytest.mark.filterwarnings("ignore:Metric `Kernel Inception Distance` will save all")
def test_kid_and_fid_are_those_of_the_published_library_used_as_people_use_it():
    library = pytest.importorskip("torchmetrics.image.fid")
    kernels = pytest.importorskip("torchmetrics.image.kid")
    x, y = normal(0, 120, 24), normal(1, 110, 24, 0.2, 1.2)
    table = Given(np.concatenate([x, y]))
    theirs = library.FrechetInceptionDistance(feature=table).set_dtype(torch.float64)
    kernel = kernels.KernelInceptionDistance(feature=table, subsets=1, subset_size=110)
    for metric in (theirs, kernel):
        metric.update(numbered(0, 120), real=True)
        metric.update(numbered(120, 110), real=False)
    assert fid(x, y) == pytest.approx(float(theirs.compute()), rel=1e-4)
    kernel.reset()
    kernel.update(numbered(0, 110), real=True)
    kernel.update(numbered(120, 110), real=False)
    assert kid(x[:110], y).value == pytest.approx(float(kernel.compute()[0]), rel=1e-6)


def test_overlapping_intervals_overlap_by_what_one_sees():
    """[0, 1] and [0.25, 1.25]: three quarters of each lie within the other."""
    chance = np.random.default_rng(0)
    x, y = chance.uniform(0, 1, (3000, 1)), chance.uniform(0.25, 1.25, (3000, 1))
    found = precision_recall(x, y)
    assert found == pytest.approx((0.75, 0.75), abs=0.03)
    overlap = density_coverage(x, y)
    assert overlap == pytest.approx((0.75, 0.75), abs=0.05)


@pytest.mark.parametrize(("count", "fakes", "k"), [(40, 40, 5), (60, 25, 3)])
def test_density_and_coverage_of_equals_are_the_expected_ones(count, fakes, k):
    """Naeem et al. 2020: 1, and 1 − Πᵢ (N − i) / (M + N − i), in any dimension."""
    values = [
        density_coverage(normal(seed, count, 6), normal(9000 + seed, fakes, 6), k)
        for seed in range(400)
    ]
    missed = math.prod((count - i) / (fakes + count - i) for i in range(1, k + 1))
    density, coverage = np.mean(values, axis=0)
    error = np.std(values, axis=0) / 20
    assert error.max() < 0.02
    assert abs(density - 1) < 4 * error[0]
    assert abs(coverage - (1 - missed)) < 4 * error[1]


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

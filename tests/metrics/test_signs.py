import numpy as np
import pytest

from impasto.metrics.signs import against_held_out, signs_in_words


def features(seed, count=300):
    return np.random.default_rng(seed).normal(size=(count, 12)).astype(np.float32)


def test_a_perfect_copier_gets_the_floor_on_held_out_originals_and_no_more():
    """On what it has copied recall is 1; on pictures held out it is no better than any half."""
    originals = features(0)
    held_out = np.arange(0, 300, 3)
    learnt = np.delete(originals, held_out, axis=0)
    copied, floor = against_held_out(originals, learnt, held_out)
    everything, _ = against_held_out(originals, np.repeat(originals[held_out], 2, 0), held_out)
    assert everything["recall_held_out"] == 1
    assert copied["recall_held_out"] < 0.9
    assert copied == pytest.approx(floor)
    twice, floor = against_held_out(originals, np.repeat(learnt, 2, axis=0), held_out)
    assert floor == pytest.approx(copied)  # the same originals, in another order
    assert twice["recall_held_out"] <= floor["recall_held_out"]
    honest, _ = against_held_out(originals, features(1, 200), held_out)
    assert abs(copied["recall_held_out"] - honest["recall_held_out"]) < 0.15


def test_few_held_out_originals_say_nothing():
    assert against_held_out(features(0), features(1), np.arange(19)) == ({}, {})
    assert against_held_out(features(0), features(1), np.arange(290)) == ({}, {})


def test_words_raise_an_alarm_only_where_there_is_one():
    fine = {"stamp": 0.02, "stamp_levels": 0.1, "lines": 0.4, "lines_pixels": 2.0}
    fine |= {
        "lattice": 0.1,
        "lattice_pixels": 8,
        "told_apart": 0.5,
        "faces": 0.2,
        "faces_confidence": 0.6,
    }
    assert len(signs_in_words(fine, fine)) == 2
    marked = fine | {"stamp": 0.9, "stamp_levels": 2.3, "lines": 9.0, "told_apart": 0.9}
    marked |= {"lattice": 3.5}
    said = signs_in_words(marked | {"faces": 0.05}, fine)
    assert "2.3 grey levels" in said[0]
    assert "3.5 dB" in said[1]
    assert "9 dB" in said[2]
    assert "90%" in said[3]
    assert "25%" in said[4]

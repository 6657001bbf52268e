import json

import numpy as np
import pytest

from impasto.data.colourfield import paint
from impasto.data.dataset import DatasetWriter, open_dataset
from impasto.errors import ImpastoError
from impasto.evaluate.evaluation import choose_networks, evaluate_pictures
from impasto.evaluate.page import table_rows


def wall(first, count, size=32):
    return np.stack([paint(seed, size) for seed in range(first, first + count)])


@pytest.fixture(scope="module")
def reals(tmp_path_factory):
    folder = tmp_path_factory.mktemp("set")
    with DatasetWriter(folder, 32, 32) as writer:
        for number, picture in enumerate(wall(0, 40)):
            writer.add(picture, f"{number}.png")
        writer.finish("fields")
    return open_dataset(folder)


def test_two_networks_judge_and_name_their_numbers(reals):
    found = evaluate_pictures(wall(1000, 24), reals, quiet=True)
    assert found["features"] == {"lite0": "lite0@128", "lite2": "lite2@128"}
    assert found["pictures"] == {"generated": 24, "originals": 40, "originals_measured": 40}
    assert set(found["metrics"]) == set(found["floor"])
    for network in ("lite0", "lite2"):
        assert found["metrics"][f"kid_{network}"] < 6 * found["metrics"][f"kid_{network}_error"]
    assert found["metrics"]["kid_lite0"] != found["metrics"]["kid_lite2"]
    json.dumps(found, allow_nan=False)


def test_a_prepared_set_and_its_pictures_are_the_same_originals(reals):
    fakes = wall(1000, 12)
    one = evaluate_pictures(fakes, reals, networks=["lite0"], quiet=True)
    assert one == evaluate_pictures(fakes, reals.pictures, networks=["lite0"], quiet=True)


def test_one_picture_again_and_again_is_measured_without_a_fault(reals):
    same = np.repeat(wall(1000, 1), 15, axis=0)
    found = evaluate_pictures(same, reals, networks=["lite0"], quiet=True)
    json.dumps(found, allow_nan=False)
    assert found["metrics"]["diversity_lite0"] == pytest.approx(0, abs=1e-3)
    assert any("100 % less varied" in words for words in found["words"])
    assert found["signs"]["stamp"] > 0.9
    assert found["signs"]["told_apart"] > 0.9


def test_of_a_very_large_set_the_same_part_is_measured_each_time(reals, monkeypatch):
    from impasto.evaluate import evaluation

    monkeypatch.setattr(evaluation, "MOST_ORIGINALS", 25)
    fakes = wall(1000, 12)
    one = evaluate_pictures(fakes, reals, networks=["lite0"], quiet=True)
    assert one["pictures"] == {"generated": 12, "originals": 40, "originals_measured": 25}
    other = evaluate_pictures(fakes, reals.pictures, networks=["lite0"], quiet=True)
    assert one["metrics"] == other["metrics"]
    copies = evaluate_pictures(np.asarray(reals.pictures), reals, networks=["lite0"], quiet=True)
    assert copies["memorisation"]["copies"] == 1  # sought among all


def test_held_out_rows_reach_the_verdict(reals):
    trained = np.asarray(reals.pictures[10:])
    found = evaluate_pictures(
        trained, reals, networks=["lite0"], held_out=np.arange(10), quiet=True
    )["memorisation"]
    assert found["memorised"]
    assert (found["held_out"], found["copies"]) == (10, 1)
    assert found["nearest_held_out"] == 0
    assert found["nearest_held_out_expected"] == 0.25


def test_numbers_on_held_out_pictures_stand_in_the_table_beside_their_floor(reals):
    trained = np.asarray(reals.pictures[20:])
    options = {"networks": ["lite0"], "quiet": True}
    found = evaluate_pictures(trained, reals, held_out=np.arange(20), **options)
    rows = {row[0].key: row[1:] for row in table_rows(found)}
    for key in ("kid_held_out", "recall_held_out"):  # a perfect copier gets the floor
        assert rows[key][0] == rows[key][1]
    assert "±" in rows["kid_held_out"][0]
    assert found["metrics"]["recall_lite0"] > found["metrics"]["recall_held_out_lite0"]
    without = evaluate_pictures(trained, reals, **options)
    assert not {key for key in without["metrics"] if "held_out" in key}
    assert "kid_held_out" not in {row[0].key for row in table_rows(without)}


def test_too_few_are_refused_before_the_networks_look(reals, monkeypatch):
    from impasto.evaluate import evaluation

    monkeypatch.setattr(evaluation, "features_of", None)
    with pytest.raises(ImpastoError, match=r"generated pictures, and there are 9; .*--count"):
        evaluate_pictures(wall(0, 9), reals)
    with pytest.raises(ImpastoError, match=r"originals, and there are 5; .*--against") as caught:
        evaluate_pictures(wall(0, 30), wall(1, 5))
    assert "--count" not in str(caught.value)  # it brings no originals


def test_an_unknown_network_is_refused(reals):
    with pytest.raises(ImpastoError, match="no network 'inception9'; name one of lite0"):
        evaluate_pictures(wall(0, 12), reals, networks=["inception9"], quiet=True)


def test_a_few_originals_repeated_get_no_praise(reals):
    """Their diversity and precision are those of the originals; recall and the copies tell."""
    few = np.tile(np.asarray(reals.pictures[:8]), (5, 1, 1, 1))
    found = evaluate_pictures(few, reals, networks=["lite0"], quiet=True)
    assert found["metrics"]["diversity_lite0"] > 0.7
    assert found["metrics"]["recall_lite0"] < 0.6 * found["floor"]["recall_lite0"]
    assert found["memorisation"]["memorised"]
    assert found["signs"]["stamp"] > 3 * max(0.1, found["signs_of_originals"]["stamp"])


def test_a_perfect_copier_is_called_one_before_anything_that_copying_makes_good(reals):
    found = evaluate_pictures(np.asarray(reals.pictures), reals, networks=["lite0"], quiet=True)
    assert found["signs"]["told_apart"] <= 0.55  # nobody can tell copies from originals
    assert found["metrics"]["recall_lite0"] > 0.9 * found["floor"]["recall_lite0"]
    assert "100 %" in found["words"][0]
    assert found["words"][0].endswith("so they say nothing here.")


def test_a_critic_is_no_judge():
    networks, said = choose_networks(None, ("lite0",))
    assert "lite0" not in networks
    assert "lite2" in networks
    assert any("lite0 was a critic in training and judges nothing here" in each for each in said)
    networks, said = choose_networks(["lite0"], ("lite0",))
    assert networks == ("lite0",)
    assert "better than the pictures" in said[0]
    networks, said = choose_networks(None, ("lite0", "dinov2-s"))
    assert "lite0 and dinov2-s were critics in training and judge nothing here." in said
    assert networks == ("lite2",)

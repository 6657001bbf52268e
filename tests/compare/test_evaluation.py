import json

import numpy as np
import pytest

from impasto.compare.evaluation import evaluate_pictures
from impasto.data.colourfield import paint
from impasto.data.dataset import DatasetWriter, open_dataset
from impasto.errors import ImpastoError


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
    assert found["pictures"] == {"generated": 24, "originals": 40}
    assert set(found["metrics"]) == set(found["floor"])
    for network in ("lite0", "lite2"):
        assert found["metrics"][f"kid_{network}"] < 6 * found["metrics"][f"kid_{network}_error"]
    assert found["metrics"]["kid_lite0"] != found["metrics"]["kid_lite2"]
    json.dumps(found, allow_nan=False)


def test_a_prepared_set_and_its_pictures_are_the_same_originals(reals):
    fakes = wall(1000, 12)
    one = evaluate_pictures(fakes, reals, networks=["lite0"], quiet=True)
    assert one == evaluate_pictures(fakes, reals.pictures, networks=["lite0"], quiet=True)


def test_an_unknown_network_is_refused(reals):
    with pytest.raises(ImpastoError, match="no network 'inception9'; name one of lite0"):
        evaluate_pictures(wall(0, 12), reals, networks=["inception9"], quiet=True)

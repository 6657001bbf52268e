"""All decisions before a run."""

import pytest

from impasto.train.resolve import configure
from tests.train.test_watch import LONG, train


@pytest.mark.usefixtures("alarmed")
def test_a_rescued_run_goes_on_by_the_same_command(run, dataset):
    train(run, dataset, "rescue")
    config = configure("dcgan-tutorial-64", LONG | {"training.images": 200}, run)
    outcome = train(run, dataset, "rescue", config)
    assert outcome.finished
    assert outcome.images == 200

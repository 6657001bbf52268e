"""What `impasto train` makes of its options, before torch is loaded."""

from pathlib import Path

import pytest

from impasto.cli.train import TrainOptions
from impasto.errors import ImpastoError


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (TrainOptions("colourfield"), "colourfield-impasto-64"),
        (TrainOptions("my paintings/"), "my-paintings-impasto-64"),
        (TrainOptions("a", recipe="some/mine.yaml"), "a-mine"),
        (TrainOptions("a", begin="runs/other"), "a-from-other"),
        (TrainOptions("a", conditional=True), "a-impasto-64-conditional"),
        (TrainOptions("/"), "run-impasto-64"),
    ],
)
def test_a_run_is_called_by_its_data_and_its_recipe(options, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert options._run_name() == name


def test_options_become_knobs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    asked = TrainOptions(
        "a", settings=["training.batch=8"], minutes=2.0, seed=7, size="64", out=Path("r")
    )
    run, changes = asked.check()
    assert run.folder == Path("r")
    assert changes == {
        "training.batch": 8,
        "training.minutes": 2.0,
        "training.seed": 7,
        "model.size": "64",
    }


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (TrainOptions("a", minutes=1, images=8), "--minutes and --images"),
        (TrainOptions("a", begin="nowhere"), "nowhere"),
        (TrainOptions("a", settings=["training.nothing=1"]), "training.nothing"),
        (TrainOptions("a", settings=["training.batch"]), "--set training.batch"),
    ],
)
def test_a_mistake_names_its_option(options, word, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ImpastoError, match=word):
        options.check()

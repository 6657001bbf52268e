"""`impasto train`: its options before torch is loaded, the run that it makes, and mistakes."""

import json
import os
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from impasto import recipes
from impasto.cli import main
from impasto.cli.train import TrainOptions
from impasto.core.runs import Run, read_lines
from impasto.data.dataset import Dataset
from impasto.errors import ImpastoError
from impasto.metrics import features
from impasto.prepare.pipeline import prepare
from impasto.train.decide import choose_judge
from tests.cli.test_verbs import impasto, mistake
from tests.conftest import TINY_OPTIONS


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


def test_a_run_directory_holds_what_is_promised(trained):
    run = Run(trained)
    names = {path.name for path in trained.iterdir()}
    assert names >= {
        "recipe.yaml",
        "dataset.json",
        "reals.png",
        "samples",
        "stats.jsonl",
        "checkpoints",
        "best",
        "report.html",
        "log.txt",
    }
    assert any(name.startswith("events.") for name in names)
    assert {path.name for path in run.best.iterdir()} == {"generator.safetensors", "model.json"}
    assert [sheet.name for sheet in run.samples()] == ["000000008.png", "000000016.png"]
    rows = read_lines(run.stats)
    assert [row["images"] for row in rows] == [4, 8, 12, 16]
    assert {"minutes", "d_loss", "g_loss", "d_real", "d_fake"} <= rows[-1].keys()
    assert "Training impasto-64 on 12 pictures" in run.log.read_text()
    page = run.report.read_text()
    assert "http://" not in page
    assert page.count("data:image/webp;base64") == 3


def test_the_newest_checkpoints_are_kept(paintings, tmp_path):
    options = ["--set", "training.checkpoint_minutes=0", "--set", "training.keep=2"]
    impasto("train", paintings, "--out", tmp_path / "r", "--images", 24, *TINY_OPTIONS, *options)
    assert [path.stem for path in Run(tmp_path / "r").checkpoints()] == ["000000020", "000000024"]


def test_train_accepts_the_built_in_set_and_ends_with_json(tmp_path):
    out = ["--out", tmp_path / "r", "--json", "--images", 8]
    status, text, _ = impasto("train", "colourfield:12", *out, *TINY_OPTIONS)
    assert status == 0
    assert json.loads(text) | {"minutes": 0} == {
        "run": str(tmp_path / "r"),
        "images": 8,
        "minutes": 0,
        "finished": True,
        "alarm": None,
    }


def test_the_best_snapshot_is_chosen_by_kid(paintings, tmp_path):
    judged = ["--set", "training.judge_every=8"]
    status, _, said = impasto(
        "train", paintings, "--out", tmp_path / "r", "--images", 16, *TINY_OPTIONS, *judged
    )
    assert status == 0
    rows = read_lines(Run(tmp_path / "r").metrics)
    assert [row["images"] for row in rows] == [8, 16]
    best = min(rows, key=lambda row: row["kid"])
    card = json.loads((tmp_path / "r/best/model.json").read_text())
    assert card["images"] == best["images"]
    assert card["metrics"]["kid"] == best["kid"]
    assert "1). The best" not in said.partition("16 images:")[0]  # nothing came before it
    later = said.partition("16 images:")[2]
    assert ("The best snapshot so far, by its KID." in later) == (best["images"] == 16)


@pytest.mark.parametrize(
    ("recipe", "size", "network", "side"),
    [
        ("impasto-64", 8, "lite2", 128),
        ("quick-64", 8, "lite0", 128),
        ("impasto-128", 128, "lite2", 128),
        ("impasto-256", 256, "lite2", 256),  # what is finer than 128² counts as well
    ],
)
def test_the_judge_looks_where_the_training_runs_and_through_other_eyes(
    recipe, size, network, side, monkeypatch
):
    looked = []
    monkeypatch.setattr(
        features,
        "lite_features",
        lambda pictures, variant, size, device: (
            looked.append((variant, size, device)),
            np.zeros((len(pictures), 1280), np.float32),
        )[1],
    )
    pictures = np.zeros((12, size, size, 3), np.uint8)
    dataset = Dataset(Path("any"), "any", pictures, size, size, "0" * 64, (), None)
    judge = choose_judge(recipes.load(recipe), dataset, "cuda")
    judge.extractor(pictures)
    assert looked == [(network, side, "cuda")]


def test_dry_run_measures_and_writes_nothing(paintings, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    status, text, _ = impasto("train", paintings, "--dry-run", "--minutes", 5, *TINY_OPTIONS)
    assert status == 0
    assert "images/s, measured on" in text
    assert "5 minutes, about" in text
    assert "not prepared yet" in text
    assert sorted(tmp_path.rglob("*")) == before


def test_a_forecast_is_no_json():
    with pytest.raises(ImpastoError, match="--json does not go with --dry-run; leave one out"):
        impasto("train", "colourfield:12", "--dry-run", "--json", *TINY_OPTIONS)


def test_dry_run_refuses_what_its_processes_could_not_share(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ("train", "colourfield:12", "--dry-run", "--images", 8, *TINY_OPTIONS)
    with pytest.raises(ImpastoError, match="4 pictures cannot be split evenly among 3 processes"):
        impasto(*words, "--processes", 3)


def test_a_prepared_set_is_never_trained_into_and_a_run_never_prepared_into(
    paintings, trained, tmp_path, monkeypatch, capsys
):
    def refused(*arguments):
        monkeypatch.setattr(sys, "argv", ["impasto", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 1
        return capsys.readouterr().err.splitlines()[-1]

    made = tmp_path / "set"
    prepare(paintings, made, size=32)
    before = {path: path.read_bytes() for path in made.iterdir() if path.is_file()}
    said = refused("train", made, "--out", made, "--images", 16)
    assert said.endswith(f"--out {made} is DATA itself; name another folder.")
    said = refused("train", paintings, "--out", made, "--images", 16)
    assert said.endswith(f"--out {made} is a prepared set; name another folder.")
    assert {path: path.read_bytes() for path in made.iterdir() if path.is_file()} == before
    before = (trained / "dataset.json").read_bytes()
    said = refused("prepare", paintings, "--out", trained)
    assert said.endswith(f"--out {trained} is a run of impasto train; name another folder.")
    assert (trained / "dataset.json").read_bytes() == before


def test_dry_run_knows_what_lies_there_already(paintings, trained, tmp_path):
    def foreseen(*length: object) -> str:
        asked = ["train", paintings, "--out", trained, "--dry-run", *TINY_OPTIONS, *length]
        status, text, _ = impasto(*asked)
        assert status == 0
        return text

    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    more = foreseen("--images", 24)
    assert f"{paintings}, 12 pictures" in more
    assert "begun: 16 images in 0:0" in more
    assert "24 images, 8 of it left, about" in more
    assert "16 images, done already" in foreseen("--images", 16)
    assert re.search(r"1 minute, (0:5\d|1:00) of it left, about", foreseen("--minutes", 1))
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_dry_run_counts_from_the_newest_checkpoint_that_can_be_read(paintings, tmp_path):
    often = [*TINY_OPTIONS, "--set", "training.checkpoint_minutes=0"]
    asked = ["train", paintings, "--out", tmp_path / "r", *often]
    impasto(*asked, "--images", 16)
    newest = Run(tmp_path / "r").checkpoints()[-1]
    newest.write_bytes(newest.read_bytes()[:1000])
    assert "begun: 12 images" in impasto(*asked, "--images", 24, "--dry-run")[1]
    assert newest.exists()  # set aside by the training, not by a look ahead


def test_only_a_part_of_a_training_counts_apart(paintings, tmp_path):
    asked = ["train", paintings, "--out", tmp_path / "r", *TINY_OPTIONS]
    assert "in this go" not in impasto(*asked, "--images", 8)[2]
    assert "8 images in this go." in impasto(*asked, "--images", 16)[2]


def test_other_pictures_in_the_same_run_are_refused(trained, tmp_path, monkeypatch, capsys):
    said = mistake(monkeypatch, capsys, "train", "colourfield:12", "--out", trained, "--images", 32)
    assert "choose another --out" in said


def test_two_trainings_cannot_write_to_one_run(trained, paintings, monkeypatch, capsys):
    with Run(trained).locked():
        arguments = ["train", paintings, "--out", trained, "--images", 32]
        monkeypatch.setattr(sys, "argv", ["impasto", *map(str, arguments)])
        with pytest.raises(SystemExit):
            main()
    assert "Another training is writing" in capsys.readouterr().err


def test_a_full_disk_is_one_sentence_and_leaves_what_was_there(
    trained, paintings, monkeypatch, capsys
):
    import errno

    kept = {path: path.read_bytes() for path in Run(trained).checkpoints()}
    write = os.write

    def full(handle: int, content: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", lambda _handle: full(0, b""))
    arguments = ["train", paintings, "--out", trained, "--images", 32]
    monkeypatch.setattr(sys, "argv", ["impasto", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert "the disk is full" in capsys.readouterr().err.splitlines()[-1]
    assert os.write is write
    for path, content in kept.items():
        assert path.read_bytes() == content


def test_numbers_that_stop_being_numbers_end_the_run_and_name_the_checkpoint(
    trained, paintings, monkeypatch, capsys
):
    import torch

    from impasto.train import steps

    original = steps.GAMES["non-saturating"]
    calls = []

    def broken(real_logits, fake_logits):
        calls.append(1)
        value = original.discriminator(real_logits, fake_logits)
        return value * torch.nan if len(calls) > 2 else value

    monkeypatch.setitem(steps.GAMES, "non-saturating", original._replace(discriminator=broken))
    arguments = ["train", paintings, "--out", trained, "--images", 64]
    monkeypatch.setattr(sys, "argv", ["impasto", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert "at 28 images" in said
    assert "last good checkpoint is" in said
    newest = Run(trained).checkpoints()[-1]
    assert newest.name in said
    weights = torch.load(newest, weights_only=True)["networks"]["generator"].values()
    assert all(bool(torch.isfinite(weight.float()).all()) for weight in weights)


def test_a_broken_newest_checkpoint_is_set_aside_and_the_one_before_is_used(paintings, tmp_path):
    often = [*TINY_OPTIONS, "--set", "training.checkpoint_minutes=0"]
    impasto("train", paintings, "--out", tmp_path / "r", "--images", 16, *often)
    newest = Run(tmp_path / "r").checkpoints()[-1]
    newest.write_bytes(newest.read_bytes()[:1000])
    status, _, said = impasto("train", paintings, "--out", tmp_path / "r", "--images", 24, *often)
    assert status == 0
    assert "set aside as 000000016.broken" in said
    assert "from 12 images" in said
    assert Run(tmp_path / "r").checkpoints()[-1].stem == "000000024"


def test_without_a_judge_a_judged_best_is_not_replaced(trained, paintings):
    card = json.loads((trained / "best/model.json").read_text())
    card["metrics"] = {"kid": 0.001}
    (trained / "best/model.json").write_text(json.dumps(card))
    impasto("train", paintings, "--out", trained, "--images", 24, *TINY_OPTIONS)
    assert json.loads((trained / "best/model.json").read_text()) == card


def test_a_complete_run_without_its_best_snapshot_is_completed(trained, paintings):
    for file in (trained / "best").iterdir():
        file.unlink()
    (trained / "report.html").unlink()
    impasto("train", paintings, "--out", trained, "--images", 16, *TINY_OPTIONS)
    assert (trained / "best/model.json").is_file()
    assert (trained / "report.html").is_file()


def test_what_impasto_made_is_not_learnt_from(paintings, monkeypatch):
    monkeypatch.chdir(paintings)
    for images in (16, 24):
        status, _, said = impasto("train", ".", "--images", images, *TINY_OPTIONS)
        assert status == 0, said
        assert "on 12 pictures" in said


@pytest.mark.parametrize("what", ["no pictures", "one label short"])
def test_a_refused_training_leaves_no_folder_behind(what, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes.txt").write_text("no picture")
    more = () if what == "no pictures" else ("--conditional",)
    said = mistake(monkeypatch, capsys, "train", "mine", "--out", "runs/deep/mine", *more)
    assert "mine" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine"]

"""What the release before wrote still opens: runs, sets, pictures, strokes.

`release-0.1.zip` was made by 0.1.0's commands from twelve built-in paintings, at 32×32.
"""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from impasto.cli import app

ARCHIVE = Path(__file__).with_name("release-0.1.zip")
SEED_0 = Path("gallery/seed-000000.png")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    with zipfile.ZipFile(ARCHIVE) as archive:
        archive.extractall(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def impasto(*words: object) -> str:
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 0, f"{done.output} {done.exception}"
    return done.stdout


def pixels(file: Path) -> np.ndarray:
    with Image.open(file) as image:
        return np.asarray(image.convert("RGB"), dtype=np.int16)


def test_a_seed_is_the_painting_that_it_was():
    impasto("generate", "runs/mine", "--count", 1, "--out", "again")
    assert np.abs(pixels(Path("again/seed-000000.png")) - pixels(SEED_0)).max() <= 1


@pytest.mark.parametrize("kept", [SEED_0, SEED_0.with_suffix(".json")])
def test_a_kept_latent_is_painted_again(kept):
    impasto("generate", "runs/mine", "--latents", kept, "--out", "again")
    (again,) = Path("again").glob("*.png")
    assert np.abs(pixels(again) - pixels(SEED_0)).max() <= 1


def test_a_training_goes_on():
    knobs = {
        "model.architecture": "dcgan",
        "model.initialisation": "normal",
        "model.size": 32,
        "model.latent": 8,
        "model.generator_width": 4,
        "model.discriminator_width": 4,
        "loss.game": "non-saturating",
        "training.batch": 4,
        "training.judge_every": "null",
        "training.log_every": 4,
        "training.sample_every": 8,
    }
    options = [word for knob, value in knobs.items() for word in ("--set", f"{knob}={value}")]
    run = ("--out", "runs/mine", "--images", 32)
    said = json.loads(impasto("train", "prepared/paintings-32", *run, *options, "--json"))
    assert said["images"] == 32
    lines = Path("runs/mine/stats.jsonl").read_text().splitlines()
    shown = [json.loads(line)["images"] for line in lines]
    assert shown == [4, 8, 12, 16, 20, 24, 28, 32]


def test_a_run_is_a_beginning():
    impasto("train", "prepared/paintings-32", "--from", "runs/mine", "--images", 4, "--out", "next")
    assert Path("next/best/model.json").is_file()


def test_a_found_direction_moves_a_painting():
    impasto("generate", "runs/mine", "--count", 1, "--move", "weights-1=3", "--out", "again")
    (again,) = Path("again").glob("*.png")
    assert np.abs(pixels(again) - pixels(SEED_0)).max() > 1


def test_a_painting_is_drawn_again_from_its_strokes():
    impasto("paint", "painted/strokes.json", "--size", 96, "--out", "again")
    assert max(pixels(Path("again/painting.png")).shape) == 96


def test_a_stroke_network_goes_on():
    knobs = ("generator.images=32", "generator.batch=8", "held_out=4", "validate_every=16")
    options = [word for knob in knobs for word in ("--set", knob)]
    run = ("strokes", "train", "strokes/ink", "--out", "runs/strokes-ink")
    said = json.loads(impasto(*run, *options, "--json"))
    assert said["stages"][0]["images"] == 32

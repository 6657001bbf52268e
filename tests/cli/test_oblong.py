"""Pictures that are not square, from a prepared set to films and ONNX, as a user asks for them."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from impasto import load, recipes
from impasto.cli import app
from impasto.core.checkpoints import read_checkpoint
from impasto.core.images import save
from impasto.core.runs import Run, read_lines
from impasto.data.colourfield import paint
from impasto.errors import ImpastoError
from impasto.models.pretrained import efficientnet_lite
from impasto.prepare.pipeline import prepare
from impasto.prepare.source import Data

pytestmark = pytest.mark.slow

WIDTH, HEIGHT = 48, 32
GAP = 2  # white pixels between the pictures of a sheet

SMALL = [
    *("--precision", "fp32", "--set", "training.batch=4", "--set", "model.latent=8"),
    *("--set", "model.generator_width=4", "--set", "model.discriminator_width=4"),
    *("--set", "training.sample_every=8", "--set", "training.log_every=4"),
]


def impasto(*arguments: object) -> str:
    """Run the command in this process; what it printed."""
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout


def train(place: Path, name: str, images: int) -> None:
    """As in a process of its own, which loads the frozen network in the middle of its training."""
    efficientnet_lite.cache_clear()
    impasto("train", place / "set", "--out", place / name, "--images", images, *SMALL)


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A folder `paintings`, a set `set` of 48×32 made of it, and a run `run`, stopped once."""
    place = tmp_path_factory.mktemp("oblong")
    for seed in range(24):
        save(paint(seed, 72)[: 48 + seed % 9], place / "paintings" / f"{seed}.png")
    prepare(place / "paintings", place / "set", size=(WIDTH, HEIGHT))
    for images in (4, 8):  # in two goes
        train(place, "run", images)
    return place


def test_a_set_that_is_not_square_trains_as_such_and_goes_on_to_the_same_weights(place):
    run = Run(place / "run")
    assert recipes.load(str(run.recipe)).model.size == "48x32"
    assert "  size: 48x32\n" in run.recipe.read_text()
    assert "resum" in run.log.read_text().lower()
    assert json.loads(run.dataset.read_text())["width"] == WIDTH
    assert size_of(run.samples()[-1]) == (8 * (WIDTH + GAP) + GAP, 8 * (HEIGHT + GAP) + GAP)
    assert size_of(run.reals) == (5 * (WIDTH + GAP) + GAP, 5 * (HEIGHT + GAP) + GAP)
    assert run.nearest_sheets()
    assert "kid" in read_lines(run.metrics)[-1]
    train(place, "whole", 8)
    ours, theirs = (read_checkpoint(Run(place / name).checkpoints()[-1])["networks"]
                    for name in ("run", "whole"))  # fmt: skip
    for network, weights in ours.items():
        for name, weight in weights.items():
            assert weight.equal(theirs[network][name]), f"{network}: {name}"


def test_a_folder_is_prepared_at_the_size_that_is_asked_for(place, tmp_path):
    set_ = Data.parse(str(place / "paintings")).open((WIDTH, HEIGHT), "crop", tmp_path)
    assert set_.pictures.shape[1:] == (HEIGHT, WIDTH, 3)
    assert set_.folder.name.startswith("paintings-48x32-crop-")
    said = impasto("train", place / "paintings", "--size", "48x32", "--dry-run", *SMALL)
    assert "size: 48x32" in said


@pytest.mark.parametrize("size", ["32", "64"])
def test_squares_are_asked_for_in_the_same_way(place, size, tmp_path):
    arguments = ("train", place / "paintings", "--size", size, "--dry-run", "--out", tmp_path / "r")
    assert f"  size: {size}\n" in impasto(*arguments, *SMALL)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["set", "--size", "64"], "48×32, the recipe wants 64×64"),
        (["set", "--recipe", "dcgan-tutorial-64"], "architecture impasto"),
        (["paintings", "--size", "50x32"], "the nearest is 48x32"),
        (["paintings", "--recipe", "dcgan-tutorial-64", "--size", "48x32"], "impasto alone"),
    ],
)
def test_a_size_that_cannot_be_is_one_sentence(place, arguments, sentence, tmp_path):
    data, *options = arguments
    with pytest.raises(ImpastoError) as refused:
        impasto("train", place / data, *options, "--out", tmp_path / "run")
    assert sentence in str(refused.value)
    assert not (tmp_path / "run" / "recipe.yaml").exists()


def test_pictures_sheets_and_films_have_its_shape(place, tmp_path):
    impasto("generate", place / "run", "--count", 2, "--out", tmp_path / "single")
    assert [size_of(path) for path in sorted((tmp_path / "single").glob("*.png"))] == [
        (WIDTH, HEIGHT)
    ] * 2
    impasto(
        "generate",
        place / "run",
        "--count",
        6,
        "--grid",
        "--no-numbers",
        "--out",
        tmp_path / "sheet",
    )
    (sheet,) = (tmp_path / "sheet").glob("*.png")
    assert size_of(sheet) == (3 * (WIDTH + GAP) + GAP, 2 * (HEIGHT + GAP) + GAP)
    film = ("--interpolate", "slerp", "--seeds", "1,2", "--seconds", "0.2", "--film-as", "webp")
    impasto("generate", place / "run", *film, "--out", tmp_path / "film")
    (moving,) = (tmp_path / "film").glob("*.webp")
    width, height = size_of(moving)
    assert width * HEIGHT == height * WIDTH
    pictures = load(place / "run").sample(2)
    assert pictures.shape == (2, HEIGHT, WIDTH, 3)
    first = np.asarray(Image.open(tmp_path / "single" / "seed-000000.png").convert("RGB"))
    assert np.array_equal(pictures[0], first)


def test_it_is_judged_at_its_shape(place, tmp_path):
    few = ("--networks", "lite0", "--count", 12, "--json")
    found = json.loads(impasto("evaluate", place / "run", *few, "--out", tmp_path / "own"))
    assert found["pictures"]["generated"] == 12
    assert found["features"] == {"lite0": "lite0@128"}
    impasto("generate", place / "run", "--count", 12, "--out", tmp_path / "painted")
    against = ("--against", place / "paintings", "--out", tmp_path / "folder")
    found = json.loads(impasto("evaluate", tmp_path / "painted", *against, *few))
    assert not [note for note in found["notes"] if "resized" in note]  # they stay as they are


def test_it_is_exported_at_its_shape(place, tmp_path):
    import onnxruntime

    impasto("export", place / "run", "--onnx", tmp_path / "a.onnx", "--hub", tmp_path / "hub")
    session = onnxruntime.InferenceSession(tmp_path / "a.onnx")
    (pictures,) = session.run(None, {"latents": np.zeros((3, 8), np.float32)})
    assert pictures.shape == (3, 3, HEIGHT, WIDTH)
    card = (tmp_path / "hub" / "README.md").read_text()
    assert "48×32, RGB" in card
    assert "(16, 32, 48, 3)" in card
    assert load(tmp_path / "hub").sample(1).shape == (1, HEIGHT, WIDTH, 3)


def test_latents_are_explored_at_its_shape(place, tmp_path):
    before = set((place / "run").rglob("*.png"))
    impasto("explore", "directions", place / "run", "--count", 2)
    target = place / "paintings" / "1.png"
    impasto("explore", "project", place / "run", target, "--steps", 2, "--out", tmp_path)
    impasto("explore", "neighbours", place / "run", "--count", 2)
    assert len(set((place / "run").rglob("*.png")) - before) >= 3
    assert size_of(tmp_path / "1-projected.png") == (WIDTH, HEIGHT)

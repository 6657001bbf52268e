"""From a finished run to a generator that every command takes by its name."""

import importlib.util
import json
import shlex
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from huggingface_hub import ModelCard as HubCard
from PIL import Image
from safetensors.torch import load_file
from typer.testing import CliRunner

import impasto
from impasto import recipes
from impasto.cli import app
from impasto.config import change
from impasto.core import eight_bits, shipped
from impasto.core.checkpoints import read_card
from impasto.core.images import save
from impasto.core.runs import Run
from impasto.data.colourfield import paint
from impasto.errors import ImpastoError
from impasto.export.hub import describe, is_flattened
from impasto.models.build import build_discriminator
from impasto.models.flat_field import FAINT
from tests.conftest import TINY_OPTIONS

ROOT = Path(__file__).parents[1]
NAME = "poppies-32"
RIGHTS = "Computed by Impasto itself; nobody has rights in them."
MACHINE = "two cores of a test"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("ship", ROOT / "tools/ship.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    """A finished, judged run."""
    folder = tmp_path_factory.mktemp("ship")
    for seed in range(12):
        save(paint(seed, 48), folder / f"paintings/{seed}.png")
    words = ["train", folder / "paintings", "--out", folder / "run", "--images", 16]
    judged = ["--set", "training.judge_every=16"]
    done = CliRunner().invoke(app, [*map(str, words), *TINY_OPTIONS, *judged])
    assert done.exit_code == 0, done.stderr
    return Run(folder / "run")


@pytest.fixture
def package(tmp_path, monkeypatch) -> Path:
    """An empty package of generators, and an empty folder to work in."""
    monkeypatch.setattr(shipped, "WEIGHTS", tmp_path / "package")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "package"


@pytest.fixture
def there(tool, run, package) -> Path:
    return tool.ship(run, NAME, MACHINE, RIGHTS)


def impasto_says(*arguments: object) -> str:
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert done.exit_code == 0, f"{done.stderr} {done.exception}"
    return done.stdout


def test_both_networks_are_stored_in_half_precision(there, run):
    assert {file.name for file in there.iterdir()} == {
        "model.json",
        "generator.safetensors",
        "discriminator.safetensors",
        "recipe.yaml",
        "README.md",
        "samples.webp",
    }
    stored = load_file(there / "generator.safetensors")
    for name, value in load_file(run.best / "generator.safetensors").items():
        assert stored[name].dtype == (torch.float16 if value.is_floating_point() else value.dtype)
        assert torch.allclose(stored[name].float(), value.float(), rtol=1e-3, atol=1e-6)
    assert read_card(there) == read_card(run.best)
    names = build_discriminator(read_card(there).model).state_dict().keys()
    assert load_file(there / "discriminator.safetensors").keys() == names


def test_the_card_tells_data_command_machine_and_kid_with_its_error(there, run):
    text, card = (there / "README.md").read_text(), read_card(run.best)
    assert HubCard.load(there / "README.md").data.library_name == "impasto"
    for fact in (
        f"impasto generate {NAME}",
        f'impasto.load("{NAME}")',
        f"{card.pictures} pictures. {RIGHTS}",
        f"On {MACHINE}. Weights are stored in half precision",
        f"KID {card.metrics['kid']:.4f} ± {card.metrics['kid_error']:.4f} (KID-lite0@128)",
        ", measured on the last snapshot of its training.",
        "(samples.webp)",
        "[recipe.yaml](recipe.yaml)",
    ):
        assert fact in text, fact
    with Image.open(there / "samples.webp") as sheet:
        assert sheet.size == (4 * 34 + 2, 4 * 34 + 2)


def test_the_command_on_the_card_is_the_runs_recipe(tool, there, run):
    text = (there / "README.md").read_text()
    line = next(line for line in text.splitlines() if line.startswith("impasto train paintings "))
    words = shlex.split(line)
    assert words[words.index("--images") + 1] == "16"
    settings = [words[at + 1] for at, word in enumerate(words) if word == "--set"]
    changes = {knob: recipes.parse_value(value) for knob, _, value in
               (setting.partition("=") for setting in settings)}  # fmt: skip
    again = change(recipes.load("impasto-64"), changes | {"training.images": 16})
    assert again == recipes.load(str(run.recipe))


def test_numbers_of_an_evaluation_reach_the_card(tool, run, package, monkeypatch):
    named = {"kid_lite2": 0.0123, "kid_lite2_error": 0.0004, "fid_lite2": 41.5,
             "precision_lite2": 0.61, "recall_lite2": 0.2, "diversity_lite2": 0.9}  # fmt: skip
    evaluation = {
        "pictures": {"generated": 2_360},
        "features": {"lite2": "lite2@128"},
        "metrics": named,
        "floor": dict.fromkeys(named, 0.001),
        "words": ["lite2 tells samples and originals apart."],
    }
    monkeypatch.setattr(tool, "evaluation_of", lambda _: evaluation)
    text = (tool.ship(run, NAME, MACHINE, RIGHTS, "1 of 30") / "README.md").read_text()
    assert "Taken for real on a blind wall: 1 of 30 samples." in text
    assert "| diversity | 0.9 (floor" not in text  # an alarm of collapse, no achievement
    assert "on 2,360 pictures, beside the floor" in text
    assert "| | lite2@128 |\n|---|---|\n| kid | 0.0123 ± 0.0004 (floor 0.001) |\n| fid |" in text
    assert "\n- lite2 tells samples and originals apart." in text


def test_it_paints_by_its_name_and_writes_nothing_into_the_package(there, package):
    before = sorted(package.rglob("*"))
    first, *_ = impasto_says("generate", NAME, "--count", 2).split()
    assert Path(first) == Path(f"runs/shipped/{NAME}/generated/seed-000000.png")
    impasto_says("explore", "mix", NAME, 0, 1, "--count", 2)
    assert Path(f"runs/shipped/{NAME}/explore/mix/lineage.html").is_file()
    assert sorted(package.rglob("*")) == before
    with Image.open(first) as painted:
        (sampled,) = impasto.load(NAME).sample(1, seed=0)
        assert np.array_equal(np.asarray(painted), sampled)


def test_its_discriminator_chooses_the_best(there):
    text = impasto_says("generate", NAME, "--count", 8, "--best", 2, "--json")
    assert len(json.loads(text)["files"]) == 2


def test_it_is_exported_with_its_recipe(there):
    impasto_says("export", NAME, "--hub", "hub")
    assert Path("hub/recipe.yaml").read_text() == (there / "recipe.yaml").read_text()


def test_a_training_begins_from_it(there, run):
    words = ["--images", 8, "--set", "training.batch=4", "--set", "training.judge_every=null"]
    impasto_says("train", run.folder.parent / "paintings", "--from", NAME, *words)
    out = Path(f"runs/paintings-from-{NAME}")
    assert read_card(out / "best").began_from == NAME
    assert read_card(out / "best").model == read_card(there).model


def test_what_it_has_not_painted_is_not_enlarged_or_judged(there, monkeypatch, capsys):
    from tests.cli.test_verbs import mistake

    assert f"impasto generate {NAME}" in mistake(monkeypatch, capsys, "upscale", NAME)
    assert "--against" in mistake(monkeypatch, capsys, "evaluate", NAME)


@pytest.mark.slow
def test_the_demo_shows_it_beside_its_own(there):
    impasto_says("demo", "--out", "demo", "--minutes", 0.02, "--pictures", 64)
    page = Path("demo/index.html").read_text()
    assert f"impasto generate {NAME}" in page
    assert Path(f"demo/shipped/{NAME}/sheet-0-35-of-36.png").is_file()


def test_too_large_is_refused_before_anything_is_written(tool, run, package, monkeypatch):
    monkeypatch.setattr(tool, "LARGEST", 1000)
    with pytest.raises(ImpastoError, match="train narrower ones"):
        tool.ship(run, NAME, MACHINE, RIGHTS)
    assert not package.exists()


@pytest.mark.parametrize("name", ["", "Poppies", "../poppies", "poppies 32", "-x"])
def test_only_plain_names_are_given(tool, run, package, name):
    with pytest.raises(ImpastoError, match="a name has lower case"):
        tool.ship(run, name, MACHINE, RIGHTS)


def test_a_generator_in_eight_bits_paints_the_same_pictures(tool, run, package, monkeypatch):
    monkeypatch.setattr(eight_bits, "LARGE", 16)

    def shipped_as(name, **how):
        folder = tool.ship(run, name, MACHINE, RIGHTS, **how)
        kinds = {
            each.dtype
            for each in load_file(folder / "generator.safetensors").values()
            if each.dim() > 1 and each.numel() > 16
        }
        return impasto.load(name).sample(16).astype(int), kinds, folder

    exact, halves, _ = shipped_as("poppies-32")
    near, bytes_, folder = shipped_as("tulips-32", eight_bits=True)
    assert (halves, bytes_) == ({torch.float16}, {torch.int8})
    assert 0 < np.abs(near - exact).mean() < 1
    assert "stored in eight bits, which moves a pixel" in (folder / "README.md").read_text()
    judging = load_file(folder / "discriminator.safetensors")
    assert torch.int8 in {each.dtype for each in judging.values()}


def test_a_run_without_a_checkpoint_is_not_shipped(tool, run, package, tmp_path):
    best = tmp_path / "alone/best"
    best.mkdir(parents=True)
    for file in run.best.iterdir():
        (best / file.name).write_bytes(file.read_bytes())
    with pytest.raises(ImpastoError, match="no checkpoint with a discriminator"):
        tool.ship(Run(tmp_path / "alone"), NAME, MACHINE, RIGHTS)


@pytest.mark.parametrize("name", shipped.names())
def test_what_is_in_the_package_paints_and_is_small_enough(name):
    folder = shipped.WEIGHTS / name
    sizes = [file.stat().st_size for file in folder.glob("*.safetensors")]
    assert len(sizes) == 2
    assert sum(sizes) <= 15 * 10**6
    assert impasto.load(name).sample(2).std() > 1
    assert f"impasto generate {name}" in (folder / "README.md").read_text()


def test_a_share_of_a_blind_wall_is_a_number_of_a_number(tool, run, package):
    with pytest.raises(ImpastoError, match="how many of how many"):
        tool.ship(run, NAME, MACHINE, RIGHTS, "none")


@pytest.mark.parametrize(("strength", "told"), [(0, False), (FAINT, False), (0.01, True)])
def test_a_pattern_that_was_measured_and_left_on_is_not_called_taken_off(strength, told):
    pattern = strength * torch.full((3, 8, 8), 2.0)
    assert is_flattened({"flat_field.pattern": pattern}) is told


def test_the_card_tells_of_a_pattern_only_where_one_was_taken_off(run):
    card = read_card(run.best)
    card = card.model_copy(update={"metrics": card.metrics | {"stamp": 0.5}})
    for flattened in (True, False):
        text = describe(card, 1, True, flattened)
        assert ("was taken off afterwards" in text) is flattened


def test_all_that_ships_together_is_small_enough_for_a_wheel():
    weights = shipped.WEIGHTS.rglob("*.safetensors")
    assert sum(file.stat().st_size for file in weights) <= 60 * 10**6


def test_lists_that_a_recipe_changes_are_on_the_command_of_its_card(tool, run):
    changes = {"model.features_stages": [1, 2], "augment.policy": ["colour"]}
    config = change(recipes.load("impasto-64"), changes)
    words = shlex.split(tool.command_of(config, read_card(run.best)))
    assert {"model.features_stages=[1,2]", "augment.policy=[colour]"} <= set(words)

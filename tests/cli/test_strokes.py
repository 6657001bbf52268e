"""`impasto strokes`, from the command line."""

import json
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from impasto.cli import app
from impasto.errors import ImpastoError

QUICK = [
    "--set", "generator.images=16", "--set", "generator.batch=8",
    "--set", "held_out=4", "--set", "validate_every=16",
]  # fmt: skip


def run(*arguments: object) -> str:
    done = CliRunner().invoke(app, ["strokes", *map(str, arguments)])
    if isinstance(done.exception, ImpastoError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout


def test_made_imported_trained_and_shown(tmp_path):
    shards, whole = tmp_path / "ink", tmp_path / "run"
    files = json.loads(run("make", "--count", 24, "--brush", "ink", "--out", shards, "--json"))
    assert files == {"files": [str(shards / "episodes_0.npz")]}

    about = json.loads(run("import", shards, "--out", tmp_path / "set", "--json"))
    assert about["count"] + about["left_out"] == 24

    ended = json.loads(run("train", tmp_path / "set", "--out", whole, *QUICK, "--json"))
    (stage,) = ended["stages"]
    assert stage["stage"] == "generator"
    assert stage["images"] == 16
    assert stage["finished"]
    assert stage["psnr"] > 0
    card = json.loads((whole / "generator" / "best" / "model.json").read_text())
    assert card["brush"] == "ink"

    for target in (shards, shards / "episodes_0.npz", tmp_path / "set", "ink"):
        file = tmp_path / "sheet.png"
        assert run("show", target, "--count", 4, "--out", file).strip() == str(file)
        with Image.open(file) as sheet:
            assert sheet.width > 64
        file.unlink()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("make", "--count", 2, "--brush", "sponge"), "Unknown brush 'sponge'; choose one of dry"),
        (("make", "--count", 2, "--brush", "oil", "--engine", "mypaint"), "no bristles"),
        (("import", "nowhere"), "There is no folder nowhere"),
        (("train", "nowhere"), "There is no folder nowhere"),
        (("train", "set", "--recipe", "dcgan"), "no stroke recipe 'dcgan'"),
        (("train", "set", "--stage", "adversarial"), "has only generator"),
        (("train", "set", "--set", "seed"), "write it as knob=value"),
        (("show", "nowhere"), "neither a brush"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(arguments, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("set").mkdir()
    with pytest.raises(ImpastoError, match=said):
        run(*arguments)
    assert [path.name for path in tmp_path.rglob("*")] == ["set"]

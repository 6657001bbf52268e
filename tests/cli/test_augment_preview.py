"""The sheet of augmentations: originals to the left, changes beside them."""

import numpy as np
from PIL import Image
from typer.testing import CliRunner

from impasto.cli import app
from impasto.errors import ImpastoError
from tests.conftest import TINY_OPTIONS
from tests.prepare.messy import strokes


def preview(tmp_path, *options: str):
    arguments = ["augment-preview", "colourfield:12", "--out", str(tmp_path / "a.png")]
    return CliRunner().invoke(app, [*arguments, "--set", "model.size=32", *options])


def tiles(path) -> np.ndarray:
    """(rows, columns, 32, 32, 3) of a sheet with 2 white pixels between."""
    sheet = np.asarray(Image.open(path).convert("RGB"))
    rows, columns = (sheet.shape[0] - 2) // 34, (sheet.shape[1] - 2) // 34
    return np.stack(
        [
            [sheet[2 + 34 * r : 34 + 34 * r, 2 + 34 * c : 34 + 34 * c] for c in range(columns)]
            for r in range(rows)
        ]
    )


def test_each_row_is_an_original_and_nine_changes(tmp_path):
    found = preview(tmp_path, "--pictures", "3", "--set", "augment.policy=[dihedral]")
    assert found.exit_code == 0, found.output
    sheet = tiles(tmp_path / "a.png")
    assert sheet.shape[:2] == (3, 10)
    for row in sheet:
        positions = [np.rot90(p, k) for p in (row[0], row[0][:, ::-1]) for k in range(4)]
        for change in row[1:]:
            assert any(np.array_equal(change, position) for position in positions)


def test_without_a_policy_nothing_is_changed(tmp_path):
    assert preview(tmp_path, "--set", "augment.policy=[]").exit_code == 0
    sheet = tiles(tmp_path / "a.png")
    assert (sheet == sheet[:, :1]).all()


def test_a_wrong_policy_is_one_sentence(tmp_path):
    found = preview(tmp_path, "--set", "augment.policy=[blur]")
    assert isinstance(found.exception, ImpastoError)
    assert "augment.policy" in str(found.exception)


def test_a_training_finds_the_set_that_the_preview_prepared(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    for seed in range(5):
        Image.fromarray(strokes(seed, 120, 100)).save(tmp_path / "in" / f"{seed}.png")
    found = CliRunner().invoke(app, ["augment-preview", "in", "--set", "model.size=32"])
    assert found.exit_code == 0, found.output
    (first,) = (tmp_path / "runs" / "prepared").iterdir()
    options = ["--images", "8", "--set", "model.size=32", *TINY_OPTIONS]
    for out in ([], ["--out", "elsewhere/run"]):
        done = CliRunner().invoke(app, ["train", "in", *options, *out])
        assert done.exit_code == 0, done.output
        assert "Preparing" not in done.output
    assert list((tmp_path / "runs" / "prepared").iterdir()) == [first]
    assert not (tmp_path / "elsewhere" / "prepared").exists()


def test_what_is_no_picture_is_not_written_over(tmp_path):
    (tmp_path / "a.png").write_text("notes")
    assert "is there already and is no picture" in str(preview(tmp_path).exception)
    assert (tmp_path / "a.png").read_text() == "notes"

"""Stroke data is drawn, or imported."""

import io

import numpy as np
import pytest

from impasto.brush.engine import draw
from impasto.errors import ImpastoError
from impasto.strokes import making
from impasto.strokes.making import make_shards
from impasto.strokes.stroke_set import import_shards, open_training_set


def test_made_again_only_what_is_missing_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr(making, "PER_SHARD", 8)
    files = make_shards(20, "impasto", "ink", tmp_path, seed=4)
    assert [file.name for file in files] == [f"episodes_{k}.npz" for k in range(3)]
    contents = [file.read_bytes() for file in files]
    files[1].unlink()
    times = [files[0].stat().st_mtime_ns, files[2].stat().st_mtime_ns]
    assert make_shards(20, "impasto", "ink", tmp_path, seed=4) == files
    assert [files[0].stat().st_mtime_ns, files[2].stat().st_mtime_ns] == times
    with np.load(files[1]) as again, np.load(io.BytesIO(contents[1])) as before:
        assert np.array_equal(again["strokes"], before["strokes"])
        assert again["actions"].shape == (8, 12)
        assert again["strokes"].shape == (8, 64, 64, 3)
        assert again["strokes"].dtype == np.uint8


def test_a_folder_is_not_mixed(tmp_path):
    make_shards(3, "impasto", "ink", tmp_path)
    with pytest.raises(ImpastoError, match="brush = ink, not wash"):
        make_shards(3, "impasto", "wash", tmp_path)


def test_an_imported_set_holds_what_was_drawn(tmp_path):
    make_shards(10, "impasto", "ink", tmp_path / "shards")
    found = import_shards(tmp_path / "shards", tmp_path / "set")
    assert found.about.brush == "ink"
    ours = draw(found.actions[:, [0, 1, 2, 3, 4, 5, 9, 10, 11]], "ink")
    assert np.abs(ours.astype(int) - found.alphas).max() <= 4
    assert open_training_set(tmp_path / "set").fingerprint == found.fingerprint
    assert open_training_set(tmp_path / "shards").fingerprint == found.fingerprint


def test_a_set_that_was_cut_short_is_imported_again(tmp_path):
    make_shards(4, "impasto", "ink", tmp_path)
    found = import_shards(tmp_path, tmp_path / "set")
    whole = np.array(found.alphas)
    (found.folder / "alphas.bin").write_bytes(whole.tobytes()[:100])
    assert np.array_equal(import_shards(tmp_path, tmp_path / "set").alphas, whole)


def test_a_set_is_not_written_over_something_else(tmp_path):
    make_shards(4, "impasto", "ink", tmp_path)
    other = tmp_path / "other" / "strokes.json"
    other.parent.mkdir()
    other.write_text("{}")
    with pytest.raises(ImpastoError, match="not an imported set"):
        import_shards(tmp_path, other.parent)
    assert [path.name for path in other.parent.iterdir()] == ["strokes.json"]


def test_fewer_strokes_than_there_are_change_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(making, "PER_SHARD", 8)
    files = make_shards(12, "impasto", "ink", tmp_path)
    before = [file.read_bytes() for file in files]
    assert make_shards(5, "impasto", "ink", tmp_path) == files[:1]
    assert [file.read_bytes() for file in files] == before


def test_more_strokes_than_there_are_fill_the_last_shard(tmp_path):
    (short,) = make_shards(3, "impasto", "ink", tmp_path)
    assert make_shards(5, "impasto", "ink", tmp_path) == [short]
    with np.load(short) as shard:
        assert len(shard["actions"]) == 5


def test_a_set_is_not_written_among_its_shards(tmp_path):
    make_shards(4, "impasto", "ink", tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(ImpastoError, match=r"--out .* holds shards .* another folder"):
        import_shards(tmp_path, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == before

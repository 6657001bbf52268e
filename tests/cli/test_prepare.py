"""`impasto prepare` as a program runs it."""

import json

import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from impasto.cli import app
from impasto.cli.prepare import _parse_size, feature_network
from impasto.data.dataset import open_dataset
from impasto.errors import ImpastoError
from impasto.prepare.decisions import read_decisions
from tests.conftest import TINY_OPTIONS
from tests.prepare.messy import strokes


def test_json_tells_what_happened(tmp_path):
    (tmp_path / "in").mkdir()
    coarse = np.random.default_rng(0).integers(0, 256, (5, 6, 3), dtype=np.uint8)
    Image.fromarray(coarse).resize((200, 160)).save(tmp_path / "in" / "a.png")
    (tmp_path / "in" / "b.png").write_bytes(b"")
    arguments = ["prepare", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--json"]
    arguments.append("--no-features")
    done = CliRunner().invoke(app, [*arguments, "--size", "48x32"])
    assert done.exit_code == 0, done.output
    summary = json.loads(done.stdout)
    assert (summary["found"], summary["kept"]) == (2, 1)
    assert summary["dropped"] == {"empty file": 1}
    assert (tmp_path / "out" / "decisions.csv").is_file()


def test_sources_of_one_name_do_not_replace_each_other(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for seed, place in enumerate("ab"):
        (tmp_path / place / "p").mkdir(parents=True)
        Image.fromarray(strokes(seed, 120, 100)).save(tmp_path / place / "p" / "1.png")
    assert CliRunner().invoke(app, ["prepare", "a/p", "--no-features"]).exit_code == 0
    assert CliRunner().invoke(app, ["prepare", "a/p", "--no-features"]).exit_code == 0
    before = open_dataset(tmp_path / "prepared" / "p-64").fingerprint
    done = CliRunner().invoke(app, ["prepare", "b/p", "--no-features"])
    assert isinstance(done.exception, ImpastoError)
    assert "p-64 was made of" in str(done.exception)
    assert "--out prepared/p-64" in str(done.exception)
    assert open_dataset(tmp_path / "prepared" / "p-64").fingerprint == before
    again = ["prepare", "b/p", "--no-features", "--out", "prepared/p-64"]
    assert CliRunner().invoke(app, again).exit_code == 0
    (tmp_path / "b").rename(tmp_path / "c")
    assert CliRunner().invoke(app, ["prepare", "c/p", "--no-features"]).exit_code == 0


@pytest.mark.parametrize("names", ["klingon", "hex", "idna", "nul\0"])
def test_an_encoding_that_is_none_is_refused(tmp_path, names):
    done = CliRunner().invoke(app, ["prepare", str(tmp_path), "--names", names])
    assert isinstance(done.exception, ImpastoError)
    assert str(done.exception).startswith("--names ")


def test_nearest_without_like_is_refused(tmp_path):
    done = CliRunner().invoke(app, ["prepare", str(tmp_path), "--nearest", "5"])
    assert isinstance(done.exception, ImpastoError)
    assert "give --like too" in str(done.exception)


def test_sizes():
    assert _parse_size("64") == (64, 64)
    assert _parse_size("192x128") == (192, 128)
    for text in ("", "x", "64x", "-1", "9999", "1x2x3", "4", "٣٢"):
        with pytest.raises(ImpastoError, match="--size"):
            _parse_size(text)


def test_training_on_a_folder_leaves_out_what_prepare_leaves_out(tmp_path, monkeypatch):
    folder = tmp_path / "in"
    folder.mkdir()
    for seed in range(6):
        Image.fromarray(strokes(seed, 120, 100)).save(folder / f"{seed}.png")
    (folder / "6.png").write_bytes((folder / "1.png").read_bytes())
    from impasto.models import pretrained
    from impasto.prepare import rules

    def features(views):
        return np.repeat(np.arange(len(views), dtype=np.float32)[:, None], 1024, axis=1)

    monkeypatch.setattr(pretrained, "texture_features", features)
    # The network takes the fourth file that can be read for a photograph.
    monkeypatch.setattr(
        rules, "photograph_scores", lambda textures: np.where(textures[:, 0] == 3, 9.0, -20.0)
    )
    size = ["--set", "model.size=32"]
    out = ["--out", str(tmp_path / "runs" / "a"), "--images", "8"]
    done = CliRunner().invoke(app, ["train", str(folder), *out, *TINY_OPTIONS, *size])
    assert done.exit_code == 0, done.output
    arguments = ["prepare", str(folder), "--size", "32", "--out", str(tmp_path / "set")]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    (cached,) = (tmp_path / "runs" / "prepared").iterdir()
    reasons = [decision.reason for decision in read_decisions(cached)]
    assert reasons == [each.reason for each in read_decisions(tmp_path / "set")]
    assert sorted(filter(None, reasons)) == ["exact duplicate", "photograph, not a painting"]
    assert open_dataset(cached).fingerprint == open_dataset(tmp_path / "set").fingerprint


def test_looking_leaves_the_number_of_threads_as_it_was(monkeypatch):
    from impasto.models import pretrained

    def features(views):
        raise ImpastoError("no network")

    monkeypatch.setattr(pretrained, "texture_features", features)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        with pytest.raises(ImpastoError, match="no network"):
            feature_network()(np.zeros((1, 128, 128, 3), np.uint8))
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_ctrl_c_says_how_to_go_on(tmp_path, monkeypatch):
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("impasto.prepare.pipeline.prepare", stopped)
    (tmp_path / "a").mkdir()
    words = ["prepare", str(tmp_path / "a"), "--out", str(tmp_path / "set")]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 130
    assert "Stopped" in result.stderr

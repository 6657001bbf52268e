"""A second run looks only at what changed; an interrupted one goes on where it was."""

import os
import sys
import weakref
import zipfile

import numpy as np
import pytest
from PIL import Image

from impasto.core import files
from impasto.core.files import read_json, write_json
from impasto.data import shards
from impasto.data.dataset import open_dataset
from impasto.errors import ImpastoError
from impasto.prepare import old_set
from impasto.prepare import pipeline as module
from impasto.prepare.pipeline import Selection, prepare
from impasto.prepare.rules import Thresholds
from impasto.prepare.store import source_of
from tests.prepare.messy import strokes


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in").mkdir()
    for seed in range(40):
        Image.fromarray(strokes(seed, 120, 100)).save(tmp_path / "in" / f"{seed:02}.png")
    return tmp_path / "in"


def test_a_second_run_looks_at_nothing_and_gives_the_same(folder, tmp_path):
    first = prepare(folder, tmp_path / "out", size=32)
    assert first.examined == 40
    second = prepare(folder, tmp_path / "out", size=32)
    assert second.examined == 0
    assert second.fingerprint == first.fingerprint


def test_only_what_changed_is_looked_at(folder, tmp_path):
    prepare(folder, tmp_path / "out", size=32)
    Image.fromarray(strokes(99, 120, 100)).save(folder / "07.png")
    (folder / "08.png").unlink()
    Image.fromarray(strokes(98, 120, 100)).save(folder / "new.png")
    again = prepare(folder, tmp_path / "out", size=32)
    assert (again.examined, again.kept) == (2, 40)
    assert again.fingerprint == prepare(folder, tmp_path / "anew", size=32).fingerprint


@pytest.mark.parametrize("told", [True, False])
def test_an_index_that_was_changed_is_not_believed(folder, tmp_path, monkeypatch, capsys, told):
    first = prepare(folder, tmp_path / "out", size=32)
    about, index = tmp_path / "out/dataset.json", tmp_path / "out/index.csv"
    before = index.read_bytes()
    if told:
        index.write_bytes(before.replace(b"03.png", b"x").replace(b"04.png", b"03.png"))
    else:  # as earlier versions have written it
        kept = {name: each for name, each in read_json(about, "").items() if name != "index"}
        write_json(about, kept)
    again = []
    cut_again = module.cut_again
    monkeypatch.setattr(module, "cut_again", lambda *a: (again.append(a), cut_again(*a))[1])
    second = prepare(folder, tmp_path / "out", size=32)
    assert (second.examined, second.fingerprint) == (0, first.fingerprint)
    assert index.read_bytes() == before
    assert len(again) == 40 * told
    assert ("index.csv is not what was written" in _said(capsys)) == told


def _said(capsys):
    return " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("cut", [True, False])
def test_a_bad_shard_is_named_and_made_again(folder, tmp_path, monkeypatch, capsys, cut):
    monkeypatch.setattr(shards, "SHARD_BYTES", 16 * 3 * 32 * 32)
    first = prepare(folder, tmp_path / "out", size=32)
    names = sorted(path.name for path in (tmp_path / "out").glob("*.npy"))
    assert len(names) == 3
    bad = tmp_path / "out" / names[1]
    content = bad.read_bytes()
    bad.write_bytes(content[:-5] if cut else content[:-5] + b"\0\1\2\3\4")
    capsys.readouterr()
    again = []
    cut_again = module.cut_again
    monkeypatch.setattr(module, "cut_again", lambda *a: (again.append(a), cut_again(*a))[1])
    second = prepare(folder, tmp_path / "out", size=32)
    assert (second.examined, second.fingerprint) == (0, first.fingerprint)
    assert names[1] in capsys.readouterr().err
    assert len(again) == 16
    assert bad.read_bytes() == content


def test_another_size_looks_at_everything_again(folder, tmp_path):
    prepare(folder, tmp_path / "out", size=32)
    assert prepare(folder, tmp_path / "out", size=48).examined == 40
    assert open_dataset(tmp_path / "out").width == 48


def test_another_threshold_looks_at_nothing_again(folder, tmp_path):
    everything = prepare(folder, tmp_path / "out", size=32).fingerprint
    strict = Thresholds(calm=0.0)
    with pytest.raises(ImpastoError, match="too busy"):
        prepare(folder, tmp_path / "out", size=32, thresholds=strict)
    # What was dropped comes back, cut out of its file again where the set no longer has it.
    half = Selection(only=("1*.png",))
    assert prepare(folder, tmp_path / "out", size=32, selection=half).kept == 10
    back = prepare(folder, tmp_path / "out", size=32)
    assert (back.examined, back.fingerprint) == (0, everything)


def test_an_interruption_costs_a_few_files_at_most(folder, tmp_path, monkeypatch):
    def interrupted(views):
        if interrupted.calls == 1:
            raise KeyboardInterrupt
        interrupted.calls += 1
        return np.zeros((len(views), 1024), dtype=np.float32)

    interrupted.calls = 0
    with pytest.raises(KeyboardInterrupt):
        prepare(folder, tmp_path / "out", size=32, look=interrupted)
    interrupted.calls = -1000
    again = prepare(folder, tmp_path / "out", size=32, look=interrupted)
    assert again.examined == 8
    assert again.kept == 40
    clean = prepare(folder, tmp_path / "clean", size=32, look=interrupted)
    assert again.fingerprint == clean.fingerprint


def test_two_runs_at_once_are_refused(folder, tmp_path, monkeypatch):
    def second(*args, **kwargs):
        with pytest.raises(ImpastoError, match="Another impasto prepare"):
            prepare(folder, tmp_path / "out", size=32)
        return judge(*args, **kwargs)

    judge = module.judge
    monkeypatch.setattr(module, "judge", second)
    prepare(folder, tmp_path / "out", size=32)


@pytest.mark.skipif(sys.platform == "win32", reason="files are not exchanged so there")
@pytest.mark.parametrize("how", ["renamed", "rewritten"])
def test_files_that_only_look_the_same_are_looked_at_again(tmp_path, how):
    """Uncompressed pictures of one size, with times that are kept, under each other's names."""
    folder = tmp_path / "in"
    folder.mkdir()
    for seed in range(3):
        Image.fromarray(strokes(seed, 120, 100)).save(folder / f"{seed}.bmp")
        os.utime(folder / f"{seed}.bmp", ns=(10**18, 10**18))
    prepare(folder, tmp_path / "out", size=32)
    if how == "renamed":
        for old, new in (("0", "x"), ("1", "0"), ("x", "1")):
            (folder / f"{old}.bmp").rename(folder / f"{new}.bmp")
    else:
        first, second = (folder / f"{n}.bmp" for n in "01")
        contents = first.read_bytes(), second.read_bytes()
        first.write_bytes(contents[1])
        second.write_bytes(contents[0])
        for path in (first, second):
            os.utime(path, ns=(10**18, 10**18))
    again = prepare(folder, tmp_path / "out", size=32)
    assert again.examined == 2
    assert again.fingerprint == prepare(folder, tmp_path / "anew", size=32).fingerprint


def test_files_that_only_look_different_are_not_looked_at_again(folder, tmp_path):
    first = prepare(folder, tmp_path / "out", size=32)
    for path in folder.iterdir():
        copy = path.read_bytes()
        path.unlink()
        path.write_bytes(copy)
    again = prepare(folder, tmp_path / "out", size=32)
    assert (again.examined, again.fingerprint) == (0, first.fingerprint)


def test_a_file_that_vanishes_meanwhile_is_a_decision_not_a_crash(folder, tmp_path, monkeypatch):
    prepare(folder, tmp_path / "out", size=32)
    (tmp_path / "out" / "dataset.json").unlink()  # nothing to take its pixels from

    def judge(*args):
        (folder / "03.png").unlink(missing_ok=True)
        return original(*args)

    original = module.judge
    monkeypatch.setattr(module, "judge", judge)
    assert prepare(folder, tmp_path / "out", size=32).reasons == {"vanished": 1}
    assert len(open_dataset(tmp_path / "out")) == 39


def test_what_is_replaced_is_closed_before(folder, tmp_path, monkeypatch):
    """Windows replaces no file that is open or mapped."""
    prepare(folder, tmp_path / "out", size=32)
    opened, publish = list[weakref.ref](), files.publish

    def open_shard(*args):
        opened.append(weakref.ref(found := original(*args)))
        return found

    def finish(writer, *args, **more):
        assert opened
        assert all(each() is None for each in opened)
        return finished(writer, *args, **more)

    def closed(file, temporary, path):
        if path.name == "facts.jsonl":
            assert benches[0].facts._read is None
        publish(file, temporary, path)

    benches, loaded = [], module.Workbench.__enter__
    original, finished = old_set.open_shard, module.DatasetWriter.finish
    monkeypatch.setattr(old_set, "open_shard", open_shard)
    monkeypatch.setattr(module.DatasetWriter, "finish", finish)
    monkeypatch.setattr(files, "publish", closed)
    monkeypatch.setattr(
        module.Workbench, "__enter__", lambda bench: benches.append(bench) or loaded(bench)
    )
    again = prepare(folder, tmp_path / "out", size=32)
    assert again.kept == 40


def test_a_refused_source_is_not_noted_as_that_of_the_set(folder, tmp_path):
    prepare(folder, tmp_path / "out", size=32)
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as file:
        file.writestr("a.txt", "no picture")
    with pytest.raises(ImpastoError):
        prepare(tmp_path / "b.zip", tmp_path / "out", size=32)
    assert source_of(tmp_path / "out") == folder


def test_what_was_begun_is_known_by_its_source(folder, tmp_path, monkeypatch):
    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "judge", interrupted)
    with pytest.raises(KeyboardInterrupt):
        prepare(folder, tmp_path / "out", size=32)
    assert source_of(tmp_path / "out") == folder

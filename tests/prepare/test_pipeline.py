"""A folder becomes a set, every file is accounted for, and nothing depends on chance."""

import csv
import errno
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from impasto.core.parallel import cores
from impasto.data.dataset import open_dataset
from impasto.data.files import list_files
from impasto.errors import ImpastoError
from impasto.prepare import pipeline, where
from impasto.prepare.decisions import read_decisions
from impasto.prepare.examine import Settings
from impasto.prepare.pipeline import Selection, _ahead, prepare
from impasto.prepare.rules import Thresholds
from tests.prepare.elsewhere import png, served
from tests.prepare.messy import strokes


@pytest.fixture
def folder(tmp_path, painter):
    """Three pictures of two artists, one loose, one broken, and things that lie about."""
    place = tmp_path / "paintings"
    for name, seed in (("Klee/b.png", 1), ("Klee/a.png", 2), ("Marc/c d.png", 3), ("e.png", 4)):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(painter(seed, 120, 90)).save(place / name)
    (place / "broken.jpg").write_bytes(b"")
    (place / "Thumbs.db").write_bytes(b"x")
    (place / ".DS_Store").write_bytes(b"x")
    (place / "notes.txt").write_text("x")
    (place / "__MACOSX").mkdir()
    (place / "__MACOSX" / "a.png").write_bytes(b"x")
    return place


def decisions(out):
    with (out / "decisions.csv").open(newline="", encoding="utf-8") as file:
        return {row["file"]: row for row in csv.DictReader(file)}


def test_every_file_is_accounted_for(folder, tmp_path):
    report = prepare(folder, tmp_path / "out", size=32)
    found = decisions(tmp_path / "out")
    assert list(found) == ["Klee/a.png", "Klee/b.png", "Marc/c d.png", "broken.jpg", "e.png"]
    assert found["broken.jpg"]["verdict"] == "reject"
    assert found["broken.jpg"]["reason"] == "empty file"
    assert found["e.png"]["verdict"] == "keep"
    assert (found["e.png"]["width"], found["e.png"]["height"]) == ("120", "90")
    assert len(found["e.png"]["sha256"]) == 64
    assert (report.found, report.kept, report.ignored) == (5, 4, 4)
    assert report.reasons == {"empty file": 1}


def test_sub_folders_become_labels(folder, tmp_path):
    prepare(folder, tmp_path / "out", size=32)
    dataset = open_dataset(tmp_path / "out")
    assert dataset.labels == ("Klee", "Marc")
    assert dataset.label_of.tolist() == [0, 0, 1, -1]


@pytest.mark.parametrize("size", [32, 64, 256, 1024])
def test_workers_run_ahead_within_bounded_memory(size):
    ahead = _ahead(Settings(size, size))
    assert 8 <= ahead <= 128
    assert ahead == 8 or ahead * cores() * 3 * size**2 <= 2**26
    assert _ahead(Settings(size, size, "many")) <= ahead


def test_the_same_folder_gives_the_same_set(folder, tmp_path):
    one = prepare(folder, tmp_path / "one", size=32).fingerprint
    assert prepare(folder, tmp_path / "two", size=32).fingerprint == one
    assert prepare(folder, tmp_path / "three", size=32, fit="stretch").fingerprint != one


def test_pictures_need_not_be_square(folder, tmp_path):
    prepare(folder, tmp_path / "out", size=(48, 32))
    assert open_dataset(tmp_path / "out").pictures.shape == (4, 32, 48, 3)


def test_a_set_inside_its_own_source_is_not_read_back(folder):
    first = prepare(folder, folder / "prepared", size=32)
    assert prepare(folder, folder / "prepared", size=32).fingerprint == first.fingerprint


def test_a_picture_is_not_changed_beyond_its_resize(tmp_path, painter):
    (tmp_path / "in").mkdir()
    Image.fromarray(painter(5, 32, 32)).save(tmp_path / "in" / "a.png")
    prepare(tmp_path / "in", tmp_path / "out", size=32)
    assert (np.asarray(open_dataset(tmp_path / "out").pictures[0]) == painter(5, 32, 32)).all()


def test_what_cannot_work_is_one_sentence(tmp_path):
    with pytest.raises(ImpastoError, match="does not exist"):
        list_files(tmp_path / "none")
    with pytest.raises(ImpastoError, match="holds no pictures"):
        list_files(tmp_path)
    (tmp_path / "a.jpg").write_bytes(b"words")
    with pytest.raises(ImpastoError, match="is a file"):
        list_files(tmp_path / "a.jpg")
    with pytest.raises(ImpastoError, match="ZIP or TAR"):
        prepare(tmp_path / "a.jpg", tmp_path / "out", size=32)
    for name, content in (("a.zip", b"words"), ("b", b"PK\x03\x04 and no end")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ImpastoError, match=r"(a\.zip|b) is a damaged"):
            prepare(tmp_path / name, tmp_path / "out", size=32)
        (tmp_path / name).unlink()
    with pytest.raises(ImpastoError, match=r"None of the 1 .*not an image"):
        prepare(tmp_path, tmp_path / "out", size=32)


def test_a_set_is_never_made_of_itself(folder, tmp_path):
    with pytest.raises(ImpastoError, match="is the source itself"):
        prepare(folder, folder, size=32)
    prepare(folder, tmp_path / "out", size=32)
    with pytest.raises(ImpastoError, match="is a prepared set already"):
        prepare(tmp_path / "out", tmp_path / "again", size=32)


def test_of_twins_the_one_in_colour_is_kept(tmp_path):
    """A grey JPEG has one table of quantisation where colour has two: it only looks finer."""
    image = Image.fromarray(strokes(5))
    (tmp_path / "in").mkdir()
    image.convert("L").save(tmp_path / "in" / "a.jpg", quality=95)
    image.save(tmp_path / "in" / "b.jpg", quality=90)
    Image.fromarray(strokes(6)).save(tmp_path / "in" / "c.png")
    prepare(tmp_path / "in", tmp_path / "set", size=32)
    dropped = {d.file: d.twin for d in read_decisions(tmp_path / "set") if not d.kept}
    assert dropped == {"a.jpg": "b.jpg"}


def test_addresses_that_are_refused_end_no_run(tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline, "_MOST_NOT_FETCHED", 3)
    files = {"/a.png": png(1), "/b.png": png(2), "/1": 403, "/2": 410, "/3": 451, "/4": 400}
    dead = b"\n".join(b"%d" % number for number in range(1, 7))
    files["/l.txt"] = dead + b"\na.png\nb.png"
    files["/dead.txt"] = dead
    with served(files) as (address, asked):
        report = prepare(f"{address}/l.txt", tmp_path / "out", size=32)
        assert (report.kept, report.reasons) == (2, {"not fetched": 6})
        assert len(asked) == 9  # each once
        with pytest.raises(ImpastoError, match=r"None of the 6 files.*not fetched.*/1 ") as told:
            prepare(f"{address}/dead.txt", tmp_path / "dead", size=32)
    assert "\n" not in str(told.value)


def test_a_host_that_is_away_ends_the_run(tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline, "_MOST_NOT_FETCHED", 3)
    files = {f"/{number}": 503 for number in range(4)} | {"/gone": 404}
    files |= {"/l.txt": b"0\ngone\n1\n2\n3", "/one.txt": b"0"}
    with served(files) as (address, _):
        with pytest.raises(ImpastoError, match="3 files one after the other"):
            prepare(f"{address}/l.txt", tmp_path / "out", size=32)
        with pytest.raises(ImpastoError, match="the same command goes on") as told:
            prepare(f"{address}/one.txt", tmp_path / "one", size=32)
    assert "one after the other" not in str(told.value)


def test_a_host_that_goes_away_before_the_set_is_written_takes_no_picture(tmp_path):
    files = {"/l.txt": b"a.png\nb.png", "/a.png": png(1), "/b.png": png(2)}
    with served(files) as (address, _):
        prepare(f"{address}/l.txt", tmp_path / "out", size=32)
        (tmp_path / "out/dataset.json").unlink()  # so that pictures are cut again
        shutil.rmtree(tmp_path / "out/.workbench/cache")
        files["/b.png"] = 503
        with pytest.raises(ImpastoError, match="the same command goes on"):
            prepare(f"{address}/l.txt", tmp_path / "out", size=32)
        files["/b.png"] = png(2)
        assert prepare(f"{address}/l.txt", tmp_path / "out", size=32).kept == 2


def test_a_full_disk_ends_the_run(tmp_path, monkeypatch):
    def full(address, file, most):
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "l.txt").write_text("https://host/a.png\nhttps://host/b.png")
    monkeypatch.setattr(where, "download", full)
    with pytest.raises(OSError, match="No space left") as told:
        prepare(tmp_path / "l.txt", tmp_path / "out", size=32)
    assert told.value.errno == errno.ENOSPC


def test_what_is_fetched_goes_where_all_machines_find_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = Settings(32, 32)
    job = pipeline._Job("in", Path("out"), settings, Thresholds(), Selection(), None, "", None)
    assert job.cache.folder == tmp_path / "out/.workbench/cache"

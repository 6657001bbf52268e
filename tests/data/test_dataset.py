"""A set comes back as it was written, and a damaged one is refused in one sentence."""

import errno
import json
import os

import numpy as np
import pytest

from impasto.data import shards
from impasto.data.dataset import (
    DatasetWriter,
    is_dataset,
    open_dataset,
    read_index,
    some_rows,
    split_rows,
)
from impasto.errors import ImpastoError


def write(folder, painter, count=5, labels=("a", "b")):
    with DatasetWriter(folder, 12, 8) as writer:
        for seed in range(count):
            label = labels[seed % len(labels)] if labels else ""
            writer.add(painter(seed, 12, 8), f"{seed}.png", label)
        return writer.finish("five", fit="crop")


def test_round_trip(tmp_path, painter):
    fingerprint = write(tmp_path / "set", painter)
    found = open_dataset(tmp_path / "set")
    assert (found.name, found.width, found.height, len(found)) == ("five", 12, 8, 5)
    assert found.fingerprint == fingerprint
    assert all((found.pictures[seed] == painter(seed, 12, 8)).all() for seed in range(5))
    assert isinstance(found.pictures, np.memmap)
    assert found.labels == ("a", "b")
    assert found.label_of.tolist() == [0, 1, 0, 1, 0]
    assert [row["file"] for row in read_index(found.folder)] == [f"{n}.png" for n in range(5)]


def test_without_labels(tmp_path, painter):
    write(tmp_path, painter, labels=())
    found = open_dataset(tmp_path)
    assert found.labels == ()
    assert found.label_of is None


def test_equal_pictures_have_equal_fingerprints(tmp_path, painter):
    one, two = write(tmp_path / "a", painter), write(tmp_path / "b", painter, labels=())
    assert one == two
    assert write(tmp_path / "c", painter, count=4) != one


def test_an_interrupted_writer_leaves_the_old_set(tmp_path, painter):
    before = write(tmp_path, painter)
    with pytest.raises(KeyboardInterrupt), DatasetWriter(tmp_path, 12, 8) as writer:
        writer.add(painter(9, 12, 8), "9.png")
        raise KeyboardInterrupt
    assert open_dataset(tmp_path).fingerprint == before
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("shard", [2**30, 2**12])
def test_a_description_that_cannot_be_written_leaves_the_old_set(
    tmp_path, painter, monkeypatch, shard
):
    monkeypatch.setattr(shards, "SHARD_BYTES", shard)
    write(tmp_path, painter)
    before = open_dataset(tmp_path).fingerprint

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("impasto.core.files.json.dumps", full)
    with pytest.raises(OSError, match="No space left"):
        write(tmp_path, painter, count=7)
    assert open_dataset(tmp_path).fingerprint == before


def test_a_writer_that_is_left_early_makes_no_set(tmp_path, painter):
    with DatasetWriter(tmp_path, 12, 8) as writer:
        writer.add(painter(9, 12, 8), "9.png")
    assert not is_dataset(tmp_path)
    with DatasetWriter(tmp_path, 12, 8) as writer, pytest.raises(ImpastoError, match="Nothing"):
        writer.finish("empty")


def test_a_picture_of_another_size_is_a_bug(tmp_path, painter):
    with DatasetWriter(tmp_path, 12, 8) as writer, pytest.raises(ValueError, match="does not fit"):
        writer.add(painter(1, 8, 12), "1.png")


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("format", "other", "prepared set"),
        ("version", 2, "version 2"),
        ("count", 6, "promises"),
        ("count", -1, "count: "),
        ("count", True, "count: "),
        ("width", 8, "promises"),
        ("height", 10**9, "height: "),
        ("name", None, "name: "),
        ("fingerprint", "../../x", "fingerprint: "),
        ("labels", ["a", "a"], "labels: "),
        ("labels", ["a"], "does not fit"),
        ("labels", [["a"]], "labels: "),
    ],
)
def test_a_description_that_lies_is_refused(tmp_path, painter, key, value, sentence):
    write(tmp_path, painter)
    path = tmp_path / "dataset.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    with pytest.raises(ImpastoError, match=sentence):
        open_dataset(tmp_path)


def npy(header):
    return b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little") + header + bytes(99)


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"\x93NUMPY", b"\x93NUMPY\x01\x00\xff\xff{", b"PK\x03\x04", b"not numpy at all"),
        *(npy(b"{'shape': (1,)} ("), npy(b"{\0}"), npy(b"{[]: 1}"), npy(b"-" * 9000 + b"1")),
    ],
)
def test_a_damaged_array_is_refused(tmp_path, painter, content):
    write(tmp_path, painter)
    (tmp_path / "pictures.npy").write_bytes(content)
    with pytest.raises(ImpastoError, match=r"pictures\.npy"):
        open_dataset(tmp_path)


def test_pickled_objects_are_never_loaded(tmp_path, painter):
    write(tmp_path, painter)
    np.save(tmp_path / "pictures.npy", np.array([{}] * 5), allow_pickle=True)
    with pytest.raises(ImpastoError, match=r"pictures\.npy"):
        open_dataset(tmp_path)


def test_a_shortened_array_is_refused(tmp_path, painter):
    write(tmp_path, painter)
    path = tmp_path / "pictures.npy"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ImpastoError, match=r"pictures\.npy"):
        open_dataset(tmp_path)


def test_missing_parts_are_named(tmp_path, painter):
    write(tmp_path, painter)
    (tmp_path / "pictures.npy").unlink()
    with pytest.raises(ImpastoError, match=r"pictures\.npy is missing"):
        open_dataset(tmp_path)
    with pytest.raises(ImpastoError, match=r"dataset\.json is missing"):
        open_dataset(tmp_path / "nowhere")


ROWS = [f"{at},{at}.png,{'ab'[at % 2]}\n" for at in range(5)]
HEADER = "row,file,label\n"


@pytest.mark.parametrize(
    "content",
    [
        (HEADER + "".join(reversed(ROWS))).encode(),
        (HEADER + "".join(ROWS)).replace(",", ";").encode("utf-16"),
        ("\ufeff" + HEADER + "".join(ROWS)).replace("\n", "\r\n").encode(),
        HEADER.encode() + b"0,\x1b]0;a\0\x07\xfc.png,a\n" + "".join(ROWS[1:]).encode(),
        b"label,file\na,\nb,1\na,2\nb,\na,4\n",
    ],
    ids=["sorted", "utf-16", "crlf", "control characters", "without numbers"],
)
def test_an_index_is_read_whatever_has_saved_it(tmp_path, painter, content):
    write(tmp_path, painter)
    (tmp_path / "index.csv").write_bytes(content)
    assert open_dataset(tmp_path).label_of.tolist() == [0, 1, 0, 1, 0]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "no column 'file'"),
        (b"row,file\n0,a\n", "no column 'label'"),
        (b"row,fi\0le,label\n0,a,a\n", "no column 'file'"),
        ((HEADER + "9" * 5000 + ",0.png,a\n" + "".join(ROWS[1:])).encode(), "has no row 0"),
        ((HEADER + "0,a,a\n" * 5).encode(), "row 1"),
        ((HEADER + "".join(f"-{row}" for row in ROWS)).encode(), "has no row 0"),
        ((HEADER + "".join(ROWS).replace("3,", "²,")).encode(), "has no row 3"),
        ((HEADER + "0," + "x" * 200_000 + ",a\n" + "".join(ROWS[1:])).encode(), "line 2 is torn"),
        ((HEADER + "".join(ROWS[:4])).encode(), "does not fit"),
        ((HEADER + "".join(ROWS).replace("b\n", "c\n")).encode(), "does not fit"),
        ((HEADER + "".join(ROWS)).encode("cp500"), "no column 'file'"),
    ],
)
def test_an_index_made_to_do_harm_is_refused(tmp_path, painter, content, sentence):
    write(tmp_path, painter)
    (tmp_path / "index.csv").write_bytes(content)
    with pytest.raises(ImpastoError, match=rf"index\.csv.*{sentence}"):
        open_dataset(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no named pipes")
@pytest.mark.parametrize("name", ["pictures.npy", "index.csv", "dataset.json"])
def test_a_pipe_in_a_set_is_not_waited_for(tmp_path, painter, name):
    write(tmp_path, painter)
    (tmp_path / name).unlink()
    os.mkfifo(tmp_path / name)
    with pytest.raises(ImpastoError, match="is a pipe"):
        open_dataset(tmp_path)


def test_a_description_may_not_promise_more_than_memory_holds(tmp_path, painter):
    write(tmp_path, painter)
    path = tmp_path / "dataset.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"count": 2**35}))
    with (tmp_path / "pictures.npy").open("wb") as file:  # a file of holes takes no disk
        header = {"descr": "|u1", "fortran_order": False, "shape": (2**35, 8, 12, 3)}
        np.lib.format.write_array_header_1_0(file, header)
        try:
            file.truncate(128 + 2**35 * 8 * 12 * 3)
        except OSError:
            pytest.skip("no files that large")
    with pytest.raises(ImpastoError, match="does not"):
        open_dataset(tmp_path)


def test_rows_are_held_out_by_the_seed_alone():
    learnt, held = split_rows(103, 0.1)
    assert len(held) == 10
    assert sorted([*learnt, *held]) == list(range(103))
    assert np.array_equal(held, np.sort(held))
    assert np.array_equal(split_rows(103, 0.1)[1], held)
    assert not np.array_equal(split_rows(103, 0.1, seed=1)[1], held)
    everything, nothing = split_rows(103, 0)
    assert (len(everything), len(nothing)) == (103, 0)
    with pytest.raises(ImpastoError, match="between 0 and"):
        split_rows(10, 0.9)


def test_rows_drawn_by_chance_hold_their_share_of_those_held_out():
    _, held = split_rows(2000, 0.2)
    for most in (100, 400, 1000):
        rows = some_rows(2000, most)
        assert np.array_equal(rows, np.unique(rows))
        assert len(rows) == most
        assert np.isin(rows, held).mean() == pytest.approx(0.2, abs=0.08)
    assert not np.array_equal(some_rows(2000, 100, seed=1), some_rows(2000, 100))
    assert np.array_equal(some_rows(7, 10), np.arange(7))


def test_a_link_that_a_stranger_laid_into_a_set_leads_nothing_out_of_it(tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "mine").write_text("keep")
    (tmp_path / "set/.pictures.npy.part").symlink_to(tmp_path / "mine")
    with DatasetWriter(tmp_path / "set", 8, 8) as writer:
        writer.add(np.zeros((8, 8, 3), np.uint8), "a.png")
        writer.finish("a")
    assert (tmp_path / "mine").read_text() == "keep"
    assert len(open_dataset(tmp_path / "set")) == 1

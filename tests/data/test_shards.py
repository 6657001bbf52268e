"""A set of several shards reads like one array, whole or not at all."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impasto.data import shards
from impasto.data.dataset import DatasetWriter, is_dataset, open_dataset, read_index
from impasto.data.files import list_files
from impasto.data.loader import Batches
from impasto.data.shards import Shards
from impasto.errors import ImpastoError

EACH = 3 * 8 * 8


def write(folder, count=10, seed=0, label=lambda number: "ab"[number % 2]):
    chance = np.random.default_rng(seed)
    pictures = chance.integers(256, size=(count, 8, 8, 3), dtype=np.uint8)
    with DatasetWriter(folder, 8, 8) as writer:
        for number, picture in enumerate(pictures):
            writer.add(picture, f"{number}.png", label(number))
        writer.finish("some")
    return pictures


@pytest.fixture
def small(monkeypatch):
    """Shards of four pictures."""
    monkeypatch.setattr(shards, "SHARD_BYTES", 4 * EACH + EACH // 2)


def files(folder):
    return sorted(path.name for path in folder.glob("*.npy"))


def test_shards_read_like_one_file(tmp_path, monkeypatch):
    pictures = write(tmp_path / "one")
    monkeypatch.setattr(shards, "SHARD_BYTES", 4 * EACH)
    write(tmp_path / "many")
    one, many = open_dataset(tmp_path / "one"), open_dataset(tmp_path / "many")
    assert files(one.folder) == ["pictures.npy"]
    assert [len(part) for part in many.pictures.parts] == [4, 4, 2]
    assert many.fingerprint == one.fingerprint
    assert many.label_of.tolist() == one.label_of.tolist() == [0, 1] * 5
    assert read_index(many.folder) == read_index(one.folder)
    assert np.array_equal(many.pictures, pictures)
    order = [Batches(each.pictures, 4, seed=3, flip=True) for each in (one, many)]
    for images in range(0, 40, 4):
        assert np.array_equal(order[0].at(images), order[1].at(images))


def test_a_set_that_fits_one_shard_is_what_it_always_was(tmp_path, small):
    write(tmp_path, count=4)
    assert files(tmp_path) == ["pictures.npy"]
    about = json.loads((tmp_path / "dataset.json").read_text())
    assert about["version"] == 1
    assert "shards" not in about


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4), st.data())
def test_rows_are_taken_as_from_an_array(lengths, data):
    whole = np.arange(sum(lengths) * 12, dtype=np.uint8).reshape(-1, 2, 2, 3)
    found = Shards(np.split(whole, np.cumsum(lengths)[:-1]))
    count = len(whole)
    some = st.integers(-count, count - 1)
    rows = data.draw(
        st.one_of(
            some,
            st.slices(count),
            st.lists(some, max_size=6).map(lambda each: np.array(each, dtype=np.int64)),
            st.lists(st.booleans(), min_size=count, max_size=count).map(np.array),
            st.tuples(some, st.slices(2)),
            st.tuples(st.slices(count), st.integers(0, 1)),
        )
    )
    assert np.array_equal(found[rows], whole[rows])
    assert (len(found), found.shape, found.ndim) == (count, whole.shape, 4)


def test_a_row_beyond_the_end_is_refused():
    with pytest.raises(IndexError):
        Shards([np.zeros((2, 1, 1, 3), np.uint8)] * 2)[4]


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda path: path.unlink(), "is missing"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "cut off"),
        (lambda path: path.write_bytes(b""), "cut off"),
        (lambda path: np.save(path, np.zeros((3, 8, 8, 3), np.uint8)), "does not hold"),
    ],
)
def test_a_bad_shard_is_named(tmp_path, small, spoil, sentence):
    write(tmp_path)
    name = files(tmp_path)[1]
    spoil(tmp_path / name)
    with pytest.raises(ImpastoError, match=rf"{name} .*{sentence}"):
        open_dataset(tmp_path)
    assert is_dataset(tmp_path)


@pytest.mark.parametrize(
    "listed",
    [
        [],
        "pictures.npy",
        [{"file": "../pictures-00000-0123456789ab.npy", "count": 10, "sha256": "0" * 64}],
        [{"file": "pictures-00000-0123456789ab.npy", "count": -10, "sha256": "0" * 64}],
        [{"file": ["x"], "count": 10, "sha256": "0" * 64}],
        [{"file": "pictures-00000-0123456789ab.npy", "count": 10, "sha256": None}],
    ],
)
def test_a_description_that_lies_of_shards_is_refused(tmp_path, small, listed):
    write(tmp_path)
    path = tmp_path / "dataset.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "shards": listed}))
    with pytest.raises(ImpastoError, match=r"dataset\.json: .*shards"):
        open_dataset(tmp_path)


def test_an_interrupted_writer_leaves_the_old_shards_alone(tmp_path, small):
    before, named = write(tmp_path), files(tmp_path)
    with pytest.raises(KeyboardInterrupt), DatasetWriter(tmp_path, 8, 8) as writer:
        for _ in range(9):
            writer.add(np.zeros((8, 8, 3), np.uint8), "x.png")
        assert len(files(tmp_path)) == 5
        raise KeyboardInterrupt
    assert files(tmp_path) == named
    assert np.array_equal(open_dataset(tmp_path).pictures, before)


def test_shards_that_a_killed_writer_left_go(tmp_path, small):
    (tmp_path / "pictures-00007-0123456789ab.npy").write_bytes(b"left")
    (tmp_path / "pictures-mine.npy").write_bytes(b"another's")
    write(tmp_path)
    assert len(files(tmp_path)) == 4
    assert (tmp_path / "pictures-mine.npy").exists()


def test_a_set_grows_and_shrinks(tmp_path, small):
    for count in (10, 3, 9):
        pictures = write(tmp_path, count, seed=count)
        assert len(files(tmp_path)) == -(-count // 4)
        assert np.array_equal(open_dataset(tmp_path).pictures, pictures)


def test_labels_are_read_from_an_index_that_a_spreadsheet_saved(tmp_path):
    write(tmp_path)
    path = tmp_path / "index.csv"
    first, *rows = path.read_text().splitlines()
    path.write_text("\r\n".join([first, *reversed(rows)]).replace(",", ";") + "\r\n")
    assert open_dataset(tmp_path).label_of.tolist() == [0, 1] * 5


def test_a_sharded_set_among_pictures_is_left_out(tmp_path, small, capsys):
    write(tmp_path / "set")
    (tmp_path / "a.png").touch()
    assert list_files(tmp_path)[0] == [(tmp_path / "a.png").relative_to(tmp_path)]

import numpy as np
import pytest
import safetensors.numpy

from impasto.data.dataset import DatasetWriter, open_dataset
from impasto.metrics.cache import cache_file, dataset_features
from impasto.metrics.features import Extractor


class Corners:
    """The colour of the first pixel, counting what was looked at."""

    def __init__(self):
        self.looked = 0

    def __call__(self, pictures):
        self.looked += len(pictures)
        return pictures[:, 0, 0].astype(np.float32)


@pytest.fixture
def corners():
    return Extractor("corners", 3, Corners())


def prepared(folder, seed=0, count=9):
    with DatasetWriter(folder, 8, 8) as writer:
        for number in range(count):
            picture = np.random.default_rng([seed, number]).integers(0, 256, (8, 8, 3), np.uint8)
            writer.add(picture, f"{number}.png")
        writer.finish("noise")
    return open_dataset(folder)


def test_a_set_is_looked_at_once(tmp_path, corners):
    dataset = prepared(tmp_path / "set")
    first = dataset_features(dataset, corners, quiet=True)
    again = dataset_features(open_dataset(tmp_path / "set"), corners, quiet=True)
    assert corners.extract.looked == 9
    assert np.array_equal(first, dataset.pictures[:, 0, 0])
    assert np.array_equal(first, again)


def test_other_pixels_or_another_extractor_are_looked_at_anew(tmp_path, corners):
    dataset_features(prepared(tmp_path / "set"), corners, quiet=True)
    changed = prepared(tmp_path / "set", seed=1)
    assert np.array_equal(dataset_features(changed, corners, quiet=True), changed.pictures[:, 0, 0])
    assert corners.extract.looked == 18
    other = Extractor("more-corners", 3, Corners())
    dataset_features(changed, other, quiet=True)
    assert other.extract.looked == 9


def test_a_sample_of_the_rows_is_kept_apart_from_the_whole(tmp_path, corners):
    dataset = prepared(tmp_path / "set")
    for rows in (np.array([1, 4]), np.array([2, 4]), np.array([2, 4])):
        found = dataset_features(dataset, corners, rows=rows, quiet=True)
        assert np.array_equal(found, dataset.pictures[rows][:, 0, 0])
    assert corners.extract.looked == 4  # the same sample again is not looked at
    assert len(dataset_features(dataset, corners, quiet=True)) == 9


def test_what_a_stranger_or_a_crash_left_there_is_not_believed(tmp_path, corners):
    dataset = prepared(tmp_path / "set")
    truth = dataset_features(dataset, corners, quiet=True)
    path = cache_file(dataset.folder, corners)
    good = path.read_bytes()
    with safetensors.safe_open(path, framework="numpy") as file:
        about = file.metadata()
    for content in (
        b"",
        good[:-7],
        b"\x80\x04.",
        safetensors.numpy.save({"features": truth[:4]}, metadata=about),
        safetensors.numpy.save({"features": truth * np.float32(np.nan)}, metadata=about),
        safetensors.numpy.save({"features": truth.astype(np.float64)}, metadata=about),
        safetensors.numpy.save({"features": truth + 1}, metadata=about | {"version": "0"}),
        safetensors.numpy.save({"features": truth + 1}),
    ):
        path.write_bytes(content)
        assert np.array_equal(dataset_features(dataset, corners, quiet=True), truth)
        with safetensors.safe_open(path, framework="numpy") as file:
            assert file.metadata() == about
            assert np.array_equal(file.get_tensor("features"), truth)


def test_a_set_that_cannot_be_written_to_is_judged_all_the_same(
    tmp_path, corners, monkeypatch, capsys
):
    from impasto.metrics import cache

    def full(path, content):
        raise OSError(30, "Read-only file system", str(path))

    monkeypatch.setattr(cache, "write_bytes", full)
    dataset = prepared(tmp_path / "set")
    assert len(dataset_features(dataset, corners, quiet=True)) == 9
    assert "Read-only" in capsys.readouterr().err

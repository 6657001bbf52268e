"""DATA may be a prepared set, a folder, or a built-in set; each is found again unchanged."""

import hashlib
import os
import sys
import types
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from impasto import recipes
from impasto.config import change
from impasto.errors import ImpastoError
from impasto.prepare import source
from impasto.prepare.feature_network import feature_network
from impasto.prepare.pipeline import prepare
from impasto.prepare.source import Data, at_its_size


@pytest.fixture
def folder(tmp_path, painter):
    place = tmp_path / "paintings"
    place.mkdir()
    for seed in range(3):
        Image.fromarray(painter(seed)).save(place / f"{seed}.png")
    return place


def test_a_prepared_set_is_opened_as_it_is(folder, tmp_path):
    prepare(folder, tmp_path / "set", size=32)
    assert len(Data.parse(str(tmp_path / "set")).open(32, "crop", tmp_path)) == 3


def test_a_folder_may_be_named_by_its_text(folder, tmp_path):
    assert prepare(str(folder), tmp_path / "set", size=32).pictures == 3


def test_another_size_names_the_way_out(folder, tmp_path):
    prepare(folder, tmp_path / "set", size=32)
    with pytest.raises(ImpastoError, match=r"model\.size=32.*--size 64"):
        Data.parse(str(tmp_path / "set")).open(64, "crop", tmp_path)


def test_a_set_that_is_not_square_is_opened_by_width_and_height(folder, tmp_path):
    prepare(folder, tmp_path / "set", size=(48, 32))
    assert Data.parse(str(tmp_path / "set")).open((48, 32), "crop", tmp_path).pictures.shape[
        1:3
    ] == (
        32,
        48,
    )
    with pytest.raises(ImpastoError, match=r"wants 32×48; .*architecture impasto.* --size 32x48"):
        Data.parse(str(tmp_path / "set")).open((32, 48), "crop", tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="no such links there")
def test_a_link_to_nowhere_a_pipe_and_odd_bytes_in_a_name_are_only_files(folder, tmp_path):
    (folder / "gone.png").symlink_to(folder / "nothing.png")
    os.mkfifo(folder / "pipe.png")
    odd = folder / os.fsdecode(b"caf\xe9.png")
    (folder / "0.png").rename(odd)
    assert len(Data.parse(str(folder)).open(32, "crop", tmp_path)) == 3
    assert len(Data.parse(str(folder)).open(32, "crop", tmp_path)) == 3  # and is found again


def test_colour_fields_painted_by_two_at_once_are_whole(tmp_path):
    with ThreadPoolExecutor(2) as both:
        first, second = both.map(
            lambda _: Data.parse("colourfield:24").open(32, "crop", tmp_path), "ab"
        )
    assert first.fingerprint == second.fingerprint
    found = hashlib.sha256(np.ascontiguousarray(first.pictures).data).hexdigest()
    assert found == first.fingerprint


def test_a_prepared_set_brings_its_size_to_those_who_can_paint_it(folder, tmp_path):
    ours, theirs = recipes.load("impasto-64"), recipes.load("dcgan-tutorial-64")
    prepare(folder, tmp_path / "set", size=(48, 32))
    assert at_its_size(ours, Data.parse(str(tmp_path / "set"))) == change(
        ours, {"model.size": "48x32"}
    )
    assert at_its_size(theirs, Data.parse(str(tmp_path / "set"))) == theirs
    assert at_its_size(ours, Data.parse(str(folder))) == ours
    assert at_its_size(ours, Data.parse("colourfield:12")) == ours
    prepare(folder, tmp_path / "other", size=(50, 32))
    with pytest.raises(ImpastoError, match=r"other: model\.size: 50x32 .* nearest is 48x32\.$"):
        at_its_size(ours, Data.parse(str(tmp_path / "other")))


def test_a_folder_is_prepared_once_and_again_when_it_changes(
    folder, tmp_path, painter, monkeypatch
):
    calls = []

    def counted(*args, **kwargs):
        calls.append(args)
        return prepare(*args, **kwargs)

    monkeypatch.setattr(source, "prepare", counted)
    first = Data.parse(str(folder)).open(32, "crop", tmp_path / "runs")
    assert first.folder.parent == tmp_path / "runs" / "prepared"
    assert first.folder.name.startswith("paintings-32-crop-")
    again = Data.parse(str(folder)).open(32, "crop", tmp_path / "runs")
    assert again.fingerprint == first.fingerprint
    assert len(calls) == 1
    Image.fromarray(painter(9)).save(folder / "9.png")
    assert len(Data.parse(str(folder)).open(32, "crop", tmp_path / "runs")) == 4
    os.utime(folder / "9.png", ns=(1, 1))
    Data.parse(str(folder)).open(32, "crop", tmp_path / "runs")
    Data.parse(str(folder)).open(32, "stretch", tmp_path / "runs")
    assert len(calls) == 4


def test_how_many_pictures_there_are_is_known_once_they_are_prepared(folder, tmp_path, painter):
    def count(data, beside=tmp_path, sides=(32, 32)):
        return Data.parse(str(data)).count(sides, "crop", beside)

    assert count(folder) is None
    Data.parse(str(folder)).open(32, "crop", tmp_path)
    assert count(folder) is None  # photographs were let in, which a training would not
    made = Data.parse(str(folder)).open(32, "crop", tmp_path, feature_network())
    assert count(folder) == count(made.folder) == len(made)
    assert count(folder, sides=(32, 48)) is None
    assert count(folder, beside=tmp_path / "another") is None
    Image.fromarray(painter(9)).save(folder / "9.png")
    assert count(folder) is None
    assert count("colourfield:12") is None


@pytest.fixture
def colourfield(monkeypatch):
    """A painter in the built-in one's place, so that this test is about the cache alone."""
    module = types.ModuleType("impasto.data.colourfield")
    module.STYLE = 1
    module.FAMILIES = ("wide", "tall")
    painted = []

    def paint(seed, size, family=None):
        painted.append(seed)
        return np.full((size, size, 3), seed * 7 + (family == "tall"), dtype=np.uint8)

    module.paint = paint
    monkeypatch.setitem(sys.modules, "impasto.data.colourfield", module)
    import impasto.data

    monkeypatch.setattr(impasto.data, "colourfield", module, raising=False)
    return painted


def test_colour_fields_are_painted_once(colourfield, tmp_path):
    found = Data.parse("colourfield:6").open(16, "crop", tmp_path)
    assert [int(p[0, 0, 0]) for p in found.pictures] == [0, 8, 14, 22, 28, 36]
    assert found.labels == ("tall", "wide")
    assert found.label_of.tolist() == [1, 0, 1, 0, 1, 0]
    assert Data.parse("colourfield:6").open(16, "crop", tmp_path).fingerprint == found.fingerprint
    assert len(colourfield) == 6
    sys.modules["impasto.data.colourfield"].STYLE = 2  # a better painter
    Data.parse("colourfield:6").open(16, "crop", tmp_path)
    assert len(colourfield) == 12


def test_colour_fields_of_any_shape_are_the_middle_of_square_ones(tmp_path):
    from impasto.data.colourfield import FAMILIES, paint

    found = Data.parse("colourfield:3").open((48, 32), "crop", tmp_path)
    assert found.folder.name.startswith("colourfield-3-48x32-")
    for seed, picture in enumerate(found.pictures):
        assert np.array_equal(picture, paint(seed, 48, FAMILIES[seed])[8:40])


@pytest.mark.parametrize("count", ["0", "-3", "many", "9999999", "²", "1.5"])
def test_a_count_that_is_none_is_refused(count, tmp_path):
    with pytest.raises(ImpastoError, match="number of pictures"):
        Data.parse(f"colourfield:{count}").open(16, "crop", tmp_path)


def test_no_such_data(tmp_path):
    with pytest.raises(ImpastoError, match="neither a folder nor"):
        Data.parse(str(tmp_path / "nothing")).open(32, "crop", tmp_path)


def test_labels_are_known_before_anything_is_prepared(folder, tmp_path):
    assert Data.parse(str(folder)).labels == []
    for file, name in (("0.png", "Marc"), ("1.png", "Klee")):
        (folder / name).mkdir()
        (folder / file).rename(folder / name / file)
    assert Data.parse(str(folder)).labels == ["Klee", "Marc"]
    prepare(folder, tmp_path / "set", size=32)
    assert Data.parse(str(tmp_path / "set")).labels == ["Klee", "Marc"]
    assert len(Data.parse("colourfield").labels) > 2
    assert Data.parse("colourfield:1").labels == list(
        Data.parse("colourfield:1").open(32, "crop", tmp_path).labels
    )
    with pytest.raises(ImpastoError, match="neither a folder"):
        Data.parse("nowhere")


@pytest.mark.skipif(sys.platform == "win32", reason="files are not exchanged so there")
def test_files_under_each_others_names_are_prepared_anew(tmp_path, painter):
    place = tmp_path / "paintings"
    place.mkdir()
    for seed in range(2):
        Image.fromarray(painter(seed)).save(place / f"{seed}.bmp")
        os.utime(place / f"{seed}.bmp", ns=(10**18, 10**18))
    before = Data.parse(str(place)).open(32, "crop", tmp_path)
    first = np.array(before.pictures[0])
    for old, new in (("0", "x"), ("1", "0"), ("x", "1")):
        (place / f"{old}.bmp").rename(place / f"{new}.bmp")
    assert (Data.parse(str(place)).open(32, "crop", tmp_path).pictures[1] == first).all()


@pytest.mark.parametrize("part", ["dataset.json", "pictures.npy", "source.json", "index.csv"])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe nonsense", b"{}"])
def test_a_damaged_cached_set_is_made_anew(folder, tmp_path, part, content):
    (folder / "a").mkdir()
    (folder / "0.png").rename(folder / "a" / "0.png")
    first = Data.parse(str(folder)).open(32, "crop", tmp_path)
    (first.folder / part).write_bytes(content)
    again = Data.parse(str(folder)).open(32, "crop", tmp_path)
    assert (again.fingerprint, again.labels) == (first.fingerprint, ("a",))


def test_damaged_colour_fields_are_painted_anew(colourfield, tmp_path):
    first = Data.parse("colourfield:4").open(16, "crop", tmp_path)
    (first.folder / "pictures.npy").write_bytes(b"x")
    assert Data.parse("colourfield:4").open(16, "crop", tmp_path).fingerprint == first.fingerprint


def test_of_two_that_prepare_the_same_folder_one_waits(folder, tmp_path):
    with ThreadPoolExecutor(2) as both:
        sets = list(both.map(lambda _: Data.parse(str(folder)).open(32, "crop", tmp_path), "ab"))
    assert sets[0].fingerprint == sets[1].fingerprint


def test_a_set_in_runs_is_found_from_elsewhere(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first = Data.parse(str(folder)).open(32, "crop", source.RUNS)
    assert Data.parse(str(folder)).open(32, "crop", tmp_path / "other").folder.resolve() == (
        first.folder.resolve()
    )
    assert not (tmp_path / "other").exists()


def test_a_name_that_no_disk_holds_is_no_data():
    with pytest.raises(ImpastoError, match="neither a folder"):
        Data.parse("n" * 5000).open(32, "crop", None)


@pytest.mark.parametrize("damaged", ["dataset.json", "pictures.npy"])
def test_a_damaged_set_in_the_cache_is_made_again(damaged, tmp_path):
    whole = Data.parse("colourfield:6").open(16, "crop", tmp_path)
    pictures = np.array(whole.pictures)
    (whole.folder / damaged).write_bytes((whole.folder / damaged).read_bytes()[:40])
    again = Data.parse("colourfield:6").open(16, "crop", tmp_path)
    assert np.array_equal(again.pictures, pictures)


@pytest.mark.parametrize("text", ["", " "])
def test_a_name_that_is_empty_is_not_the_working_folder(text):
    with pytest.raises(ImpastoError, match="DATA is empty"):
        Data.parse(text)

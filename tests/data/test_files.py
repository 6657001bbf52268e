"""Which files a folder has: each once, however it is linked."""

import sys
import unicodedata
from pathlib import Path

import pytest

from impasto.data.dataset import is_dataset
from impasto.data.files import label_of, list_files, matches
from impasto.errors import ImpastoError

links = pytest.mark.skipif(sys.platform == "win32", reason="no such links there")


def make(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    return folder


def names(folder, out=None):
    return [file.as_posix() for file in list_files(folder, out)[0]]


@links
def test_a_linked_folder_is_followed(tmp_path):
    folder = make(tmp_path / "in", "Klee/1.png")
    make(tmp_path / "elsewhere", "2.png", "deep/3.png")
    (folder / "Marc").symlink_to(tmp_path / "elsewhere")
    assert names(folder) == ["Klee/1.png", "Marc/2.png", "Marc/deep/3.png"]


@links
def test_loops_and_second_ways_are_walked_once(tmp_path):
    folder = make(tmp_path / "in", "Klee/1.png", "Marc/2.png", "Marc/deep/3.png")
    (folder / "A best").symlink_to(folder / "Klee")  # before Klee in the alphabet
    (folder / "Klee" / "all").symlink_to(folder)
    (folder / "Klee" / "up").symlink_to("..")
    (folder / "Marc" / "above").symlink_to(tmp_path)
    (folder / "Marc" / "deep" / "other").symlink_to("../../Klee")
    (folder / "self").symlink_to("self")
    (folder / "root").symlink_to("/")
    found = names(folder)
    assert found == ["Klee/1.png", "Marc/2.png", "Marc/deep/3.png", "self"]


@links
def test_many_links_between_many_folders_end(tmp_path):
    folder = make(tmp_path / "in", *(f"{n}/{n}.png" for n in range(12)))
    for one in range(12):
        for other in range(12):
            (folder / str(one) / f"to {other}").symlink_to(folder / str(other))
    assert len(names(folder)) == 12


@links
def test_the_set_itself_is_left_out_behind_a_link_too(tmp_path):
    folder = make(tmp_path / "in", "1.png")
    make(tmp_path / "out", "report.png")
    (folder / "out").symlink_to(tmp_path / "out")
    assert names(folder, tmp_path / "out") == ["1.png"]


def test_other_tools_sets_with_a_dataset_json_are_walked_and_our_own_are_named(tmp_path, capsys):
    for name in ("stylegan/00000", "set", "run/samples"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("stylegan", "set", "run"):
        (tmp_path / name / "dataset.json").write_text('{"labels": [["00000/img.png", 6]]}')
    for name in ("set/pictures.npy", "run/recipe.yaml"):
        (tmp_path / name).touch()
    for name in ("stylegan/00000/img.png", "set/x.png", "run/samples/1.png"):
        (tmp_path / name).touch()
    assert list_files(tmp_path)[0] == [Path("stylegan/00000/img.png")]
    said = capsys.readouterr().err
    assert str(tmp_path / "set") in said
    assert str(tmp_path / "run") in said
    assert "stylegan" not in said
    assert list_files(tmp_path / "stylegan")[0] == [Path("00000/img.png")]
    assert not is_dataset(tmp_path / "stylegan")


def test_a_folder_of_archives_says_so(tmp_path):
    make(tmp_path, "a.zip", "read me.txt")
    with pytest.raises(ImpastoError, match=r"only archives; name one: .*a\.zip\.$"):
        list_files(tmp_path)


@pytest.mark.parametrize("name", ["b.zip", "b.tar.xz", "b.7z", "b.rar"])
def test_an_archive_beside_pictures_is_named(tmp_path, capsys, name):
    make(tmp_path, "a.png", name)
    assert list_files(tmp_path) == ([Path("a.png")], 1)
    said = " ".join(capsys.readouterr().err.split())
    assert f"archives too, such as {name}, which are not opened" in said


def test_a_name_that_no_disk_holds_does_not_exist():
    with pytest.raises(ImpastoError, match="does not exist"):
        list_files(Path("n" * 5000))


def test_accents_in_one_piece_or_two_are_the_same():
    apart = unicodedata.normalize("NFD", "Cézanne/é.png")
    assert label_of(apart) == "Cézanne"
    assert matches(apart, ["Cé*"], [])
    assert matches("Cézanne/é.png", [unicodedata.normalize("NFD", "Cé*")], [])

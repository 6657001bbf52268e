"""Which originals there are, what is known of them, and what is said where they are gone."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from impasto.brushwork import originals as module
from impasto.brushwork.donors import NUMBERS, PATCHES
from impasto.brushwork.originals import find_originals
from impasto.core.images import save
from impasto.data.colourfield import paint
from impasto.errors import ImpastoError
from impasto.prepare.pipeline import prepare


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "oils"
    for seed in range(5):
        save(paint(seed, 96), place / "monet" / f"{seed}.png")
    save(paint(7, 40), place / "small.png")
    (place / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\n torn")
    return place


def test_a_folder_with_a_file_that_is_no_picture(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    originals = find_originals(str(folder), 128)
    assert originals.known.shape == (7, PATCHES, NUMBERS)
    assert originals.usable.tolist() == [True] * 6 + [False]
    assert "1 file of" in capsys.readouterr().err
    assert originals.open(0, 64).shape == (1, 3, 64, 64)
    assert originals.open(5, 64).shape == (1, 3, 40, 40)
    assert np.array_equal(
        originals.open(0, 96, True)[0, 0].numpy()[:, ::-1], originals.open(0, 96)[0, 0]
    )


def test_only_what_has_changed_is_looked_at_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = find_originals(str(folder), 128).known
    looked: list[Path] = []
    look = module._look
    monkeypatch.setattr(module, "_look", lambda path: looked.append(path) or look(path))
    save(paint(9, 96), folder / "monet" / "3.png")
    after = find_originals(str(folder), 128).known
    assert [path.name for path in looked] == ["3.png"]
    assert not np.array_equal(before[3], after[3])
    assert np.array_equal(before[:3], after[:3])


@pytest.mark.parametrize("name", ["places.npy", "originals.json"])
def test_a_damaged_memory_is_made_again(folder: Path, tmp_path: Path, name: str) -> None:
    before = find_originals(str(folder), 128).known
    (remembered,) = (tmp_path / "runs" / "prepared").iterdir()
    (remembered / name).write_bytes(b"[[1]]")
    assert np.array_equal(before[:6], find_originals(str(folder), 128).known[:6])


def test_left_out(folder: Path) -> None:
    assert find_originals(str(folder), 128, ["monet/*"]).usable.tolist() == [False] * 5 + [
        True,
        False,
    ]
    with pytest.raises(ImpastoError, match="--leave-out turner"):
        find_originals(str(folder), 128, ["turner*"])
    with pytest.raises(ImpastoError, match="no picture"):
        _ = find_originals(str(folder), 128, ["*.png"]).usable


def test_a_set_whose_files_are_there_and_gone(folder: Path, tmp_path: Path) -> None:
    (folder / "torn.png").unlink()
    prepare(folder, tmp_path / "set", size=32)
    originals = find_originals("set", 128)
    assert originals.folder == folder.resolve()
    assert originals.open(0, 96).shape[2:] == (96, 96)
    shutil.rmtree(folder)
    with pytest.raises(ImpastoError, match=r"were in .*oils, which is gone.*--paint-from"):
        find_originals("set", 128)
    small = find_originals("set", 32)
    assert small.folder is None
    assert small.open(0, 32).shape == (1, 3, 32, 32)
    assert small.usable.all()


def test_nothing_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name, words in (("empty", "holds no pictures"), ("none", "there is no such folder")):
        with pytest.raises(ImpastoError, match=words):
            find_originals(name, 64)
    with pytest.raises(ImpastoError, match="comes without the pictures"):
        find_originals("impressionists-64", 64)

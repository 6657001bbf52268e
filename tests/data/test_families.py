"""What becomes of a picture becomes of its copies: none is dropped for one that is not kept."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from impasto.data import verdicts
from impasto.data.decisions import by_hand, read_decisions, write_decisions
from impasto.data.prepare import prepare
from impasto.data.verdicts import Thresholds
from tests.data.messy import strokes


@pytest.fixture
def folder(tmp_path):
    """A picture with three copies, and two others."""
    (tmp_path / "in").mkdir()
    for name, seed in (("best", 1), ("x", 2), ("y", 3)):
        Image.fromarray(strokes(seed)).save(tmp_path / "in" / f"{name}.png")
    best = Image.fromarray(strokes(1))
    best.resize((130, 110)).save(tmp_path / "in" / "small.png")
    best.save(tmp_path / "in" / "coarse.jpg", quality=50)
    (tmp_path / "in" / "best (1).png").write_bytes((tmp_path / "in" / "best.png").read_bytes())
    return tmp_path / "in"


def decided(folder, **options):
    prepare(folder, folder.parent / "set", size=32, **options)
    return {each.file: each for each in read_decisions(folder.parent / "set")}


def click(folder, **words):
    """What `--review` writes."""
    rows = read_decisions(folder.parent / "set")
    for row in rows:
        if row.file.partition(".")[0] in words:
            keep = words[row.file.partition(".")[0]]
            row.verdict, row.twin = ("keep" if keep else "reject"), ""
            row.reason = "kept by hand" if keep else "dropped by hand"
    write_decisions(folder.parent / "set", rows)


def test_copies_of_a_photograph_are_photographs_whatever_they_score(folder, monkeypatch):
    """Only the best copy of each is judged by features, and no row names a file not kept."""

    def look(views):
        return np.repeat(np.arange(len(views), dtype=np.float32)[:, None], 1024, axis=1)

    names = sorted(path.name for path in folder.iterdir())
    photograph = names.index("best.png")
    monkeypatch.setattr(
        verdicts, "photograph_scores", lambda t: np.where(t[:, 0] == photograph, 9.0, -20.0)
    )
    found = decided(folder, look=look)
    family = ["best.png", "small.png", "coarse.jpg", "best (1).png"]
    assert {found[name].reason for name in family} == {"photograph, not a painting"}
    assert found["small.png"].detail.startswith("a copy of best.png: score 9.0")
    assert not any(each.twin for each in found.values())


def test_copies_of_what_is_too_busy_go_with_it(folder):
    """A smooth copy is calmer than its original, and no painting of its own."""
    Image.fromarray(strokes(9, 4, 4)).resize((260, 220)).save(folder / "calm.png")
    blurred = Image.fromarray(strokes(1)).filter(ImageFilter.GaussianBlur(2))
    blurred.resize((200, 170)).save(folder / "blurred.png")
    assert decided(folder)["blurred.png"].twin == "best.png"
    found = decided(folder, thresholds=Thresholds(calm=0.68))
    assert found["best.png"].reason == found["blurred.png"].reason == "too busy"
    assert not any(each.twin for each in found.values() if each.reason == "too busy")


def test_dropping_a_picture_by_hand_brings_none_of_its_copies_back(folder):
    decided(folder)
    click(folder, best=False)
    for _ in range(2):
        found = decided(folder)
        assert {name for name, each in found.items() if each.kept} == {"x.png", "y.png"}
        assert found["small.png"].reason == "copy of one dropped by hand"
        assert found["small.png"].detail == "a copy of best.png"
    assert list(by_hand(list(found.values())).values()) == [False]


def test_a_copy_kept_by_hand_takes_the_place_of_the_best(folder):
    decided(folder)
    click(folder, best=False, small=True)
    found = decided(folder)
    assert {name for name, each in found.items() if each.kept} == {"small.png", "x.png", "y.png"}
    assert found["coarse.jpg"].reason == "copy of one dropped by hand"


def test_dropping_a_copy_by_hand_leaves_the_best(folder):
    decided(folder)
    click(folder, small=False)
    found = decided(folder)
    assert {name for name, each in found.items() if each.kept} == {"best.png", "x.png", "y.png"}

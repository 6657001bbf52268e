"""What becomes of a picture becomes of its copies: none is dropped for one that is not kept."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from impasto.prepare import rules
from impasto.prepare.decisions import by_hand, read_decisions, write_decisions
from impasto.prepare.pipeline import prepare
from impasto.prepare.rules import Thresholds
from tests.prepare.messy import strokes


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
        rules, "photograph_scores", lambda t: np.where(t[:, 0] == photograph, 9.0, -20.0)
    )
    found = decided(folder, look=look)
    family = ["best.png", "small.png", "coarse.jpg", "best (1).png"]
    assert {found[name].reason for name in family} == {"photograph, not a painting"}
    assert found["small.png"].detail.startswith("a copy of best.png: photograph score 9.0")
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
    hashes = {name: each.sha256 for name, each in found.items()}
    assert by_hand(list(found.values()), hashes) == dict.fromkeys(
        ("best.png", "best (1).png"), False
    )


def test_a_copy_kept_by_hand_takes_the_place_of_the_best(folder):
    decided(folder)
    click(folder, best=False, small=True)
    found = decided(folder)
    assert {name for name, each in found.items() if each.kept} == {"small.png", "x.png", "y.png"}
    assert found["coarse.jpg"].reason == "copy of one dropped by hand"


def click_on(folder, **words):
    """The same, by whole names."""
    rows = read_decisions(folder.parent / "set")
    for row in rows:
        if row.file in words:
            row.verdict, row.twin = ("keep" if words[row.file] else "reject"), ""
            row.reason = "kept by hand" if words[row.file] else "dropped by hand"
    write_decisions(folder.parent / "set", rows)


ALL = {"best.png", "small.png", "coarse.jpg", "best (1).png", "x.png", "y.png"}


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        # Keeping one brings no file of the same bytes back, and dropping one loses none.
        ({"best.png": True}, {"best.png", "x.png", "y.png"}),
        ({"best (1).png": True}, {"best (1).png", "x.png", "y.png"}),
        ({"best (1).png": False}, {"best.png", "x.png", "y.png"}),
        ({"best.png": False}, {"x.png", "y.png"}),
        ({"best.png": False, "best (1).png": True}, {"best (1).png", "x.png", "y.png"}),
        ({"best.png": True, "best (1).png": True}, {"best.png", "best (1).png", "x.png", "y.png"}),
        ({"best.png": False, "coarse.jpg": True}, {"coarse.jpg", "x.png", "y.png"}),
        (dict.fromkeys(ALL - {"x.png"}, False), {"x.png"}),
        (dict.fromkeys(ALL, True), ALL),
    ],
)
def test_each_copy_is_as_it_was_decided_and_no_other_comes_back(folder, words, kept):
    decided(folder)
    click_on(folder, **words)
    for _ in range(2):
        found = decided(folder)
        assert {name for name, each in found.items() if each.kept} == kept
        for name, keep in words.items():
            assert found[name].reason == ("kept by hand" if keep else "dropped by hand")
        assert all(found[each.twin].kept for each in found.values() if each.twin)


def test_a_copy_does_not_come_back_when_the_file_that_was_dropped_is_gone(folder):
    decided(folder)
    click_on(folder, **dict.fromkeys(ALL - {"x.png", "y.png"}, False))
    decided(folder)
    for name in ("best.png", "small.png"):
        (folder / name).unlink()
    (folder / "coarse.jpg").rename(folder / "another.jpg")
    (folder / "new name.png").write_bytes((folder / "best (1).png").read_bytes())
    found = decided(folder)
    assert {name for name, each in found.items() if each.kept} == {"x.png", "y.png"}


def test_a_picture_kept_by_hand_that_moves_is_kept_once(folder):
    decided(folder)
    click_on(folder, **{"best (1).png": True, "best.png": False})
    for name in ("best (1).png", "best.png"):
        (folder / name).rename(folder / f"moved {name}")
    found = decided(folder)
    family = [name for name, each in found.items() if each.kept and name not in ("x.png", "y.png")]
    assert len(family) == 1
    assert found[family[0]].reason == "kept by hand"


def test_dropping_a_copy_by_hand_leaves_the_best(folder):
    decided(folder)
    click(folder, small=False)
    found = decided(folder)
    assert {name for name, each in found.items() if each.kept} == {"best.png", "x.png", "y.png"}

"""Of copies the best one is kept, whatever its format, its number of pixels and its name say."""

import pytest
from PIL import Image, ImageEnhance

from impasto.prepare.decisions import read_decisions
from impasto.prepare.pipeline import prepare
from impasto.prepare.rules import Thresholds
from tests.prepare.messy import strokes

PAINTING = Image.fromarray(strokes(5, 520, 440))


def through(image, suffix, tmp_path, **options):
    """The image after it was saved once."""
    file = tmp_path / f"through.{suffix}"
    image.save(file, **options)
    with Image.open(file) as opened:
        return opened.convert("RGB")


def larger(image, factor):
    size = round(image.width * factor), round(image.height * factor)
    return image.resize(size, Image.Resampling.BICUBIC)


def kept_of(folder):
    """The names of the files that a set of `folder` keeps, and the reasons for the others."""
    prepare(folder, folder.parent / "set", size=32)
    decisions = read_decisions(folder.parent / "set")
    return {d.file for d in decisions if d.kept}, {d.file: d.reason for d in decisions}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in").mkdir()
    Image.fromarray(strokes(6)).save(tmp_path / "in" / "another.png")
    return tmp_path / "in"


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("copy.webp", lambda _: (PAINTING, {"quality": 30})),
        ("copy.avif", lambda _: (PAINTING, {"quality": 30})),
        ("copy.jpg", lambda _: (PAINTING, {"quality": 60})),
        ("copy.png", lambda t: (through(PAINTING, "jpg", t, quality=30), {})),
        ("copy.gif", lambda _: (PAINTING.quantize(64), {})),
        ("copy.jpg", lambda _: (larger(PAINTING, 1.25), {"quality": 40})),
        ("copy.jpg", lambda _: (larger(PAINTING, 0.6), {"quality": 95})),
        ("copy.png", lambda _: (larger(PAINTING, 0.6), {})),
    ],
)
@pytest.mark.parametrize("original", ["a.jpg", "z.jpg"])
def test_a_worse_copy_never_beats_the_original(name, make, original, folder, tmp_path):
    image, options = make(tmp_path)
    image.save(folder / name, **options)
    PAINTING.save(folder / original, quality=88)
    kept, reasons = kept_of(folder)
    assert kept == {original, "another.png"}, reasons


def test_a_lossless_scan_beats_the_jpeg_made_of_it_and_a_larger_one_a_smaller(folder):
    PAINTING.save(folder / "a.jpg", quality=90)
    PAINTING.save(folder / "b.png")
    larger(PAINTING, 0.5).save(folder / "c.jpg", quality=95)
    kept, reasons = kept_of(folder)
    assert kept == {"b.png", "another.png"}
    assert reasons["c.jpg"] == "resized duplicate"


def test_a_mirrored_copy_that_is_seen_from_the_other_side_is_mirrored_still(folder):
    """The poor copy has more pixels: the pair was compared the other way round at first."""
    turned = larger(PAINTING, 1.25).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    turned.save(folder / "a.jpg", quality=30)
    PAINTING.save(folder / "b.jpg", quality=90)
    kept, reasons = kept_of(folder)
    assert kept == {"b.jpg", "another.png"}
    assert reasons["a.jpg"] == "mirrored duplicate"


@pytest.mark.parametrize(
    ("copy", "original"),
    [
        ("copies/a.jpg", "monet/b7.jpg"),
        ("a - Copy.jpg", "b.jpg"),
        ("a (1).jpg", "b.jpg"),
        ("a2.jpg", "b.jpg"),
        ("a9.jpg", "a10.jpg"),
    ],
)
def test_of_equal_files_the_name_decides(copy, original, folder):
    if copy == "a9.jpg":
        copy, original = original, copy  # the smaller number is the original
    for name in (copy, original):
        (folder / name).parent.mkdir(exist_ok=True)
        PAINTING.save(folder / name, quality=90)
    kept, reasons = kept_of(folder)
    assert kept == {original, "another.png"}
    assert reasons[copy] == "exact duplicate"


def mirrored(image):
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def contrasted(image):
    return ImageEnhance.Contrast(image).enhance(1.15)


@pytest.mark.parametrize(
    ("copy", "change", "quality"),
    [
        ("a.avif", lambda image: image, 80),
        ("a.webp", lambda image: image, 95),
        ("a 2.jpg", contrasted, 90),
        ("a 2.jpg", mirrored, 90),
        ("a 2.jpg", lambda image: image, 90),
        ("a copy.jpg", lambda image: image, 95),
    ],
)
def test_bytes_that_saving_again_adds_do_not_make_a_better_copy(
    copy, change, quality, folder, tmp_path
):
    first = through(PAINTING, "jpg", tmp_path, quality=90)
    PAINTING.save(folder / "b.jpg", quality=90)
    change(first).save(folder / copy, **({"quality": quality} if quality else {}))
    kept, reasons = kept_of(folder)
    assert kept == {"b.jpg", "another.png"}, reasons


def test_a_grey_copy_is_said_to_be_grey(folder):
    PAINTING.save(folder / "a.jpg", quality=90)
    PAINTING.convert("L").save(folder / "b.jpg", quality=90)
    kept_of(folder)
    details = {d.file: d.detail for d in read_decisions(folder.parent / "set")}
    assert details["b.jpg"].endswith(", greyscale")


def test_copies_are_weighed_once(folder, monkeypatch):
    PAINTING.save(folder / "a.jpg", quality=90)
    PAINTING.save(folder / "b.jpg", quality=50)
    first = kept_of(folder)

    def never(*_: object) -> int:
        raise AssertionError("weighed again")

    monkeypatch.setattr("impasto.prepare.pipeline.weigh", never)
    prepare(folder, folder.parent / "set", size=32, thresholds=Thresholds(spread=5))
    assert {d.file for d in read_decisions(folder.parent / "set") if d.kept} == first[0]

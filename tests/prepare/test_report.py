"""The report shows every reason with its number, stands alone, and trusts no file name."""

import re

from PIL import Image

from impasto.prepare.pipeline import prepare
from impasto.prepare.report import size_in_words
from tests.prepare.messy import strokes


def test_the_report_tells_it_all(tmp_path):
    folder = tmp_path / "in"
    (folder / "Klee").mkdir(parents=True)
    picture = Image.fromarray(strokes(1))
    picture.save(folder / "Klee" / "<script>a.png")
    picture.resize((130, 110)).save(folder / "small.png")
    picture.resize((900, 60)).save(folder / "wide.png")
    (folder / "broken.jpg").write_bytes(b"<html>")
    mount = Image.new("RGB", (300, 260), "white")
    mount.paste(Image.fromarray(strokes(2)), (20, 20))
    mount.save(folder / "mount.png")
    Image.fromarray(strokes(3)).convert("L").save(folder / "grey.png")
    prepare(folder, tmp_path / "out", size=64)
    page = (tmp_path / "out" / "report.html").read_text()
    assert "<script>a" not in page
    assert "&lt;script&gt;a.png" in page
    for words in (
        *("resized duplicate", "130×110 of 260×220", "this copy was kept"),
        *("extreme aspect ratio", "a crop loses 93%", "not an image", "a web page"),
        *("Borders trimmed", "300×260 → ", "greyscale (1)", "Klee (1)", "pictures of 64×64"),
    ):
        assert words in page, words
    sources = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert sources
    assert all(source.startswith(("data:image/webp;base64,", "#reason-")) for source in sources)


def test_a_set_of_one_picture_has_a_report_too(tmp_path):
    (tmp_path / "in").mkdir()
    Image.fromarray(strokes(1)).save(tmp_path / "in" / "a.png")
    prepare(tmp_path / "in", tmp_path / "out", size=(96, 32))
    assert "pictures of 96×32" in (tmp_path / "out" / "report.html").read_text()


def test_a_size_is_shown_where_it_is_known():
    assert size_in_words(260, 220, 45_400) == "260×220, 45 KB"
    assert size_in_words(260, 220, 0) == "260×220"
    assert size_in_words(0, 0, -1) == ""

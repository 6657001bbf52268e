"""Mistakes that `impasto print` names."""

import pytest
from PIL import Image

from impasto.cli import main
from tests.cli.test_verbs import mistake


@pytest.mark.parametrize("paper", ["A99", "1x1mm", "9x9km", ""])
def test_what_is_no_paper_names_the_option(paper, monkeypatch, capsys, tmp_path):
    picture = tmp_path / "a.png"
    picture.write_bytes(b"")
    assert "--paper" in mistake(monkeypatch, capsys, "print", str(picture), "--paper", paper)


def test_a_missing_picture_is_named(monkeypatch, capsys):
    assert "nowhere.png" in mistake(monkeypatch, capsys, "print", "nowhere.png")


def test_the_file_is_what_it_is_called_and_never_the_picture_itself(monkeypatch, capsys, tmp_path):
    picture, sheet = tmp_path / "a.png", tmp_path / "sheet.png"
    Image.new("RGB", (40, 30), "teal").save(picture)
    before = picture.read_bytes()
    monkeypatch.setattr("sys.argv", ["impasto", "print", str(picture), "--out", str(sheet)])
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code
    assert sheet.read_bytes().startswith(b"\x89PNG")
    said = mistake(monkeypatch, capsys, "print", str(picture), "--out", str(picture))
    assert "a.png would be replaced" in said
    options = ("--format", "tiff", "--out", str(sheet))
    said = mistake(monkeypatch, capsys, "print", str(picture), *options)
    assert f"--format tiff does not fit --out {sheet}" in said
    assert picture.read_bytes() == before


def test_a_file_that_is_not_written_is_no_folders_name(monkeypatch, capsys, tmp_path):
    picture = tmp_path / "a.png"
    Image.new("RGB", (40, 30), "teal").save(picture)
    for name in ("poster.jpg", "poster.WEBP", "poster.svg"):
        said = mistake(monkeypatch, capsys, "print", str(picture), "--out", str(tmp_path / name))
        assert name in said and ".pdf" in said
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    (tmp_path / "poster.jpg").mkdir()  # somebody's folder all the same
    words = ["impasto", "print", str(picture), "--dpi", "20", "--out", str(tmp_path / "poster.jpg")]
    monkeypatch.setattr("sys.argv", words)
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code
    assert (tmp_path / "poster.jpg" / "a-print.pdf").exists()

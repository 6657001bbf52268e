"""ZIPs whose directory says what is not true."""

import zipfile

from impasto.prepare.zip_directory import open_zip


def test_a_name_that_is_falsely_marked_as_utf8_does_not_close_the_archive(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("caf\u00e9.png", b"one")  # UTF-8, and marked so
        made.writestr("plain.png", b"two")
    path.write_bytes(path.read_bytes().replace("caf\u00e9".encode(), b"caf\xe9x"))
    with open_zip(path) as opened:
        assert [opened.read(name) for name in opened.namelist()] == [b"one", b"two"]


def test_a_true_mark_stays(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("\u5317\u658e.png", b"one")
    with open_zip(path) as opened:
        assert opened.namelist() == ["\u5317\u658e.png"]

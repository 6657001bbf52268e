"""Names of members of archives: their encodings, labels, and those that lead elsewhere."""

import io
import shutil
import struct
import sys
import tarfile
import unicodedata
import zipfile
import zlib
from contextlib import nullcontext
from pathlib import Path

import pytest

from impasto.data.dataset import open_dataset
from impasto.prepare.decisions import read_decisions
from impasto.prepare.pipeline import prepare
from tests.prepare.test_archives import files_of, picture, raw_zip

ARTISTS = {
    "cp932": ["能面/表.png", "能面/ソ.png", "葛飾北斎/十.png"],
    "gbk": ["齐白石/虾.png", "莫奈/睡莲.png"],
    "big5": ["許功蓋/餐廳.png", "莫內/睡蓮.png"],
    "euc_kr": ["김홍도/씨름.png", "모네/수련.png"],
    "cp437": ["Cézanne/a.png", "Dürer/b.png"],
    "cp1251": ["Левитан/Март.png", "Репин/Бурлаки.png"],
    "utf-8": ["Cézanne/a.png", "莫奈/睡莲.png"],
}


@pytest.mark.parametrize("codec", ARTISTS)
@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_names_without_a_word_on_their_encoding_are_read(tmp_path, codec, kind):
    archive, names = tmp_path / f"a.{kind}", ARTISTS[codec]
    if kind == "zip":
        raw_zip(archive, names, codec)
    else:
        with tarfile.open(archive, "w:gz", encoding=codec, format=tarfile.GNU_FORMAT) as opened:
            for seed, name in enumerate(names):
                info = tarfile.TarInfo(name)
                info.size = len(picture(seed))
                opened.addfile(info, io.BytesIO(picture(seed)))
    report = prepare(archive, tmp_path / "out", size=32)
    assert (report.found, report.kept) == (len(names), len(names))
    assert files_of(tmp_path / "out") == sorted(names)
    assert set(open_dataset(tmp_path / "out").labels) == {name.split("/")[0] for name in names}


def test_an_encoding_that_the_user_names_is_taken(tmp_path):
    archive = raw_zip(tmp_path / "a.zip", ["Αρτέμης/ένα.png", "x/2.png"], "cp737")
    prepare(archive, tmp_path / "out", size=32, names="cp737")
    assert "Αρτέμης/ένα.png" in files_of(tmp_path / "out")


def test_a_unicode_name_beside_the_old_one_is_taken(tmp_path):
    info = zipfile.ZipInfo("??/1.png")
    text = b"\1" + struct.pack("<I", zlib.crc32(b"??/1.png")) + "Ζώα/1.png".encode()
    info.extra = struct.pack("<HH", 0x7075, len(text)) + text
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as opened:
        opened.writestr(info, picture(1))
        opened.writestr("x/2.png", picture(2))
    prepare(tmp_path / "a.zip", tmp_path / "out", size=32)
    assert files_of(tmp_path / "out") == ["x/2.png", "Ζώα/1.png"]


def test_a_label_is_the_same_however_its_accents_are_put_together(tmp_path):
    names = [unicodedata.normalize(form, f"Cézanne/{form}.png") for form in ("NFC", "NFD")]
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as opened:
        for seed, name in enumerate([*names, "Monet/1.png"]):
            opened.writestr(name, picture(seed))
    for seed, name in enumerate([*names, "Monet/1.png"]):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture(seed))
    for source in ("a.zip", "in"):
        prepare(tmp_path / source, tmp_path / f"out-{source}", size=32)
        assert open_dataset(tmp_path / f"out-{source}").labels == ("Cézanne", "Monet")


@pytest.mark.parametrize("root", ["", "paintings/", "home/me/paintings/"])
@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_an_archive_has_the_labels_that_its_folder_has(tmp_path, root, kind):
    for seed, name in enumerate(("Klee/1.png", "Marc/sea/2.png", "Marc/3.png")):
        path = tmp_path / "at" / root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture(seed))
    (tmp_path / "at" / "__MACOSX").mkdir()
    (tmp_path / "at" / "__MACOSX" / "._1.png").write_bytes(b"x")
    (tmp_path / "at" / "read me.txt").write_bytes(b"x")
    archive = shutil.make_archive(
        str(tmp_path / "a"), {"zip": "zip", "tar.gz": "gztar"}[kind], tmp_path / "at"
    )
    report = prepare(tmp_path / archive, tmp_path / "out", size=32)
    assert open_dataset(tmp_path / "out").labels == ("Klee", "Marc")
    assert files_of(tmp_path / "out") == ["Klee/1.png", "Marc/3.png", "Marc/sea/2.png"]
    assert (report.found, report.ignored) == (3, 2)


def test_names_that_are_wrongly_marked_or_missing_cost_no_member(tmp_path):
    path = raw_zip(tmp_path / "a.zip", ["能面/表.png", "能面/ソ.png", "北斎/十.png"], "cp932")
    content = path.read_bytes()
    for start, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):  # of the first member
        at = content.index(start) + flags + 1
        content = content[:at] + b"\x08" + content[at + 1 :]
    path.write_bytes(content)
    prepare(path, tmp_path / "out", size=32)
    assert files_of(tmp_path / "out") == ["北斎/十.png", "能面/ソ.png", "能面/表.png"]
    # `zipfile` itself writes no member without a name.
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as opened:
        opened.writestr("x", picture(1))
        opened.writestr("a/2.png", picture(2))
        opened.writestr("b/3.png", picture(3))
        opened.infolist()[0].filename = opened.infolist()[0].orig_filename = ""
    report = prepare(tmp_path / "b.zip", tmp_path / "other", size=32)
    assert (report.found, report.kept, report.ignored) == (2, 2, 1)


def pack(archive: Path, names: list[str]) -> None:
    """Write a ZIP or a TAR with a picture under each name, in this order."""
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive, "w") as opened:
            for seed, name in enumerate(names):
                opened.writestr(name, picture(seed))
    else:
        with tarfile.open(archive, "w") as opened:
            for seed, name in enumerate(names):
                info = tarfile.TarInfo(name)
                info.size = len(picture(seed))
                opened.addfile(info, io.BytesIO(picture(seed)))


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_names_that_cannot_be_cost_no_other_member(tmp_path, kind):
    names = ["a", "a/b.png", f"{'n' * 300}.png", "c.png", "c.png", "C.PNG", "d/e.png", "d"]
    expected = {"a": "", "c.png": "", "c (2).png": "", "C.PNG": "", "d/e.png": "", "d (2)": ""}
    expected |= {"a/b.png": "name not possible", names[2]: "name too long"}
    archive = tmp_path / f"a.{kind}"
    with pytest.warns(UserWarning, match="Duplicate") if kind == "zip" else nullcontext():
        pack(archive, names)
    prepare(archive, tmp_path / "out", size=32)
    assert {each.file: each.reason for each in read_decisions(tmp_path / "out")} == expected


def test_members_that_lead_outside_are_named_and_not_written(tmp_path, capsys):
    names = [
        "../out.png",
        "/abs.png",
        "C:\\x.png",
        "a/../../y.png",
        "..\\z.png",
        "\\w.png",
        "ok.png",
    ]
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as opened:
        for seed, name in enumerate(names):
            opened.writestr(name, picture(seed))
    before = set(tmp_path.iterdir())
    report = prepare(tmp_path / "a.zip", tmp_path / "out", size=32)
    assert (report.found, report.ignored) == (1, 6)
    assert set(tmp_path.iterdir()) - before == {tmp_path / "out"}
    assert [p.name for p in (tmp_path / "out").rglob("*.png")] == ["ok.png"]
    assert "6 names in a.zip, such as ../out.png" in " ".join(capsys.readouterr().err.split())


@pytest.mark.skipif(sys.platform == "win32", reason="its disks hold no colons")
@pytest.mark.parametrize("suffix", [".zip", ".tar"])
def test_a_colon_in_a_title_is_no_drive(tmp_path, suffix):
    names = ["Klee: Ad Parnassum.png", "12:30.png", "a: b/c.png", "a:d.png"]
    archive = tmp_path / f"x{suffix}"
    pack(archive, names)
    report = prepare(archive, tmp_path / "out", size=32)
    assert (report.kept, report.ignored) == (4, 0)
    assert {each.file for each in read_decisions(tmp_path / "out")} == {*names}


def test_a_backslash_of_windows_separates_folders(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as opened:
        opened.writestr("art\\Klee\\", b"")
        opened.writestr("art\\Klee\\1.png", picture(1))
        opened.writestr("art\\Marc\\2.png", picture(2))
    prepare(tmp_path / "a.zip", tmp_path / "out", size=32)
    assert open_dataset(tmp_path / "out").labels == ("Klee", "Marc")

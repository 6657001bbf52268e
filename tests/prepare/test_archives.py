"""Archives of strangers: every picture is in the set, or named with the reason why not."""

import gzip
import io
import lzma
import random
import shutil
import struct
import subprocess
import tarfile
import threading
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from impasto.data.dataset import open_dataset, read_index
from impasto.errors import ImpastoError
from impasto.prepare import archives
from impasto.prepare.archives import unpack
from impasto.prepare.decisions import read_decisions
from impasto.prepare.pipeline import prepare
from tests.prepare.messy import strokes


def picture(seed):
    buffer = io.BytesIO()
    Image.fromarray(strokes(seed, 80, 70)).save(buffer, "PNG")
    return buffer.getvalue()


def raw_zip(path, names, codec):
    """A ZIP whose names are these bytes, as old programs write them."""
    stand_ins = [chr(65 + n) * len(name.encode(codec)) for n, name in enumerate(names)]
    with zipfile.ZipFile(path, "w") as opened:
        for seed, name in enumerate(stand_ins):
            opened.writestr(name, picture(seed))
    content = path.read_bytes()
    for stand_in, name in zip(stand_ins, names, strict=True):
        content = content.replace(stand_in.encode(), name.encode(codec))
    path.write_bytes(content)
    return path


def files_of(out):
    return sorted(row["file"] for row in read_index(out))


def damaged_zip(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as opened:
        for seed in range(4):
            opened.writestr(f"x/{seed}.png", picture(seed))
    content = bytearray(path.read_bytes())
    content[content.index(picture(2)) + 100] ^= 1
    path.write_bytes(content)
    return path


def test_a_damaged_member_costs_no_other_and_is_named(tmp_path):
    report = prepare(damaged_zip(tmp_path / "a.zip"), tmp_path / "out", size=32)
    assert (report.found, report.kept, report.reasons) == (4, 3, {"corrupt": 1})
    lost = next(each for each in read_decisions(tmp_path / "out") if not each.kept)
    assert (lost.file, lost.reason) == ("2.png", "corrupt")
    assert "CRC" in lost.detail
    again = prepare(tmp_path / "a.zip", tmp_path / "out", size=32)
    assert (again.examined, again.reasons) == (0, {"corrupt": 1})


def test_a_tar_that_goes_on_behind_its_end_is_told(tmp_path, capsys):
    for name, seeds in (("a", (1, 2)), ("b", (3, 4))):
        with tarfile.open(tmp_path / f"{name}.tar", "w") as opened:
            for seed in seeds:
                (tmp_path / f"{seed}.png").write_bytes(picture(seed))
                opened.add(tmp_path / f"{seed}.png", f"{seed}.png")
    first, second = ((tmp_path / f"{name}.tar").read_bytes() for name in "ab")
    for number, (content, told) in enumerate(
        ((first, False), (first + second, True), (first + bytes(20_000), True))
    ):
        (tmp_path / f"{number}.tar").write_bytes(content)
        report = prepare(tmp_path / f"{number}.tar", tmp_path / f"out{number}", size=32)
        assert report.kept == 2
        assert ("has data after its end mark" in capsys.readouterr().err) == told


def packed_by(method, *names):
    """A ZIP, some of whose members say that they were packed by another method."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        for seed, name in enumerate(["a.png", "b.png"]):
            opened.writestr(name, picture(seed))
    content = bytearray(buffer.getvalue())
    for name in names:
        entry = content.rfind(name.encode()) - 46  # in the directory at the end
        content[entry + 10 : entry + 12] = struct.pack("<H", method)
    return bytes(content)


def test_a_member_packed_in_a_way_that_is_not_read_is_not_called_damaged(tmp_path):
    archive = tmp_path / "big.zip"
    archive.write_bytes(packed_by(9, "b.png"))  # as Windows packs what is large
    assert prepare(archive, tmp_path / "out", size=32).kept == 1
    (row,) = (each for each in read_decisions(tmp_path / "out") if not each.kept)
    assert (row.file, row.reason) == ("b.png", "packed in a way that is not read")
    assert row.detail == "Deflate64"
    archive.write_bytes(packed_by(9, "a.png", "b.png"))
    words = r"big\.zip is packed by Deflate64, which is not read; unpack it\.$"
    with pytest.raises(ImpastoError, match=words):
        prepare(archive, tmp_path / "none", size=32)


def test_a_tar_that_was_cut_in_a_large_member_is_no_bomb(tmp_path):
    info = tarfile.TarInfo("large.png")
    info.size = 2**40
    (tmp_path / "cut.tar").write_bytes(info.tobuf(tarfile.GNU_FORMAT) + bytes(4096))
    with pytest.raises(ImpastoError, match=r"unexpected end"):
        prepare(tmp_path / "cut.tar", tmp_path / "out", size=32)


def test_an_archive_inside_an_archive_is_named_each_time(tmp_path, capsys):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as opened:
        opened.writestr("one.png", picture(1))
        opened.writestr("künste/more.zip", b"PK")
    for _ in range(2):
        prepare(tmp_path / "a.zip", tmp_path / "out", size=32)
        said = " ".join(capsys.readouterr().err.split())
        assert "a.zip holds archives too, such as künste/more.zip, which are not opened" in said


def test_many_small_members_do_not_grow_unbounded(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("good.png", picture(1))
        for number in range(100):
            opened.writestr(f"{number}.png", bytes(2**20 - 1))
    assert (tmp_path / "a.zip").stat().st_size < 200_000
    report = prepare(tmp_path / "a.zip", tmp_path / "out", size=32)
    assert report.kept == 1
    assert report.reasons["decompression bomb"] > 50
    size = sum(p.stat().st_size for p in (tmp_path / "out" / ".workbench" / "unpacked").iterdir())
    assert size < 2**24 + 200 * (tmp_path / "a.zip").stat().st_size


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_member_that_lies_about_its_size_is_damage(tmp_path, method):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", method) as opened:
        opened.writestr("lie.png", picture(7) + bytes(2**20))
        opened.writestr("good.png", picture(1))
    size = struct.pack("<I", len(picture(7)) + 2**20)
    content = (tmp_path / "a.zip").read_bytes().replace(size, struct.pack("<I", 1000))
    (tmp_path / "a.zip").write_bytes(content)
    assert prepare(tmp_path / "a.zip", tmp_path / "out", size=32).reasons == {"corrupt": 1}


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz", "tar.bz2", "tar.xz"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.99])
def test_a_cut_archive_is_called_damaged_or_unfinished(tmp_path, kind, share):
    (tmp_path / "in").mkdir()
    for seed in range(5):
        (tmp_path / "in" / f"{seed}.png").write_bytes(picture(seed))
    form = {"tar.gz": "gztar", "tar.bz2": "bztar", "tar.xz": "xztar"}.get(kind, kind)
    archive = tmp_path / shutil.make_archive(str(tmp_path / "a"), form, tmp_path / "in")
    content = archive.read_bytes()
    share = min(share, 0.9) if kind == "tar" else share  # what is behind is padding
    archive.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ImpastoError, match=r"damaged or unfinished"):
        prepare(archive, tmp_path / "out", size=32)


@pytest.mark.parametrize("packing", ["", "gz", "xz"])
@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT])
def test_a_tar_needs_the_mark_of_its_end(tmp_path, packing, form):
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w", format=form) as opened:
        for seed in range(3):
            info = tarfile.TarInfo(f"{seed}é.png")
            info.size = len(picture(seed))
            opened.addfile(info, io.BytesIO(picture(seed)))
        last = opened.offset
    with tarfile.open(fileobj=io.BytesIO(held.getvalue())) as opened:
        starts = [info.offset for info in opened][1:]
    pack = {"": bytes, "gz": gzip.compress, "xz": lzma.compress}[packing]
    for end in (last + 512, last + 1024):  # some programs write one block of zeros
        (tmp_path / "whole.tar").write_bytes(pack(held.getvalue()[:end]))
        assert prepare(tmp_path / "whole.tar", tmp_path / "out", size=32).kept == 3
    for end in (*starts, last):
        (tmp_path / "cut.tar").write_bytes(pack(held.getvalue()[:end]))
        with pytest.raises(ImpastoError, match=r"damaged or unfinished"):
            prepare(tmp_path / "cut.tar", tmp_path / "none", size=32)


@pytest.mark.skipif(not shutil.which("tar"), reason="needs tar")
def test_a_tar_that_was_appended_to_is_whole(tmp_path):
    for seed, name in enumerate("ab"):
        (tmp_path / f"{name}.png").write_bytes(picture(seed))
        subprocess.run(["tar", "-cf", f"{name}.tar", f"{name}.png"], cwd=tmp_path, check=True)
    (tmp_path / "c.png").write_bytes(picture(3))
    joined = ["tar", "-Af", "a.tar", "b.tar"]
    if subprocess.run(joined, cwd=tmp_path, capture_output=True).returncode:
        pytest.skip("this tar does not join")
    subprocess.run(["tar", "-rf", "a.tar", "c.png"], cwd=tmp_path, check=True)
    assert prepare(tmp_path / "a.tar", tmp_path / "out", size=32).kept == 3


def test_a_compressed_tar_that_was_cut_in_a_large_member_is_no_bomb(tmp_path):
    content = random.Random(0).randbytes(2**25)
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz", compresslevel=1) as opened:
        info = tarfile.TarInfo("large.bmp")
        info.size = len(content)
        opened.addfile(info, io.BytesIO(content))
    cut = (tmp_path / "a.tar.gz").read_bytes()[:50_000]
    (tmp_path / "a.tar.gz").write_bytes(cut)
    with pytest.raises(ImpastoError, match=r"damaged or unfinished"):
        prepare(tmp_path / "a.tar.gz", tmp_path / "out", size=32)


def test_what_is_no_archive_is_told_as_what_it_is(tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"words" * 200))
    with pytest.raises(ImpastoError, match=r"a\.gz .*TAR"):
        prepare(tmp_path / "a.gz", tmp_path / "out", size=32)
    with tarfile.open(tmp_path / "b.tar.bz2", "w:bz2") as opened:
        for seed in range(3):
            (tmp_path / "x.png").write_bytes(picture(seed))
            opened.add(tmp_path / "x.png", f"{seed}.png")
    content = bytearray((tmp_path / "b.tar.bz2").read_bytes())
    content[len(content) // 2] ^= 0x55
    (tmp_path / "b.tar.bz2").write_bytes(content)
    with pytest.raises(ImpastoError, match="damaged or unfinished"):
        prepare(tmp_path / "b.tar.bz2", tmp_path / "out", size=32)
    (tmp_path / "a.rar").write_bytes(b"Rar!\x1a\x07\x01\0" + bytes(600))
    with pytest.raises(ImpastoError, match=r"packed by RAR, .*unpack it first"):
        prepare(tmp_path / "a.rar", tmp_path / "out", size=32)
    assert not (tmp_path / "out").exists()


def test_a_tar_that_ends_in_a_zip_is_a_tar_and_archives_inside_are_named(tmp_path):
    with zipfile.ZipFile(tmp_path / "inner.zip", "w") as opened:
        opened.writestr("1.png", picture(1))
    for names in (["inner.zip"], ["2.png", "inner.zip"]):
        (tmp_path / "2.png").write_bytes(picture(2))
        with tarfile.open(tmp_path / "a.tar", "w") as opened:
            for name in names:
                opened.add(tmp_path / name, name)
        if len(names) == 1:
            with pytest.raises(ImpastoError, match=r"a\.tar .*inner\.zip"):
                prepare(tmp_path / "a.tar", tmp_path / "out", size=32)
        else:
            report = prepare(tmp_path / "a.tar", tmp_path / "out", size=32)
            assert (report.found, report.kept, report.ignored) == (1, 1, 1)


def test_a_refusal_names_the_archive_and_not_our_own_folder(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as opened:
        opened.writestr("words.txt", "words")
    with pytest.raises(ImpastoError, match=r"a\.zip holds no pictures") as refusal:
        prepare(tmp_path / "a.zip", tmp_path / "out", size=32)
    assert "unpacked" not in str(refusal.value)
    assert not (tmp_path / "out").exists()


def test_a_header_of_gigabytes_is_not_read(tmp_path):
    header = tarfile.TarInfo("././@PaxHeader")
    header.type, header.size = tarfile.XHDTYPE, 2**32
    (tmp_path / "a.tar").write_bytes(header.tobuf(tarfile.GNU_FORMAT) + bytes(10_240))
    with pytest.raises(ImpastoError, match="damaged or unfinished"):
        prepare(tmp_path / "a.tar", tmp_path / "out", size=32)


def test_two_that_unpack_at_once_leave_the_set_whole(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as opened:
        for seed in range(4):
            opened.writestr(f"{seed}.png", picture(seed))
    started, go_on = threading.Event(), threading.Event()
    write = archives._write

    def slowly(*args):
        started.set()
        go_on.wait(20)
        write(*args)

    monkeypatch.setattr(archives, "_write", slowly)
    first = threading.Thread(
        target=prepare, args=(tmp_path / "a.zip", tmp_path / "out"), kwargs={"size": 32}
    )
    first.start()
    started.wait(20)
    with pytest.raises(ImpastoError, match="Another impasto prepare"):
        prepare(tmp_path / "a.zip", tmp_path / "out", size=32)
    go_on.set()
    first.join()
    assert len(open_dataset(tmp_path / "out")) == 4


def test_what_was_unpacked_and_is_gone_is_unpacked_again(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as opened:
        for seed in range(4):
            opened.writestr(f"{seed}.png", picture(seed))
    first = prepare(tmp_path / "a.zip", tmp_path / "out", size=32)
    place = tmp_path / "out" / ".workbench"
    (place / "unpacked" / "2.png").unlink()
    assert prepare(tmp_path / "a.zip", tmp_path / "out", size=32).fingerprint == first.fingerprint
    for note in (b"", b"[]", b'{"archive": 3}', b"\xff"):
        (place / "unpacked.json").write_bytes(note)
        assert prepare(tmp_path / "a.zip", tmp_path / "out", size=32).kept == 4


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_damage_is_more_than_one_sentence(tmp_path_factory, data):
    place = tmp_path_factory.mktemp("fuzz")
    kind = data.draw(st.sampled_from(["zip", "tar", "gztar", "xztar"]))
    (place / "in").mkdir()
    for seed in range(2):
        (place / "in" / f"é{seed}.png").write_bytes(random.Random(seed).randbytes(300))
    archive = place / shutil.make_archive(str(place / "a"), kind, place / "in")
    content = bytearray(archive.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, 2**16)) % len(content)
        content[at] = data.draw(st.integers(0, 255))
    archive.write_bytes(content[: len(content) * data.draw(st.integers(50, 100)) // 100])
    try:
        unpack(archive, place / "out" / "unpacked")
    except ImpastoError as error:
        assert "\n" not in str(error)
    assert {path.name for path in place.iterdir()} <= {"in", "out", archive.name}

"""Which pictures, how many of each, and how they lie."""

import tarfile
import zipfile

import numpy as np
import pytest
from PIL import Image

from impasto.data.dataset import open_dataset, read_index
from impasto.errors import ImpastoError
from impasto.prepare import archives
from impasto.prepare.decisions import read_decisions
from impasto.prepare.pipeline import Selection, prepare
from impasto.prepare.rules import Thresholds
from tests.prepare.messy import strokes


def blocks(seed):
    """Two solid halves: calm."""
    chance = np.random.default_rng(seed)
    picture = np.empty((100, 120, 3), dtype=np.uint8)
    picture[:50], picture[50:] = chance.integers(0, 110, 3), chance.integers(140, 256, 3)
    return picture


@pytest.fixture
def folder(tmp_path):
    for artist, draw in (("Albers", blocks), ("Pollock", lambda s: strokes(s, 120, 100))):
        (tmp_path / "in" / artist).mkdir(parents=True)
        for seed in range(4):
            Image.fromarray(draw(seed)).save(tmp_path / "in" / artist / f"{seed}.png")
    return tmp_path / "in"


def names(out):
    return {row["file"] for row in read_index(out)}


def contents(folder):
    return {f.name: f.read_bytes() for f in folder.iterdir() if f.is_file()}


def options(**more):
    # The four block pictures are alike in structure: here they may be.
    return {"size": 32, "thresholds": Thresholds(duplicate=2, **more)}


def test_only_and_skip(folder, tmp_path):
    chosen = Selection(only=("Albers/*",), skip=("*/0.png",))
    prepare(folder, tmp_path / "out", selection=chosen, **options())
    assert names(tmp_path / "out") == {"Albers/1.png", "Albers/2.png", "Albers/3.png"}
    with pytest.raises(ImpastoError, match="leave none of the 8 files"):
        prepare(folder, tmp_path / "out", selection=Selection(only=("Klee/*",)), **options())


def test_calm_and_busy(folder, tmp_path):
    prepare(folder, tmp_path / "calm", **options(calm=0.1))
    assert {n.split("/")[0] for n in names(tmp_path / "calm")} == {"Albers"}
    prepare(folder, tmp_path / "busy", **options(busy=0.1))
    assert {n.split("/")[0] for n in names(tmp_path / "busy")} == {"Pollock"}


def test_nothing_left_leaves_the_set_of_before_whole(folder, tmp_path):
    prepare(folder, tmp_path / "out", **options())
    before = contents(tmp_path / "out")
    with pytest.raises(ImpastoError, match=r"None of the 8 .*too busy"):
        prepare(folder, tmp_path / "out", **options(calm=0))
    assert contents(tmp_path / "out") == before


def test_calm_below_busy_is_refused_at_once():
    with pytest.raises(ImpastoError, match=r"--calm 0.5 --busy 0.6 leaves nothing"):
        Thresholds(calm=0.5, busy=0.6)


@pytest.mark.parametrize("nearest", [0, -1, 2.5, float("inf"), float("nan")])
def test_nearest_is_a_count_or_a_share(nearest):
    with pytest.raises(ImpastoError, match="--nearest is a count"):
        Selection(nearest=nearest)


def test_how_many_pictures_is_told(folder, tmp_path):
    six = Selection(multiply="dihedral")
    report = prepare(folder, tmp_path / "out", selection=six, **options())
    assert (report.kept, report.pictures) == (8, 48)


def test_like_keeps_what_is_nearest(folder, tmp_path):
    def look(views):
        """Mean and spread of each quarter stand for features: no network in this test."""
        quarters = views.reshape(len(views), 2, 64, 2, 64, 3).swapaxes(2, 3)
        values = np.concatenate([quarters.mean((3, 4)), quarters.std((3, 4))], -1)
        return np.pad(values.reshape(len(views), -1), ((0, 0), (0, 1000))).astype(np.float32)

    chosen = Selection(like=(folder / "Pollock" / "0.png",), nearest=3)
    thresholds = Thresholds(duplicate=2, photograph=float("inf"))
    prepare(folder, tmp_path / "out", size=32, thresholds=thresholds, selection=chosen, look=look)
    found = names(tmp_path / "out")
    assert len(found) == 3
    assert "Pollock/0.png" in found
    with pytest.raises(ImpastoError, match="--no-features"):
        prepare(folder, tmp_path / "out", selection=chosen, **options())


def test_what_is_to_be_liked_is_read_before_the_folder(folder, tmp_path, monkeypatch):
    def begin(*_):
        raise AssertionError("the folder was examined first")

    monkeypatch.setattr("impasto.prepare.pipeline.Workbench", begin)
    (tmp_path / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    chosen = Selection(like=(tmp_path / "torn.png",))
    asked = {"size": 32, "selection": chosen, "look": lambda views: views}
    with pytest.raises(ImpastoError, match=r"--like .*torn\.png cannot be used"):
        prepare(folder, tmp_path / "out", **asked)
    assert not (tmp_path / "out").exists()


def test_dihedral_writes_the_six(folder, tmp_path):
    chosen = Selection(only=("Pollock/1.png",), multiply="dihedral")
    prepare(folder, tmp_path / "out", selection=chosen, **options())
    pictures = open_dataset(tmp_path / "out").pictures
    turns = [row["turn"] for row in read_index(tmp_path / "out")]
    assert turns == ["", "left-right", "top-bottom", "180", "90", "270"]
    assert (pictures[1] == pictures[0][:, ::-1]).all()
    assert (pictures[3] == np.rot90(pictures[0], 2)).all()
    assert len({p.tobytes() for p in pictures}) == 6
    again = prepare(folder, tmp_path / "out", selection=chosen, **options())
    assert again.fingerprint == open_dataset(tmp_path / "out").fingerprint


def test_many_crops_cover_a_large_picture_without_overlap(tmp_path):
    (tmp_path / "in").mkdir()
    picture = strokes(5, 96, 64)
    Image.fromarray(picture).save(tmp_path / "in" / "a.png")
    prepare(tmp_path / "in", tmp_path / "out", size=32, fit="many", keep_borders=True)
    pictures = open_dataset(tmp_path / "out").pictures
    assert len(pictures) == 6
    whole = np.concatenate([np.concatenate(list(pictures[k : k + 3]), 1) for k in (0, 3)])
    assert (whole == picture).all()


@pytest.mark.parametrize(
    ("fit", "detail"),
    [
        ("crop", "a crop loses 88%, at most 75%"),
        ("pad", "88% would be padding, at most 75%"),
        ("stretch", "stretching squeezes out 88%, at most 75%"),
        ("many", ""),
    ],
)
def test_a_scroll_is_told_what_its_fit_would_do_to_it_and_gives_many_crops(fit, detail, tmp_path):
    (tmp_path / "in").mkdir()
    Image.fromarray(strokes(5, 512, 64)).save(tmp_path / "in" / "scroll.png")
    Image.fromarray(strokes(6, 64, 64)).save(tmp_path / "in" / "square.png")
    prepare(tmp_path / "in", tmp_path / "out", size=32, fit=fit, keep_borders=True)
    scroll = read_decisions(tmp_path / "out")[0]
    assert (scroll.kept, scroll.detail) == (not detail, detail)
    assert len(open_dataset(tmp_path / "out")) == (1 if detail else 32 + 4)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("enlarge", 0), ("enlarge", float("nan")), ("lose", 75), ("spread", float("nan"))),
        *(("duplicate", -1), ("photograph", float("nan")), ("odd", -1), ("calm", 5), ("busy", -1)),
    ],
)
def test_a_threshold_that_no_picture_can_be_measured_by_is_refused(name, value):
    with pytest.raises(ImpastoError, match=f"--{name} is .*, not {value:g}"):
        Thresholds(**{name: value})


def test_the_matte_shows_through(tmp_path):
    (tmp_path / "in").mkdir()
    image = Image.fromarray(strokes(6, 64, 64)).convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 32, 32))
    image.save(tmp_path / "in" / "a.png")
    for matte in (0, 255):
        prepare(tmp_path / "in", tmp_path / "out", size=32, matte=matte)
        corner = open_dataset(tmp_path / "out").pictures[0, :14, :14]
        assert (corner == matte).all()


def make_archive(folder, path):
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as opened:
            for file in sorted(folder.rglob("*.png")):
                opened.write(file, file.relative_to(folder))
            first = next(iter(sorted(folder.rglob("*.png"))))
            opened.write(first, "../outside.png")
            opened.writestr(zipfile.ZipInfo("/absolute.png"), first.read_bytes())
            opened.write(first, "__MACOSX/Albers/._0.png")
            link = zipfile.ZipInfo("link.png")
            link.external_attr = 0o120777 << 16
            opened.writestr(link, "/etc/passwd")
    else:
        with tarfile.open(path, "w:gz") as opened:
            opened.add(folder, arcname=".")
            link = tarfile.TarInfo("link.png")
            link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
            opened.addfile(link)
            outside = tarfile.TarInfo("../outside.png")
            opened.addfile(outside)


@pytest.mark.parametrize("suffix", ["zip", "tar.gz"])
def test_an_archive_is_as_good_as_its_folder(folder, tmp_path, suffix):
    archive = tmp_path / f"paintings.{suffix}"
    make_archive(folder, archive)
    report = prepare(archive, tmp_path / "out", **options())
    assert report.fingerprint == prepare(folder, tmp_path / "plain", **options()).fingerprint
    assert report.found == 8
    assert open_dataset(tmp_path / "out").labels == ("Albers", "Pollock")
    assert not list(tmp_path.rglob("outside.png"))
    assert not any(path.is_symlink() for path in tmp_path.rglob("*"))
    assert prepare(archive, tmp_path / "out", **options()).examined == 0


@pytest.mark.parametrize("kind", ["zip", "tar.gz", "tar.xz"])
def test_an_archive_that_would_explode_is_refused(tmp_path, kind):
    archive = tmp_path / f"a.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
            opened.writestr("a.png", bytes(2**24))
    else:
        (tmp_path / "a.png").write_bytes(bytes(2**24))
        with tarfile.open(archive, f"w:{kind.partition('.')[2]}") as opened:
            opened.add(tmp_path / "a.png", "a.png")
    with pytest.raises(ImpastoError, match="would grow"):
        prepare(archive, tmp_path / "out", size=32)


def test_a_sparse_member_of_a_tar_is_left_out(folder, tmp_path):
    """1,536 bytes that say of themselves that they are four gigabytes of holes."""
    hole = tarfile.TarInfo("hole.png")
    hole.type = tarfile.GNUTYPE_SPARSE
    header = bytearray(hole.tobuf(tarfile.GNU_FORMAT))
    header[386:398] = b"00000000000\0"  # the one piece begins at 0
    header[398:410] = b"00000000000\0"  # and holds nothing
    header[483:495] = b"40000000000\0"  # of 4 GiB, in octal
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header[:512])
    with tarfile.open(tmp_path / "a.tar", "w") as opened:
        opened.add(folder, arcname=".")
    plain = (tmp_path / "a.tar").read_bytes()
    (tmp_path / "a.tar").write_bytes(bytes(header) + plain)
    with tarfile.open(tmp_path / "a.tar") as opened:
        assert opened.getmember("hole.png").size == 2**32  # so it is one
    assert prepare(tmp_path / "a.tar", tmp_path / "out", **options()).found == 8


def test_a_tar_that_ends_in_a_header_is_damaged_and_not_merely_short(folder, tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w") as opened:
        opened.add(folder, arcname=".")
        third = opened.getmembers()[-2].offset
    content = (tmp_path / "a.tar").read_bytes()
    (tmp_path / "a.tar").write_bytes(content[: third + 100])
    with pytest.raises(ImpastoError, match=r"is (a )?damaged"):
        prepare(tmp_path / "a.tar", tmp_path / "out", size=32)


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
def test_a_compressed_tar_with_damaged_bytes_is_one_sentence(folder, tmp_path, kind):
    archive = tmp_path / f"a.tar.{kind}"
    with tarfile.open(archive, f"w:{kind}") as opened:
        opened.add(folder, arcname=".")
    content = bytearray(archive.read_bytes())
    content[len(content) // 2 :] = bytes(len(content) - len(content) // 2)
    archive.write_bytes(content)
    with pytest.raises(ImpastoError, match=r"is (a )?damaged"):
        prepare(archive, tmp_path / "out", size=32)


def test_a_damaged_archive_is_one_sentence(folder, tmp_path):
    make_archive(folder, tmp_path / "a.zip")
    content = bytearray((tmp_path / "a.zip").read_bytes())
    with zipfile.ZipFile(tmp_path / "a.zip") as opened:
        end = opened.start_dir
    content[100:end] = bytes(end - 100)
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(ImpastoError, match=r"is (a )?damaged"):
        prepare(tmp_path / "a.zip", tmp_path / "out", size=32)


def test_an_archive_of_too_many_files_is_refused(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MOST_FILES", 3)
    make_archive(folder, tmp_path / "a.zip")
    with pytest.raises(ImpastoError, match="more than 3 files"):
        prepare(tmp_path / "a.zip", tmp_path / "out", size=32)

import csv
import hashlib
import io
from dataclasses import replace
from pathlib import Path

import pytest

from impasto.collect.ledger import NO_PICTURE, NOT_PUBLIC, Ledger
from impasto.collect.picture import identify
from impasto.collect.record import Record
from impasto.errors import ImpastoError
from tests.collect.site import painting

WORK = Record(
    source="met",
    identity="437133",
    title='Garden, "Sainte-Adresse"',
    artist="Claude Monet",
    date="1867",
    licence="CC0 1.0",
    public_domain=True,
    page="https://m.example/437133",
    pictures=("https://m.example/large.jpg", "https://m.example/small.jpg"),
)


def take(ledger: Ledger, record: Record = WORK, content: bytes = b"") -> Path:
    content = content or painting()
    return ledger.take(record, record.pictures[0], content, identify(content, "here")).file


def rows(folder: Path, name: str = "provenance.csv") -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_picture_is_kept_with_all_that_is_known_of_it(tmp_path: Path):
    file = take(Ledger(tmp_path))
    assert file.read_bytes() == painting()
    (row,) = rows(tmp_path)
    assert row.pop("retrieved").startswith("20")
    assert row == {
        "file": "met-437133-garden-sainte-adresse.jpg",
        "source": "met",
        "id": "437133",
        "title": 'Garden, "Sainte-Adresse"',
        "artist": "Claude Monet",
        "date": "1867",
        "licence": "CC0 1.0",
        "page": "https://m.example/437133",
        "picture": "https://m.example/large.jpg",
        "width": "40",
        "height": "30",
        "bytes": str(len(painting())),
        "sha256": hashlib.sha256(painting()).hexdigest(),
    }


def test_it_is_remembered_by_the_next_run(tmp_path: Path):
    take(Ledger(tmp_path))
    ledger = Ledger(tmp_path)
    assert ledger.has(WORK)
    assert ledger.has(Record("other", "7", pictures=("https://m.example/large.jpg",)))
    assert not ledger.has(Record("met", "7"))
    assert ledger.known("met", any_licence=False) == {"437133"}


def test_a_picture_that_the_user_deleted_stays_deleted(tmp_path: Path):
    take(Ledger(tmp_path)).unlink()
    assert Ledger(tmp_path).has(WORK)


def test_a_torn_last_line_is_cut_off(tmp_path: Path):
    take(Ledger(tmp_path))
    with (tmp_path / "provenance.csv").open("ab") as file:
        file.write(b"met-9.jpg,met,9,Half a li")
    ledger = Ledger(tmp_path)
    assert not ledger.has(Record("met", "9"))
    take(ledger, Record("met", "9", pictures=("https://m.example/9.jpg",)))
    found = rows(tmp_path)
    assert [row["id"] for row in found] == ["437133", "9"]
    assert [(tmp_path / row["file"]).exists() for row in found] == [True, True]
    assert all(None not in row and None not in row.values() for row in found)
    assert b"Half" not in (tmp_path / "provenance.csv").read_bytes()


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [";", "\t", ","])
def test_what_a_spreadsheet_has_saved_goes_on(tmp_path: Path, codec: str, separator: str):
    take(Ledger(tmp_path), replace(WORK, title="=Étude", artist="@home"))
    path = tmp_path / "provenance.csv"
    assert "'=Étude" in path.read_text(encoding="utf-8")
    text = io.StringIO(newline="")
    before = rows(tmp_path)
    writer = csv.DictWriter(text, list(before[0]), delimiter=separator, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(before)
    path.write_bytes(text.getvalue().encode(codec))
    ledger = Ledger(tmp_path)
    assert ledger.has(WORK)
    take(ledger, Record("met", "9", pictures=("https://m.example/9.jpg",)))
    assert rows(tmp_path)[0] == before[0]
    assert [row["id"] for row in rows(tmp_path)] == ["437133", "9"]


def test_a_torn_line_in_the_middle_costs_no_other_row(tmp_path: Path):
    take(Ledger(tmp_path))
    path = tmp_path / "provenance.csv"
    first, row = path.read_bytes().splitlines(keepends=True)
    for torn in (b"half a li\n", b'"open, quote\n'):
        path.write_bytes(first + torn + row)
        assert Ledger(tmp_path).has(WORK)
        assert path.read_bytes() == first + torn + row
        path.write_bytes((first + torn + row).replace(b"\n", b"\r\n"))
        with pytest.raises(ImpastoError, match=r"provenance\.csv, line 2 is torn"):
            Ledger(tmp_path)


def test_a_table_that_is_no_file_is_refused_for_what_it_is(tmp_path: Path):
    (tmp_path / "skipped.csv").symlink_to("/dev/zero")
    with pytest.raises(ImpastoError, match=r"skipped\.csv is a device"):
        Ledger(tmp_path)


@pytest.mark.parametrize("content", [b"file,source\na,b\n", b"hello\n", b"\xff\xfe\n"])
def test_a_strangers_table_is_left_alone(tmp_path: Path, content: bytes):
    (tmp_path / "provenance.csv").write_bytes(content)
    with pytest.raises(ImpastoError, match=r"names no column .*; .*move the file away"):
        Ledger(tmp_path)
    assert (tmp_path / "provenance.csv").read_bytes() == content


def test_reasons_are_kept_once_and_decide_about_a_second_look(tmp_path: Path):
    ledger = Ledger(tmp_path)
    closed, bare, gone = (Record("met", name) for name in ("1", "2", "3"))
    for _ in range(2):
        ledger.skip(closed, NOT_PUBLIC)
        ledger.skip(bare, NO_PICTURE)
        ledger.skip(gone, "answered 404", "…")
    assert len(rows(tmp_path, "skipped.csv")) == 3
    ledger = Ledger(tmp_path)
    assert [ledger.refused(r, any_licence=False) for r in (closed, bare, gone)] == [1, 1, 0]
    assert [ledger.refused(r, any_licence=True) for r in (closed, bare, gone)] == [0, 1, 0]
    assert ledger.known("met", any_licence=True) == {"2"}


def test_each_artist_gets_a_folder_on_request(tmp_path: Path):
    file = take(Ledger(tmp_path, by_artist=True))
    assert file.parent.name == "claude-monet"
    assert rows(tmp_path)[0]["file"] == f"claude-monet/{file.name}"

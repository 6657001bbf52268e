"""Tables survive a spreadsheet, and nothing in them runs there."""

import contextlib
import csv
import io
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impasto.core.tables import read_table, table
from impasto.errors import ImpastoError

COLUMNS = ("file", "reason", "sha256")
ROWS = [
    {"file": "=cmd|' /C calc'!A1.png", "reason": "dropped by hand", "sha256": "00"},
    {"file": "+1;@x\t-2, é.png", "reason": "", "sha256": "11"},
    {"file": "'=already, “quoted”\n.png", "reason": 'a "twin"', "sha256": ""},
    {"file": "Cézanne/1.png", "reason": "kept by hand", "sha256": "33"},
]


def read(path, content):
    path.write_bytes(content)
    return read_table(path, "a test", COLUMNS[:2], 2**20)


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(COLUMNS, st.text(max_size=20))), max_size=6))
def test_what_is_written_is_read(tmp_path_factory, rows):
    rows = [{c: v.encode("utf-8", "ignore").decode() for c, v in row.items()} for row in rows]
    rows = [row for row in rows if any(row.values())]  # an empty row is no row
    path = tmp_path_factory.mktemp("tables") / "t.csv"
    found = read(path, table(COLUMNS, rows).encode())
    assert found.rows == rows
    assert not found.torn


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"])
def test_no_cell_begins_like_a_formula(sign, tmp_path):
    text = table(COLUMNS, [{"file": f"{sign}HYPERLINK(1)", "reason": f"a;{sign}1"}])
    for separator in ",;\t":
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            for cell in row:
                assert not cell.startswith(sign)
    assert read(tmp_path / "t.csv", text.encode()).rows[0]["file"] == f"{sign}HYPERLINK(1)"


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_what_a_spreadsheet_saves_is_read(tmp_path, codec, separator, quoting, end):
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, delimiter=separator, quoting=quoting, lineterminator=end)
    writer.writeheader()
    writer.writerows(ROWS)
    found = read(tmp_path / "t.csv", text.getvalue().encode(codec))
    assert [row["file"] for row in found.rows[1:2] + found.rows[3:]] == [
        ROWS[1]["file"],
        ROWS[3]["file"],
    ]
    assert [row["reason"] for row in found.rows] == [row["reason"] for row in ROWS]
    assert not found.ours or (codec, separator, end) == ("utf-8", ",", "\n")


def test_a_line_that_names_the_separator_is_no_row(tmp_path):
    found = read(tmp_path / "t.csv", b"sep=;\r\nfile;reason\r\na.png;twin\r\n")
    assert found.rows == [{"file": "a.png", "reason": "twin"}]


@pytest.mark.parametrize("torn", ["b.png,ke", '"b.png,kept by hand,2', "b,c.png,kept,2,3"])
def test_a_torn_line_costs_no_other_row(tmp_path, torn):
    text = f"file,reason,sha256\na.png,,1\n{torn}\nc.png,twin,3\n"
    found = read(tmp_path / "t.csv", text.encode())
    assert [row["file"] for row in found.rows] == ["a.png", "c.png"]
    assert found.torn == [(3, torn)]


def test_columns_may_be_missing_or_strange_but_not_the_needed_ones(tmp_path):
    found = read(tmp_path / "t.csv", b"mine,Reason,FILE,,\nx,twin,a.png,,\n")
    assert found.rows == [{"mine": "x", "reason": "twin", "file": "a.png"}]
    for content in (b"", b"hello\n", b"file,sha256\na,b\n", b"\0\1\2\3", b"\xff\xfe"):
        with pytest.raises(
            ImpastoError, match=r"t\.csv is not a test: .* no column '(file|reason)'"
        ):
            read(tmp_path / "t.csv", content)


def test_a_table_is_bounded_while_it_is_read(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"file\n" * 100)
    with pytest.raises(ImpastoError, match=r"too large|device"):
        read_table(tmp_path / "t.csv", "a test", ("file",), 99)
    with pytest.raises(ImpastoError, match=r"too large|device"):
        read_table(Path("/dev/zero"), "a test", ("file",), 99)


def test_small_rows_are_bounded_by_what_they_unpack_to(tmp_path, monkeypatch):
    monkeypatch.setattr("impasto.core.tables.MOST_UNPACKED", 50_000)
    assert len(read(tmp_path / "t.csv", b"file,reason\n" + 90 * b",\n").rows) == 90
    for row in (b",\n", b",\r", b"\n"):
        with pytest.raises(ImpastoError, match=r"t\.csv is too large.* rows"):
            read(tmp_path / "t.csv", b"file,reason\n" + 200 * row)
    with pytest.raises(ImpastoError, match=r"t\.csv is too large"):
        read(tmp_path / "t.csv", b"file,reason\n" + 2000 * b",")


def test_quotes_left_open_in_each_line_cost_no_more_than_a_few_readings(tmp_path):
    lines = 5_000
    began = time.process_time()
    assert len(read(tmp_path / "t.csv", b"file,reason\n" + lines * b'"a,b\n').torn) == lines
    assert time.process_time() - began < 1


@given(st.binary(max_size=200))
def test_nothing_is_too_strange(tmp_path_factory, content):
    with contextlib.suppress(ImpastoError):
        read(tmp_path_factory.mktemp("tables") / "t.csv", b"file,reason\n" + content)

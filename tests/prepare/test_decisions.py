"""What a person decided stays, whatever becomes of the files and of `decisions.csv`."""

import csv
import io
from dataclasses import replace

import pytest
from PIL import Image

from impasto.core import tables
from impasto.data.dataset import open_dataset, read_index
from impasto.errors import ImpastoError
from impasto.prepare import decisions as table_of_decisions
from impasto.prepare import pipeline as module
from impasto.prepare.decisions import DROPPED_BY_HAND, KEPT_BY_HAND, read_decisions, write_decisions
from impasto.prepare.doubtful import Review, Row
from impasto.prepare.pipeline import Selection, prepare
from impasto.prepare.reviewer import Reviewer
from tests.prepare.messy import strokes

NAMES = ("a.png", "b.png", "c é.png", "d.png")


@pytest.fixture
def folder(tmp_path):
    return paint(tmp_path / "in", NAMES)


def paint(folder, names, first=0):
    folder.mkdir()
    for seed, name in enumerate(names, first):
        Image.fromarray(strokes(seed, 120, 100)).save(folder / name)
    return folder


@pytest.fixture
def out(folder, tmp_path):
    """A set in which a person has dropped `b.png`."""
    prepare(folder, tmp_path / "out", size=32)
    decide(tmp_path / "out", "b.png")
    prepare(folder, tmp_path / "out", size=32)
    assert dropped(tmp_path / "out") == {"b.png"}
    return tmp_path / "out"


def decide(out, *names):
    decisions = [
        replace(each, verdict="reject", reason=DROPPED_BY_HAND) if each.file in names else each
        for each in read_decisions(out)
    ]
    write_decisions(out, decisions)


def dropped(out):
    kept = {row["file"] for row in read_index(out)}
    return {each.file for each in read_decisions(out) if each.file not in kept}


def test_a_decision_survives_runs_that_do_not_see_its_file(folder, out, tmp_path):
    prepare(folder, out, size=32, selection=Selection(skip=("b*",)))
    prepare(folder, out, size=48)
    assert dropped(out) == {"b.png"}
    (folder / "b.png").rename(tmp_path / "b.png")
    prepare(folder, out, size=32)
    (tmp_path / "b.png").rename(folder / "elsewhere.png")
    prepare(folder, out, size=32)
    assert dropped(out) == {"elsewhere.png"}
    prepare(paint(tmp_path / "other", ("x.png", "y.png"), 10), out, size=32)
    prepare(folder, out, size=32)
    assert dropped(out) == {"elsewhere.png"}


def test_what_is_kept_by_hand_and_away_is_not_called_kept(folder, out):
    decisions = read_decisions(out)
    decisions[0].reason = "kept by hand"
    write_decisions(out, decisions)
    prepare(folder, out, size=32, selection=Selection(skip=("a*",)))
    away = {each.file: (each.verdict, each.reason) for each in read_decisions(out)}["a.png"]
    assert away == ("absent", "kept by hand")
    assert {d.file for d in read_decisions(out) if d.kept} == {r["file"] for r in read_index(out)}
    prepare(folder, out, size=32)
    assert next(d for d in read_decisions(out) if d.file == "a.png").reason == "kept by hand"


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [";", "\t", ","])
@pytest.mark.parametrize("without", ["", "sha256", "verdict", "twin"])
def test_a_decision_survives_a_spreadsheet(folder, out, codec, separator, without):
    rows = list(csv.DictReader(io.StringIO((out / "decisions.csv").read_text(encoding="utf-8"))))
    columns = [column for column in rows[0] if column != without]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, delimiter=separator, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    (out / "decisions.csv").write_bytes(text.getvalue().encode(codec))
    prepare(folder, out, size=32)
    assert dropped(out) == {"b.png"}
    assert {each.file for each in read_decisions(out)} == set(NAMES)


def test_a_decision_that_got_a_capital_is_one(folder, out):
    path = out / "decisions.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("dropped by hand", "Dropped by hand"), encoding="utf-8")
    prepare(folder, out, size=32)
    assert dropped(out) == {"b.png"}


def rewritten(out, **verdicts):
    """Change verdicts, and nothing else, as with a spreadsheet."""
    path = out / "decisions.csv"
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    for row in rows:
        row["verdict"] = verdicts.get(row["file"].partition(".")[0], row["verdict"])
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")


@pytest.mark.parametrize("large", [False, True])
def test_a_verdict_that_was_changed_in_a_spreadsheet_is_a_decision(
    folder, tmp_path, monkeypatch, large
):
    out = tmp_path / "out"
    Image.open(folder / "a.png").resize((60, 50)).save(folder / "copy.png")
    prepare(folder, out, size=32)
    assert dropped(out) == {"copy.png"}
    if large:
        monkeypatch.setattr("impasto.prepare.decisions.LARGE", 0)
    rewritten(out, copy="Keep", d=" reject ")
    for _ in range(2):
        prepare(folder, out, size=32)
        assert dropped(out) == {"d.png"}
    rewritten(out, d="keep", a="reject")
    prepare(folder, out, size=32)
    assert dropped(out) == {"a.png"}


@pytest.mark.parametrize("saved", ["by us", "elsewhere", "torn"])
def test_of_a_table_that_no_memory_holds_the_decisions_by_hand_are_read(
    folder, out, monkeypatch, saved
):
    path = out / "decisions.csv"
    Image.open(folder / "b.png").save(folder / "z copy.png")
    text = path.read_text(encoding="utf-8").replace("dropped by hand", "")  # by verdict alone
    if saved == "elsewhere":
        text = text.replace(",", ";")
    path.write_text(text + ("x.png,keep,,,\n" if saved == "torn" else ""), encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(tables, "LARGE", 0)
        patch.setattr(table_of_decisions, "LARGE", 0)
        if saved == "by us":
            patch.setattr(tables, "MOST_UNPACKED", 0)
        prepare(folder, out, size=32)
    assert dropped(out) == {"b.png", "z copy.png"}


def test_a_large_table_is_read_as_a_whole_for_a_click(out, monkeypatch):
    monkeypatch.setattr(tables, "LARGE", 0)
    monkeypatch.setattr(table_of_decisions, "LARGE", 0)
    (out / "decisions.csv").write_text("file,verdict,reason,detail\na.png,keep,,\n")
    assert [each.file for each in read_decisions(out)] == ["a.png"]


def test_what_is_no_verdict_is_refused_and_stays(folder, out):
    rewritten(out, d="maybe")
    before = (out / "decisions.csv").read_bytes()
    with pytest.raises(ImpastoError, match=r"decisions\.csv: 'maybe' is no verdict on d\.png; wr"):
        prepare(folder, out, size=32)
    assert (out / "decisions.csv").read_bytes() == before


def test_a_torn_line_loses_no_decision(folder, out):
    path = out / "decisions.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    for torn in ([*lines[:-1], lines[-1][:30]], [*lines[:2], lines[2][:40], "\n", *lines[3:]]):
        path.write_text("".join(torn), encoding="utf-8")
        prepare(folder, out, size=32)
        assert dropped(out) == {"b.png"}
    for torn in (lines[2][:26], lines[2][:9]):
        path.write_text("".join([*lines[:2], torn, "\n", *lines[3:]]), encoding="utf-8")
        before = path.read_bytes()
        with pytest.raises(ImpastoError, match=r"decisions\.csv, line 3"):
            prepare(folder, out, size=32)
        assert path.read_bytes() == before


def test_a_torn_line_is_told_once(folder, out, capsys):
    path = out / "decisions.csv"
    with path.open("a", encoding="utf-8") as file:
        file.write("x.png,keep,,,\n")
    prepare(folder, out, size=32)
    assert capsys.readouterr().err.count("is torn") == 1


@pytest.mark.parametrize("content", [b"file;verdict\na.png;keep\n", b"\0\1", b"\xff\xfe\xff", b""])
def test_what_is_no_table_of_decisions_is_refused_and_stays(folder, out, content):
    (out / "decisions.csv").write_bytes(content)
    with pytest.raises(ImpastoError, match=r"decisions\.csv is not"):
        prepare(folder, out, size=32)
    assert (out / "decisions.csv").read_bytes() == content


def test_a_file_that_vanishes_is_not_called_kept_and_its_copy_takes_its_place(
    folder, tmp_path, monkeypatch
):
    Image.open(folder / "a.png").resize((60, 50)).save(folder / "copy.png")
    prepare(folder, tmp_path / "out", size=32)
    assert dropped(tmp_path / "out") == {"copy.png"}
    (tmp_path / "out" / "dataset.json").unlink()  # nothing to take pixels from
    judge = module.judge

    def while_judging(*args):
        (folder / "a.png").unlink(missing_ok=True)
        return judge(*args)

    monkeypatch.setattr(module, "judge", while_judging)
    prepare(folder, tmp_path / "out", size=32)
    reasons = {each.file: each.reason for each in read_decisions(tmp_path / "out")}
    assert reasons == dict.fromkeys((*NAMES, "copy.png"), "") | {"a.png": "vanished"}
    assert dropped(tmp_path / "out") == {"a.png"}
    assert len(open_dataset(tmp_path / "out")) == 4


def test_a_name_that_is_a_formula_does_not_run(tmp_path):
    names = ("=cmd.png", "@sum.png", "+1.png", "-2.png")
    folder = paint(tmp_path / "in", names)
    prepare(folder, tmp_path / "out", size=32)
    for table in ("decisions.csv", "index.csv"):
        for row in csv.reader(io.StringIO((tmp_path / "out" / table).read_text())):
            assert not any(cell.startswith(("=", "@", "+", "-")) for cell in row)
    assert {each.file for each in read_decisions(tmp_path / "out")} == set(names)
    assert {row["file"] for row in read_index(tmp_path / "out")} == set(names)
    assert prepare(folder, tmp_path / "out", size=32).examined == 0


def test_a_click_leaves_the_decision_on_another_source_s_file_of_that_name(out, tmp_path):
    other = paint(tmp_path / "other", ("a.png", "b.png"), 20)
    prepare(other, out, size=32)
    row = Row("b.png", str(other / "b.png"), "too busy", "", False, False, True, True, 1, 1, 1)
    reviewer = Reviewer(out, Review([row]))
    reviewer.decide({0: True})
    words = [(each.away, each.reason) for each in read_decisions(out) if each.file == "b.png"]
    assert sorted(words) == [(False, KEPT_BY_HAND), (True, DROPPED_BY_HAND)]

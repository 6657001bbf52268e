"""A folder with every fault there is: each verdict, each reason and each twin is right."""

import csv
from itertools import count

import pytest

from impasto.prepare.pipeline import prepare
from tests.prepare.messy import make_messy, strokes


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    place = tmp_path_factory.mktemp("messy")
    make_messy(place / "in", map(strokes, count(100)), seed=3, rounds=2)
    report = prepare(place / "in", place / "out", size=64)
    tables = []
    for path in (place / "in" / "labels.csv", place / "out" / "decisions.csv"):
        with path.open(newline="", encoding="utf-8") as file:
            tables.append({row["file"]: row for row in csv.DictReader(file)})
    return report, *tables


def test_every_verdict_is_right(outcome):
    _, labels, decisions = outcome
    assert decisions.keys() == labels.keys()
    wrong = [
        (file, label["reason"], decisions[file])
        for file, label in labels.items()
        if decisions[file]["verdict"] != label["verdict"]
    ]
    assert not wrong


def test_every_reason_fits_and_every_twin_is_the_right_one(outcome):
    _, labels, decisions = outcome
    for file, label in labels.items():
        if label["verdict"] == "reject":
            assert decisions[file]["reason"] == label["reason"], decisions[file]
            assert decisions[file]["twin"] == label["twin"], decisions[file]


def test_mounts_are_trimmed_and_nothing_else_is(outcome):
    _, labels, decisions = outcome
    for file, decision in decisions.items():
        if decision["verdict"] == "keep":
            trimmed = "border trimmed" in decision["detail"]
            assert trimmed == (labels[file]["reason"] == "plain border to trim"), file


def test_what_systems_leave_lying_is_only_counted(outcome):
    report, labels, _ = outcome
    assert report.ignored == 3  # Thumbs.db, the resource fork and labels.csv
    assert report.found == len(labels)

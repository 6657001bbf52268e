"""The fuzzer itself: an input depends on its seed and number, and what is wrong is found."""

import json
import sys
import time
from pathlib import Path
from random import Random

import pytest

from tests.fuzz import __main__ as fuzzer
from tests.fuzz.__main__ import ESCAPED, build, events, fuzz, read
from tests.fuzz.kinds import Kind
from tests.fuzz.mutations import replaced, spoil


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    made = tmp_path / "corpus"
    (made / "set").mkdir(parents=True)
    (made / "set" / "dataset.json").write_text(json.dumps({"count": 3, "labels": ["a", "b"]}))
    return made


def kind(read) -> Kind:
    return Kind("sets", ("set",), ("set/*.json",), read)


def test_an_input_is_made_again_from_its_seed_and_number(corpus, tmp_path):
    kinds = [kind(lambda place, random: None)]
    for place, number in (("one", 5), ("two", 5), ("three", 6)):
        build(kinds, corpus, tmp_path / place, 1, number)
    one, two, three = (
        (tmp_path / place / "set/dataset.json").read_bytes() for place in ("one", "two", "three")
    )
    assert one == two != three
    assert one != (corpus / "set/dataset.json").read_bytes()


@pytest.mark.parametrize("suffix", [".json", ".jsonl", ".png", ".csv", ".safetensors"])
def test_every_kind_of_file_can_be_spoilt(suffix):
    sound = b'\x10\0\0\0\0\0\0\0{"a": [1, 2, 3]}' if suffix == ".safetensors" else b'{"a": [1]}'
    assert len({spoil(sound, suffix, Random(number)) for number in range(40)}) > 20
    spoil(b"", suffix if suffix != ".safetensors" else ".png", Random(0))


def test_replacing_leaves_the_original_alone():
    value = {"a": [1, {"b": 2}]}
    assert any(replaced(value, Random(number)) != value for number in range(9))
    assert value == {"a": [1, {"b": 2}]}


def test_tracebacks_and_files_outside_are_found(tmp_path):
    place = tmp_path / "a" / "b" / "place"
    place.mkdir(parents=True)

    def fails(place, random):
        raise KeyError("x")

    def escapes(place, random):
        (place.parent / "file").touch()

    def escapes_far(place, random):
        ESCAPED.touch()

    assert read(kind(lambda place, random: None), place, tmp_path, 0, 0) == ""
    assert "KeyError" in read(kind(fails), place, tmp_path, 0, 0)
    assert "outside" in read(kind(escapes_far), place, tmp_path, 0, 0)
    assert "outside" in read(kind(escapes), place, tmp_path, 0, 0)


TOLD = """
import sys, time
with open(int(sys.argv[-1]), "w") as tell:
    tell.write('{"begun": 0}\\n{"done": 0, "wrong": ""}\\n{"begun": 1}\\n')  # all at once
    tell.flush()
    time.sleep(600)
"""


def test_an_input_that_hangs_is_told_within_a_short_time():
    begun = time.monotonic()
    told = list(events([sys.executable, "-c", TOLD], begun + 60, patience=1))
    assert [each.get("begun") for each in told] == [0, None, 1, None]
    assert "silent for 1 seconds" in told[-1]["wrong"]


def test_patience_is_shorter_than_the_time_given(monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(
        fuzzer, "events", lambda _, until, patience: seen.append((until, patience)) or iter(())
    )
    for seconds in (0.5, 1e-9):
        fuzz([], tmp_path, 0, 0, 1, time.monotonic() + seconds, tmp_path)
    assert 0.2 < seen[0][1] < 0.4


@pytest.mark.parametrize(("tried", "found", "status"), [(0, 0, 1), (9, 0, 0), (9, 1, 1)], ids=str)
def test_nothing_tried_is_a_failure(tried, found, status, monkeypatch):
    monkeypatch.setattr(fuzzer, "fuzz", lambda *_: (tried, found))
    monkeypatch.setattr(fuzzer.corpus, "make", lambda _: None)
    monkeypatch.setattr(sys, "argv", ["fuzz", "0.5"])
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    with pytest.raises(SystemExit) as ended:
        fuzzer.main()
    assert ended.value.code == status


def test_what_was_not_read_is_not_counted(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(fuzzer, "events", lambda *_: iter([{"begun": 0}]))
    assert fuzz([], tmp_path, 0, 0, 1, time.monotonic() + 60, tmp_path) == (0, 0)
    assert "0 inputs" in capsys.readouterr().out

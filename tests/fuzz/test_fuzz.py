"""The fuzzer itself: an input depends on its seed and number, and what is wrong is found."""

import json
from pathlib import Path
from random import Random

import pytest

from tests.fuzz.__main__ import ESCAPED, build, read
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

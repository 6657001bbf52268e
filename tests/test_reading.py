"""Files of strangers: plain ones only, bounded, and refused in one sentence."""

import os
import resource
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from impasto.config import Config, parse_config
from impasto.errors import ImpastoError
from impasto.reading import (
    Record,
    _leaves,
    decode_text,
    open_file,
    parse_json,
    parse_yaml,
    read_json,
    read_text,
    validated,
)
from impasto.recipes import dump, load

SOME = settings(max_examples=300, deadline=None)


@pytest.fixture(params=["device", "pipe", "folder", "link"])
def odd(request, tmp_path) -> Path:
    path = tmp_path / "odd"
    if request.param == "device":
        path.symlink_to("/dev/zero")
    elif request.param == "pipe":
        os.mkfifo(path)
    elif request.param == "folder":
        path.mkdir()
    else:
        path.symlink_to(path)  # to itself
    return path


def test_what_is_no_plain_file_is_refused_at_once(odd):
    began = time.monotonic()
    with pytest.raises(ImpastoError, match=r"odd (is a|cannot be read)"):
        read_text(odd, "a recipe", 1000)
    assert time.monotonic() - began < 5


def test_the_bound_is_asked_before_a_byte_is_read(tmp_path):
    file = tmp_path / "sparse"
    with file.open("wb") as opened:
        opened.truncate(2**40)
    with pytest.raises(ImpastoError, match="too large"):
        read_text(file, "a list", 2**20)


def test_a_file_that_grows_meanwhile_is_read_as_it_was(tmp_path):
    file = tmp_path / "log"
    file.write_bytes(b"one\n")
    with open_file(file, "a log", 100) as opened:
        file.write_bytes(b"one\ntwo\n")
        assert opened.read(4) == b"one\n"
    assert read_text(file, "a log", 100) == "one\ntwo\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_texts_of_editors_and_shells_are_read(encoding):
    assert decode_text("name: Böcklin\n".encode(encoding), "x", "a recipe") == "name: Böcklin\n"


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_other_encodings_are_refused_with_the_line(encoding):
    with pytest.raises(ImpastoError, match=r"x is not .*line 2 .*UTF-8"):
        decode_text("a: 1\nname: Böcklin\n".encode(encoding), "x", "a recipe")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: " + "9" * 5000, "not valid YAML"),
        ("a: 0b" + "1" * 20_000, "not valid YAML"),
        ("a: 1:" + "59:" * 3000 + "1", "not valid YAML"),
        ("a: 2024-13-45", None),  # a date is a text
        ("a: !!timestamp x", "not valid YAML"),
        ("a: !!int ''", "not valid YAML"),
        ("a: !!float ''", "not valid YAML"),
        ("[" * 5000, "nested too deeply"),
        ("".join(" " * n + "a:\n" for n in range(60)), "nested too deeply"),
        ("a: &a [*a]", "contains itself"),
        (
            "a0: &a0 [x]\n"
            + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)),
            "too many parts",
        ),
        ("a: \x1b[2J", "not valid YAML"),
        ("? [1]\n: 2", "not valid YAML"),
        ("a: &x 1\nb: [*x, *x]", None),
    ],
)
def test_yaml_that_would_do_harm_is_one_sentence(text, sentence):
    if sentence is None:
        assert isinstance(parse_yaml(text, "r.yaml"), dict)
        return
    with pytest.raises(ImpastoError, match=sentence) as caught:
        parse_yaml(text, "r.yaml")
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400


@pytest.mark.parametrize("part", ["{},", "[],", '{"a":{}},', '"ab",', "1,"])
def test_json_that_would_fill_the_memory_is_not_unpacked(part):
    text = b"[" + part.encode() * (128 * 2**20 // len(part)) + b"0]"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ImpastoError, match="x is too large"):
        parse_json(text, "x", "a painting")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 * 1024


@SOME
@given(st.binary(max_size=200))
def test_no_bytes_break_the_readers(content):
    for read in (
        lambda: parse_json(content, "x", "a thing"),
        lambda: parse_yaml(decode_text(content, "x", "a thing"), "x"),
        lambda: validated(Config, parse_yaml(decode_text(content, "x", "y"), "x"), "x"),
    ):
        try:
            read()
        except ImpastoError as error:
            assert "x" in str(error)


@SOME
@given(st.text(alphabet="abc 019:-[]{}&*!?|>'\"%@\n#,.<=~eE+_\t", max_size=120))
def test_no_text_breaks_yaml(text):
    try:
        validated(Config, parse_yaml(text, "x"), "x")
    except ImpastoError as error:
        assert str(error).startswith("x")


def test_json_says_where(tmp_path):
    (tmp_path / "a.json").write_text('{\n "a": 1,\n}')
    with pytest.raises(ImpastoError, match=r"a\.json .*line 3"):
        read_json(tmp_path / "a.json", "a thing")


@pytest.mark.parametrize("value", ["9" * 5000, "!!int abc", "!!bool abc", "!!timestamp abc"])
def test_a_value_of_another_kind_is_told_by_its_line_and_without_a_librarys_words(value: str):
    with pytest.raises(ImpastoError, match=r"^r\.yaml is not valid YAML \(line 2\): a number that"):
        parse_yaml(f"a: 1\nb: {value}\n", "r.yaml")


MODELS = (
    *("compare.comparison", "config", "core.checkpoints", "core.runs", "evaluate.blind"),
    *("paint.document", "strokes.config", "train.report", "train.state"),
)


def records(kind: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for name in MODELS:
        import_module(f"impasto.{name}")
    for inner in kind.__subclasses__():
        yield inner
        yield from records(inner)


def test_every_model_of_a_strangers_values_is_a_record():
    own = [each for each in records(BaseModel) if each.__module__.startswith("impasto.")]
    assert len(own) > 20
    assert [each for each in own if not issubclass(each, Record)] == []


def test_true_is_no_number_in_any_field_of_any_model():
    seen = 0
    for model in records(Record):
        for name, field in model.model_fields.items():
            kinds = set(_leaves(field.annotation))
            if kinds & {int, float} and not kinds & {bool, Record}:
                seen += 1
                for value in (True, [True], {"a": True}):
                    with pytest.raises(ValidationError) as caught:
                        model.model_validate({name: value})
                    assert name in {error["loc"][0] for error in caught.value.errors()}
    assert seen > 60


@pytest.mark.parametrize("written", ["true", "yes", "off"])
def test_a_yaml_boolean_is_refused_where_a_number_is_wanted(written):
    text = dump(load("impasto-64")).replace("minutes: 60.0", f"minutes: {written}")
    with pytest.raises(ImpastoError, match=r"^r\.yaml: training\.minutes: true, false"):
        parse_config(parse_yaml(text, "r.yaml"), "r.yaml")

"""MyPaint brush files of strangers: read within bounds, refused in one sentence."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from impasto.brush.myb import Likeness, read_myb
from impasto.errors import ImpastoError


def setting(base: float, **inputs: list[list[float]]) -> dict[str, Any]:
    return {"base_value": base, "inputs": inputs}


CHALK: dict[str, Any] = {
    "version": 3,
    "comment": "MyPaint brush file",
    "group": "",
    "notes": "",
    "parent_brush_name": "classic/chalk",
    "settings": {
        "opaque": setting(0.6, pressure=[[0, 0], [1, 0.4]]),
        "hardness": setting(0.7),
        "radius_logarithmic": setting(2.5),
        "offset_by_random": setting(0.5),
        "dabs_per_actual_radius": setting(3.0),
        "elliptical_dab_ratio": setting(2.0),
        "elliptical_dab_angle": setting(45.0),
        "smudge": setting(0.9),
        "color_h": setting(0.4),
    },
}


def written(folder: Path, value: object, name: str = "chalk.myb") -> Path:
    path = folder / name
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


def changed(**settings: Any) -> dict[str, Any]:
    return {**CHALK, "settings": {**CHALK["settings"], **settings}}


def test_what_a_stroke_looks_like_is_kept_and_what_changes_colours_is_left_aside(tmp_path):
    settings = read_myb(written(tmp_path, CHALK)).settings
    assert settings["opaque"] == setting(0.6, pressure=[[0, 0], [1, 0.4]])
    assert settings["elliptical_dab_ratio"]["base_value"] == 2.0
    assert not {"smudge", "color_h"} & set(settings)


def test_a_brush_is_written_as_it_was_read_with_what_it_is_like(tmp_path):
    brush = read_myb(written(tmp_path, CHALK)).liking(Likeness(brush="wash", radius=0.2))
    again = read_myb(written(tmp_path, brush.text, "again.myb"))
    assert again.settings == brush.settings
    assert again.likeness == brush.likeness


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("version 2\nopaque 1", "it is not valid JSON"),
        ({**CHALK, "version": 2}, "has version 2 of MyPaint's brush files"),
        ([], "is no MyPaint brush"),
        ({**CHALK, "settings": {}}, "settings"),
        (changed(opaque=setting(float("nan"))), "settings.opaque.base_value"),
        (changed(opaque=setting(1e30)), "settings.opaque.base_value"),
        (changed(opaque={"base_value": True}), "true"),
        (changed(opaque=setting(1, pressure=[[0, 0]])), "two points or more"),
        (changed(opaque=setting(1, pressure=[[1, 0], [0, 1]])), "from left to right"),
        (changed(opaque=setting(1, pressure=[[0, 0]] * 65)), "at most 64"),
        (changed(opaque=setting(1, pressure=[[0, 0, 0], [1, 1, 1]])), "settings.opaque.inputs"),
        (changed(eraser=setting(1.0)), "is an eraser"),
        ({**CHALK, "impasto": {"brush": "broom", "radius": 0}}, "no brush 'broom' in Impasto"),
    ],
)  # fmt: skip
def test_a_malformed_brush_is_refused_in_one_sentence(tmp_path, value, sentence):
    with pytest.raises(ImpastoError, match=r"chalk\.myb") as told:
        read_myb(written(tmp_path, value))
    assert sentence in str(told.value)
    assert "\n" not in str(told.value)


def test_a_large_file_is_not_read(tmp_path):
    with pytest.raises(ImpastoError, match="too large"):
        read_myb(written(tmp_path, " " * (2**20 + 1)))


values = some.recursive(
    some.none() | some.booleans() | some.floats() | some.text(max_size=4) | some.integers(),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=6), inner),
    max_leaves=8,
)


@given(values, some.sampled_from(["version", "settings", "impasto", "opaque", "inputs"]))
def test_whatever_a_stranger_wrote_it_is_read_or_refused(tmp_path_factory, value, where):
    page = json.loads(json.dumps(CHALK))
    inner = {"opaque": page["settings"], "inputs": page["settings"]["opaque"]}.get(where, page)
    inner[where] = value
    try:
        read_myb(written(tmp_path_factory.mktemp("myb"), page))
    except ImpastoError as error:
        assert "\n" not in str(error)

"""Facts that are kept for the next run."""

import json

import pytest
from PIL import Image

from impasto.prepare.pipeline import prepare
from impasto.prepare.store import FOLDER
from tests.prepare.messy import strokes


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in").mkdir()
    for seed in range(40):
        Image.fromarray(strokes(seed, 120, 100)).save(tmp_path / "in" / f"{seed:02}.png")
    return tmp_path / "in"


@pytest.mark.parametrize("damage", ["torn", "nonsense", "short"])
def test_a_torn_workbench_is_mended(folder, tmp_path, damage, monkeypatch):
    first = prepare(folder, tmp_path / "out", size=32)
    facts = tmp_path / "out" / FOLDER / "facts.jsonl"
    if damage == "torn":
        facts.write_bytes(facts.read_bytes()[:-40])
    elif damage == "nonsense":
        facts.write_bytes(facts.read_bytes() + b'{"file": 3}\n')
    else:
        thumbs = tmp_path / "out" / FOLDER / "thumbs.u8"
        thumbs.write_bytes(thumbs.read_bytes()[: 3 * 64 * 64 * 38 + 5])
    again = prepare(folder, tmp_path / "out", size=32)
    assert again.examined == {"torn": 1, "nonsense": 0, "short": 2}[damage]
    assert again.fingerprint == first.fingerprint


@pytest.mark.parametrize(
    "change",
    [
        *({"row": "x"}, {"row": -7}, {"row": 10**6}, {"trimmed": ["x"]}),
        *({"trimmed": [0.1]}, {"crops": -1}, {"width": 0}, {"sha256": 5}, {"first_crop": -9}),
        *({"notes": {"a": 1}}, {"width": 10**400}, {"trimmed": [0.5, 0, 0.5, 1]}),
        {"trimmed": [0.9, 0, 0.1, 1]},
    ],
)
def test_facts_that_cannot_be_are_found_anew(folder, tmp_path, change):
    first = prepare(folder, tmp_path / "out", size=32)
    path = tmp_path / "out" / FOLDER / "facts.jsonl"
    *lines, last = path.read_text().splitlines()
    path.write_text("\n".join([*lines, json.dumps(json.loads(last) | change)]) + "\n")
    (tmp_path / "out" / FOLDER / "unpacked.json").write_bytes(b"\xff")
    again = prepare(folder, tmp_path / "out", size=32)
    assert (again.examined, again.fingerprint) == (1, first.fingerprint)

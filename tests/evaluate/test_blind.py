"""What a person's answers are worth."""

import json

import pytest

from impasto.errors import ImpastoError
from impasto.evaluate import blind_page as walls
from impasto.evaluate.blind import (
    KEY,
    Key,
    Share,
    Shown,
    Sitting,
    next_answers,
    outcome,
    read_outcome,
)


@pytest.mark.parametrize("generated", [True, False])
def test_a_key_of_one_kind_only_is_none(tmp_path, generated):
    shown = [{"name": f"{place}", "generated": generated} for place in range(4)]
    key = {"format": "impasto-blind-key", "wall": "a", "origin": "b", "shown": shown}
    (tmp_path / KEY).write_text(json.dumps(key))
    (tmp_path / "blind-1.json").write_text(json.dumps({"wall": "a", "said": ["real"] * 4}))
    with pytest.raises(ImpastoError, match=r"blind-key\.json is not what"):
        read_outcome(tmp_path)


def test_what_was_said_is_counted_with_its_interval():
    key = Key(
        wall="a",
        origin="",
        shown=tuple(Shown(name=str(n), generated=n % 2 == 0) for n in range(8)),
    )
    said = ("real", "real", "generated", "generated", "generated", "real", "generated", "real")
    found = outcome(key, [Sitting(wall="a", said=said), Sitting(wall="other", said=said)])
    assert found.sittings == 1
    assert (found.taken_for_real.part, found.taken_for_real.whole) == (1, 4)
    assert (found.called_generated.part, found.called_generated.whole) == (1, 4)
    assert found.fooled == ("0",)
    assert "1 of 4 (25 %, between 5 and 70 %)" in found.words


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"), [(0, 30, 0.0, 0.1135), (7, 40, 0.0875, 0.3195)]
)
def test_the_interval_is_wilsons(part, whole, low, high):
    assert Share(part, whole).interval == pytest.approx((low, high), abs=1e-3)


def test_more_sittings_before_one_wall_do_not_narrow_the_interval():
    """They say more of these pictures, and nothing of others."""
    key = Key(
        wall="a",
        origin="",
        shown=tuple(Shown(name=str(n), generated=n < 40) for n in range(80)),
    )
    said = Sitting(wall="a", said=("real",) * 4 + ("generated",) * 36 + ("real",) * 40)
    once, often = outcome(key, [said]), outcome(key, [said] * 4)
    assert often.taken_for_real.interval == once.taken_for_real.interval
    assert (often.taken_for_real.part, often.taken_for_real.whole) == (16, 160)
    assert often.taken_for_real.interval[1] == pytest.approx(0.23, abs=0.005)


def test_answers_about_another_snapshot_do_not_count(subject, tmp_path):
    key = walls.hang_wall(subject, tmp_path, 5, seed=0)
    next_answers(tmp_path).write_text(Sitting(wall=key.wall, said=("real",) * 10).model_dump_json())
    assert read_outcome(tmp_path, subject.origin).sittings == 1
    assert read_outcome(tmp_path, "a later snapshot") is None


def test_answers_to_another_wall_or_of_another_length_do_not_count(subject, tmp_path):
    key = walls.hang_wall(subject, tmp_path, 5, seed=0)
    sitting = Sitting(wall=key.wall, said=("real",) * 9)
    next_answers(tmp_path).write_text(sitting.model_dump_json())
    assert read_outcome(tmp_path) is None
    next_answers(tmp_path).write_text(Sitting(wall=key.wall, said=("real",) * 10).model_dump_json())
    assert read_outcome(tmp_path).taken_for_real.part == 5


@pytest.mark.parametrize("text", ["[]", "{", '{"said": ["maybe"]}', "null", '{"wall": 3}'])
def test_answers_that_are_none_are_named(subject, tmp_path, text):
    walls.hang_wall(subject, tmp_path, 5, seed=0)
    (tmp_path / "blind-1.json").write_text(text)
    with pytest.raises(ImpastoError, match=r"blind-1\.json"):
        read_outcome(tmp_path)

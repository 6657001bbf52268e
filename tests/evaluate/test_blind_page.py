import json
import threading
import tracemalloc
from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest

from impasto.data.colourfield import paint
from impasto.data.dataset import DatasetWriter, open_dataset
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
    read_key,
    read_outcome,
)
from impasto.evaluate.subject import Subject
from tests.chromium import skip_without_chromium


@pytest.fixture(scope="module")
def subject(tmp_path_factory):
    folder = tmp_path_factory.mktemp("set")
    with DatasetWriter(folder, 32, 32) as writer:
        for number in range(30):
            writer.add(paint(number, 32), f"{number}.png")
        writer.finish("fields")
    fakes = np.stack([paint(seed, 32) for seed in range(900, 920)])
    return Subject(
        "fields", "best snapshot", fakes, lambda row: f"seed {row}", open_dataset(folder), None, ()
    )


def test_a_wall_has_as_many_samples_as_originals_and_nobody_chose_them(subject, tmp_path):
    key = walls.hang_wall(subject, tmp_path, 12, seed=0)
    samples = [shown.name for shown in key.shown if shown.generated]
    assert sorted(samples) == sorted(f"seed {row}" for row in range(12))
    assert len(key.shown) == 24
    assert samples != sorted(samples, key=lambda name: int(name.split()[1]))  # shuffled
    assert read_key(tmp_path / KEY) == key


@pytest.mark.parametrize("name", ["n" * 400, "\udc80.png", "\x1b]0;mine\x07", "<script>alert(1)"])
def test_any_name_of_a_sample_is_shown_and_never_obeyed(subject, tmp_path, name):
    named = replace(subject, label=lambda row: f"{row}{name}", origin=f"Pictures of {name}.")
    walls.hang_wall(named, tmp_path, 10, 0)
    shown = [each.name for each in read_key(tmp_path / KEY).shown if each.generated]
    assert {each[0] for each in shown} == set("0123456789")
    assert all(each.isprintable() and len(each) <= 300 for each in shown)
    page = (tmp_path / walls.PAGE).read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert "\x1b" not in page


@pytest.mark.parametrize("generated", [True, False])
def test_a_key_of_one_kind_only_is_none(tmp_path, generated):
    shown = [{"name": f"{place}", "generated": generated} for place in range(4)]
    key = {"format": "impasto-blind-key", "wall": "a", "origin": "b", "shown": shown}
    (tmp_path / KEY).write_text(json.dumps(key))
    (tmp_path / "blind-1.json").write_text(json.dumps({"wall": "a", "said": ["real"] * 4}))
    with pytest.raises(ImpastoError, match=r"blind-key\.json is not what"):
        read_outcome(tmp_path)


def test_originals_come_from_those_held_out(subject, tmp_path):
    held_out = np.arange(5, 15)
    aside = Subject(**{**vars(subject), "held_out": held_out})
    key = walls.hang_wall(aside, tmp_path, 10, seed=3)
    rows = {int(shown.name.split()[1]) for shown in key.shown if not shown.generated}
    assert rows == set(held_out.tolist())


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


def test_too_many_are_refused_with_what_there_is(subject, tmp_path):
    with pytest.raises(
        ImpastoError, match="20 samples and 30 originals are there; show from 5 to 20"
    ):
        walls.hang_wall(subject, tmp_path, 21, seed=0)


def test_where_no_number_would_do_none_is_advised(subject, tmp_path):
    with (
        patch.object(walls, "LEAST", 25),  # more than there are samples
        pytest.raises(ImpastoError, match="at least 25 samples") as caught,
    ):
        walls.hang_wall(subject, tmp_path, 4, seed=0)
    assert "--count" not in str(caught.value)


@pytest.mark.browser
@skip_without_chromium
def test_a_person_answers_by_keys_and_it_is_saved(subject, tmp_path, monkeypatch, browser):
    key = walls.hang_wall(subject, tmp_path, 5, seed=0)
    addresses = []
    opened = threading.Event()

    def note(address):
        addresses.append(address)
        opened.set()

    monkeypatch.setattr(walls.webbrowser, "open", note)
    results = []
    thread = threading.Thread(target=lambda: results.append(walls.sit(tmp_path, key)))
    thread.start()
    assert opened.wait(10)
    page = browser.new_page()
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(addresses[0])
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Backspace")  # a slip
    for _ in range(10):
        page.keyboard.press("ArrowLeft")
    page.wait_for_selector("#told:not([hidden])")
    assert "You took 5 of 5 (100 %, between 57 and 100 %)" in page.inner_text("#verdict")
    assert page.locator("#fooled img").count() == 5
    page.locator("#saved", has_text="Saved").wait_for()
    page.close()
    thread.join(10)
    assert not complaints
    assert results[0].taken_for_real.part == 5
    assert json.loads((tmp_path / "blind-1.json").read_text())["said"] == ["real"] * 10


def test_a_large_wall_is_written_picture_by_picture(subject, tmp_path):
    pictures = np.random.default_rng(0).integers(0, 256, (200, 96, 96, 3), np.uint8)
    with DatasetWriter(tmp_path / "set", 96, 96) as writer:
        for number, picture in enumerate(pictures):
            writer.add(picture, f"{number}.png")
        writer.finish("noise")
    many = replace(subject, fakes=pictures, reals=open_dataset(tmp_path / "set"))
    tracemalloc.start()
    walls.hang_wall(many, tmp_path, 200, seed=0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    size = (tmp_path / walls.PAGE).stat().st_size
    assert size > 400 * 96 * 96 * 3
    assert peak < size / 4  # five times as much when the page was made as one text
    page = (tmp_path / walls.PAGE).read_text()
    assert page.count('"data:image/png;base64,') == 400
    assert "400 pictures, one after the other" in page

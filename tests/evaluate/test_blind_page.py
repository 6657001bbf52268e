import json
import threading
import tracemalloc
from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest

from impasto.data.dataset import DatasetWriter, open_dataset
from impasto.errors import ImpastoError
from impasto.evaluate import blind_page as walls
from impasto.evaluate.blind import (
    KEY,
    read_key,
)
from impasto.evaluate.subject import Subject
from tests.chromium import skip_without_chromium


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


def test_originals_come_from_those_held_out(subject, tmp_path):
    held_out = np.arange(5, 15)
    aside = Subject(**{**vars(subject), "held_out": held_out})
    key = walls.hang_wall(aside, tmp_path, 10, seed=3)
    rows = {int(shown.name.split()[1]) for shown in key.shown if not shown.generated}
    assert rows == set(held_out.tolist())


def test_too_many_are_refused_with_what_there_is(subject, tmp_path):
    with pytest.raises(ImpastoError, match="from 5 to 20"):
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

"""What the measurements in `bench` count, and which numbers they print again."""

import argparse
import importlib.util
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from impasto import recipes
from impasto.config import change
from impasto.core.device import choose_device
from impasto.core.images import save
from impasto.data.colourfield import paint
from impasto.train.schedule import dinov2_looks

BENCH = Path(__file__).parents[1] / "bench"


@pytest.fixture
def bench(monkeypatch):
    """A measurement by its name; those it imports lie beside it."""
    monkeypatch.syspath_prepend(str(BENCH))

    def load(name):
        spec = importlib.util.spec_from_file_location(f"measured_{name}", BENCH / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, spec.name, module)  # for dataclasses
        spec.loader.exec_module(module)
        return module

    yield load
    for shared in ("rows", "noise_steps"):
        sys.modules.pop(shared, None)


@pytest.fixture
def album(tmp_path):
    """Two pictures whose names differ in their ending only."""
    save(paint(0, 32), tmp_path / "album/a.jpg")
    save(paint(1, 32), tmp_path / "album/a.png")
    return tmp_path / "album"


def test_a_book_gives_only_rows_made_in_the_same_way(bench, tmp_path, monkeypatch):
    rows, path = bench("rows"), tmp_path / "b/book.jsonl"
    path.parent.mkdir()
    path.write_text('{"what": {"n": 1}, "psnr": 1.0}\n')  # by an earlier version
    book = rows.Book(path, __file__, strokes=3)
    assert book.find({"n": 1}) is None
    added = book.add({"n": 1, "way": (1, 2)}, {"psnr": 2.0})
    again = rows.Book(path, __file__, strokes=3)
    assert again.find({"n": 1, "way": (1, 2)}) == added
    assert again.folder == book.folder
    others = [rows.Book(path, __file__, strokes=4)]
    others.append(rows.Book(path, str(BENCH / "rows.py"), strokes=3))
    monkeypatch.setattr(torch, "get_num_threads", lambda: 99)
    others.append(rows.Book(path, __file__, strokes=3))
    monkeypatch.undo()
    monkeypatch.setattr(rows, "software", lambda: "of code 0")
    others.append(rows.Book(path, __file__, strokes=3))
    for other in others:
        assert other.find({"n": 1, "way": (1, 2)}) is None
        assert other.folder != book.folder


def test_what_is_made_of_two_pictures_lies_in_two_places(bench, album, tmp_path):
    rows = bench("rows")
    places = {
        rows.place_of(album / name, tmp_path, end).with_suffix(".json")
        for name in ("a.jpg", "a.png")
        for end in ("preview", "standard")
    }
    assert len(places) == 4
    assert rows.picture_of(album / "a.jpg") != rows.picture_of(album / "a.png")


def test_careful_measures_each_picture_once_for_each_choice(bench, album, tmp_path, monkeypatch):
    careful, asked = bench("careful"), []

    def measured(file, longer, strokes, out):
        asked.append((file.name, longer, strokes))
        return {"faces": 0.5} | {way: [1.0, 1.0, float(strokes)] for way in careful.WAYS}

    monkeypatch.setattr(careful, "measured", measured)
    files = sorted(album.iterdir())
    for strokes in (10, 10, 20):
        found = careful.measure(files, 32, strokes, tmp_path / "out")
        assert [row["what"]["picture"] for row in found] == ["a.jpg", "a.png"]
        assert [row["plain"][2] for row in found] == [strokes, strokes]
    assert asked == [(name, 32, n) for n in (10, 20) for name in ("a.jpg", "a.png")]
    assert len(careful.measure(files[:1], 32, 20, tmp_path / "out")) == 1
    careful.tell(found)


def test_fewer_measures_each_picture_once_for_each_choice(bench, album, tmp_path, monkeypatch):
    fewer, asked = bench("fewer"), []

    def painted(file, longer, plan):
        asked.append((file.name, longer))
        return {"psnr": 20.0 + plan.strokes / 100, "cpu": 1.0}

    monkeypatch.setattr(fewer, "painted", painted)
    words = ["fewer", *map(str, sorted(album.iterdir())), "--strokes", "30"]
    for longer in ("32", "32", "48"):
        monkeypatch.setattr(
            sys, "argv", [*words, "--longer", longer, "--out", str(tmp_path / "out")]
        )
        fewer.main()
    each = [(name, n) for n in (32, 48) for name in ("a.jpg", "a.png") for _ in fewer.WAYS]
    assert asked == each


def test_painting_keeps_threads_apart_and_prints_what_was_asked(
    bench, album, tmp_path, monkeypatch
):
    painting, asked = bench("painting"), []

    def part(name):
        def function(path, brush, keep):
            asked.append((path.name, name, torch.get_num_threads()))
            return {"psnr": 1.0}

        return function

    for name in ("preview", "seams", "tiny"):
        monkeypatch.setattr(painting, name, part(name))
    monkeypatch.setattr(painting, "load_brush", lambda name: SimpleNamespace(name=name))
    wanted = argparse.Namespace(
        folder=album, photos=None, rivals=0, brush="oil", out=tmp_path / "out", parts=["seams"]
    )
    for threads in (1, 1, 2):
        monkeypatch.setattr(torch, "get_num_threads", lambda threads=threads: threads)
        assert len(painting.measure(wanted)) == 4
    both = [(name, part) for name in ("a.jpg", "a.png") for part in ("preview", "seams")]
    assert asked == [(*each, threads) for threads in (1, 2) for each in both]
    wanted.parts, wanted.photos = ["tiny"], 1
    assert [row["what"]["part"] for row in painting.measure(wanted)] == ["tiny"]


@pytest.mark.parametrize(
    ("recipe", "changes", "period"),
    [
        ("impasto-64", {}, 3),
        ("r3gan-64", {"loss.penalty_every": 4}, 4),
        ("wgan-gp-64", {"loss.penalty_every": 3}, 15),
        ("dcgan-tutorial-64", {}, 1),
    ],
)
def test_timed_steps_are_whole_periods(bench, recipe, changes, period):
    whole = bench("noise_steps").whole_periods
    config = change(recipes.load(recipe), changes)
    for steps in (1, 5, 8, 24):
        assert 0 <= whole(steps, config) - steps < period
        assert whole(steps, config) % period == 0


def test_recipe_speed_times_the_second_critic_as_often_as_a_training(bench, monkeypatch):
    speed = bench("recipe_speed")
    config = change(recipes.load("impasto-64"), {"training.batch": 2})
    clock, taken = [0.0], []

    def step(state, reals):
        looks = dinov2_looks(state.steps, config)
        clock[0] += 10.0 if looks else 1.0
        if len(taken) >= 12:
            clock[0] += 1000.0 * (len(taken) < 15)  # a hiccup in one of the repeats
        taken.append(looks)
        return {"d_loss": torch.zeros(())}

    monkeypatch.setattr(speed, "gan_step", lambda *_: step)
    monkeypatch.setattr(speed, "gan_state", lambda *_: SimpleNamespace(steps=0, images=0))
    monkeypatch.setattr(time, "perf_counter", lambda: clock[0])
    images, _ = speed.speed(config, choose_device("cpu"), 5, 3)
    assert images == pytest.approx(2 / 4)  # (10 + 1 + 1) / 3 seconds a step
    assert len(taken) == 6 + 3 * 6


def test_the_exchanges_docstring_names_the_defaults(bench, monkeypatch):
    exchanges, seen = bench("exchanges"), []
    monkeypatch.setattr(sys, "argv", ["exchanges"])
    monkeypatch.setattr(exchanges, "launched", lambda *words, **_: seen.append(words[1:]) or "")
    exchanges.main()
    assert [each[0] for each in seen] == [1, 2]
    assert {each[1:] for each in seen} == {("impasto-64", 12)}
    assert "[--recipe impasto-64] [--processes 1 2] [--steps 12]" in exchanges.__doc__


def test_judges_show_every_network_the_same_faults(bench, monkeypatch, capsys):
    judges, seen = bench("judges"), {}

    def extractor(name):
        def call(pictures):
            return np.zeros((len(pictures), 2))

        call.name = name
        return call

    def features_of(pictures, extractor, quiet):
        seen.setdefault(extractor.name, []).append(pictures.tobytes())
        return np.zeros((len(pictures), 2))

    monkeypatch.setattr(judges, "features_of", features_of)
    monkeypatch.setattr(judges, "efficientnet", lambda name, side: extractor(name))
    monkeypatch.setattr(judges, "random_network", lambda: extractor("random"))
    monkeypatch.setattr(judges, "kid", lambda *_: SimpleNamespace(value=1.0, error=1.0))
    monkeypatch.setattr(judges, "SIDE", 100)
    judges.faults(np.stack([paint(seed, 16) for seed in range(8)]).repeat(25, 0))
    assert seen["lite0"] == seen["lite2"] == seen["random"]
    assert len(seen["lite0"]) == 1 + len(judges.FAULTS)


def test_judges_refuse_too_few_pictures_in_a_sentence(bench, album, tmp_path, monkeypatch):
    judges = bench("judges")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["judges", str(album), "--size", "16"])
    with pytest.raises(SystemExit, match=r"album has 2 pictures, but this takes 1,850; name a"):
        judges.main()


def test_prepare_speed_reads_every_file_before_it_times_and_takes_turns(
    bench, album, tmp_path, monkeypatch, capsys
):
    speed, said = bench("prepare_speed"), []
    monkeypatch.setattr(speed, "timed", lambda work: (said.append("timed"), work(), (1.0, 1.0))[2])
    monkeypatch.setattr(speed, "decode_all", lambda folder: said.append("decode") or 2)
    monkeypatch.setattr(speed, "prepare", lambda *_, **__: said.append("prepare"))
    monkeypatch.setattr(speed, "feature_network", lambda: None)
    monkeypatch.setattr(sys, "argv", ["prepare_speed", str(album), "--rounds", "2"])
    speed.main()
    a_round = ["timed", "decode", *["timed", "prepare"] * 3]
    assert said == ["decode", "timed", "prepare", *a_round, *a_round]
    assert capsys.readouterr().out.count(", median") == 4


def test_prepare_speed_prints_medians(bench, monkeypatch, capsys):
    speed = bench("prepare_speed")
    times = iter([(9.0, 9.0), (1.0, 2.0), (3.0, 3.0)])
    monkeypatch.setattr(speed, "timed", lambda work: next(times))
    speed.in_turn({"it": print}, 1000, 3)
    assert "3.0 s wall     3.0 s busy     3.0 ms" in capsys.readouterr().out.splitlines()[-1]


@pytest.mark.parametrize("words", [["--decode"], ["--rounds", "0"], ["--commands", "0"]])
def test_prepare_speed_leaves_no_folder_behind(bench, album, tmp_path, monkeypatch, words):
    speed, desk = bench("prepare_speed"), tmp_path / "desk"
    desk.mkdir()
    monkeypatch.setattr(speed.tempfile, "tempdir", str(desk))
    monkeypatch.setattr(speed, "decode_all", lambda folder: 2)
    monkeypatch.setattr(speed, "prepare", lambda *_, **__: None)
    monkeypatch.setattr(speed, "feature_network", lambda: None)
    monkeypatch.setattr(sys, "argv", ["prepare_speed", str(album), *words])
    speed.main()
    assert list(desk.iterdir()) == []


def test_the_first_page_is_timed_from_the_first_request_and_asked_for_once(bench, monkeypatch):
    studio, clock, asked = bench("studio"), [0.0], []

    class Asker:
        def open(self, address):
            clock[0] += 1.0
            asked.append(address)
            return SimpleNamespace(read=lambda: b"")

    monkeypatch.setattr(studio.urllib.request, "build_opener", lambda _: Asker())
    monkeypatch.setattr(studio.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(studio, "processor", lambda _: clock[0] / 10)
    figure = studio.pages("http://here/?token=a", 1)
    assert asked[0] == "http://here/?token=a"
    assert "http://here/" not in asked  # the token's answer has led there already
    assert figure.found == len(asked)
    assert figure.more == f"{len(asked) / 10:.2f} s of processor"

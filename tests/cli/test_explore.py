"""`impasto explore` as a user calls it, on a run of a moment."""

import json
from pathlib import Path

import pytest
from PIL import Image

from impasto.cli.generate import generate
from impasto.core.images import save
from impasto.data.colourfield import paint
from tests.cli.test_verbs import impasto, mistake
from tests.conftest import TINY_OPTIONS, write_conditional


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("explored")
    out = folder / "run"
    status, _, _ = impasto("train", "colourfield:24", "--out", out, "--images", 16, *TINY_OPTIONS)
    assert status == 0
    return out


def test_directions_are_found_named_and_used(run):
    _, text, _ = impasto("explore", "directions", run, "--count", 2, "--seeds", "0-1", "--json")
    found = json.loads(text)
    names = [d["name"] for d in found["directions"]]
    assert names == ["weights-1", "weights-2", "activations-1", "activations-2"]
    assert all(Path(file).is_file() for file in found["files"])
    before = (run / "explore/directions.safetensors").read_bytes()
    _, text, _ = impasto("explore", "directions", run, "--name", "weights-2=dusk")
    assert "dusk  " in text
    assert (run / "explore/directions.safetensors").read_bytes() == before
    _, text, _ = impasto("generate", run, "--seeds", 3, "--move", "dusk=2", "--json")
    assert Path(json.loads(text)["files"][0]).name == "seed-000003-dusk+2.png"


def test_a_picture_is_projected_and_painted_from(run, tmp_path):
    save(paint(5, 50), tmp_path / "mine.png")
    options = ("--starts", 1, "--steps", 3, "--json")
    _, text, _ = impasto("explore", "project", run, tmp_path / "mine.png", *options)
    found = json.loads(text)
    assert found["psnr"] > 0
    assert len(found["starts"]) == 1
    assert impasto("generate", run, "--latents", found["files"][0], "--out", tmp_path / "o")[0] == 0
    assert (tmp_path / "o/mine-projected.png").is_file()


def test_children_are_bred_from_seeds_and_from_children(run):
    _, text, _ = impasto("explore", "mix", run, 3, 17, "--count", 2, "--json")
    files = json.loads(text)["files"]
    assert impasto("explore", "mix", run, files[1], 5, "--how", "between", "--count", 1)[0] == 0
    assert impasto("explore", "mix", run, 3, 17, "--how", "layers")[0] == 0
    assert (run / "explore/mix/child-0003.png").is_file()
    lent = ("mix", run, 3, 17, "--how", "layers", "--levels", "4=1,8=.5", "--out", run / "lent")
    assert impasto("explore", *lent)[0] == 0
    assert [path.name for path in (run / "lent").glob("child*.png")] == ["child-0001.png"]
    assert "seed-000017" in (run / "explore/mix/lineage.html").read_text()


def test_a_blend_is_a_generator(run, tmp_path):
    status, _, _ = impasto("explore", "blend", run, run, "--swap", 8, "--out", tmp_path / "b")
    assert status == 0
    assert impasto("generate", tmp_path / "b", "--count", 2)[0] == 0
    with Image.open(tmp_path / "b/blend.png") as sheet:
        assert sheet.width > 3 * 96


def test_neighbours_are_shown_and_told(run):
    _, text, _ = impasto("explore", "neighbours", run, "--count", 3, "-k", 2, "--json")
    found = json.loads(text)
    assert [s["name"] for s in found["samples"]] == ["seed-000000", "seed-000001", "seed-000002"]
    assert all(len(s["originals"]) == 2 and s["distances"][0] > 0 for s in found["samples"])
    assert Path(found["sheet"]).is_file()


def test_originals_may_be_the_built_in_set_and_go_by_either_option(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    asked = ("explore", "neighbours", run, "--count", 2, "--json", "--out", tmp_path)
    found = [impasto(*asked, option, "colourfield:24")[1] for option in ("--data", "--against")]
    assert json.loads(found[0])["samples"] == json.loads(found[1])["samples"]
    best = ("--count", 9, "--best", 2, "--against", "colourfield:24", "--out", tmp_path / "best")
    assert "by nearness to the originals" in impasto("generate", run, *best)[2]


def test_a_film_and_the_best_are_one_command_each(run, tmp_path):
    film = ("--circle", "--seconds", 0.1, "--fps", 10, "--film-as", "gif", "--side", 32)
    assert impasto("generate", run, *film, "--out", tmp_path)[0] == 0
    assert (tmp_path / "circle-0-1.gif").is_file()
    _, text, said = impasto("generate", run, "--count", 9, "--best", 2, "--out", tmp_path, "--json")
    assert len(json.loads(text)["files"]) == 2
    assert "by nearness to the originals" in said


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["explore", "directions", "RUN", "--seeds", "x"], "--seeds x"),
        (["explore", "directions", "RUN", "--name", "nothing=x"], "no direction"),
        (["explore", "project", "RUN", "missing.jpg"], "missing.jpg"),
        (["explore", "mix", "RUN", "3", "missing.png"], "missing.png"),
        (["explore", "blend", "RUN", "nowhere"], "no folder nowhere"),
        (["explore", "blend", "RUN", "RUN", "--share", "0.5", "--swap", "8"], "leave one out"),
        (["explore", "neighbours", "RUN", "--data", "nowhere"], "nowhere"),
        (["explore", "neighbours", "RUN", "--against", "nowhere"], "nowhere"),
        (["explore", "neighbours", "nowhere"], "no folder nowhere"),
        (["generate", "RUN", "--move", "dawn=1"], "dawn"),
        (["generate", "RUN", "--latents", "missing.png"], "missing.png"),
        (["generate", "RUN", "--label", "Monet"], "--label Monet"),
        (["generate", "RUN", "--loop"], "--interpolate"),
        (["generate", "RUN", "--seeds", "3", "--interpolate", "cubic"], "two pictures"),
    ],
)
def test_mistakes_are_one_sentence(run, monkeypatch, capsys, words, expected):
    assert impasto("explore", "directions", run, "--count", 1, "--seeds", "0")[0] == 0
    line = mistake(monkeypatch, capsys, *(str(run) if w == "RUN" else w for w in words))
    assert expected in line


def test_verbs_take_a_label_where_a_generator_knows_some(tmp_path, monkeypatch, capsys):
    run = write_conditional(tmp_path / "run", {"Klee": 3, "Marc": 1})
    save(paint(5, 50), tmp_path / "mine.png")
    ways = [
        ("directions", run, "--count", 1, "--seeds", 0),
        ("project", run, tmp_path / "mine.png", "--starts", 1, "--steps", 2),
        ("mix", run, 3, 17, "--how", "layers"),
    ]
    for words in ways:
        status, _, said = impasto("explore", *words, "--label", "Marc")
        assert status == 0, said
        line = mistake(monkeypatch, capsys, "explore", *words, "--label", "Monet")
        assert "--label Monet" in line
    (kept,) = json.loads((run / "explore/mine-projected.json").read_text())["latents"]
    assert kept["label"] == "Marc"
    assert "--label is missing" in mistake(monkeypatch, capsys, "explore", *ways[0])
    line = mistake(monkeypatch, capsys, "generate", run, "--label", "Monet")
    assert "--label Monet" in line


def test_the_options_of_generate_are_those_of_its_request():
    """One is written out for the command line, the other for programs: neither may fall behind."""
    import inspect
    from dataclasses import fields

    from impasto.generate.request import Request

    painting = {"paint_from", "size", "keep", "longest", "leave_out", "paint_seed"}
    others = {"as_json", "dpi", "latents", "move", "processes"} | painting
    options = set(inspect.signature(generate).parameters) - others
    assert options | {"files", "moves"} == {field.name for field in fields(Request)}

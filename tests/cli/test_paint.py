"""`impasto paint` as a user calls it: files, replays, runs, mistakes."""

import json
import re
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from impasto.data.colourfield import paint as colourfield
from impasto.paint.canvas import draw_painting
from impasto.paint.document import load_painting
from impasto.paint.palette import snapper
from tests.cli.test_verbs import impasto, mistake
from tests.conftest import TINY_OPTIONS

SMALL = ("--strokes", 24, "--size", 64, "--brush", "dry")


def pixels(file: str | Path) -> np.ndarray:
    with Image.open(file) as image:
        return np.asarray(image)


def test_a_photograph_becomes_a_painting_and_its_strokes(photo, tmp_path):
    out = tmp_path / "o"
    options = ("--svg", "--film-as", "gif", "--film-seconds", 1, "--texture", "linen", "--json")
    status, text, _ = impasto("paint", photo, *SMALL, "--out", out, *options)
    assert status == 0
    said = json.loads(text)
    assert said["strokes"] == 24
    assert said["psnr"] > 18
    assert said["complete"] is True
    names = {path.name for path in out.iterdir()}
    assert names == {"painting.png", "strokes.json", "painting.svg", "painting.gif"}
    assert pixels(said["painting"]).shape == (43, 64, 3)
    assert load_painting(out / "strokes.json").texture == "linen"


def test_strokes_are_drawn_again_at_any_size(photo, tmp_path):
    impasto("paint", photo, *SMALL, "--out", tmp_path / "o")
    strokes = tmp_path / "o" / "strokes.json"
    status, text, _ = impasto("paint", strokes, "--size", 256, "--out", tmp_path / "large")
    assert status == 0
    large, small = pixels(text.strip()), pixels(tmp_path / "o" / "painting.png")
    assert large.shape == (172, 256, 3)
    back = Image.fromarray(large).resize((64, 43), Image.Resampling.BICUBIC)
    error = np.square(np.asarray(back, float) - small).mean()
    assert 10 * np.log10(255**2 / error) > 28
    _, text, said = impasto("repaint", strokes, "--out", tmp_path / "same")
    assert np.array_equal(pixels(text.strip()), small)
    assert "impasto repaint" not in said
    _, text, said = impasto("paint", strokes, "--out", tmp_path / "as-before")
    assert np.array_equal(pixels(text.strip()), small)
    assert "impasto repaint" in said
    again = ("--texture", "paper", "--brush", "ink", "--out", tmp_path / "other")
    impasto("repaint", strokes, *again)
    other = load_painting(tmp_path / "other" / "strokes.json")
    assert (other.texture, other.brush) == ("paper", "ink")


def test_what_a_generator_made_is_painted(paintings, tmp_path):
    run = tmp_path / "run"
    impasto("train", paintings, "--out", run, "--images", 16, *TINY_OPTIONS)
    options = ("--count", 2, "--seed", 5, "--out", tmp_path / "o", *SMALL)
    options = (*options, "--plot", tmp_path / "plot")
    status, text, _ = impasto("paint", run, "--checkpoint", "last", *options)
    assert status == 0
    files = [tmp_path / "o" / f"seed-00000{seed}" / "painting.png" for seed in (5, 6)]
    assert text.split() == [str(file) for file in files]
    assert all(file.is_file() for file in files)
    assert len({file.read_bytes() for file in tmp_path.glob("plot/seed-*/plot.svg")}) == 2


def test_options_reach_the_painting(photo, tmp_path):
    out = ("--out", tmp_path / "o")
    colours = ("--palette", "#102030,#f0e0d0", "--ground", "#808080")
    loss = ("--loss", "both", "--even", "0.5", "--broadest", "20")
    status, _, _ = impasto("paint", photo, *SMALL, *out, *colours, *loss)
    assert status == 0
    painting = load_painting(tmp_path / "o" / "strokes.json")
    assert painting.ground == pytest.approx((128 / 255,) * 3)
    used = {tuple(c) for c in np.rint(painting.strokes.colours * 255).astype(int).tolist()}
    assert used <= {(16, 32, 48), (240, 224, 208)}


def test_with_a_palette_the_canvas_is_of_its_colours_too(photo, tmp_path):
    out, colours = ("--out", tmp_path / "o"), ("--palette", "#102030,#d9a441,#f0e0d0")
    impasto("paint", photo, *SMALL, *out, *colours)
    painting = load_painting(tmp_path / "o" / "strokes.json")
    ground = tuple(round(255 * value) for value in painting.ground)
    assert ground in {(16, 32, 48), (217, 164, 65), (240, 224, 208)}


def test_with_few_colours_each_place_has_its_nearest(tmp_path):
    """Strokes that were to mix a third colour of two lay over each other at random."""
    dark, light = np.float32([27, 47, 75]), np.float32([217, 164, 65])
    y, x = np.indices((64, 64))
    share = (0.5 + 0.15 * np.sin(x / 5) * np.sin(y / 7))[..., None]
    photo = np.uint8(dark + share * (light - dark))
    Image.fromarray(photo).save(tmp_path / "photo.png")
    options = ("--strokes", 40, "--size", 64, "--palette", "#1b2f4b,#d9a441")
    impasto("paint", tmp_path / "photo.png", *options, "--out", tmp_path / "o")
    snap = snapper(np.stack([dark, light]) / 255)
    wanted, painted = (
        snap(np.float32(picture / 255).reshape(-1, 3))
        for picture in (photo, pixels(tmp_path / "o/painting.png"))
    )
    assert (wanted == painted).all(1).mean() > 0.9


def test_a_budget_of_seconds_is_kept(photo, tmp_path):
    out = ("--out", tmp_path / "o", "--time", 3, "--json")
    status, text, _ = impasto("paint", photo, "--strokes", 5000, "--size", 256, *out)
    assert status == 0
    said = json.loads(text)
    assert said["complete"] is False  # 5,000 strokes are never laid in three seconds
    assert said["seconds"] < 30  # a phase is never broken off, and slow machines test too


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--brush", "broom"), "Unknown brush 'broom'; choose one of dry"),
        (("--palette", "1"), "2 to 256 colours"),
        (("--ground", "pink"), "--ground pink"),
        (("--style", "none.jpg"), "There is no file none.jpg"),
        (("--mask", "none.png"), "There is no file none.png"),
        (("--mask", "automatic"), "There is no file automatic"),
        (("--thinnest", "30", "--broadest", "3"), "a larger --broadest"),
        (("--sparing", "--time", "5"), "leave out --time"),
    ],
)
def test_a_wrong_option_is_one_sentence(photo, tmp_path, monkeypatch, capsys, options, words):
    arguments = (monkeypatch, capsys, "paint", photo, *SMALL, "--out", tmp_path / "o", *options)
    assert words in mistake(*arguments)
    assert not (tmp_path / "o").exists()


def test_a_wrong_file_is_one_sentence(tmp_path, monkeypatch, capsys):
    (tmp_path / "a.json").write_text('{"format": "impasto-strokes", "strokes": [NaN]}')
    (tmp_path / "a.jpg").write_text("no picture")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    for name, words in (
        ("a.json", "a.json"),
        ("a.jpg", "cannot be read as a picture"),
        ("empty", "holds no pictures"),
        ("none.jpg", "There is no file"),
    ):
        for out in ((), ("--out", "o")):
            assert words in mistake(monkeypatch, capsys, "paint", tmp_path / name, *out)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jpg", "a.json", "empty"]


@pytest.mark.parametrize("name", ["painting.png", "preview.jpg"])
def test_a_photograph_is_not_painted_over_by_its_painting(tmp_path, monkeypatch, capsys, name):
    Image.new("RGB", (40, 30), "teal").save(tmp_path / name)
    before = (tmp_path / name).read_bytes()
    said = mistake(monkeypatch, capsys, "paint", str(tmp_path / name), "--out", str(tmp_path))
    assert f"{name} would be replaced" in said
    assert (tmp_path / name).read_bytes() == before


def test_strokes_of_an_unknown_brush_are_refused(photo, tmp_path, monkeypatch, capsys):
    impasto("paint", photo, *SMALL, "--out", tmp_path / "o")
    file = tmp_path / "o" / "strokes.json"
    file.write_text(file.read_text().replace('"dry"', '"broom"'))
    assert "Unknown brush 'broom'; choose one of dry" in mistake(monkeypatch, capsys, "paint", file)


def test_what_does_not_count_for_a_painting_drawn_again_is_said(photo, tmp_path):
    impasto("paint", photo, *SMALL, "--out", tmp_path / "o")
    strokes = tmp_path / "o" / "strokes.json"
    more = ("--palette", 4, "--size", 32, "--progress", "auto")
    status, _, said = impasto("paint", strokes, *more)
    assert status == 0
    assert "--palette is ignored" in said
    assert "--size is ignored" not in said
    assert "--progress is ignored" not in said


def test_photographs_of_one_name_are_painted_into_folders_of_their_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for place, seed in (("a", 3), ("b", 4)):
        (tmp_path / place).mkdir()
        Image.fromarray(colourfield(seed, 64)).save(tmp_path / place / "p.png")
    painted = []
    for place in ("a", "b", "a"):
        _, text, _ = impasto("paint", f"{place}/p.png", *SMALL)
        painted.append(text.strip())
    assert painted == ["painted/p/painting.png", "painted/p-2/painting.png", painted[0]]
    assert not np.array_equal(pixels(painted[0]), pixels(painted[1]))


def test_a_painting_for_print_carries_its_size_and_its_pictures_latent(tmp_path):
    from impasto.generate.latents import of_seed, read_latents, save_picture

    file = tmp_path / "seed-000007.png"
    save_picture(colourfield(3, 64)[:48], file, of_seed(7, 8), {"origin": "a test"})
    options = ("--strokes", 8, "--brush", "dry", "--print", "A6", "--dpi", 50)
    impasto("paint", file, *options, "--out", tmp_path / "o")
    with Image.open(tmp_path / "o/painting.png") as image:
        assert image.size == (276, 207)  # 14 × 10.5 cm
        assert round(image.info["dpi"][0]) == 50
    assert read_latents(tmp_path / "o/painting.png", 8)[0].seed == 7
    again = ("--print", "A5", "--dpi", 50, "--out", tmp_path / "larger")
    impasto("paint", tmp_path / "o/strokes.json", *again)
    assert pixels(tmp_path / "larger/painting.png").shape == (291, 388, 3)


def test_a_photograph_becomes_programs_for_a_plotter(photo, tmp_path):
    out, plot = tmp_path / "o", tmp_path / "plot"
    options = ("--plot", plot, "--canvas", "200x150mm", "--pens", 3, "--ora", "--json")
    status, text, said = impasto("paint", photo, *SMALL, "--out", out, *options)
    assert status == 0
    assert "travel" in said
    assert {"plot_svg", "plot_gcode", "plot_hpgl", "plot_png", "ora"} <= set(json.loads(text))
    assert {file.name for file in plot.iterdir()} == {
        *("plot.svg", "plot.gcode", "plot.hpgl", "plot.png")
    }
    kept = load_painting(out / "strokes.json")
    assert kept.ground == (1, 1, 1)
    assert kept.real
    assert kept.real.canvas == (200, 150)
    again = ("--plot", tmp_path / "rest", "--canvas", "200x150mm", "--pens", 3, "--resume-at", 2)
    status, _, said = impasto("paint", out / "strokes.json", *again, "--out", tmp_path / "again")
    assert status == 0
    assert "From stroke 2 on" in said
    assert 'id="stroke1"' not in (tmp_path / "rest" / "plot.svg").read_text()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--plot", "p", "--canvas", "0x0mm"), "--canvas 0x0mm"),
        (("--plot", "p", "--machine", "loom"), "use brush, pen, pen-z"),
        (("--plot", "p", "--machine", "loom.yaml"), "loom.yaml is missing"),
        (("--plot", "p", "--margin", 500), "--margin 500"),
        (("--plot", "taken.txt"), "--plot taken.txt: this is a file; name a folder"),
        (("--brush", ""), "--brush is empty"),
        (("--canvas", "A3"), "--canvas belongs to --plot"),
        (("--resume-at", 3), "--resume-at belongs to --plot"),
    ],
)
def test_a_plot_that_cannot_be_is_told_before_anything_is_painted(
    photo, tmp_path, options, reason, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken.txt").touch()
    assert reason in mistake(monkeypatch, capsys, "paint", photo, *options)
    assert not (tmp_path / "painted").exists()


def test_a_folder_is_painted_with_one_palette_and_one_ground(tmp_path, capsys):
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    for number, name in enumerate(("a.png", "more/b.jpg", "more/b.png")):
        Image.fromarray(colourfield(number, 64)[:48]).save(folder / name)
    (folder / "broken.jpg").write_text("no picture")
    (folder / "notes.txt").write_text("beside them")
    (folder / "clip.mov").write_bytes(b"a film")
    out = ("--out", tmp_path / "o", "--palette", 5)
    status, text, said = impasto("paint", folder, *SMALL, *out)
    assert status == 0
    files = [tmp_path / "o" / name / "painting.png" for name in ("a", "more/b.jpg", "more/b.png")]
    assert [Path(line) for line in text.split()] == files
    assert all(file.is_file() for file in files)
    assert "broken.jpg" in said
    assert "1 film in" in said
    assert "left out (clip.mov): give a film's own name" in " ".join(said.split())
    every = [load_painting(file.with_name("strokes.json")) for file in files]
    assert len({painting.ground for painting in every}) == 1
    colours = np.concatenate([painting.strokes.colours for painting in every])
    assert len(np.unique(colours, axis=0)) <= 5


def test_of_a_folder_nothing_of_which_can_be_painted_is_said_in_a_sentence(
    tmp_path, monkeypatch, capsys
):
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "broken.jpg").write_text("no picture")
    monkeypatch.chdir(tmp_path)
    assert "None of the 1 file" in mistake(monkeypatch, capsys, "paint", folder)
    assert not (tmp_path / "painted").exists()


def test_a_photograph_becomes_steps_for_a_hand(photo, tmp_path):
    out = tmp_path / "o"
    options = ("--opaque", "--paints", "primaries", "--palette", 6, "--canvas", "30x20cm")
    more = ("--sheets", "A4", "--brushes", "8,30", "--film-as", "webp", "--film-seconds", 1)
    status, text, _ = impasto("paint", photo, *SMALL, "--out", out, *options, *more, "--json")
    assert status == 0
    said = json.loads(text)
    assert Path(said["sheets"]).read_bytes().startswith(b"%PDF")
    kept = load_painting(out / "strokes.json")
    assert kept.real.canvas == (300, 200)
    assert {coat.brush for coat in kept.real.coats} <= {8, 30}
    assert 2 <= len(kept.real.paints) <= 6
    assert np.array_equal(draw_painting(kept), pixels(said["painting"]))
    with Image.open(said["film"]) as film:
        assert film.size == (64, 43 + 28)  # the step's name stands below
    again = ("--sheets", "A3", "--out", tmp_path / "again")
    status, text, _ = impasto("repaint", out / "strokes.json", *again)
    assert status == 0
    assert (tmp_path / "again" / "steps.pdf").exists()


def test_a_brush_machine_paints_in_the_hands_order(photo, tmp_path):
    out = tmp_path / "o"
    options = ("--opaque", "--palette", 5, "--canvas", "A4", "--ora", "--plot", tmp_path / "plot")
    impasto("paint", photo, *SMALL, "--out", out, *options, "--machine", "brush")
    kept = load_painting(out / "strokes.json")
    labels = re.findall(r'label="\d+ (#......)"', (tmp_path / "plot" / "plot.svg").read_text())
    colours = [kept.real.paints[coat.paint].name for coat in kept.real.coats]
    assert labels == [name for name, _ in groupby(colours)]


def test_a_photographed_canvas_is_gone_on_with(photo, tmp_path):
    Image.fromarray(np.full((100, 150, 3), (10, 20, 200), np.uint8)).save(tmp_path / "c.png")
    corners = "10,8 140,8 140,94 10,94"
    options = ("--from-canvas", tmp_path / "c.png", "--corners", corners, "--strokes", 1)
    out = tmp_path / "o"
    status, text, _ = impasto("paint", photo, *SMALL, "--out", out, *options)
    assert status == 0
    seen = pixels(text.strip()).astype(int)
    shows = np.abs(seen - (10, 20, 200)).max(2) < 3
    assert 0.1 < shows.mean() < 1  # one stroke does not hide it
    status, text, _ = impasto("repaint", out / "strokes.json", "--out", tmp_path / "again")
    assert np.array_equal(pixels(text.strip()), seen)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--opaque", "--paints", "mud"), "no such file"),
        (("--opaque", "--canvas", "0x0mm"), "--canvas 0x0mm"),
        (("--opaque", "--brushes", "wide"), "--brushes wide"),
        (("--opaque", "--palette", "#ff0000"), "number of mixtures"),
        (("--paints", "acrylics"), "--paints belongs to --opaque"),
        (("--brushes", "3"), "--brushes belongs to --opaque"),
        (("--margin", 3), "--margin belongs to --plot or --opaque"),
        (("--corners", "1,1 2,2"), "--corners belongs to --from-canvas"),
        (("--sheets", "A4"), "--sheets belongs to --opaque"),
    ],
)
def test_a_hand_that_cannot_paint_is_told_before_anything_is_painted(
    photo, tmp_path, options, reason, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    assert reason in mistake(monkeypatch, capsys, "paint", photo, *options)
    assert not (tmp_path / "painted").exists()


def test_a_canvas_that_is_not_found_is_told(photo, tmp_path, monkeypatch, capsys):
    Image.new("RGB", (200, 150), "#887766").save(tmp_path / "wall.png")
    monkeypatch.chdir(tmp_path)
    said = mistake(monkeypatch, capsys, "paint", photo, *SMALL, "--from-canvas", "wall.png")
    assert "no canvas of this shape" in said

"""What `impasto generate` is asked for: checked first, then painted, filmed and kept."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from impasto.core.paper import parse_print
from impasto.errors import ImpastoError
from impasto.explore.search import by_weights, save_directions
from impasto.generate.artefact import load_generator
from impasto.generate.latents import read_latents
from impasto.generate.request import Request, chosen, fulfil, slug
from tests.generate.conftest import write_generator


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def test_a_picture_is_made_again_from_itself_and_from_what_lies_beside_it(artefact, tmp_path):
    _, files = fulfil(Request(artefact, seeds="3,5", out=tmp_path / "first"))
    assert [f.name for f in files] == ["seed-000003.png", "seed-000005.png"]
    kept = (files[0], files[1].with_suffix(".json"))
    _, again = fulfil(Request(artefact, files=kept, out=tmp_path / "again"))
    for a, b in zip(files, again, strict=True):
        assert a.name == b.name
        assert a.read_bytes() == b.read_bytes()


def test_a_truncated_and_moved_picture_is_made_again_without_the_options(artefact, tmp_path):
    painter = load_generator(artefact)
    found = by_weights(painter.network, painter.latent, 2)
    save_directions(artefact / "explore", found, painter.about())
    asked = Request(
        artefact, seeds="3", truncation=0.6, moves=("weights-2=2",), out=tmp_path / "first"
    )
    _, (file,) = fulfil(asked)
    assert file.name == "seed-000003-weights-2+2-truncated-0.6.png"
    _, (again,) = fulfil(Request(artefact, files=(file,), out=tmp_path / "again"))
    assert np.array_equal(pixels(file), pixels(again))
    _, (plain,) = fulfil(Request(artefact, seeds="3", out=tmp_path / "plain"))
    assert not np.array_equal(pixels(file), pixels(plain))


def test_files_and_seeds_are_painted_in_this_order(artefact, tmp_path):
    _, (file,) = fulfil(Request(artefact, seeds="9", out=tmp_path))
    _, files = fulfil(Request(artefact, files=(file,), seeds="1-2", out=tmp_path / "all"))
    assert [f.stem for f in files] == ["seed-000009", "seed-000001", "seed-000002"]
    _, files = fulfil(Request(artefact, files=(file,), count=1, seed=4, out=tmp_path / "more"))
    assert [f.stem for f in files] == ["seed-000009", "seed-000004"]


def test_a_picture_by_another_generator_is_remarked_upon(artefact, tmp_path, capsys):
    _, (file,) = fulfil(Request(artefact, seeds="9", out=tmp_path))
    other = write_generator(tmp_path / "other", seed=5)
    _, (again,) = fulfil(Request(other, files=(file,), out=tmp_path / "again"))
    assert "by another generator" in capsys.readouterr().err
    assert not np.array_equal(pixels(file), pixels(again))


def test_two_pictures_of_one_name_are_two_files(artefact, tmp_path):
    _, (file,) = fulfil(Request(artefact, seeds="9", out=tmp_path))
    _, files = fulfil(Request(artefact, files=(file, file), out=tmp_path / "twice"))
    assert [f.stem for f in files] == ["seed-000009", "seed-000009-2"]
    assert all(f.is_file() for f in files)


def test_a_sheet_keeps_the_latents_of_all_its_pictures(artefact, tmp_path):
    _, (sheet,) = fulfil(Request(artefact, count=5, grid=True, out=tmp_path))
    assert sheet.name == "sheet-0-4-of-5.png"
    assert [z.seed for z in read_latents(sheet.with_suffix(".json"), 8)] == [0, 1, 2, 3, 4]


def test_sheets_of_other_seeds_have_other_names(artefact, tmp_path):
    """Those between the first and the last count too, as when the best are chosen."""
    asked = ["5,1,9", "5,2,9", ",".join("50123467899"), ",".join("50123467819")]
    for seeds in asked:
        fulfil(Request(artefact, seeds=seeds, grid=True, out=tmp_path))
    names = sorted(path.name for path in tmp_path.glob("sheet-*.png"))
    assert len(names) == len(asked)
    assert names[:2] == ["sheet-5-1-9.png", "sheet-5-2-9.png"]


@pytest.mark.parametrize("kind", ["mp4", "gif", "webp"])
def test_a_film_leads_through_its_pictures_and_remembers_them(artefact, tmp_path, kind):
    asked = Request(
        artefact,
        seeds="1,2",
        interpolate="slerp",
        loop=True,
        seconds=0.5,
        fps=10,
        film=kind,
        side=64,
        out=tmp_path,
    )
    _, (film,) = fulfil(asked)
    assert film.name == f"slerp-loop-1-2.{kind}"
    keys = read_latents(tmp_path / f"{film.name}.json", 8)
    assert [z.seed for z in keys] == [1, 2]
    if kind == "webp":
        with Image.open(film) as image:
            assert (image.size, image.n_frames) == ((64, 64), 10)
            first = np.asarray(image.convert("RGB")).astype(float)
        _, files = fulfil(Request(artefact, seeds="1,2", out=tmp_path))
        off = []
        for picture in files:
            with Image.open(picture) as image:
                wanted = image.resize((64, 64), Image.Resampling.BICUBIC)
            off.append(np.abs(first - np.asarray(wanted)).mean())
        assert off[0] < 20 < off[1]  # of noise, which a lossy film keeps badly


@pytest.mark.parametrize(("loop", "rows"), [(True, 3), (False, 2)])
def test_a_way_as_a_sheet_has_a_row_for_each_leg(artefact, tmp_path, loop, rows):
    asked = Request(artefact, count=3, interpolate="cubic", loop=loop, grid=True, out=tmp_path)
    _, (sheet,) = fulfil(asked)
    found = pixels(sheet)
    assert found.shape == (rows * 34 + 2, 9 * 34 + 2, 3)
    _, files = fulfil(Request(artefact, count=3, out=tmp_path))
    for row in range(rows):  # from its picture to the next one, both of them shown
        for column, key in ((0, row), (8, (row + 1) % 3)):
            top, left = 2 + 34 * row, 2 + 34 * column
            off = found[top : top + 32, left : left + 32].astype(int) - pixels(files[key])
            assert np.abs(off).max() <= 1


def test_circles_take_two_pictures_or_three(artefact, tmp_path):
    base = {"run": artefact, "circle": True, "grid": True, "out": tmp_path}
    assert fulfil(Request(**base))[1][0].name == "circle-0-1.png"
    assert fulfil(Request(**base, radius=0.5))[1][0].name == "circle-0-1-2.png"
    with pytest.raises(ImpastoError, match="goes through 2 pictures, not 3"):
        fulfil(Request(**base, seeds="1-3"))


@pytest.mark.parametrize("by", ["shrink", "resample"])
def test_a_truncation_sheet_shows_the_whole_at_one(artefact, tmp_path, by):
    asked = Request(artefact, count=2, truncation_sheet=True, truncation_by=by, out=tmp_path)
    _, (sheet,) = fulfil(asked)
    assert sheet.name == f"truncation-{by}-0-1.png"
    assert pixels(sheet).shape[1] > 8 * 96


def test_resampled_pictures_are_latents_within_the_threshold(artefact):
    painter = load_generator(artefact)
    asked = Request(artefact, count=20, truncation=0.5, truncation_by="resample")
    count, latents = chosen(asked, painter)
    found = list(latents)
    assert count == len(found) == 20
    assert torch.stack([z.values for z in found]).abs().max() <= 0.5
    assert found[0].name == "seed-000000-within-0.5"
    assert found[0].truncation == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"interpolate": "slerp", "circle": True}, "choose one"),
        ({"loop": True}, "--loop"),
        ({"easing": "in", "circle": True}, "--easing"),
        ({"radius": 0.5}, "--radius"),
        ({"seconds": 4}, "--seconds"),
        ({"fps": 12}, "--fps"),
        ({"film": "webp"}, "--film"),
        ({"side": 512}, "--side"),
        ({"best": 2, "interpolate": "slerp"}, "not films"),
        ({"truncation_sheet": True, "circle": True}, "not films"),
        ({"truncation_sheet": True, "truncation": 0.5}, "alone"),
        ({"truncation_by": "resample", "truncation": 0.0}, "--truncation"),
        ({"truncation_by": "resample", "truncation_sheet": True, "moves": ("a=1",)}, "--move"),
        ({"seeds": "1", "count": 3}, "--seeds"),
        ({"seeds": "1", "interpolate": "slerp"}, "two pictures"),
        ({"interpolate": "slerp", "fps": 0.0}, "--fps"),
        ({"interpolate": "slerp", "film": "gif", "fps": 60.0}, "--fps"),
        ({"interpolate": "slerp", "seconds": 3600.0, "fps": 100.0}, "frames"),
        ({"label": "Monet"}, "--label Monet"),
        ({"moves": ("dusk=1",)}, "explore directions"),
        ({"interpolate": "slerp", "count": 1_000_000}, "frames"),
        ({"grid": True, "count": 1_000_000}, "at most 4,096"),
        ({"best": 9, "count": 1_000_000}, "at most 20,000"),
        ({"best": 50}, "--best"),
        ({"best": 2}, "--data"),
    ],
)
def test_options_that_do_not_go_together_are_one_sentence(artefact, tmp_path, options, words):
    with pytest.raises(ImpastoError, match=words):
        fulfil(Request(artefact, out=tmp_path / "out", **options))
    assert not list((tmp_path / "out").glob("*"))  # found out before anything was painted


def test_a_generator_with_labels_paints_what_it_is_asked_for(mapped, tmp_path):
    _, latents = chosen(Request(tmp_path, count=2, label="Marc"), mapped)
    assert [(z.name, z.label) for z in latents] == [
        ("seed-000000-Marc", "Marc"),
        ("seed-000001-Marc", "Marc"),
    ]


def test_other_pictures_never_take_the_place_of_a_film_or_a_sheet(artefact, tmp_path):
    base = {"run": artefact, "grid": True, "out": tmp_path}
    ways = [{"seeds": f"1,{n},3", "interpolate": "slerp"} for n in (2, 4)]
    ways += [{"count": n, "interpolate": "slerp", "seed": 1} for n in (9, 10)]
    ways += [{"count": 2, "truncation": t} for t in (0.5, 0.7)]
    names = {fulfil(Request(**base, **way))[1][0].name for way in ways}
    assert len(names) == len(ways)
    assert "slerp-1-2-3.png" in names
    assert fulfil(Request(**base, **ways[2]))[1][0].name in names  # the same is the same


def test_any_label_is_part_of_a_name():
    assert slug("Franz Marc / Der Turm") == "Franz-Marc-Der-Turm"
    assert slug("../..") == "x"


def test_what_lies_beside_is_json_for_other_programs(artefact, tmp_path):
    _, (file,) = fulfil(Request(artefact, seeds="3", out=tmp_path))
    about = json.loads(file.with_suffix(".json").read_text())
    assert len(about["generator"]["fingerprint"]) == 16
    assert about["latents"][0]["seed"] == 3


def test_a_sheet_is_numbered_unless_that_is_not_wanted(artefact, tmp_path):
    asked = {"run": artefact, "seeds": "3,17,5,40", "grid": True, "out": tmp_path}
    _, (sheet,) = fulfil(Request(**asked))
    numbered = pixels(sheet)
    assert [z.seed for z in read_latents(sheet, load_generator(artefact).latent)] == [3, 17, 5, 40]
    plain = pixels(fulfil(Request(**asked, numbers=False))[1][0])
    assert plain.shape == (2 * 34 + 2, 2 * 34 + 2, 3)
    line = (numbered.shape[0] - plain.shape[0]) // 2
    assert numbered.shape[1] == plain.shape[1]
    for row in range(2):  # the same pictures, and something written below each
        top = 2 + row * (34 + line)
        assert np.array_equal(numbered[top : top + 32], plain[2 + 34 * row : 34 + 34 * row])
        assert (numbered[top + 32 : top + 32 + line, 2:34] < 128).any()
        assert (numbered[top + 32 : top + 32 + line, 36:68] < 128).any()


def test_a_contact_sheet_lies_beside_the_files(artefact, tmp_path):
    _, files = fulfil(Request(artefact, count=5, contact_sheet=True, out=tmp_path))
    assert [file.name for file in files[-2:]] == ["seed-000004.png", "contact-sheet-0-4-of-5.png"]
    assert pixels(files[-1]).shape[0] > 2 * 34 + 2
    with pytest.raises(ImpastoError, match="--contact-sheet"):
        fulfil(Request(artefact, contact_sheet=True, grid=True, out=tmp_path))


def test_prints_have_their_size_and_their_latents(artefact, tmp_path):
    paper = parse_print("A6", 72)
    for grid, shape in ((False, (298, 298)), (True, None)):
        _, files = fulfil(Request(artefact, count=6, grid=grid, paper=paper, out=tmp_path))
        with Image.open(files[0]) as image:
            assert round(image.info["dpi"][0]) == 72
            assert shape in (None, image.size)
            assert image.size in ((298, 298), paper.pixels(*image.size))
        assert read_latents(files[0], load_generator(artefact).latent)[0].seed == 0
    with pytest.raises(ImpastoError, match="--print"):
        fulfil(Request(artefact, circle=True, paper=paper, out=tmp_path))


def test_others_in_the_folder_are_mentioned(artefact, tmp_path, capsys):
    fulfil(Request(artefact, seeds="0-2", out=tmp_path))
    fulfil(Request(artefact, seeds="0-2", out=tmp_path))
    assert "other pictures" not in capsys.readouterr().err
    fulfil(Request(artefact, seeds="2-3", out=tmp_path))
    assert "2 other pictures" in capsys.readouterr().err

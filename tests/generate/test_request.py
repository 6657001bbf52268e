"""One call of `impasto generate`, from options to files."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from impasto.core.paper import parse_print
from impasto.errors import ImpastoError
from impasto.explore.search import by_weights, save_directions
from impasto.generate.artefact import load_generator
from impasto.generate.latents import read_latents
from impasto.generate.request import Request, chosen, fulfil
from tests.generate.conftest import write_generator
from tests.generate.test_gallery import pixels


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


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"interpolate": "slerp", "circle": True}, "choose one"),
        ({"loop": True}, "--loop"),
        ({"easing": "in", "circle": True}, "--easing"),
        ({"loop": True, "circle": True}, "closes by itself; leave out --loop"),
        ({"easing": "out", "circle": True}, "--easing is for --interpolate, not for --circle"),
        ({"radius": 0.5}, "--radius"),
        ({"seconds": 4}, "--seconds"),
        ({"fps": 12}, "--fps"),
        ({"film": "webp"}, "--film-as"),
        ({"side": 512}, "--side"),
        ({"fps": 12, "grid": True, "interpolate": "slerp"}, "--fps is for films, and --grid"),
        ({"seconds": 4, "grid": True, "circle": True}, "--seconds is for films, and --grid"),
        ({"side": 64, "grid": True, "circle": True}, "--side is for films, and --grid"),
        ({"film": "gif", "grid": True, "circle": True}, "--film-as is for films, and --grid"),
        ({"data": Path("set")}, "--data is for --best"),
        ({"data": Path("set"), "best": 2, "judge": "discriminator"}, "leave out --data"),
        ({"seed": 3, "seeds": "1"}, "leave out --seed"),
        ({"seed": 3, "files": (Path("a.png"),)}, "--seed is for pictures beside --latents"),
        ({"numbers": False}, "--no-numbers is for sheets"),
        ({"numbers": False, "circle": True, "grid": True}, "--no-numbers is for sheets"),
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

"""What `impasto generate` is asked for: checked first, then painted, filmed and kept."""

import json

import numpy as np
import pytest
from PIL import Image

from impasto.errors import ImpastoError
from impasto.generate.artefact import load_generator
from impasto.generate.latents import read_latents
from impasto.generate.request import Request, fulfil, slug


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


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


def test_others_in_the_folder_are_mentioned(artefact, tmp_path, capsys):
    fulfil(Request(artefact, seeds="0-2", out=tmp_path))
    fulfil(Request(artefact, seeds="0-2", out=tmp_path))
    assert "other pictures" not in capsys.readouterr().err
    fulfil(Request(artefact, seeds="2-3", out=tmp_path))
    assert "2 other pictures" in capsys.readouterr().err

"""Films from picture to picture."""

import numpy as np
import pytest
from PIL import Image

from impasto.errors import ImpastoError
from impasto.generate.latents import read_latents
from impasto.generate.request import Request, fulfil
from tests.generate.test_gallery import pixels


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

"""painting.ora: another reader finds the layers, and laid over each other they are the picture."""

import re
import tracemalloc
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from pyora import Project

from impasto.errors import ImpastoError
from impasto.paint import openraster
from impasto.paint.canvas import draw_painting
from impasto.paint.document import Coat, Paint, RealPaint
from impasto.paint.openraster import LAYERS, save_ora
from tests.paint.test_document import painting


def composed(path) -> tuple[list[str], np.ndarray]:
    """The layers' names, the topmost first, and what they are laid over each other."""
    with zipfile.ZipFile(path) as archive:
        names = re.findall(r'<layer name="([^"]+)"', archive.read("stack.xml").decode())
    project = Project.load(str(path))
    sheet = np.zeros((*project.dimensions[::-1], 3))
    for layer in sorted(project.children, key=lambda one: -names.index(one.name)):
        pixels = np.asarray(layer.get_image_data(raw=False).convert("RGBA"), float)
        sheet += pixels[..., 3:] / 255 * (pixels[..., :3] - sheet)
    return names, sheet


def test_another_reader_finds_layers_that_make_the_picture(tmp_path):
    made = replace(painting(12), texture="none")
    save_ora(made, tmp_path / "p.ora", 120)
    with zipfile.ZipFile(tmp_path / "p.ora") as archive:
        first = archive.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        assert archive.read("mimetype") == b"image/openraster"
    names, sheet = composed(tmp_path / "p.ora")
    whole = draw_painting(made, 120)
    assert sheet.shape == whole.shape
    assert len(names) == LAYERS + 1
    assert names[-1] == "ground"  # the lowest
    assert np.abs(sheet - whole).mean() < 1
    assert np.abs(sheet - whole).max() < 4


def test_layers_in_another_order_than_the_painting_still_make_the_picture(tmp_path):
    """Pens lie lightest first, and some strokes are in no layer."""
    made = replace(painting(24), texture="none")
    order = np.random.default_rng(2).permutation(24)
    coats = tuple(
        Coat(f"{number + 1} #aa{number}", number, tuple(part.tolist()))
        for number, part in enumerate(np.array_split(order[:21], 5))
    )
    paints = tuple(Paint(coat.name, (0.5, 0.5, 0.5)) for coat in coats)
    made = replace(made, real=RealPaint((300, 200), (0, 0, 300, 200), paints, coats))
    save_ora(made, tmp_path / "p.ora", 120)
    names, sheet = composed(tmp_path / "p.ora")
    assert names == [*(coat.name for coat in reversed(coats)), "in no layer", "ground"]
    assert np.abs(sheet - draw_painting(made, 120)).max() < 4


def test_bands_make_the_same_layers(tmp_path, monkeypatch):
    made = painting(9)
    save_ora(made, tmp_path / "whole.ora", 90)
    monkeypatch.setattr(openraster, "BAND_PIXELS", 90 * LAYERS * 7)
    save_ora(made, tmp_path / "bands.ora", 90)
    assert np.array_equal(composed(tmp_path / "bands.ora")[1], composed(tmp_path / "whole.ora")[1])


def test_a_painting_without_strokes_is_its_ground(tmp_path):
    save_ora(replace(painting(0), texture="none"), tmp_path / "p.ora")
    names, sheet = composed(tmp_path / "p.ora")
    assert names == ["ground"]
    assert (sheet == sheet[0, 0]).all()


def in_coats(count: int):
    """A painting of so many strokes, each of them a layer."""
    made = replace(painting(count), texture="none")
    coats = tuple(Coat(f"{number}", 0, (number,)) for number in range(count))
    paints = (Paint("any", (0.5, 0.5, 0.5)),)
    return replace(made, real=RealPaint((300, 200), (0, 0, 300, 200), paints, coats))


def test_many_layers_are_in_memory_one_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(openraster, "BAND_PIXELS", 10**5)
    count, width, height = 60, 480, 320
    made = in_coats(count)
    save_ora(made, tmp_path / "warm.ora", 48)
    tracemalloc.start()
    save_ora(made, tmp_path / "p.ora", width)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * count * width * height / 2
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".ora"] == []


def test_more_layers_than_can_be_made_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(openraster, "MOST_PIXELS", 9 * 96 * 64 - 1)
    save_ora(in_coats(8), tmp_path / "p.ora")
    with pytest.raises(ImpastoError, match=r"--ora: 9 layers of 96×64 pixels.*--size"):
        save_ora(in_coats(9), tmp_path / "q.ora")
    assert not (tmp_path / "q.ora").exists()


def test_a_layers_name_cannot_break_the_file(tmp_path):
    made = in_coats(1)
    coat = Coat('\x00 & "quoted"\n', 0, (0,))
    save_ora(replace(made, real=replace(made.real, coats=(coat,))), tmp_path / "p.ora")
    names = [layer.name for layer in Project.load(str(tmp_path / "p.ora")).children]
    assert '\\x00 & "quoted"\\n' in names

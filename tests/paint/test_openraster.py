"""painting.ora: another reader finds the layers, and laid over each other they are the picture."""

import re
import zipfile
from dataclasses import replace

import numpy as np
from pyora import Project

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

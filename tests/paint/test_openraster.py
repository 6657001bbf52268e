"""painting.ora: another reader finds the layers, and laid over each other they are the picture."""

import re
import zipfile
from dataclasses import replace

import numpy as np
from pyora import Project

from impasto.paint.canvas import draw_painting
from impasto.paint.openraster import LAYERS, save_ora
from tests.paint.test_document import painting


def test_another_reader_finds_layers_that_make_the_picture(tmp_path):
    made = replace(painting(12), texture="none")
    save_ora(made, tmp_path / "p.ora", 120)
    with zipfile.ZipFile(tmp_path / "p.ora") as archive:
        first = archive.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        assert archive.read("mimetype") == b"image/openraster"
        stack = archive.read("stack.xml").decode()
    project = Project.load(str(tmp_path / "p.ora"))
    whole = draw_painting(made, 120)
    assert project.dimensions == whole.shape[1::-1]
    layers = list(project.children)
    assert len(layers) == LAYERS + 1
    sheet = np.zeros(whole.shape)
    names = re.findall(r'<layer name="([^"]+)"', stack)
    assert names[-1] == "ground"  # the lowest
    for layer in sorted(layers, key=lambda one: -names.index(one.name)):
        pixels = np.asarray(layer.get_image_data(raw=False).convert("RGBA"), float)
        sheet += pixels[..., 3:] / 255 * (pixels[..., :3] - sheet)
    assert np.abs(sheet - whole).mean() < 1.5

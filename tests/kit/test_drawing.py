"""The finished picture of a kit."""

from impasto.kit.drawing import painted
from impasto.kit.making import make_kit
from tests.kit import pictures
from tests.kit.test_making import ORDER


def test_the_painted_picture_has_the_pots_colours_and_comes_near(tmp_path):
    done = make_kit(pictures.landscape(), ORDER, tmp_path, "a picture")
    shown = {tuple(pixel) for pixel in painted(done.plan, 400)[::7, ::7].reshape(-1, 3).tolist()}
    known = {tuple(round(v * 255) for v in pot.colour) for pot in done.plan.pots}
    assert len(shown & known) >= len(known) - 1
    assert done.figures["psnr"] > 22
    assert done.figures["posterised_psnr"] > done.figures["psnr"]

"""A canvas that was begun is found on its photograph, brought upright, and painted on."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from impasto.data.colourfield import paint as colourfield
from impasto.errors import ImpastoError
from impasto.paint.begun import BegunCanvas, parse_corners, read_begun
from impasto.paint.plot.sheet import Sheet

CORNERS = np.array([[90.0, 60.0], [520.0, 85.0], [505.0, 400.0], [70.0, 370.0]])
WIDTH, HEIGHT = 600, 450


def canvas(width: int = 320, height: int = 240) -> np.ndarray:
    return np.ascontiguousarray(colourfield(5, 320)[:height, :width])


def photograph(painted: np.ndarray, corners: np.ndarray, wall: int = 170) -> np.ndarray:
    """The canvas seen from aside, before a wall that is darker below, with grain."""
    high, wide = painted.shape[:2]
    place = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], float)
    rows = []
    for (x, y), (u, v) in zip(corners, place, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    matrix = np.linalg.solve(np.array(rows), place.reshape(-1))
    size, way = (WIDTH, HEIGHT), Image.Transform.PERSPECTIVE
    seen, mask = (
        np.asarray(image.transform(size, way, tuple(matrix), Image.Resampling.BICUBIC), float)
        for image in (Image.fromarray(painted), Image.new("L", (wide, high), 255))
    )
    back = wall + np.linspace(15, -15, HEIGHT)[:, None, None]
    share = mask[..., None] / 255
    grain = np.random.default_rng(0).normal(0, 4, (HEIGHT, WIDTH, 1))
    whole = (back * (1 - share) + seen * share + grain).clip(0, 255).astype(np.uint8)
    return np.asarray(Image.fromarray(whole).filter(ImageFilter.GaussianBlur(0.7)))


@pytest.mark.parametrize("given", [True, False])
def test_a_photographed_canvas_is_brought_upright(given, tmp_path):
    painted = canvas()
    file = tmp_path / "photo.png"
    Image.fromarray(photograph(painted, CORNERS, 30)).save(file)
    text = " ".join(f"{x:g},{y:g}" for x, y in CORNERS[[2, 0, 3, 1]]) if given else None
    flat = read_begun(file, text).upright(320, 240)
    error = np.square(flat[8:-8, 8:-8].astype(float) - painted[8:-8, 8:-8]).mean()
    assert 10 * np.log10(255**2 / error) > 26


def test_the_margin_of_the_canvas_is_not_painted_on():
    """A canvas of 40 × 30 cm with a painting of 20 × 15 cm in its middle."""
    whole = np.full((240, 320, 3), 250, np.uint8)
    whole[60:180, 80:240] = (200, 30, 30)
    corners = CORNERS / (WIDTH, HEIGHT)
    begun = BegunCanvas(None, photograph(whole, CORNERS), corners)
    flat = begun.upright(160, 120, Sheet(400, 300, 100, 75, 200, 150))
    assert np.abs(flat[6:-6, 6:-6].astype(int) - (200, 30, 30)).max() < 40


def test_where_no_canvas_is_one_sentence_says_so(tmp_path):
    file = tmp_path / "wall.png"
    grain = np.random.default_rng(1).normal(150, 6, (300, 400, 3)).clip(0, 255)
    Image.fromarray(grain.astype(np.uint8)).save(file)
    with pytest.raises(ImpastoError, match=r"wall\.png: no canvas .* --corners"):
        read_begun(file, None).upright(40, 30)


@pytest.mark.parametrize(
    "text", ["", "1,2 3,4", "a,b c,d e,f g,h", "0,0 9,0 9,9 0,9", "10,10 90,10 40,20 10,90",
             "0,0 9000,0 90,90 0,90", "1,1 1,1 1,1 1,1"]
)  # fmt: skip
def test_what_are_no_corners_is_refused(text):
    with pytest.raises(ImpastoError, match="--corners"):
        parse_corners(text, 100, 100)


@pytest.mark.parametrize(
    "text",
    ["10,10 90,10 90,80 10,80", "10, 10; 90, 10; 90, 80; 10, 80", " 10 ,10;90,10 ;90,80\n10,80 "],
)
def test_corners_may_be_spaced_as_one_likes(text):
    wanted = np.array([[10, 10], [90, 10], [90, 80], [10, 80]])
    assert np.array_equal(parse_corners(text, 100, 100), wanted)

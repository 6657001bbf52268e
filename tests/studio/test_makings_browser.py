"""What is made by hand in Paint and Play, as whole jobs in a real Chromium; and a full disk."""

import numpy as np
import pytest
from PIL import Image

from tests.children import until
from tests.chromium import needs_chromium
from tests.studio.browsing import visit as visit

pytestmark = needs_chromium

WHITE = """() => {
  const mask = document.getElementById("mask");
  const pixels = mask.getContext("2d").getImageData(0, 0, mask.width, mask.height).data;
  return pixels.filter((value, at) => at % 4 === 0 && value > 200).length;
}"""


def drag(page, way: list[tuple[float, float]]) -> None:
    """Draw on the mask; places are shares of its width and height."""
    box = page.locator("#mask").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in way]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()


@pytest.mark.slow
def test_a_mask_is_painted_by_the_mouse_undone_and_used(serve, visit, photograph, folder):
    served = serve()
    page = visit(served.address.replace("/?", "/paint?"))
    page.set_input_files("#file", str(photograph))
    page.locator("#how").wait_for()
    page.locator("#how details summary").click()
    page.click("#mask-begin")
    page.locator("#mask").scroll_into_view_if_needed()
    assert page.locator("#mask").bounding_box() == page.locator("#picture").bounding_box()
    assert page.evaluate(WHITE) == 0
    drag(page, [(0.2, 0.2), (0.2, 0.6)])
    first = page.evaluate(WHITE)
    assert first > 0
    drag(page, [(0.8, 0.2), (0.8, 0.8)])
    assert page.evaluate(WHITE) > first
    page.keyboard.press("z")
    assert page.evaluate(WHITE) == first
    page.locator("#strokes").press("Home")
    page.uncheck("#want-film")
    page.click("#go")
    page.locator("#looks").wait_for()
    assert "--mask=.studio/uploads/mask.png" in page.locator("#command pre").text_content()
    with Image.open(folder / ".studio" / "uploads" / "mask.png") as image:
        mask = np.asarray(image.convert("L")) > 200
    columns = np.nonzero(mask)[1]
    assert columns.max() < mask.shape[1] / 2  # the second stroke was taken back
    assert mask.sum() == first
    assert not page.complaints


@pytest.mark.slow
def test_a_generator_with_labels_an_own_picture_strokes_and_a_film_through_reloads(
    serve, visit, photograph, kinds, folder
):
    pytest.importorskip("onnx")
    served = serve()
    page = visit(served.address.replace("/?", f"/play?generator={kinds}&"))
    page.click("#ready")
    page.reload()  # in the middle of getting it ready
    page.locator("#wall canvas[data-painted]").nth(11).wait_for()
    shown = "() => document.querySelector('#wall canvas').toDataURL()"
    before = page.evaluate(shown)
    page.select_option("#label", "Marc")
    page.wait_for_function(f"(before) => ({shown})() !== before", arg=before)
    page.locator("#wall .look").nth(1).click(force=True)
    page.locator("#canvas[data-painted]").wait_for()
    page.click("#bench-star")
    page.locator("#favourites li").first.wait_for()
    assert '"label": "Marc"' in (folder / ".studio" / "favourites.json").read_text()

    page.set_input_files("#own", str(photograph))
    page.locator("#command pre", has_text="--label=Marc").wait_for(state="attached")
    page.reload()  # in the middle of looking for it
    page.locator("#made").get_by_role("button", name="Play with it").click()
    page.locator("#bench-name", has_text="nearest to a-photograph").wait_for()
    page.click("#bench-star")
    page.locator("#favourites li").nth(1).wait_for()

    page.click("#film")
    page.fill("#film-seconds", "0.2")
    page.fill("#film-side", "64")
    page.click("#film-form .primary")
    page.locator("#made progress").wait_for()
    page.reload()  # in the middle of the film
    page.locator("#made video").wait_for()
    assert page.locator("#made video").count() == 1

    page.locator("#favourites .choose").first.click()
    page.click("#strokes")
    page.wait_for_url("**/paint?job=*")
    page.reload()
    page.locator("#over").wait_for()  # something is painted
    page.click("#enough")
    page.locator("#looks").wait_for()
    assert "impasto paint .studio/favourites/" in page.locator("#command pre").text_content()
    assert not page.complaints


def test_a_full_disk_is_one_sentence_and_the_page_goes_on(serve, visit, photograph):
    resource = pytest.importorskip("resource")
    if not hasattr(resource, "prlimit"):
        pytest.skip("only Linux limits another process")
    served = serve()
    page = visit(served.address.replace("/?", "/paint?"))
    page.locator("#drop").wait_for()
    number, kind = served.process.pid, resource.RLIMIT_FSIZE
    before = resource.prlimit(number, kind)
    resource.prlimit(number, kind, (64, before[1]))  # no file may grow beyond so many bytes
    page.set_input_files("#file", str(photograph))
    page.locator("#words .bad p").wait_for()
    said = page.locator("#words .bad p").all_text_contents()
    assert len(said) == 1
    assert "too large" in said[0].lower()
    assert page.locator("#drop").is_visible()
    resource.prlimit(number, kind, before)
    page.set_input_files("#file", [])
    page.set_input_files("#file", str(photograph))
    page.locator("#how").wait_for()
    assert until(lambda: page.locator("#go").is_visible())

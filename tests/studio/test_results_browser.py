"""What can be made of what was made: larger, printed, painted, compared; each as a whole job."""

import numpy as np
import pytest
from PIL import Image

from tests.chromium import needs_chromium
from tests.studio.browsing import violations
from tests.studio.browsing import visit as visit

pytestmark = needs_chromium


@pytest.mark.slow
def test_a_result_is_enlarged_printed_and_painted_each_through_a_reload(
    serve, visit, ready, folder
):
    served = serve()
    page = visit(served.address.replace("/?", f"/play?generator={ready}&"))
    page.locator("#wall li > button:first-child:has(canvas[data-painted])").first.click()
    page.locator("#favourites li").first.wait_for()
    page.click("#save")
    page.locator("#made > li").wait_for()
    page.reload()  # in the middle of painting it
    made = page.locator("#made > li")
    made.get_by_role("button", name="Print …").wait_for()
    assert violations(page) == []

    made.first.get_by_role("button", name="Enlarge ×4").click()
    page.locator("#made progress").wait_for()
    page.reload()  # in the middle of enlarging it
    large = "(each) => each.naturalWidth === 128"
    page.wait_for_function(f"() => [...document.querySelectorAll('#made img')].some({large})")
    (large,) = folder.glob("enlarged/*/*.png")
    with Image.open(large) as picture:
        assert picture.size == (128, 128)  # four times 32
    assert "impasto upscale generated/kinds/" in told(page, "Enlarging")

    made.first.get_by_role("button", name="Print …").click()
    page.select_option("#print-paper", "")
    page.fill("#print-width", "60")
    page.fill("#print-height", "40")
    page.fill("#print-bleed", "3")
    page.fill("#print-dpi", "100")
    page.select_option("#print-kind", "tiff")
    page.click("#print-form .primary")
    page.locator("#words", has_text="being laid out").wait_for()
    page.reload()  # in the middle of laying it out
    with page.expect_download() as saved:
        page.locator("#made a[href*='/files/'].button").first.click()
    with Image.open(saved.value.path()) as sheet:
        assert sheet.size == (round(66 / 25.4 * 100), round(46 / 25.4 * 100))  # with the bleed

    page.locator("#made").get_by_role("button", name="Paint as strokes").last.click()
    page.wait_for_url("**/paint?job=*")
    page.locator("#over").wait_for()  # something is painted
    page.click("#enough")
    page.locator("#looks").wait_for()
    assert "impasto paint generated/kinds/" in page.locator("#command pre").text_content()
    assert not page.complaints


def told(page, verb: str) -> str:
    """The command of the newest job of a verb, as its log tells it."""
    page.click("#activity")
    page.locator("#tray li", has_text=verb).first.get_by_role("button", name="Log").click()
    page.locator("#log-text", has_text="$ impasto").wait_for()
    command = page.locator("#log-text").text_content().splitlines()[0]
    page.keyboard.press("Escape")
    page.click("#activity")
    return command


@pytest.mark.slow
def test_a_manner_is_lent_level_by_level_and_the_picture_made(serve, visit, ready, folder):
    served = serve()
    page = visit(served.address.replace("/?", f"/play?generator={ready}&"))
    tiles = page.locator("#wall li > button:first-child:has(canvas[data-painted])")
    tiles.nth(4).click()
    page.locator("#favourites li").first.wait_for()
    page.locator("#wall .look").nth(1).click(force=True)
    page.locator("#canvas[data-painted]").wait_for()
    shown = "() => document.getElementById('canvas').toDataURL()"
    before = page.evaluate(shown)
    level = page.get_by_label("How much of the manner at level 8")
    level.focus()
    level.press("End")
    page.wait_for_function(f"(before) => ({shown})() !== before", arg=before)
    lent = pixels(page)
    assert page.locator("#bench-star").is_disabled()  # no numbers paint this one
    assert violations(page) == []
    page.click("#make-lent")
    page.locator("#words", has_text="From favourites").wait_for()
    command = page.locator("#command pre").text_content()
    second = visit(page.url, within=page.context)  # another tab, in the middle of it
    second.locator("#made img").nth(2).wait_for()
    second.close()
    page.locator("#made img").nth(2).wait_for()
    assert "impasto explore mix runs/kinds" in command
    assert command.rstrip().partition("--levels=")[2].startswith("8=1 ")
    (child,) = folder.glob("generated/*/child-*.png")
    with Image.open(child) as picture:
        assert np.abs(np.asarray(picture).astype(int) - lent).max() <= 4  # the browser's, one byte
    level.press("Home")
    page.wait_for_function(f"(before) => ({shown})() === before", arg=before)
    page.keyboard.press("z")
    page.wait_for_function(f"(before) => ({shown})() !== before", arg=before)
    assert not page.complaints


def pixels(page) -> np.ndarray:
    """What the bench shows, (H, W, 3)."""
    found = page.evaluate(
        "() => { const c = document.getElementById('canvas');"
        " return [c.width, c.height, ...c.getContext('2d')"
        ".getImageData(0, 0, c.width, c.height).data]; }"
    )
    width, height, *values = found
    return np.array(values).reshape(height, width, 4)[..., :3]


@pytest.mark.slow
def test_faces_a_size_and_a_sheet_for_a_print_shop(serve, visit, photograph, folder):
    served = serve()
    page = visit(served.address.replace("/?", "/paint?"))
    page.set_input_files("#file", str(photograph))
    page.locator("#how").wait_for()
    page.locator("#how details summary").click()
    page.check("#mask-auto")
    page.locator("#strokes").press("Home")
    page.uncheck("#want-film")
    page.click("#go")
    page.locator("#looks").wait_for()
    assert "--mask=auto" in page.locator("#command pre").text_content()
    page.get_by_role("button", name="Make the film").click()
    page.locator("#title", has_text="-2").wait_for()
    page.locator("#see-film").wait_for()
    page.fill("#size", "120")
    page.click("#resize button")
    page.wait_for_url("**/paint?job=*")
    page.reload()  # in the middle of drawing it again
    page.locator("#title", has_text="-3").wait_for()  # after -2
    with Image.open(next(folder.glob("painted/*-3/painting.png"))) as picture:
        assert max(picture.size) == 120
    page.click("#shop")
    page.fill("#print-dpi", "60")
    page.click("#print-form .primary")
    with page.expect_download() as saved:
        page.locator("#sheets a").click()
    assert saved.value.path().read_bytes().startswith(b"%PDF")
    assert not page.complaints


def test_a_wall_of_two_thousand_hangs_only_what_is_near_and_loses_no_place(serve, visit, ready):
    served = serve()
    page = visit(served.address.replace("/?", f"/play?generator={ready}&"))
    page.locator("#wall canvas[data-painted]").nth(11).wait_for()
    page.select_option("#count", "2000")
    page.locator("#wall li[aria-setsize='2000'] canvas[data-painted]").nth(11).wait_for()
    whole = page.evaluate("() => document.documentElement.scrollHeight")
    assert page.locator("#wall li").count() < 200
    page.evaluate("() => scrollTo(0, document.documentElement.scrollHeight / 2)")
    page.locator("#wall li[aria-posinset='1001'] canvas[data-painted]").wait_for()
    assert page.locator("#wall li").count() < 200
    assert abs(page.evaluate("() => document.documentElement.scrollHeight") - whole) < 2
    page.locator("#wall li[aria-posinset='1001'] > button:first-child").click()
    page.locator("#favourites li", has_text="number 1000").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    focused = "() => document.activeElement.parentNode.getAttribute('aria-posinset')"
    assert page.evaluate(focused) == "1001"
    page.evaluate("() => scrollTo(0, 0)")
    page.locator("#wall li[aria-posinset='1'] canvas[data-painted]").wait_for()
    page.evaluate("() => scrollTo(0, document.documentElement.scrollHeight)")
    page.locator("#wall li[aria-posinset='2000'] canvas[data-painted]").wait_for()
    page.keyboard.press("Tab")
    assert not page.complaints

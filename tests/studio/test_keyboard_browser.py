"""The studio without a mouse: from Home to an SVG and to a film, the focus seen all the way."""

from pathlib import Path

import pytest

from tests.chromium import needs_chromium
from tests.studio.browsing import visit as visit

pytestmark = needs_chromium
MOST = 120
"""Presses of Tab that any control is away."""

FOCUS = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const mark = one.closest("label.button") ?? one, box = mark.getBoundingClientRect();
  const own = getComputedStyle(mark), inner = getComputedStyle(mark, "::after");
  const ring = (own.outlineStyle !== "none" && parseFloat(own.outlineWidth) >= 2)
    || (inner.content !== "none" && parseFloat(inner.borderTopWidth) >= 2);
  const x = box.left + Math.min(20, box.width / 2), y = box.top + box.height / 2;
  const top = document.elementFromPoint(x, y);
  const seen = top && (mark.contains(top) || top.closest("label")?.contains(one));
  return { name: one.id || one.textContent.trim() || one.outerHTML.slice(0, 80),
           trouble: ring ? (seen ? "" : `hidden at ${x}, ${y}`) : "without a ring" };
}"""


def tab_to(page, selector: str, key: str = "Tab") -> None:
    """Press Tab until a control has the focus, which is to be seen wherever it is."""
    passed = []
    for _ in range(MOST):
        page.keyboard.press(key)
        now = page.evaluate(FOCUS)
        passed.append(now and now["name"])
        assert not (now and now["trouble"]), now
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} is not reached: {passed}")


def has_focus(page, selector: str) -> None:
    page.wait_for_function(f"() => document.activeElement.matches({selector!r})")


def test_the_focus_goes_through_every_screen_and_out_of_it_again(serve, visit):
    served = serve()
    page = visit(served.address)
    ready = {"": "#generators li", "paint": "#drop", "play": "#ready", "train": "#sets label"}
    ready |= {"pictures": "#no-sets", "judge": "#recipes label", "share": "#nothing"}
    for screen, sign in ready.items():
        page.goto(f"{served.base}/{screen}")
        page.locator(sign).first.wait_for()
        names = in_turn(page)
        assert names[0] == "Skip to the page"
        assert {"Paint", "Share", "activity", "help"} <= set(names), screen


def in_turn(page) -> list[str]:
    """The names of what has the focus in turn, until it leaves the page."""
    names = []
    for _ in range(MOST):
        page.keyboard.press("Tab")
        now = page.evaluate(FOCUS)
        if now is None:
            return names
        assert not now["trouble"], now
        names.append(now["name"])
    raise AssertionError(f"the focus stays inside: {names}")


def choose_by_keys(page, place: str, photograph) -> None:
    """Open the file chooser by the space bar: Chromium without a window misses it now and then."""
    from playwright.sync_api import TimeoutError as TooLate

    page.wait_for_load_state("load")
    for wait in (10_000, 20_000, 60_000):
        tab_to(page, place)
        try:
            with page.expect_file_chooser(timeout=wait) as chooser:
                page.keyboard.press("Space")
        except TooLate:
            continue
        chooser.value.set_files(str(photograph))
        return
    raise AssertionError(f"{place} opens no file chooser")


def test_from_home_to_an_svg_without_the_mouse(serve, visit, photograph):
    served = serve()
    page = visit(served.address)
    page.locator("#generators li").first.wait_for()
    page.keyboard.press("?")
    page.locator("#keys dt", has_text="g then p").wait_for()
    page.keyboard.press("Escape")
    page.locator("#keys").wait_for(state="hidden")
    tab_to(page, "a[href='/paint'].way")
    page.keyboard.press("Enter")
    page.locator("#drop").wait_for()
    choose_by_keys(page, "#file", photograph)
    has_focus(page, "#go")
    tab_to(page, "#strokes", "Shift+Tab")
    page.keyboard.press("Home")
    page.keyboard.press("Enter")  # wherever one is: paint it
    has_focus(page, "#stage")
    page.locator("#looks").wait_for()
    has_focus(page, "#stage")  # it is painted; Tab goes on to what can be done with it
    tab_to(page, "#see-compare")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    assert float(page.locator("#compare").input_value()) > 50
    tab_to(page, "#files a[href*='svg']")
    with page.expect_download() as saved:
        page.keyboard.press("Enter")
    assert "<svg" in Path(saved.value.path()).read_text()
    assert not page.complaints


@pytest.mark.slow
def test_from_home_to_a_film_of_favourites_without_the_mouse(serve, visit):
    pytest.importorskip("onnx")
    served = serve()
    page = visit(served.address)
    page.locator("#generators li").first.wait_for()
    tab_to(page, "a[href='/play'].way")
    page.keyboard.press("Enter")
    page.locator("#ready").wait_for()
    tab_to(page, "#ready")
    page.keyboard.press("Enter")
    page.locator("#wall canvas[data-painted]").nth(23).wait_for()
    has_focus(page, "#wall button")  # where it goes on
    for count in range(2):
        page.keyboard.press("ArrowRight")
        page.keyboard.press("s")
        page.locator("#favourites li").nth(count).wait_for()
    page.keyboard.press("?")
    page.locator("#keys dd", has_text="star or unstar").wait_for()
    page.keyboard.press("Escape")
    has_focus(page, "#wall button")
    tab_to(page, "#film")
    page.keyboard.press("Enter")
    page.locator("#film-dialog").wait_for()
    assert page.evaluate("() => Boolean(document.activeElement.closest('#film-dialog'))")
    page.keyboard.press("Escape")
    has_focus(page, "#film")
    page.keyboard.press("Enter")
    for field, value in (("#film-seconds", "0.2"), ("#film-side", "64")):
        tab_to(page, field)
        page.keyboard.press("Control+a")
        page.keyboard.type(value)
    page.keyboard.press("Enter")
    page.locator("#made video").wait_for()
    has_focus(page, "#film")
    assert not page.complaints

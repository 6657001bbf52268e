"""Judge in a real Chromium: a generator measured, recipes compared, each through a reload."""

import pytest

from impasto.core.images import save
from impasto.data.colourfield import paint as colourfield
from tests.chromium import needs_chromium
from tests.conftest import write_conditional
from tests.studio.browsing import violations
from tests.studio.browsing import visit as visit

pytestmark = [*needs_chromium, pytest.mark.slow]
LONG = 600_000
"""Milliseconds: networks are loaded and trainings judged, perhaps beside other programs."""


@pytest.fixture
def album(folder):
    """Pictures to judge by."""
    for seed in range(24):
        save(colourfield(seed, 64), folder / "pictures" / "album" / f"{seed}.png")


def test_a_generator_is_measured_through_a_reload_and_the_page_is_read_inside(
    serve, visit, album, folder
):
    write_conditional(folder / "runs" / "kinds" / "best", {"Klee": 30, "Marc": 10})
    save(colourfield(1, 32), folder / "runs" / "kinds" / "samples" / "000000100.png")
    served = serve()
    page = visit(served.address.replace("/?", "/judge?"))
    page.locator("#recipes label").first.wait_for()
    page.select_option("#generator", label="kinds")
    page.select_option("#against", label="album")
    page.fill("#measure-count", "10")
    page.locator("#measure button").click()
    page.wait_for_url("**/judge?job=*")
    page.reload()  # in the middle of measuring it
    page.locator("#shown").wait_for(timeout=LONG)
    assert page.locator("#shown-title").text_content() == "kinds · Measured"
    page.frame_locator("#frame").locator("h1, h2").first.wait_for()
    page.click("#leave")
    assert violations(page) == []
    assert not page.complaints


def test_recipes_say_what_they_are_and_are_compared_through_a_reload(serve, visit, album, folder):
    served = serve()
    page = visit(served.address.replace("/?", "/judge?"))
    recipes = page.locator("#recipes label")
    recipes.first.wait_for()
    lines = recipes.locator(".quiet").all_text_contents()
    assert len(set(lines)) == recipes.count() > 10
    page.locator("#recipes [value='impasto-64']").uncheck()
    assert page.locator("#begin-compare").is_disabled()
    page.locator("#recipes [value='quick-64']").check()
    page.locator("#recipes [value='dcgan-tutorial-64']").check()
    page.select_option("#pictures", label="album")
    page.fill("#minutes", "0.1")
    page.locator("#takes", has_text="12 s").wait_for()
    page.click("#begin-compare")
    page.wait_for_url("**/judge?job=*")
    page.reload()  # in the middle of comparing them
    page.locator("#shown").wait_for(timeout=LONG)
    assert page.locator("#shown-title").text_content() == "album · Comparison"
    page.frame_locator("#frame").get_by_text("dcgan-tutorial-64").first.wait_for()
    assert (folder / "comparisons" / "album" / "comparison.html").is_file()
    command = page.locator("#command pre").text_content()
    assert "impasto compare pictures/album --recipes=dcgan-tutorial-64,quick-64" in command
    assert not page.complaints

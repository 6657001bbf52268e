"""Pictures, Judge and Share in a real Chromium: from a ZIP to a card on the Hub."""

import itertools
import json
import os
import signal
import zipfile
from pathlib import Path

import pytest

from impasto.core.images import save
from impasto.prepare.decisions import read_decisions
from tests.children import until
from tests.chromium import needs_chromium
from tests.prepare.messy import strokes
from tests.studio.browsing import violations
from tests.studio.browsing import visit as visit

pytestmark = needs_chromium
HOSTILE = "<img src=x onerror=alert(1)>"


def well(page) -> None:
    """For everybody, on a phone too, and without complaints but refusals."""
    assert violations(page) == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 360
    page.set_viewport_size({"width": 1200, "height": 900})
    assert [text for text in page.complaints if "409" not in text] == []


@pytest.fixture
def album(folder):
    """Fourteen pictures under two labels."""
    place = folder / "pictures" / "album"
    for seed in range(14):
        save(strokes(seed, 96, 96), place / (HOSTILE if seed % 2 else "monet") / f"{seed}.png")
    return place


def test_a_zip_is_tried_cleaned_reviewed_and_cleaned_anew(serve, visit, tmp_path, folder):
    with zipfile.ZipFile(tmp_path / "my album.zip", "w") as archive:
        for seed in range(8):
            picture = tmp_path / "picture.png"
            save(strokes(seed, 96, 96), picture)
            archive.write(picture, f"x/{HOSTILE if seed % 2 else 'monet'}/{seed}.png")
        save(strokes(9, 600, 64), picture)
        archive.write(picture, "x/strip.png")
        picture.unlink()
    served = serve()
    page = visit(served.address.replace("/?", "/pictures?"))
    page.locator("#no-sets").wait_for()
    page.set_input_files("#files", str(tmp_path / "my album.zip"))
    page.locator("#tries li").nth(8).wait_for()
    assert page.locator("#tries .dropped").count() == 1
    page.get_by_label("whole, squeezed").check()
    page.locator("#tries .dropped", has_text="squeezes out").wait_for()
    page.get_by_label("crop the middle").check()
    page.locator("#tries .dropped", has_text="a crop loses").wait_for()
    page.locator("#tries").evaluate("(list) => list.setAttribute('aria-busy', 'true')")
    well(page)  # while the next look is on its way
    page.locator("#tries").evaluate("(list) => list.setAttribute('aria-busy', 'false')")
    page.locator("#labels input").nth(2).fill("Claude Monet")
    page.locator("#labels form").nth(2).get_by_role("button").click()
    page.locator("#known-labels option[value='Claude-Monet']").wait_for(state="attached")
    well(page)
    page.uncheck("#features")
    page.click("#clean-it")
    page.wait_for_url("**/pictures?job=*")
    second = visit(page.url, within=page.context)
    page.reload()
    for each in (page, second):
        each.locator("#review .card").first.wait_for()
    second.close()
    assert "impasto prepare pictures/my-album" in page.locator("#command pre").text_content()
    card = page.locator("[data-file='strip.png']")
    card.get_by_role("button", name="Keep").click()
    set_ = folder / "prepared" / "my-album-64"
    until(lambda: any(d.by_hand for d in read_decisions(set_)) or page.wait_for_timeout(50))
    page.keyboard.press("u")
    until(lambda: not any(d.by_hand for d in read_decisions(set_)) or page.wait_for_timeout(50))
    assert page.evaluate("() => document.documentElement.dataset.theme !== 'dark'")
    page.keyboard.press("k")
    until(lambda: any(d.by_hand for d in read_decisions(set_)) or page.wait_for_timeout(50))
    well(page)
    page.click("#done")
    page.locator("#sums", has_text="9kept").wait_for()
    page.locator("#train").click()
    page.locator("input[name=set]:checked").wait_for()
    assert json.loads((set_ / "dataset.json").read_text())["count"] == 9


def test_pictures_are_chosen_for_another_label_and_it_is_undone(serve, visit, album):
    served = serve()
    page = visit(served.address.replace("/?", "/pictures?"))
    page.locator("#folders a").click()
    page.locator("#choosing summary").click()
    page.locator("#all button").nth(1).click()
    page.fill("#label", "klee")
    page.locator("#label-them button").click()
    until(lambda: (album / "klee").exists() or page.wait_for_timeout(50))
    page.locator("#words").get_by_role("button", name="Undo").click()
    until(lambda: not (album / "klee").exists() or page.wait_for_timeout(50))
    well(page)


def test_a_cleaning_that_is_stopped_or_killed_is_told_and_begun_again(serve, visit, album, folder):
    served = serve()
    page = visit(served.address.replace("/?", "/pictures?"))
    page.locator("#folders a").click()
    page.locator("#tries li").first.wait_for()
    page.click("#clean-it")
    started = until(lambda: list(folder.glob(".studio/jobs/*/started.json"))
                    or page.wait_for_timeout(20))  # fmt: skip
    os.kill(json.loads(started[0].read_text())["process"], signal.SIGKILL)
    page.locator("#words", has_text="ended from outside").wait_for()
    page.locator("#tries li").first.wait_for()  # to be begun again
    page.click("#clean-it")
    page.evaluate("() => document.getElementById('stop').click()")  # or it is done already
    page.locator("#work").wait_for(state="hidden")
    page.locator("#tries li, #sums b").first.wait_for()


def test_a_museum_without_a_network_is_a_sentence(serve, visit):
    served = serve()
    page = visit(served.address.replace("/?", "/pictures?"))
    page.select_option("#museum", "commons")
    assert page.locator("#all-kinds").is_disabled()  # which Commons does not heed
    page.select_option("#museum", "cleveland")
    assert page.locator("#all-kinds").is_enabled()
    page.fill("#artist", HOSTILE)
    page.click("#look-first")
    page.locator("#words .bad").wait_for()
    page.locator("#start").wait_for()
    well(page)


def test_a_blind_wall_is_hung_answered_inside_and_remembered(serve, visit, album, folder):
    served = serve()
    page = visit(served.address.replace("/?", "/judge?"))
    page.locator("#recipes label").first.wait_for()
    page.select_option("#generator", label="impressionists-64")
    page.select_option("#against", label="album")
    page.fill("#blind-count", "10")
    assert page.locator("#blind-count").evaluate("each => each.validity.valid")
    page.locator("#blind button").click()
    page.wait_for_url("**/judge?job=*")
    page.reload()
    page.locator("#shown").wait_for()
    wall = page.frame_locator("#frame")
    for number in range(20):
        wall.locator("#real" if number % 2 else "#generated").click()
    page.locator("#words", has_text="Answers saved").wait_for()
    assert len(list(folder.rglob("blind-1.json"))) == 1
    page.locator("#pages", has_text="were taken for real").wait_for()
    page.keyboard.press("Escape")
    page.click("#leave")
    well(page)


def test_what_is_under_way_keeps_the_focus_while_it_goes_on(serve, visit):
    served, heard = serve(), itertools.count(1)

    def tell(route) -> None:
        work = {"event": "doing", "what": "painting", "unit": "strokes", "total": 500}
        job = {"id": "one", "verb": "paint", "title": "a dog", "state": "running", "command": ""}
        told = json.dumps([job | {"work": work | {"done": next(heard)}}])
        body = f"retry: 50\nevent: jobs\ndata: {told}\n\n"
        route.fulfill(content_type="text/event-stream", body=body)

    page = visit(served.address)
    page.route("**/api/events", tell)
    page.reload()
    link = page.locator("#now a")
    link.focus()
    before = page.locator("#now").text_content()
    until(lambda: page.locator("#now").text_content() != before or page.wait_for_timeout(20))
    assert link.evaluate("one => one === document.activeElement")


def test_a_folder_for_the_hub_is_made_edited_and_saved(serve, visit, folder):
    served = serve()
    page = visit(served.address.replace("/?", "/share?"))
    page.locator("#nothing").wait_for()
    page.select_option("#generator", label="impressionists-64")
    page.locator("#hub button").click()
    page.wait_for_url("**/share?job=*")
    edit = page.get_by_role("button", name="Edit the card: impressionists-64-hub")
    edit.wait_for()
    held: list = []
    page.route("**/api/jobs/*", lambda route: held.append(route))
    page.reload()
    edit.wait_for()
    page.evaluate("() => { window.drawn = document.querySelector('#shares button'); }")
    until(lambda: held or page.wait_for_timeout(20))
    with page.expect_response("**/api/shares"):
        held.pop().continue_()
    page.wait_for_timeout(100)
    assert page.evaluate("() => window.drawn.isConnected")  # a click would have met it
    edit.click()
    page.fill("#card-text", f"# Mine {HOSTILE}")
    page.click("#card-keep")
    page.frame_locator("#card-shown").get_by_text(HOSTILE).wait_for()
    assert violations(page) == []
    page.click("#card-close")
    card = folder / "shared" / "impressionists-64-hub" / "README.md"
    assert card.read_text() == f"# Mine {HOSTILE}"
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save as ZIP: impressionists-64-hub").click()
    assert "impressionists-64-hub/README.md" in zipfile.ZipFile(Path(saved.value.path())).namelist()
    well(page)

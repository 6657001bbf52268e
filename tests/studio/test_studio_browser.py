"""The studio in a real Chromium, served by a real process."""

import json
import os
import signal
from pathlib import Path

import pytest

from impasto.core.images import save
from impasto.data.colourfield import paint as colourfield
from impasto.studio.workspace import identity
from tests.children import until
from tests.chromium import needs_chromium
from tests.studio.browsing import violations
from tests.studio.browsing import visit as visit

pytestmark = needs_chromium


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_screen_is_for_everybody_and_fits_a_phone(serve, visit, scheme):
    served = serve()
    first = visit(served.address, scheme=scheme)
    for screen in ("", "paint", "play", "train", "pictures", "judge", "share"):
        page = visit(f"{served.base}/{screen}", within=first.context)
        ready = {"": "#generators li", "paint": "#drop", "play": "#ready", "train": "#sets label"}
        ready |= {"pictures": "#no-sets", "judge": "#recipes label", "share": "#nothing"}
        page.locator(ready[screen]).first.wait_for()
        assert violations(page) == [], screen
        page.set_viewport_size({"width": 360, "height": 740})
        wide = page.evaluate("() => document.documentElement.scrollWidth")
        assert wide <= 360, f"{screen}: {wide} pixels wide"
        page.keyboard.press("?")
        assert page.locator("#keys").is_visible()
        page.keyboard.press("Escape")
        assert not page.complaints
        assert all(url.startswith((served.base, "blob:", "data:")) for url in page.asked)
        page.close()  # none is ever hidden here, and six may listen at a time


def test_a_photograph_is_painted_through_a_reload_and_a_second_tab(serve, visit, photograph):
    served = serve()
    page = visit(served.address.replace("/?", "/paint?"))
    page.set_input_files("#file", str(photograph))
    page.locator("#how").wait_for()
    page.evaluate("() => { document.getElementById('strokes').value = 0.1; }")
    page.click("#go")
    page.locator("#work").wait_for()
    second = visit(page.url, within=page.context)
    page.reload()
    for each in (page, second):
        each.locator("#looks").wait_for()
        assert each.locator("#files a").count() == 4
    page.click("#see-compare")
    page.locator("#compare").press("ArrowRight")
    page.click("#see-film")
    page.locator("#stroke", has_text="of").wait_for()
    with page.expect_download() as saved:
        page.get_by_role("link", name="SVG").click()
    assert saved.value.suggested_filename.endswith(".svg")
    assert "<svg" in Path(saved.value.path()).read_text()
    assert "impasto paint" in page.locator("#command pre").text_content()
    assert violations(page) == []
    page.fill("#size", "200")
    page.click("#resize button")
    page.locator("#looks").wait_for()
    page.locator("#title", has_text="a-photograph-2").wait_for()
    assert "impasto repaint" in page.locator("#command pre").text_content()
    second.close()
    page.click("#activity")
    drawn = page.locator("#tray li", has_text="Redrawing")
    assert "/paint?job=" in drawn.get_by_role("link").get_attribute("href")
    drawn.get_by_role("button", name="Log").click()
    page.locator("#log-text", has_text="$ impasto repaint").wait_for()
    assert "of their own" not in page.locator("#log-text").text_content()
    assert not page.complaints


def test_a_photograph_dropped_before_the_page_has_its_answers_stays(serve, visit, photograph):
    served = serve()
    page = visit(served.address)
    page.goto("about:blank")
    held = []
    page.route("**/api/home", lambda route: held.append(route))
    page.goto(f"{served.base}/paint")
    page.set_input_files("#file", str(photograph))
    page.locator("#how").wait_for()
    until(lambda: held or page.wait_for_timeout(20))
    with page.expect_response("**/api/home"):
        for route in held:
            route.continue_()
    page.wait_for_timeout(300)
    assert page.locator("#how").is_visible()


def test_enough_keeps_what_is_painted_and_a_new_start_of_the_studio_loses_nothing(
    serve, visit, photograph, folder
):
    served = serve("--port", "9471")
    page = visit(served.address.replace("/?", "/paint?"))
    page.set_input_files("#file", str(photograph))
    page.locator("#how").wait_for()
    page.evaluate("() => { document.getElementById('strokes').value = 1; }")
    page.uncheck("#want-film")
    page.click("#go")
    page.locator("#over").wait_for()  # it is being painted
    served.stop()
    page.locator("#words", has_text="is not responding").wait_for()
    assert serve("--port", "9471").address == served.address
    page.locator("#words", has_text="is back").wait_for()
    page.click("#enough")
    page.locator("#looks").wait_for()
    assert (next((folder / "painted").iterdir()) / "painting.png").is_file()


def test_a_job_that_was_killed_is_told_in_a_sentence(serve, visit, photograph, folder):
    served = serve()
    page = visit(served.address.replace("/?", "/paint?"))
    page.set_input_files("#file", str(photograph))
    page.locator("#how").wait_for()
    page.click("#go")
    started = until(lambda: list(folder.glob(".studio/jobs/*/started.json")))
    os.kill(json.loads(started[0].read_text())["process"], signal.SIGKILL)
    page.locator("#words", has_text="ended from outside").wait_for()
    page.locator("#how").wait_for()  # to be begun again


def test_a_folder_is_dropped_learnt_watched_and_stopped(serve, visit, tmp_path):
    album = tmp_path / "album <b>"
    for seed in range(24):
        save(colourfield(seed, 96), album / f"{seed}.png")
    (album / "broken.jpg").write_bytes(b"no picture")
    served = serve()
    page = visit(served.address.replace("/?", "/train?"))
    page.locator("#sets label").first.wait_for()
    page.set_input_files("#files", str(album))
    page.locator(
        "#words", has_text="24 pictures imported. Left out one file, broken or not a picture"
    ).wait_for()
    page.locator("input[name=set]:checked").wait_for()
    page.fill("#minutes", "0.1")
    page.click("#start")
    page.locator("#stop").wait_for()
    page.reload()
    page.locator("#sheet").wait_for()
    page.locator("#longer").wait_for()
    assert page.locator("#title").text_content() == "album-b"
    assert [text for text in page.complaints if "409" not in text] == []  # the broken file's
    assert violations(page) == []


def test_a_wall_is_starred_and_becomes_pictures(serve, visit, ready, folder):
    served = serve()
    page = visit(served.address.replace("/?", f"/play?generator={ready}&"))
    page.locator("#wall canvas[data-painted]").nth(11).wait_for()
    page.locator("#wall li > button:first-child").nth(2).focus()
    page.keyboard.press("s")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("s")
    page.locator("#favourites li").nth(1).wait_for()
    page.locator("#favourites input").first.fill("<img src=x onerror=alert(1)>")
    page.locator("#favourites input").first.press("Tab")
    until(lambda: "onerror" in (folder / ".studio" / "favourites.json").read_text())
    page.reload()
    page.locator("#favourites li").nth(1).wait_for()
    assert page.locator("#favourites input").first.input_value().startswith("<img")
    page.click("#save")
    page.locator("#made img").nth(1).wait_for()
    assert sorted(p.name for p in folder.glob("generated/*/*.png")) == [
        "seed-000002-Klee.png",
        "seed-000003-Klee.png",
    ]
    breed_and_bend(page)
    assert not page.complaints


def breed_and_bend(page) -> None:
    """Children of two, one of them moved along a direction that gets a name; the family; a film."""
    for number in (1, 0):
        page.locator("#favourites .choose").nth(number).click()
    assert page.locator("#favourites .choose").first.get_attribute("aria-label").startswith("2: ")
    page.keyboard.press("c")
    page.locator("#family-of", has_text="Children of number 2 and number 3").wait_for()
    page.locator("#wall canvas[data-painted]").nth(4).wait_for()
    page.keyboard.press("s")
    page.locator("#favourites li").nth(2).wait_for()
    assert "explore mix" in page.locator("#command pre").text_content()
    page.keyboard.press("v")
    page.locator("#canvas[data-painted]").wait_for()
    before = page.evaluate("() => document.getElementById('canvas').toDataURL()")
    page.locator("#directions input[type=range]").first.focus()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    moved = "() => document.getElementById('canvas').toDataURL() !== '" + before + "'"
    page.wait_for_function(moved)
    page.locator("#directions input[type=text]").first.fill("dusk")
    page.locator("#directions input[type=text]").first.press("Tab")
    page.locator("#directions input[aria-label=dusk]").wait_for()
    page.click("#bench-star")
    page.locator("#favourites li").nth(3).wait_for()
    assert violations(page) == []
    page.click("#see-family")
    assert page.locator("#tree .generation").count() == 3
    assert page.locator("#tree path").count() == 3
    page.locator("#tree button").first.click()  # every node can be played with
    page.locator("#bench-name", has_text="number").wait_for()
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 360
    page.click("#film")
    page.select_option("#film-easing", "in-out")
    page.fill("#film-seconds", "0.2")
    page.fill("#film-side", "64")
    page.click("#film-form .primary")
    page.locator("#made video").wait_for()
    page.click("#favourites li:first-child .icon")
    page.locator("#words button", has_text="Undo").click()
    page.locator("#favourites li").nth(3).wait_for()


def test_two_trainings_side_by_side_and_the_way_out_of_an_alarm(serve, visit, folder):
    for name, kid in (("first", 0.4), ("second", 0.2)):
        run = folder / "runs" / name
        for images in (1000, 2000, 3000):
            save(colourfield(images, 64), run / "samples" / f"{images:09}.png")
        rows = [{"images": n, "minutes": n / 1e3, "d_loss": 1.0, "g_loss": 2.0} for n in (1, 2000)]
        (run / "stats.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        judged = [{"images": n, "kid": kid / n * 1e3, "kid_error": 0.01} for n in (1000, 2000)]
        (run / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in judged))
        words = "Samples are less varied. What usually helps: loss.r1=1, augment.policy=[colour]."
        alarm = {"kind": "collapsed", "images": 2000, "words": words}
        (run / "alarms.jsonl").write_text(json.dumps(alarm) + "\n")
    album = folder / "pictures" / "album"
    save(colourfield(1, 64), album / "1.png")
    job = folder / ".studio" / "jobs" / "20260101000000-00000000"
    job.mkdir(parents=True)
    about = {"command": ["train", "pictures/album", "--minutes=7", "--out=runs/first"]}
    row = about | {
        "title": "first",
        "lane": "long",
        "about": identity("pictures", "pictures/album"),
    }
    (job / "job.json").write_text(json.dumps(row | {"place": "runs/first", "created": 1.0}))
    (job / "ended.json").write_text('{"status": 0, "at": 2.0}')
    served = serve()
    page = visit(served.address.replace("/?", f"/train?run={identity('run', 'runs/first')}&"))
    page.locator(".alarm button").first.wait_for()
    assert "on the disk" in page.locator("#room").text_content()
    page.select_option("#beside", identity("run", "runs/second"))
    page.locator("#beside-sheet").wait_for()
    page.locator("#scrub").press("ArrowLeft")
    page.locator("#wall-title", has_text="2,000").wait_for()
    page.locator("#beside-title", has_text="second: Wall after 2,000").wait_for()
    assert page.locator("#kid .u-series").all_text_contents() == ["first", "second"]
    assert page.locator(".alarm button", has_text="let the guard rescue it").is_visible()
    assert violations(page) == []
    page.click("text=Start over with loss.r1=1 augment.policy=[colour]")
    page.locator("#begin input[data-knob='loss.r1']").wait_for()
    assert page.locator("[data-knob='augment.policy']").input_value() == "[colour]"
    assert page.locator("#minutes").input_value() == "7"
    page.fill("#find", "r1")
    assert page.locator("#knobs .option:visible").count() < page.locator("#knobs .option").count()
    assert not page.complaints

"""Jobs of every kind outlive the page that asked for them; a museum answers from this machine."""

import json
import os
import threading

import pytest

from impasto.core.images import save
from impasto.data.colourfield import paint as colourfield
from tests.chromium import needs_chromium
from tests.collect.documented import cleveland
from tests.collect.site import Asked, Site, as_json, as_picture
from tests.studio.browsing import violations
from tests.studio.browsing import visit as visit

pytestmark = needs_chromium
HOSTILE = "<img src=x onerror=alert(1)>"

ELSEWHERE = """
import sys
if "collect" in sys.orig_argv:
    from functools import partial
    from impasto.collect import catalogue
    from impasto.collect.pace import Pace
    here = {"base": BASE, "trusted": ("127.0.0.1",), "pace": Pace(100.0)}
    catalogue.run = partial(catalogue.run, **here)
"""
"""As `sitecustomize.py` of the job's Python: the museum lies on this machine."""


@pytest.fixture
def museum(tmp_path, monkeypatch):
    """A museum with thirty works, which hands out its pictures once its door is open."""
    site, door = Site(), threading.Event()
    base = cleveland(site, 30)
    search = site.answers["/api/artworks/"]

    def found(asked: Asked):
        answer = json.loads(search(asked).body)
        answer["data"][0]["title"] = HOSTILE
        return as_json(answer)

    def picture(asked: Asked):
        assert door.wait(120)
        return as_picture(int(asked.path[1:-4]))

    site.answers |= {"/api/artworks/": found} | {f"/{n}.jpg": picture for n in range(30)}
    place = tmp_path / "elsewhere"
    place.mkdir()
    (place / "sitecustomize.py").write_text(ELSEWHERE.replace("BASE", repr(base)))
    others = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(place), others))))
    yield door
    door.set()
    site.close()


def test_a_museum_is_looked_at_and_collected_from_through_a_reload(serve, visit, museum, folder):
    page = visit(serve().address.replace("/?", "/pictures?"))
    page.select_option("#museum", "cleveland")
    page.fill("#artist", "Claude Monet")
    page.get_by_role("button", name="Look at a few first").click()
    page.wait_for_url("**/pictures?job=*")
    page.reload()  # in the middle of collecting
    page.locator("#work").wait_for()
    museum.set()
    page.locator("#works tr").nth(11).wait_for(state="attached")
    assert "impasto collect cleveland" in page.locator("#command pre").text_content()
    assert page.locator("#licences li").all_text_contents() == ["CC0 1.0: 12"]
    page.locator("#collected-part summary").click()
    assert page.locator("#works td").first.text_content() == HOSTILE
    assert violations(page) == []
    assert len(list(folder.glob("pictures/Claude-Monet/**/*.jpg"))) == 12
    page.fill("#more-limit", "20")
    page.locator("#more button").click()
    page.locator("#licences li", has_text="20").wait_for()
    assert not page.complaints


@pytest.mark.slow
def test_a_forecast_is_found_again(serve, visit, folder):
    for seed in range(24):
        save(colourfield(seed, 64), folder / "pictures" / "album" / f"{seed}.png")
    page = visit(serve().address.replace("/?", "/train?"))
    page.get_by_label("album").check()
    page.fill("#minutes", "0.1")
    page.click("#forecast")
    page.wait_for_url("**/train?learn=*&ahead=*")
    page.reload()  # in the middle of measuring
    page.locator("#ahead dt", has_text="speed").wait_for()
    assert page.get_by_label("album").is_checked()
    page.click("#activity")
    page.locator("#tray a", has_text="Forecast: album").wait_for()
    assert violations(page) == []
    assert not page.complaints


@pytest.mark.slow
def test_a_web_page_and_a_graph_are_made_through_a_reload(serve, visit, kinds, folder):
    pytest.importorskip("onnx")
    page = visit(serve().address.replace("/?", f"/share?generator={kinds}&"))
    page.locator("#generator option").first.wait_for(state="attached")
    for way, made in (("web", "web page"), ("onnx", "ONNX")):
        before = page.url
        page.locator(f"#{way} .primary").click()
        page.wait_for_url(lambda now, before=before: "?job=" in now and now != before)
        page.reload()  # in the middle of making it
        page.locator("#shares li", has_text=made).wait_for()
        assert f"impasto export runs/kinds --{way}=" in page.locator("#command pre").text_content()
    assert (folder / "shared" / "kinds-web" / "index.html").is_file()
    assert (folder / "shared" / "kinds-onnx" / "kinds.onnx").is_file()
    assert violations(page) == []
    assert not page.complaints

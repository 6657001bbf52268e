"""The review page in a real browser: a click is on disk before the page says so."""

import os
import shutil
import threading

import pytest
from PIL import Image

from impasto.core.files import write_json
from impasto.data.decisions import read_decisions
from impasto.data.doubtful import questions
from impasto.data.prepare import prepare
from impasto.data.review import Reviewer
from tests.data.messy import strokes

pytestmark = pytest.mark.browser


def test_clicks_reach_the_disk(tmp_path):
    sync_api = pytest.importorskip("playwright.sync_api")
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        pytest.skip("no Chromium here")
    (tmp_path / "in").mkdir()
    rows = []
    for seed in range(3):
        path = tmp_path / "in" / f"it's {seed}.png"
        Image.fromarray(strokes(seed, 120, 100)).save(path)
        row = {"file": path.name, "path": str(path), "number": "oddness 3.0", "keep": True}
        rows.append(row)
    prepare(tmp_path / "in", tmp_path / "out", size=32)
    write_json(tmp_path / "out" / ".workbench" / "doubtful.json", rows)
    server = Reviewer(tmp_path / "out", questions(tmp_path / "out"))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        with sync_api.sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = browser.new_page()
            faults = []
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.goto(server.address)
            assert page.locator(".card img").count() == 3
            page.locator(".card").nth(1).get_by_role("button", name="Drop").click()
            page.get_by_text("1 decided").wait_for()
            reasons = [decision.reason for decision in read_decisions(tmp_path / "out")]
            assert reasons == ["", "dropped by hand", ""]
            if shots := os.environ.get("SCREENSHOTS"):
                page.screenshot(path=f"{shots}/review.png")
            page.get_by_role("button", name="Done").click()
            page.get_by_text("Thank you.").wait_for()
            browser.close()
            assert not faults
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

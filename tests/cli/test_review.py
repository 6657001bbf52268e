"""`impasto prepare --review` as a person uses it: a command, clicks, and no question twice."""

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from impasto.data.colourfield import FAMILIES, paint
from impasto.data.dataset import open_dataset
from impasto.prepare.decisions import read_decisions
from tests.chromium import needs_chromium
from tests.prepare.messy import strokes

pytestmark = needs_chromium

OPENER = "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text(sys.argv[2])"
"""A browser that only writes down which address it was to open."""


@contextmanager
def start(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """The command; it is ended with the test, whether its page was closed or not."""
    note = folder.parent / "address"
    opener = shlex.join([sys.executable, "-c", OPENER, str(note)])
    command = [sys.executable, "-m", "impasto", "prepare", str(folder), "--review"]
    command += ["--out", str(folder.parent / "set"), "--size", "32", "--json"]
    environment = os.environ | {"BROWSER": f"{opener} %s", "OMP_NUM_THREADS": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=environment, **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def address(folder: Path, process: subprocess.Popen[str]) -> str:
    note = folder.parent / "address"
    for _ in range(2400):
        if note.is_file() and (text := note.read_text()):
            return text
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.1)
    raise AssertionError("no page was opened")


def test_clicks_decide_and_a_second_run_asks_nothing(tmp_path, browser):
    folder = tmp_path / "in"
    folder.mkdir()
    for seed in range(4):
        Image.fromarray(strokes(seed, 160, 140)).save(folder / f"strokes {seed}.png")
    for seed in range(3):  # even fields and hard edges: the network takes them for photographs
        Image.fromarray(paint(seed, 160, FAMILIES[seed])).save(folder / f"field {seed}.png")
    with start(folder) as process:
        page = browser.new_page()
        page.goto(address(folder, process))
        cards = page.locator(".card")
        cards.first.wait_for()
        assert "switched itself off" in page.locator(".notice").inner_text()
        assert sorted(cards.evaluate_all("all => all.map(each => each.dataset.file)")) == [
            f"field {seed}.png" for seed in range(3)
        ]
        page.locator("[data-file='field 0.png']").get_by_role("button", name="Drop").click()
        page.get_by_role("status").get_by_text("field 0.png: dropped by you").wait_for()
        page.locator("[data-file='field 1.png']").get_by_role("button", name="Keep").click()
        page.get_by_role("status").get_by_text("field 1.png: kept by you").wait_for()
        page.get_by_role("button", name="Done").click()
        page.get_by_text("Thank you.").wait_for()
        found, said = process.communicate(timeout=240)
        assert process.returncode == 0, said
    told = json.loads(found)
    assert told["kept"] == 6
    assert [each["filter"] for each in told["notices"]] == ["photograph"]
    assert told["notices"][0]["says"] in " ".join(said.split())
    words = {each.file: (each.verdict, each.reason) for each in read_decisions(tmp_path / "set")}
    assert words["field 0.png"] == ("reject", "dropped by hand")
    assert words["field 1.png"] == words["field 2.png"] == ("keep", "kept by hand")
    assert words["strokes 0.png"] == ("keep", "")
    assert len(open_dataset(tmp_path / "set")) == 6

    (tmp_path / "address").unlink()
    with start(folder) as process:  # the page opens again, and asks nothing
        page.goto(address(folder, process))
        page.locator(".card").first.wait_for()
        words_shown = page.locator(".card .state").all_inner_texts()
        assert sorted(words_shown) == [
            *("dropped by you, earlier", "kept by you, earlier", "kept by you, earlier")
        ]
        page.get_by_role("button", name="Done").click()
        page.get_by_text("Thank you.").wait_for()
        _, said = process.communicate(timeout=240)
        assert process.returncode == 0, said
    again = {each.file: (each.verdict, each.reason) for each in read_decisions(tmp_path / "set")}
    assert again == words

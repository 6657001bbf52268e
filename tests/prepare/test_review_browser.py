"""The review page in a real Chromium: by keyboard and mouse, and what it says is on disk."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from impasto.prepare.decisions import Decision, read_decisions, write_decisions
from impasto.prepare.doubtful import Review, Row, read_review
from impasto.prepare.pipeline import prepare
from impasto.prepare.review import ReviewPage
from impasto.prepare.rules import Notice
from tests.chromium import needs_chromium
from tests.prepare.messy import strokes

pytestmark = needs_chromium

HOSTILE = "<img src=x onerror=alert(1)>\u202e.png"


@pytest.fixture
def out(tmp_path):
    """A painting with three copies, one more, and four that are too long, of odd names too."""
    folder = tmp_path / "in"
    folder.mkdir()
    best = Image.fromarray(strokes(1, 200, 160))
    best.save(folder / "best.png")
    best.resize((150, 120), Image.Resampling.LANCZOS).save(folder / "smaller.png")
    best.resize((110, 88), Image.Resampling.LANCZOS).save(folder / "smallest.png")
    best.save(folder / "coarse.jpg", quality=60)
    Image.fromarray(strokes(2, 200, 160)).save(folder / "other.png")
    for seed, name in enumerate(("it's long.png", "Ünï.png", "z.png", HOSTILE), 3):
        Image.fromarray(strokes(seed, 900, 60)).save(folder / name)
    prepare(folder, tmp_path / "out", size=32)
    return tmp_path / "out"


class Opened:
    """A review and its page, and all that the page complained of or asked for."""

    def __init__(self, browser, out: Path, shown: Review, **context) -> None:
        self.reviewer = ReviewPage(out, shown)
        self.out = out
        self.thread = threading.Thread(target=self.reviewer.page.serve)
        self.thread.start()
        self.context = browser.new_context(**{"viewport": {"width": 1200, "height": 800}} | context)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(self.reviewer.page.address)
        self.page.wait_for_selector(".card")

    def press(self, *names: str) -> None:
        for name in names:
            self.page.keyboard.press(name)

    def said(self, text: str) -> None:
        self.until("text => document.getElementById('said').textContent.includes(text)", text)

    def until(self, script: str, argument: str = "") -> None:
        """Playwright's own waiting evaluates texts in the page, which its policy forbids."""
        for _ in range(300):
            if self.page.evaluate(script, argument):
                return
            time.sleep(0.1)
        raise AssertionError(f"never: {script} {argument}")

    def current(self) -> str:
        return self.page.locator(".card.current").get_attribute("data-file")

    def names(self) -> list[str]:
        return self.page.locator(".card").evaluate_all("all => all.map(each => each.dataset.file)")

    def words(self) -> dict[str, str]:
        return {each.file: each.reason for each in read_decisions(self.out) if each.by_hand}

    def go_to(self, name: str) -> None:
        for _ in range(60):
            if self.current() == name:
                return
            self.press("ArrowRight")
        raise AssertionError(f"{name} is not to be reached")

    def overflow(self) -> int:
        return self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )


@pytest.fixture
def look(browser, out) -> Iterator:
    opened = []

    def look(shown: Review | None = None, **context) -> Opened:
        opened.append(Opened(browser, out, shown or read_review(out), **context))
        return opened[-1]

    yield look
    for each in opened:
        each.context.close()
        each.reviewer.page.shutdown()
        each.thread.join()
        assert each.complaints == []
        address = each.reviewer.page.address
        assert [url for url in each.asked if not url.startswith((address, "data:"))] == []


def test_every_dropped_picture_is_there_and_names_are_text(look):
    opened = look()
    assert set(opened.names()) == {
        *("it's long.png", "Ünï.png", "z.png", "<img src=x onerror=alert(1)>\\u202e.png"),
        *("smaller.png", "smallest.png", "coarse.jpg", "best.png"),
    }
    opened.until("() => [...document.images].every(each => each.complete)")
    widths = opened.page.evaluate("[...document.images].map(each => each.naturalWidth)")
    assert len(widths) == 8 + 3  # three pairs
    assert min(widths) > 0
    pair = opened.page.locator("[data-file='smaller.png']").inner_text()
    assert "150×120, " in pair
    assert "200×160, " in pair
    assert "best.png" in pair


def test_all_of_it_by_keyboard_alone(look):
    opened = look()
    opened.go_to("z.png")
    opened.press("k")
    opened.said("z.png: kept by you")
    opened.go_to("smaller.png")
    opened.press("k")
    opened.said("smaller.png: kept by you")
    assert opened.words() == {"z.png": "kept by hand", "smaller.png": "kept by hand"}
    opened.press("d")  # its original is in the set: what becomes of it is asked
    dialog = opened.page.locator("#family")
    assert "smaller.png" in dialog.locator("h2").inner_text()
    assert dialog.locator(".confirm").inner_text() == "Keep 1, drop 3"
    opened.press("Escape")
    assert opened.words()["smaller.png"] == "kept by hand"
    opened.press("u", "u", "u")
    opened.said("Nothing to undo")
    assert opened.words() == {}
    opened.press("Home")
    first = opened.current()
    opened.press("ArrowDown", "ArrowUp", "End", "Home")
    assert opened.current() == first
    opened.press("?")
    assert opened.page.locator("#review-keys").is_visible()
    opened.press("Escape", "z")
    opened.until(
        "[...document.querySelectorAll('#zoom img')].some(each => each.naturalWidth === 900)"
    )
    opened.press("k")
    opened.until("() => document.querySelector('#zoom .state').textContent.includes('you')")
    assert list(opened.words().values()) == ["kept by hand"]
    opened.press("z", "/")
    opened.page.keyboard.type("ünï")
    assert opened.names() == ["Ünï.png"]
    opened.press("Enter", "d")
    opened.said("Ünï.png: dropped by you")
    opened.press("/", "Escape")
    opened.until("() => document.querySelectorAll('.card').length === 8")


def test_dropping_one_of_a_family_asks_what_becomes_of_the_rest(look, out):
    opened = look()
    opened.go_to("best.png")
    opened.press("d")
    dialog = opened.page.locator("#family")
    assert dialog.locator("h2").inner_text() == "You are dropping best.png. What about its copies?"
    assert "will stay out, unless you keep one" in dialog.locator(".about").inner_text()
    assert dialog.locator(".confirm").inner_text() == "Drop all 4"
    keep = dialog.locator("li", has_text="coarse.jpg").get_by_role("button", name="Keep")
    keep.click()
    assert dialog.locator(".confirm").inner_text() == "Keep 1, drop 3"
    dialog.locator(".confirm").press("Enter")
    opened.said("Kept 1, dropped 3")
    dropped = dict.fromkeys(("best.png", "smaller.png", "smallest.png"), "dropped by hand")
    assert opened.words() == dropped | {"coarse.jpg": "kept by hand"}
    opened.press("u")  # the whole answer is one step
    opened.said("Undone")
    assert opened.words() == {}
    opened.press("d", "Enter")
    opened.said("Dropped all 4")
    assert set(opened.words().values()) == {"dropped by hand"}
    prepare(out.parent / "in", out, size=32)
    assert [each.file for each in read_decisions(out) if each.kept] == ["other.png"]


def test_a_reason_is_chosen_and_a_reload_forgets_nothing(look):
    opened = look()
    chip = opened.page.get_by_role("group", name="Show only").get_by_role("button")
    counts = dict(each.rsplit(maxsplit=1) for each in chip.all_inner_texts())
    assert counts["left out or doubtful"] == "8"
    assert counts["kept"] == "1"
    assert counts["extreme aspect ratio"] == "4"
    chip.filter(has_text="extreme aspect ratio").click()
    assert len(opened.names()) == 4
    opened.page.locator("[data-file='z.png']").get_by_role("button", name="Keep").click()
    opened.said("z.png: kept by you")
    opened.page.reload()
    opened.page.wait_for_selector(".card")
    assert "kept by you" in opened.page.locator("[data-file='z.png']").inner_text()
    chip.filter(has_text="decided just now").click()
    assert opened.names() == ["z.png"]
    opened.page.get_by_role("button", name="Undo").click()
    opened.said("Undone")
    assert opened.words() == {}


def test_what_could_not_be_saved_is_said_and_does_not_look_saved(look, out):
    opened = look()
    opened.go_to("z.png")
    content = (out / "decisions.csv").read_bytes()
    (out / "decisions.csv").write_bytes(b"spoilt")
    opened.press("k")
    opened.said("decisions.csv")
    assert "Not saved" in opened.page.inner_text("#said")
    assert "kept" not in opened.page.locator("[data-file='z.png'] .state").inner_text()
    assert (out / "decisions.csv").read_bytes() == b"spoilt"
    (out / "decisions.csv").write_bytes(content)
    opened.press("k")
    opened.said("kept by you")
    opened.complaints[:] = [each for each in opened.complaints if "409" not in each]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_it_fits_a_telephone_and_the_night(look, scheme, width):
    opened = look(viewport={"width": width, "height": 740}, color_scheme=scheme)
    opened.go_to("smaller.png")
    assert opened.overflow() == 0
    for key in ("z", "f", "?"):
        opened.press(key)
        box = opened.page.locator("dialog[open]").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        opened.press("Escape")
    ground = opened.page.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = sum(int(part) for part in ground[4:-1].split(","))
    assert (brightness < 200) == (scheme == "dark")
    if shots := os.environ.get("SCREENSHOTS"):
        opened.page.screenshot(path=f"{shots}/review-{scheme}-{width}.png")


def test_thousands_are_shown_page_by_page_and_a_notice_leads_to_its_pictures(look, out):
    path = str(out.parent / "in" / "other.png")
    names = [f"{number:04}.png" for number in range(5000)]
    about = {"detail": "", "by_hand": False, "asked": False, "readable": True}
    about |= {"width": 200, "height": 160, "bytes": 9000, "path": path}
    doubtful = "kept, but like a photograph"
    rows = [
        Row(file=n, reason="too small" if n < "4990" else doubtful, keep=n >= "4990", **about)
        for n in names
    ]
    write_decisions(out, [Decision(name, "reject", "too small") for name in names])
    opened = look(Review(rows, [], [Notice("photograph", "The filter is off.")]))
    assert len(opened.names()) == 48
    assert opened.page.inner_text("#place") == "1–48 of 5000"
    opened.press("PageDown")
    assert opened.current() == "0048.png"
    opened.press("End", "ArrowLeft", "k")
    opened.said("4998.png: kept by you")
    assert opened.words() == {"4998.png": "kept by hand"}
    opened.page.locator(".notice").get_by_role("button").click()
    assert opened.names() == names[4990:]
    assert len([url for url in opened.asked if "picture/" in url]) < 250


def test_a_picture_that_nobody_doubted_can_be_dropped(look):
    opened = look()
    chip = opened.page.get_by_role("group", name="Show only").get_by_role("button")
    chip.last.click()
    assert opened.names() == ["other.png"]
    opened.press("d")
    opened.said("other.png: dropped by you")
    assert opened.words() == {"other.png": "dropped by hand"}


def test_done_says_what_was_decided(look):
    opened = look()
    opened.go_to("z.png")
    opened.press("k")
    opened.said("kept by you")
    opened.page.get_by_role("button", name="Done").click()
    opened.page.get_by_text("Thank you.").wait_for()
    assert "You decided on one picture." in opened.page.inner_text("body")
    opened.thread.join(timeout=10)
    assert not opened.thread.is_alive()

"""The exported page in a real Chromium: it paints what Impasto paints, fast enough, and moves."""

import http.server
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from impasto.export.web import find_directions, write_web
from impasto.generate.artefact import load_generator
from impasto.generate.latents import of_seed, read_latents
from impasto.generate.sampler import latents_of, sample
from tests.chromium import needs_chromium
from tests.export.conftest import write

pytestmark = needs_chromium
PAINTINGS = "Number(document.body.dataset.painted)"


@pytest.fixture
def visit(browser) -> Iterator:
    """Open an address and wait for the first painting; complaints and requests are kept."""
    contexts = []

    def visit(address: str, width: int = 1200):
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}))
        page = contexts[-1].new_page()
        page.complaints, page.asked = [], []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(address)
        page.wait_for_selector("body[data-state]", timeout=120_000)
        assert page.get_attribute("body", "data-state") == "ready", page.inner_text("#status")
        return page

    yield visit
    for context in contexts:
        context.close()


class Silent(http.server.SimpleHTTPRequestHandler):
    """A host without a log."""

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def painter(tmp_path_factory):
    return load_generator(write(tmp_path_factory.mktemp("mine")))


@pytest.fixture(scope="module")
def site(painter, tmp_path_factory) -> Path:
    """The folder of a page, written once."""
    folder = tmp_path_factory.mktemp("site")
    directions = find_directions(painter, folder)
    assert len(directions) == 6
    write_web(painter, folder, "My & <page>", directions, weights="fp32")
    return folder


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """A static host that adds nothing of its own."""
    handler = partial(Silent, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def served(site) -> Iterator[str]:
    with serving(site) as address:
        yield address


def pixels(page) -> np.ndarray:
    """The canvas as it is: (H, W, 3)."""
    values, width, height = page.evaluate(
        """() => {
            const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d");
            copy.drawImage(canvas, 0, 0);
            const { data, width, height } = copy.getImageData(0, 0, canvas.width, canvas.height);
            return [Array.from(data), width, height];
        }"""
    )
    return np.array(values, np.uint8).reshape(height, width, 4)[..., :3]


def settle(page, before: int) -> None:
    page.wait_for_function(f"{PAINTINGS} > {before} && !busy", timeout=60_000)


def test_it_paints_the_seeds_of_the_command_line_when_opened_from_a_disk(painter, site, visit):
    page = visit(f"{(site / 'index.html').as_uri()}#seed=17")
    expected = sample(painter.network, latents_of([17], painter.latent), torch.device("cpu"))[0]
    assert np.abs(pixels(page).astype(int) - expected).max() <= 1
    assert page.inner_text("h1") == "My & <page>"
    assert page.complaints == []
    home = (site.as_uri(), "data:", "blob:")
    assert [url for url in page.asked if not url.startswith(home)] == []  # nothing from elsewhere


def test_the_browsers_chance_is_pytorchs(browser):
    page = browser.new_page()
    page.add_script_tag(path=files("impasto.export") / "page/chance.js")
    for size in (1, 5, 15, 16, 20, 100, 256):
        for seed in (0, 17, 2**33 + 5):
            found = page.evaluate(f"Array.from(latentOf({seed}n, {size}))")
            assert np.allclose(found, of_seed(seed, size).values.numpy(), atol=3e-6)
    page.close()


def test_a_way_from_nothing_is_a_way(browser):
    """Truncated to 0, an end of "Between two" has no direction."""
    page = browser.new_page()
    page.add_script_tag(path=files("impasto.export") / "page/chance.js")
    for ends in ("[0, 0], [3, 4]", "[3, 4], [0, 0]", "[0, 0], [0, 0]"):
        found = page.evaluate(f"Array.from(slerp({ends}, 0.5))")
        assert np.isfinite(np.array(found, float)).all()
    page.close()


def test_everything_that_can_be_moved_moves_the_picture(served, visit, tmp_path):
    page = visit(served)
    first = pixels(page)

    def after(action) -> np.ndarray:
        before = page.evaluate(PAINTINGS)
        action()
        settle(page, before)
        return pixels(page)

    def push(selector: str, value: float):
        script = "(e, v) => { e.value = v; e.dispatchEvent(new Event('input')); }"
        return lambda: page.locator(selector).first.evaluate(script, value)

    assert page.locator("#directions input").count() == 6
    along = after(push("#directions input", 4))
    assert not np.array_equal(first, along)
    assert np.array_equal(after(push("#directions input", 0)), first)
    page.click("#keep")
    shorter = after(push("#truncation", 0.3))
    assert not np.array_equal(first, shorter)
    after(push("#truncation", 1))
    page.click("summary")
    assert not np.array_equal(first, after(push("#numbers input", 3.5)))
    page.click("#set-a")
    another = after(lambda: page.click("#random"))
    assert not np.array_equal(first, another)
    page.click("#set-b")
    half = after(push("#way", 0.5))
    assert not np.array_equal(half, another)
    assert np.abs(after(push("#way", 1)).astype(int) - another).max() <= 1
    after(push("#truncation", 0.5))
    assert np.array_equal(after(lambda: page.click("#kept button")), first)
    page.screenshot(path=tmp_path / "page.png", full_page=True)
    with Image.open(tmp_path / "page.png") as shot:
        assert shot.width == 1200
    assert page.complaints == []


def test_a_painting_can_be_downloaded(painter, served, visit):
    page = visit(f"{served}#seed=42")
    with page.expect_download() as download:
        page.click("#download")
    assert download.value.suggested_filename == "My----page-seed-000042.png"
    image = Image.open(io.BytesIO(Path(download.value.path()).read_bytes())).convert("RGB")
    assert np.array_equal(np.asarray(image), pixels(page))
    latent = read_latents(Path(download.value.path()), painter.latent, painter.fingerprint)[0]
    assert (latent.name, latent.seed) == ("seed-000042", 42)
    assert np.allclose(latent.values, of_seed(42, painter.latent).values, atol=3e-6)


def test_kept_paintings_outlive_the_page(served, visit):
    page = visit(f"{served}#seed=42")
    expected = pixels(page)
    page.click("#keep")
    page.reload()
    page.wait_for_selector("body[data-state=ready]")
    assert page.locator("#kept img").count() == 1
    before = page.evaluate(PAINTINGS)
    page.click("#random")
    settle(page, before)
    before = page.evaluate(PAINTINGS)
    page.click("#kept button")
    settle(page, before)
    assert np.array_equal(pixels(page), expected)
    assert page.input_value("#seed") == "42"
    page.click("#kept button", modifiers=["Shift"])
    page.reload()
    page.wait_for_selector("body[data-state=ready]")
    assert page.locator("#kept button").count() == 0
    assert page.complaints == []


def test_a_kept_painting_goes_by_a_button_for_fingers_and_keys(served, visit):
    page = visit(f"{served}#seed=42", width=380)
    for _ in range(3):
        page.click("#keep")
    box = page.locator("#kept .remove").first.bounding_box()
    assert min(box["width"], box["height"]) >= 24
    page.get_by_role("button", name="Remove: seed 42").first.click()
    assert page.locator("#kept img").count() == 2
    page.keyboard.press("Enter")  # the focus is on the next one's
    assert page.locator("#kept img").count() == 1
    page.keyboard.press("Enter")
    assert page.locator("#kept img").count() == 0
    assert page.evaluate("document.activeElement.id") == "keep"
    page.reload()
    page.wait_for_selector("body[data-state=ready]")
    assert page.locator("#kept img").count() == 0
    assert page.input_value("#seed") == "42"
    assert page.complaints == []


def test_wandering_is_not_read_out(served, visit):
    page = visit(served)
    status = page.locator("#status")
    assert status.get_attribute("role") == "status"
    before = page.evaluate(PAINTINGS)
    page.click("#wander")
    settle(page, before + 1)
    assert status.get_attribute("aria-live") == "off"
    failing = "(fail('it is gone'), status_.getAttribute('aria-live'))"
    assert page.evaluate(failing) == "polite"


def test_a_picture_that_was_moved_is_no_seeds_any_more(served, visit):
    page = visit(f"{served}#seed=42")
    assert page.input_value("#seed") == "42"
    script = "(e, v) => { e.value = v; e.dispatchEvent(new Event('input')); }"
    for selector in ("#directions input", "#truncation"):
        page.fill("#seed", "42")
        page.locator("#seed").dispatch_event("change")
        assert page.url.endswith("#seed=42")
        page.locator(selector).first.evaluate(script, 0.5)
        assert page.input_value("#seed") == ""
        assert "#seed" not in page.url


def test_labels_can_be_chosen(labelled, tmp_path, visit):
    page = visit(write_web(labelled, tmp_path, "Mine").index.as_uri())
    first, before = pixels(page), page.evaluate(PAINTINGS)
    page.select_option("#label", label="snow")
    settle(page, before)
    assert not np.array_equal(first, pixels(page))


def test_it_fits_a_telephone(served, visit):
    page = visit(served, width=380)
    page.evaluate("document.querySelector('h1').textContent = 'a-name-without-a-gap'.repeat(9)")
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "model",
    [
        {"size": 64, "latent": 100, "generator_width": 64},
        {
            "architecture": "paint-by-numbers",
            "size": 128,
            "latent": 256,
            "generator_width": 64,
        },
    ],
)
def test_it_wanders_at_ten_paintings_a_second(model, tmp_path, visit):
    """The nets of the published recipes at their full width."""
    painter = load_generator(write(tmp_path / "mine", **model))
    page = visit(write_web(painter, tmp_path / "page", "Mine").index.as_uri())
    page.click("#wander")
    page.wait_for_timeout(1_000)
    # The time in the worker: how often the page may draw is up to the machine's other work.
    took = page.evaluate("times.slice().sort((a, b) => a - b)[Math.floor(times.length / 2)]")
    begun = page.evaluate(PAINTINGS)
    page.wait_for_timeout(2_000)
    shown = (page.evaluate(PAINTINGS) - begun) / 2
    assert took < 100, f"{took:.0f} ms a painting, {shown:.1f} shown a second"
    assert shown > 2


def test_a_browser_that_cannot_says_so(site, browser):
    page = browser.new_page()
    page.add_init_script("delete window.Worker")
    page.goto((site / "index.html").as_uri())
    page.wait_for_selector("body[data-state=failed]")
    assert "cannot run the generator" in page.inner_text("#status")
    page.close()

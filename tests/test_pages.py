"""The pages that people look at, opened in a real Chromium: whole, quiet, and wide enough."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from impasto.cli import app
from tests.chromium import needs_chromium
from tests.conftest import TINY_OPTIONS

pytestmark = needs_chromium


class Opened:
    """A page in the browser, and all that it said or asked for."""

    def __init__(self, page, path: Path) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))
        page.goto(path.resolve().as_uri())

    def pictures(self) -> list[int]:
        """The width of every picture as it was decoded; 0 for a broken one."""
        return self.page.eval_on_selector_all("img", "all => all.map(each => each.naturalWidth)")

    def overflow(self) -> int:
        """Pixels that the page is wider than its window."""
        return self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )


@pytest.fixture
def look(browser) -> Iterator:
    """Open a page in a window of a given width."""
    contexts = []

    def look(path: Path, width: int = 1200) -> Opened:
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}))
        return Opened(contexts[-1].new_page(), path)

    yield look
    for context in contexts:
        context.close()


def check(opened: Opened, path: Path, pictures: int) -> None:
    assert opened.complaints == []
    others = [url for url in opened.asked if not url.startswith("data:")]
    assert others == [path.resolve().as_uri()]  # nothing else is asked for: it is self-contained
    widths = opened.pictures()
    assert len(widths) >= pictures
    assert min(widths) > 0
    assert opened.overflow() == 0


def test_the_report_of_a_run_is_whole(paintings, tmp_path, look):
    arguments = ["train", str(paintings), "--out", str(tmp_path / "run"), "--images", "24"]
    result = CliRunner().invoke(app, [*arguments, *TINY_OPTIONS])
    assert result.exit_code == 0, result.stderr
    page = tmp_path / "run/report.html"
    for width in (1200, 380):
        opened = look(page, width)
        check(opened, page, pictures=4)
    assert opened.page.locator("svg polyline").count() == 6
    assert "12 pictures of “paintings” at 32×32" in " ".join(opened.page.inner_text("body").split())


@pytest.mark.slow
def test_the_demo_tells_the_whole_story(tmp_path, look):
    out = tmp_path / "demo"
    arguments = ["demo", "--out", str(out), "--minutes", "0.05", "--pictures", "64"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.stderr
    for width in (1200, 380):
        opened = look(out / "index.html", width)
        check(opened, out / "index.html", pictures=3)
    text = opened.page.inner_text("body")
    for part in ("The gallery", "What it learns from", "How the paintings grew", "Curves"):
        assert part in text
    assert "impasto train my-paintings --minutes 60" in text


def test_a_family_tree_is_whole(tmp_path, look):
    from impasto.explore.family import breed
    from impasto.generate.artefact import load_generator
    from impasto.generate.latents import of_seed
    from tests.generate.conftest import write_generator

    painter = load_generator(write_generator(tmp_path / "generator"))
    parents = [of_seed(seed, painter.latent) for seed in (3, 17)]
    breed(painter, *parents, "genes", 3, 0, tmp_path / "family")
    page = tmp_path / "family/lineage.html"
    opened = look(page, 1200)
    assert opened.complaints == []
    assert [url for url in opened.asked if not url.startswith("data:")] == [page.as_uri()]
    drawn = opened.page.eval_on_selector_all(
        "svg image",
        "all => Promise.all(all.map(async each => {"
        " const picture = new Image(); picture.src = each.getAttribute('href');"
        " await picture.decode(); return picture.naturalWidth; }))",
    )
    assert drawn == [32] * 5
    assert opened.page.locator("svg path").count() == 6
    assert "child-0003" in opened.page.text_content("svg")

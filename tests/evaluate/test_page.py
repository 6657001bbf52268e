"""The page of a judgement in a real Chromium."""

import pytest

from impasto.core.images import save
from impasto.data.colourfield import paint
from impasto.evaluate.pipeline import judge_subject
from tests.test_pages import check, look, pytestmark  # noqa: F401


@pytest.fixture
def judged(tmp_path):
    for number in range(24):
        save(paint(number, 72), tmp_path / "originals" / f"{number}.png")
    for number in range(13):
        name = "a rather long name of a picture that must not widen the page"
        save(paint(number + 20, 72), tmp_path / "painted" / f"{name} {number}.png")
    judge_subject(
        tmp_path / "painted", tmp_path / "out", against=str(tmp_path / "originals"), count=None,
        checkpoint="best", networks=["lite0", "lite2"], seed=0,
    )  # fmt: skip
    return tmp_path / "out/evaluation.html"


def test_the_page_of_a_judgement_is_whole(judged, look):  # noqa: F811
    for width in (1200, 380):
        opened = look(judged, width)
        check(opened, judged, pictures=2 + 13 * 4)
    assert opened.page.locator("img.copy").count() == 4
    text = " ".join(opened.page.inner_text("body").split())
    assert "lite0@128" in text
    assert "lite2@128" in text
    assert "Nearest originals" in text

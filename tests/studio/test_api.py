"""What pages ask for: uploads, jobs, pictures, favourites; hostile ones get a sentence."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from impasto.core.images import encode
from impasto.studio.pages import DOCS, SCREENS
from impasto.studio.workspace import identity
from tests.studio import fuzz


def png(side: int = 24) -> bytes:
    return encode(np.random.default_rng(side).integers(0, 255, (side, side, 3), dtype=np.uint8))


def test_an_svg_and_strokes_are_saved_and_never_shown(client, folder):
    place = folder / "painted" / "photo"
    place.mkdir(parents=True)
    (place / "strokes.json").write_text('{\n "strokes": [\n  [1],\n  [2]\n ]\n}\n')
    (place / "painting.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (place / "painting.png").write_bytes(png())
    which = identity("painting", "painted/photo")
    about = client.get(f"/api/paintings/{which}").json
    assert about["files"] == ["painting", "strokes", "svg"]
    assert about["strokes"] == 2
    for what, how in (("svg", "attachment"), ("strokes", "attachment"), ("painting", "inline")):
        answer = client.get(f"/api/paintings/{which}/{what}")
        assert answer.headers["content-disposition"].startswith(how)
    assert client.get(f"/api/paintings/{which}/secret.txt").status == 409


@pytest.mark.parametrize("screen", ["", *SCREENS[1:]])
def test_a_page_says_its_texts_and_leads_to_its_documentation(client, screen):
    page = client.get(f"/{screen}").content.decode()
    assert "built-in" not in page  # no method instead of a text
    assert '<h2 id="keys-title">Keys</h2>' in page
    for name in DOCS[screen or "home"]:
        assert f'href="/docs/{name}"' in page
        answer = client.get(f"/docs/{name}")
        assert answer.status == 200
        assert b'<img src="pictures' not in answer.content  # its pictures are not here


def test_every_page_of_the_documentation_that_is_shown_comes_with_the_package():
    included = Path(__file__).parents[2].joinpath("pyproject.toml").read_text()
    for name in {each for pages in DOCS.values() for each in pages}:
        assert f'"docs/{name}.md" = "impasto/studio/docs/{name}.md"' in included


@given(data=st.data())
@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_is_asked_nothing_breaks_and_nothing_leaves_the_workspace(
    client, furnished, tmp_path, data
):
    """Every address, with odd ids, odd bodies: a sentence or a file of the workspace, never 500."""
    fuzz.ask(client, tmp_path, tmp_path / "outside", data.draw(fuzz.requests(furnished)))


@pytest.mark.slow
def test_every_address_with_every_id_stays_inside_the_workspace(client, furnished, tmp_path):
    for asked in fuzz.sweep(furnished):
        fuzz.ask(client, tmp_path, tmp_path / "outside", asked)


@pytest.fixture
def furnished(folder, tmp_path):
    return fuzz.furnish(folder, tmp_path / "outside")

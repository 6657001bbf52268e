"""What pages ask for: uploads, jobs, pictures, favourites; hostile ones get a sentence."""

import base64
import io
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from impasto.core.images import encode
from impasto.studio import uploads
from impasto.studio.pages import DOCS, SCREENS
from impasto.studio.workspace import identity
from tests.studio import fuzz


def png(side: int = 24) -> bytes:
    return encode(np.random.default_rng(side).integers(0, 255, (side, side, 3), dtype=np.uint8))


def drop(client, content: bytes, name: str = "a.png", folder: str = ""):
    return client.post(f"/api/uploads?name={quote(name)}&folder={folder}", content)


def test_a_photograph_is_dropped_shown_and_painted(client, studio):
    answer = drop(client, png(), "My Photo.png")
    which = answer.json["id"]
    small = client.get(f"/api/uploads/{which}?side=160")
    assert small.headers["content-type"] == "image/webp"
    assert Image.open(io.BytesIO(small.content)).size == (24, 24)
    job = client.post("/api/ask/paint", {"subject": which, "values": {"strokes": 200}}).json
    assert job["command"] == (
        "impasto paint pictures/photographs/My-Photo.png --strokes=200 --out=painted/My-Photo"
    )
    assert [each["state"] for each in client.get("/api/jobs").json] == ["waiting"]
    again = client.post("/api/ask/paint", {"subject": which, "values": {}}).json
    assert "--out=painted/My-Photo-2" in again["command"]  # the first is going to be there
    assert client.get("/api/home").json["photographs"][0]["id"] == which


def test_strokes_are_drawn_again_by_their_own_command(client, folder):
    place = folder / "painted" / "heron"
    place.mkdir(parents=True)
    (place / "painting.png").write_bytes(png())
    (place / "strokes.json").write_text("{}")
    heron = identity("painting", "painted/heron")
    for values, option in (({"size": 2048}, "--size=2048"), ({"svg": True}, "--svg")):
        job = client.post("/api/ask/repaint", {"subject": heron, "values": values}).json
        assert job["command"].startswith(f"impasto repaint painted/heron/strokes.json {option} ")
    refused = client.post("/api/ask/repaint", {"subject": heron, "values": {"strokes": 9}}).json
    assert "nothing that can be set here" in refused["error"]


def test_the_same_picture_again_is_the_same_file_and_another_of_its_name_is_not(client, folder):
    first = drop(client, png(24)).json["id"]
    assert drop(client, png(24)).json["id"] == first
    assert drop(client, png(32)).json["id"] != first
    names = sorted(path.name for path in (folder / "pictures" / "photographs").iterdir())
    assert names == ["a-2.png", "a.png"]


def test_what_is_no_picture_is_refused_in_a_sentence_and_leaves_nothing(client, folder):
    for content in (b"", b"no picture", b"<svg onload='x()'/>", png()[:60], b"MZ" + b"\0" * 500):
        answer = drop(client, content, "photo.jpg")
        assert answer.status == 409
        assert answer.json["error"].startswith("photo.jpg")
        assert answer.json["error"].count("\n") == 0
    assert list((folder / "pictures" / "photographs").iterdir()) == []


def test_a_flood_is_cut_off(client, folder, monkeypatch):
    monkeypatch.setattr(uploads, "LARGEST", 1000)
    answer = drop(client, b"x" * 1001, "flood.png")
    assert "larger than" in answer.json["error"]
    assert list((folder / "pictures" / "photographs").iterdir()) == []


@pytest.mark.parametrize(
    "name", ["../../../evil.png", "/etc/evil.png", "..\\..\\evil.png", ".hidden", "a\0b.png", "<b>"]
)
def test_a_name_that_climbs_stays_in_its_folder(client, folder, tmp_path, name):
    assert drop(client, png(), name).status == 200
    inside = list((folder / "pictures" / "photographs").iterdir())
    assert len(inside) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["secret.txt", "workspace"]


def test_a_folder_keeps_its_labels(client, folder):
    home = client.post("/api/folders", {"name": "../My Album"}).json["id"]
    for name in ("My Album/monet/1.png", "My Album/2.png", "My Album/../../3.png"):
        assert drop(client, png(), name, home).status == 200
    album = folder / "pictures" / "My-Album"
    found = sorted(path.relative_to(album).as_posix() for path in album.rglob("*.png"))
    assert found == ["2.png", "3.png", "monet/1.png"]
    assert client.get(f"/api/folders/{home}").json == {"title": "My-Album", "count": 3}
    job = client.post("/api/ask/train", {"subject": home, "values": {"minutes": 5}}).json
    assert job["command"] == "impasto train pictures/My-Album --minutes=5 --out=runs/My-Album"
    ahead = client.post("/api/ask/forecast", {"subject": home, "values": {"minutes": 5}}).json
    assert ahead["command"] == "impasto train pictures/My-Album --minutes=5 --dry-run"
    assert ahead["lane"] == "short"


def test_a_training_goes_on_with_its_own_command_for_longer(client, studio, folder):
    home = client.post("/api/folders", {"name": "album"}).json["id"]
    first = client.post("/api/ask/train", {"subject": home, "values": {"minutes": 5}}).json
    (folder / "runs" / "album" / "samples").mkdir(parents=True)
    run = identity("run", "runs/album")
    refused = client.post("/api/ask/continue", {"subject": run, "values": {"minutes": 9}})
    assert "being trained already" in refused.json["error"]
    client.post(f"/api/jobs/{first['id']}/cancel")
    longer = client.post("/api/ask/continue", {"subject": run, "values": {"minutes": 9}}).json
    assert longer["command"] == "impasto train pictures/album --minutes=9 --out=runs/album"
    client.post(f"/api/jobs/{longer['id']}/cancel")
    mended = client.post("/api/ask/continue", {"subject": run, "values": {"guard": "rescue"}}).json
    assert mended["command"].endswith("--minutes=9 --guard=rescue --out=runs/album")


def test_a_favourite_is_kept_with_its_note_and_hostile_ones_are_text(client, folder):
    generator = next(i["id"] for i in client.get("/api/home").json["items"] if i["playable"])
    picture = base64.b64encode(png()).decode()
    one = {"generator": generator, "seed": 7, "truncation": 0.8, "note": "<script>x</script>"}
    which = client.post("/api/favourites", {**one, "picture": picture}).json["id"]
    assert client.get("/api/favourites").json[0]["note"] == one["note"]
    assert client.get(f"/api/favourites/{which}/picture").headers["content-type"] == "image/png"
    client.post("/api/favourites", {**one, "note": "red"})  # the same painting
    assert [each["note"] for each in client.get("/api/favourites").json] == ["red"]
    for bad in (
        {"seed": -1},
        {"seed": 1.5},
        {"seed": True},
        {"truncation": 9},
        {"note": "x" * 501},
    ):
        assert client.post("/api/favourites", {**one, **bad}).status == 409
    assert client.post("/api/favourites", {**one, "picture": "bm8gcGljdHVyZQ=="}).status == 409
    assert client.ask("DELETE", f"/api/favourites/{which}").status == 200
    assert client.get("/api/favourites").json == []


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

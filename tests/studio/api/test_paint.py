"""Paintings that are ordered on the page."""

import io
from concurrent.futures import ThreadPoolExecutor

from PIL import Image

from impasto.studio.workspace import identity
from tests.studio.conftest import drop
from tests.studio.test_api import png


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


def test_tabs_that_ask_at_once_get_a_place_each(client, studio):
    picture = drop(client, png(), "heron.png").json

    def ask(_: int) -> str:
        return studio.actions.ask("paint", picture["id"], {}).place

    with ThreadPoolExecutor(8) as tabs:
        places = list(tabs.map(ask, range(24)))
    assert len(set(places)) == 24


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
    assert "nothing that can be set" in refused["error"]

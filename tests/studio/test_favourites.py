"""Favourites and their notes."""

import base64
import json

from impasto.core.files import write_json
from impasto.studio import favourites
from tests.studio.test_api import png


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


def test_a_wall_of_favourites_reads_them_once_and_sees_what_changed(client, studio, monkeypatch):
    generator = next(i["id"] for i in client.get("/api/home").json["items"] if i["playable"])
    picture = base64.b64encode(png()).decode()
    keep = {"generator": generator, "picture": picture}
    kept = [client.post("/api/favourites", {**keep, "seed": n}).json["id"] for n in range(3)]
    reads, read_json = [], favourites.read_json
    monkeypatch.setattr(
        favourites, "read_json", lambda *given: reads.append(1) or read_json(*given)
    )
    for which in kept:
        assert client.get(f"/api/favourites/{which}/picture").status == 200
    assert len(reads) == 1
    rows = json.loads(studio.favourites.file.read_text())
    write_json(studio.favourites.file, rows[1:])  # by another studio of this workspace
    assert client.get(f"/api/favourites/{kept[0]}/picture").status == 409
    client.ask("DELETE", f"/api/favourites/{kept[1]}")
    assert client.get(f"/api/favourites/{kept[1]}/picture").status == 409
    assert [each["id"] for each in client.get("/api/favourites").json] == [kept[2]]

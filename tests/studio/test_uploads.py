"""Files that are dropped on the page."""

from urllib.parse import quote

import pytest

from impasto.studio import uploads
from tests.studio.conftest import drop
from tests.studio.test_api import png


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


def test_what_serves_another_picture_lies_apart_and_is_no_photograph(client, studio, folder):
    mask = client.post("/api/uploads?name=mask.png&aside=true", png(24)).json["id"]
    photograph = drop(client, png(32)).json["id"]
    assert studio.uploads.file(mask) == folder / ".studio" / "uploads" / "mask.png"
    assert client.get(f"/api/uploads/{mask}?side=160").status == 200
    home = client.get("/api/home").json
    assert [each["id"] for each in home["photographs"]] == [photograph]
    values = {"mask": mask, "style": mask}
    job = client.post("/api/ask/paint", {"subject": photograph, "values": values}).json
    assert "--mask=.studio/uploads/mask.png" in job["command"]
    for climbing in ("../../../evil.png", "..\\..\\evil.png"):
        address = f"/api/uploads?name={quote(climbing)}&aside=true"
        assert client.post(address, png()).status == 200
    assert sorted(path.name for path in folder.iterdir()) == [".studio", "pictures"]

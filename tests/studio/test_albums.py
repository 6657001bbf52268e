"""Folders of pictures and their labels."""

import pytest

from impasto.core.images import save
from impasto.data.colourfield import paint as colourfield
from impasto.studio import albums
from tests.studio.conftest import ALBUM


def test_labels_are_seen_changed_and_changed_back(client, album):
    about = client.get(f"/api/albums/{ALBUM}").json
    assert about["labels"] == [["", 1], ["a <b>", 4], ["monet", 4]]
    odd = {each["id"]: "Claude Monet" for each in about["pictures"] if each["label"] == "monet"}
    done = client.post(f"/api/albums/{ALBUM}/labels", {"labels": odd}).json
    assert done["command"].startswith("mv -n pictures/album/monet/0.png pictures/album/Claude-Mone")
    labels = client.get(f"/api/albums/{ALBUM}").json["labels"]
    assert labels == [["", 1], ["Claude-Monet", 4], ["a <b>", 4]]
    assert not (album / "monet").exists()
    client.post(f"/api/albums/{ALBUM}/labels", {"labels": done["back"]})
    assert client.get(f"/api/albums/{ALBUM}").json["labels"] == about["labels"]


@pytest.mark.parametrize("label", ["../../evil", "/etc", "..", "a/b", "\0", ".hidden"])
def test_a_label_that_climbs_stays_in_the_folder(client, album, tmp_path, label):
    which = client.get(f"/api/albums/{ALBUM}").json["pictures"][0]["id"]
    client.post(f"/api/albums/{ALBUM}/labels", {"labels": {which: label}})
    assert len(list(album.rglob("*.png"))) == 9
    assert sorted(p.name for p in tmp_path.iterdir()) == ["secret.txt", "workspace"]


def test_a_wall_lists_and_names_its_folder_once(client, studio, album, monkeypatch):
    pictures = client.get(f"/api/albums/{ALBUM}").json["pictures"]
    looks, names = [], []
    listing, id_of = studio.workspace.pictures_of, albums.id_of
    monkeypatch.setattr(studio.workspace, "pictures_of", lambda at: looks.append(at) or listing(at))
    monkeypatch.setattr(albums, "id_of", lambda *each: names.append(each) or id_of(*each))
    for each in pictures:
        assert client.get(f"/api/albums/{ALBUM}/{each['id']}").status == 200
    assert (len(looks), len(names)) == (0, len(pictures))
    top = next(each["id"] for each in pictures if each["name"] == "top.png")
    (album / "top.png").unlink()
    assert client.get(f"/api/albums/{ALBUM}/{top}").status == 409
    save(colourfield(2, 32), album / "new.png")
    which = id_of(studio.workspace.item(ALBUM), "new.png")
    assert client.get(f"/api/albums/{ALBUM}/{which}").status == 200


def test_a_label_that_is_renamed_takes_every_picture_along(client, album):
    (album / "monet" / "scan.psd").write_bytes(b"8BPS")
    about = client.get(f"/api/albums/{ALBUM}").json
    assert about["labels"] == [["", 1], ["a <b>", 4], ["monet", 5]]
    named = {each["id"]: "Claude" for each in about["pictures"] if each["label"] == "monet"}
    client.post(f"/api/albums/{ALBUM}/labels", {"labels": named})
    assert (album / "Claude" / "scan.psd").is_file()
    assert not (album / "monet").exists()

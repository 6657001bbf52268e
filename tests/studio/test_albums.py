"""Folders of pictures and their labels."""

import pytest

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

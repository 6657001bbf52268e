"""Pictures: archives, labels, what cleaning would do, and a review; hostile ones get a sentence."""

import io
import json
import os
import tarfile
import zipfile
from urllib.parse import quote

import pytest

from impasto.core.images import save
from impasto.data.colourfield import paint as colourfield
from impasto.prepare.decisions import read_decisions
from impasto.prepare.pipeline import prepare
from impasto.studio import uploads
from impasto.studio.workspace import identity

ALBUM = identity("pictures", "pictures/album")
SET = identity("set", "prepared/album-32")


def archive(names, content=None) -> bytes:
    from impasto.core.images import encode

    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for number, name in enumerate(names):
            made.writestr(name, content if content is not None else encode(colourfield(number, 48)))
    return file.getvalue()


def unpack(client, content, name="my album.zip"):
    return client.post(f"/api/archives?name={quote(name)}", content)


@pytest.fixture
def album(folder):
    """Eight pictures under two labels, and one without."""
    place = folder / "pictures" / "album"
    for seed in range(8):
        save(colourfield(seed, 64), place / ("a <b>" if seed % 2 else "monet") / f"{seed}.png")
    save(colourfield(9, 64), place / "top.png")
    return place


@pytest.fixture
def prepared(album, folder):
    save(colourfield(1, 300)[:20], album / "long.png")
    prepare(album, folder / "prepared" / "album-32", size=32)
    return folder / "prepared" / "album-32"


def test_a_zip_becomes_a_folder_with_its_labels(client, folder):
    answer = unpack(client, archive(["x/monet/1.png", "x/2.png", "x/notes.txt", "x/.hidden.png"]))
    assert answer.json == {"id": identity("pictures", "pictures/my-album"), "count": 2}
    found = sorted(p.relative_to(folder / "pictures").as_posix()
                   for p in (folder / "pictures").rglob("*.png"))  # fmt: skip
    assert found == ["my-album/2.png", "my-album/monet/1.png"]
    again = unpack(client, archive(["1.png"])).json["id"]
    assert again == identity("pictures", "pictures/my-album-2")
    assert not list((folder / ".studio" / "unpacking").iterdir())


def test_what_is_no_archive_or_leads_outside_is_refused_and_leaves_nothing(
    client, folder, tmp_path
):
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as made:
        link = tarfile.TarInfo("secret.png")
        link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path / "secret.txt")
        made.addfile(link)
    hostile = archive(["../../../evil.png", "/etc/evil.png"])
    bomb = archive(["a.png"], b"\0" * 2**26)
    for content in (b"", b"no archive", hostile[:200], tar.getvalue(), archive(["a.txt"]), bomb):
        answer = unpack(client, content)
        assert answer.status == 409, answer.content
        assert str(tmp_path) not in answer.json["error"]
    unpack(client, hostile)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["secret.txt", "workspace"]
    assert not list((folder / ".studio" / "unpacking").iterdir())


def test_a_flood_of_an_archive_is_cut_off(client, monkeypatch):
    monkeypatch.setattr(uploads, "LARGEST_ARCHIVE", 1000)
    assert "larger than" in unpack(client, b"x" * 1001).json["error"]


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


def test_twenty_are_tried_with_the_forms_own_values(client, album):
    def tried(values):
        return client.post(f"/api/albums/{ALBUM}/preview", {"values": values})

    rows = tried({"size": "32"}).json["rows"]
    assert [row["keep"] for row in rows] == [True] * 9
    assert rows[0]["results"][0].startswith("data:image/webp;base64,")
    strict = tried({"size": "256"}).json["rows"]
    assert {row["reason"] for row in strict} == {"too small"}
    for bad in ({"size": "7"}, {"size": "x"}, {"fit": "no"}, {"out": "x"}, {"enlarge": "x"}):
        assert tried(bad).status == 409


def test_a_folder_is_cleaned_by_a_command_and_anew_into_the_same_set(client, prepared, studio):
    ask = {"subject": ALBUM, "values": {"size": "32", "fit": "pad", "features": False}}
    job = client.post("/api/ask/prepare", ask).json
    assert job["command"] == (
        "impasto prepare pictures/album --size=32 --fit=pad --no-features --out=prepared/album-32"
    )
    other = client.post("/api/ask/prepare", {"subject": ALBUM, "values": {}}).json
    assert other["command"].endswith("--out=prepared/album-64")


def test_a_review_keeps_drops_and_undoes_on_disk(client, prepared):
    about = client.get(f"/api/sets/{SET}").json
    assert (about["found"], about["kept"], about["source"]) == (10, 9, ALBUM)
    assert about["reasons"] == [["too small", 1]]
    assert not about["waiting"]
    told = client.get(f"/api/sets/{SET}/review/rows").json
    number = next(row["id"] for row in told["rows"] if row["name"] == "long.png")
    address = f"/api/sets/{SET}/review"
    assert client.get(f"{address}/picture/{number}/large").headers["content-type"] == "image/webp"
    client.post(f"{address}/decide", {"keep": [number]})
    assert {d.file: d.reason for d in read_decisions(prepared) if d.by_hand} == {
        "long.png": "kept by hand"
    }
    os.utime(prepared / "decisions.csv")
    assert client.get(f"/api/sets/{SET}").json["waiting"]
    assert client.post(f"{address}/undo", {}).json["steps"] == 0
    assert not [d for d in read_decisions(prepared) if d.by_hand]
    for bad in ({"keep": [10**9]}, {"keep": "x"}, {"drop": [True]}, {}):
        assert client.post(f"{address}/decide", bad).status == 409
    sheet = client.get(f"/api/sets/{SET}/sheet")
    assert sheet.content[:4] == b"RIFF"
    home = next(each for each in client.get("/api/home").json["items"] if each["id"] == SET)
    assert home["cover"]
    assert client.get(f"/api/items/{SET}/cover").content == sheet.content


def test_a_set_that_names_files_elsewhere_shows_none_of_them(client, prepared, tmp_path):
    save(colourfield(5, 64), tmp_path / "private.png")
    file = prepared / ".workbench" / "review.json"
    review = json.loads(file.read_text())
    for row in review["rows"]:
        row["path"] = str(tmp_path / "private.png")
    file.write_text(json.dumps(review))
    answer = client.get(f"/api/sets/{SET}/review/picture/0")
    assert answer.status == 409
    assert "not in the workspace" in answer.json["error"]
    (tmp_path / "private.png").unlink()


def test_a_museum_is_asked_by_a_command_and_for_more_by_the_same(client, folder, studio):
    values = {"query": "--out=/etc; rm", "artist": ["Claude Monet"], "limit": 12}
    job = client.post("/api/ask/collect", {"subject": "met", "values": values}).json
    assert job["command"].startswith("impasto collect met '--query=--out=/etc; rm' '--artist=Claud")
    assert client.post("/api/ask/collect", {"subject": "urls", "values": {}}).status == 409
    assert client.post(
        "/api/ask/collect", {"subject": "met", "values": {"query": "a\nb"}}
    ).status == 409  # fmt: skip
    place = folder / studio.jobs.all()[0].place
    place.mkdir(parents=True)
    (place / "provenance.csv").write_text("file,title,licence\n1.jpg,<b>x,CC0\n2.jpg,y,CC0\n")
    which = identity("pictures", f"pictures/{place.name}")
    assert client.get(f"/api/albums/{which}").json["collected"]["licences"] == [["CC0", 2]]
    studio.jobs.all()[0].cancel()
    more = client.post("/api/ask/collect-more", {"subject": which, "values": {"limit": 50}}).json
    assert "--limit=50" in more["command"]
    assert "--limit=12" not in more["command"]

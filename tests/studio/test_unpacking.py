"""Archives that are dropped on the page."""

import io
import tarfile
import zipfile
from urllib.parse import quote

from impasto.data.colourfield import paint as colourfield
from impasto.studio import uploads
from impasto.studio.workspace import identity


def archive(names, content=None) -> bytes:
    from impasto.core.images import encode

    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for number, name in enumerate(names):
            made.writestr(name, content if content is not None else encode(colourfield(number, 48)))
    return file.getvalue()


def unpack(client, content, name="my album.zip"):
    return client.post(f"/api/archives?name={quote(name)}", content)


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

"""Ids inside the workspace, and nothing of what lies outside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impasto.core.files import write_json
from impasto.data.files import list_names
from impasto.errors import ImpastoError
from impasto.studio.workspace import Workspace, safe_name, unused


def test_everything_made_by_commands_is_there_newest_first(folder):
    (folder / "runs" / "mine" / "samples").mkdir(parents=True)
    (folder / "painted" / "photo").mkdir(parents=True)
    (folder / "painted" / "photo" / "strokes.json").write_text("{}")
    (folder / "pictures" / "album").mkdir(parents=True)
    write_json(folder / "prepared" / "album-64" / "dataset.json", {"count": 3})
    (folder / "runs" / "prepared").mkdir()  # holds sets, is no run
    found = Workspace(folder).items()
    mine = [item for item in found if item.kind != "generator"]
    assert {(item.kind, item.name) for item in mine} == {
        ("run", "runs/mine"),
        ("painting", "painted/photo"),
        ("pictures", "pictures/album"),
        ("set", "prepared/album-64"),
    }
    assert [item.changed for item in mine] == sorted((i.changed for i in mine), reverse=True)
    assert found[-1].kind == "generator"
    assert len({item.id for item in found}) == len(found)


def test_links_out_of_the_workspace_lead_nowhere(folder, tmp_path):
    (tmp_path / "elsewhere" / "strokes").mkdir(parents=True)
    (folder / "painted").mkdir()
    (folder / "painted" / "planted").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "strokes.json").write_text("{}")
    (folder / "painted" / "real").mkdir()
    (folder / "painted" / "real" / "painting.png").symlink_to(tmp_path / "secret.txt")
    workspace = Workspace(folder)
    assert [i.name for i in workspace.items() if i.kind == "painting"] == ["painted/real"]
    with pytest.raises(ImpastoError, match="not in the workspace"):
        workspace.file(folder / "painted" / "real" / "painting.png")


@pytest.mark.parametrize("which", ["", "..", "../secret.txt", "0" * 16, "painted/real"])
def test_what_is_no_id_is_nothing(folder, which):
    with pytest.raises(ImpastoError, match="not in the workspace"):
        Workspace(folder).item(which)


@given(st.text(max_size=300))
def test_a_strangers_name_becomes_a_plain_one(text):
    name = safe_name(text, "picture")
    assert name
    assert not {"/", "\\", "\0", "\n", " ", "<"} & set(name)
    assert not name.startswith((".", "-"))
    assert len(name.encode()) <= 255
    assert safe_name(name, "picture") == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\pictures\\My Dog.JPG", "My-Dog.JPG"),
        ("..", "picture"),
        ("été <b>.jpg", "été-b.jpg"),
        ("con.jpg", "_con.jpg"),
        ("a" * 300 + ".tiff", "a" * 75 + ".tiff"),
    ],
)
def test_names_stay_readable(text, name):
    assert safe_name(text, "picture") == name


def test_nothing_is_written_over(folder):
    (folder / "a.jpg").touch()
    (folder / "a-2.jpg").touch()
    assert unused(folder, "a.jpg").name == "a-3.jpg"


def test_a_copys_copy_is_counted_on_and_a_number_in_a_name_stays(folder):
    for name in ("heron", "heron-2", "kodim-12"):
        (folder / name).mkdir()
    assert unused(folder, "heron-2").name == "heron-3"
    assert unused(folder, "kodim-12").name == "kodim-12-2"
    assert unused(folder, "heron-2", {folder / "heron-3"}).name == "heron-4"


def test_a_wall_of_thousands_lists_its_folder_once_and_sees_what_changed(tmp_path, monkeypatch):
    album = tmp_path / "pictures" / "album"
    album.mkdir(parents=True)
    for name in ("a", "c"):
        (album / f"{name}.png").write_bytes(b"x")
    workspace, looks = Workspace(tmp_path), []
    listing = workspace.pictures_of
    monkeypatch.setattr(workspace, "pictures_of", lambda at: looks.append(at) or listing(at))
    for _ in range(5):
        assert workspace.picture_of(album, 1).name == "c.png"
    assert len(looks) == 1
    (album / "c.png").unlink()
    (album / "b.png").write_bytes(b"x")
    assert workspace.picture_of(album, 1).name == "b.png"
    with pytest.raises(ImpastoError, match="fewer"):
        workspace.picture_of(album, 2)


def test_a_folder_shows_what_commands_take_for_pictures_and_no_links(folder, tmp_path):
    album = folder / "pictures" / "album"
    names = ["a.psd", "b.jp2", "c.ppm", "d.qoi", "monet.md/e.JPG", "scan"]
    for name in [*names, "f-paint.png", "f-paint.json", "notes.txt", "more.zip", ".hidden.png",
                 ".trash/g.png", "__MACOSX/h.png", "Thumbs.db"]:  # fmt: skip
        (album / name).parent.mkdir(parents=True, exist_ok=True)
        (album / name).write_bytes(b"x")
    (album / "link.png").symlink_to(tmp_path / "secret.txt")
    (album / "elsewhere").symlink_to(tmp_path)
    found = [path.relative_to(album).as_posix() for path in Workspace(folder).pictures_of(album)]
    assert found == names
    for link in ("link.png", "elsewhere"):
        (album / link).unlink()
    assert found == list_names(album)[0]


def test_what_stands_for_a_folder_is_a_usual_picture_or_any(folder):
    album = folder / "pictures" / "album"
    album.mkdir(parents=True)
    (album / "a.psd").touch()
    workspace = Workspace(folder)
    (item,) = (each for each in workspace.items() if each.kind == "pictures")
    assert workspace.cover(item) == album / "a.psd"
    (album / "b.png").touch()
    assert workspace.cover(item) == album / "b.png"


def test_what_vanishes_while_it_is_listed_hides_nothing_else(folder, monkeypatch):
    for name in ("gone", "there"):
        (folder / "pictures" / name).mkdir(parents=True)
    inside = Workspace._inside

    def vanishing(self, path):
        if path.name == "gone":
            path.rmdir()
            return True
        return inside(self, path)

    monkeypatch.setattr(Workspace, "_inside", vanishing)
    found = [item.name for item in Workspace(folder).items() if item.kind == "pictures"]
    assert found == ["pictures/there"]

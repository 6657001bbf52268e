"""What a picture's file carries besides its pixels, and whose place it takes."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from impasto.core import files
from impasto.core.images import save
from impasto.core.notes import Notes, made_from, mark, own_file, own_folder, read_notes
from impasto.errors import ImpastoError

PICTURE = np.zeros((6, 8, 3), np.uint8)
TEXT = json.dumps({"values": [0.1] * 200, "label": "Ève \\ \ud800"})


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp"])
def test_every_format_brings_it_back(tmp_path, name):
    notes = Notes(TEXT, "0123-4567", 300)
    save(PICTURE, tmp_path / name, notes=notes)
    found = read_notes(tmp_path / name)
    assert (found.latents, found.source) == (TEXT, "0123-4567")
    with Image.open(tmp_path / name) as image:
        assert image.size == (8, 6)
        exif = image.getexif()  # the one place that WebP has for it
        dpi = exif[282] if name.endswith("webp") else image.info["dpi"][0]
        assert round(dpi) == 300


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp"])
def test_latents_without_room_are_left_out_and_the_rest_stays(tmp_path, name):
    save(PICTURE, tmp_path / name, notes=Notes("9" * 2_000_000, "0123"))
    assert read_notes(tmp_path / name) == Notes(None, "0123", None)


def test_other_files_carry_nothing_and_none_is_one_sentence(tmp_path):
    (tmp_path / "a.gif").write_bytes(b"GIF89a")
    assert read_notes(tmp_path / "a.gif") == Notes()
    save(PICTURE, tmp_path / "plain.webp")
    assert read_notes(tmp_path / "plain.webp") == Notes()
    with pytest.raises(ImpastoError, match="is missing"):
        read_notes(tmp_path / "b.png")


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["png", "jpeg", "webp"]), st.data())
def test_damage_is_one_sentence(tmp_path_factory, kind, data):
    path = tmp_path_factory.mktemp("damage") / f"a.{kind}"
    save(PICTURE, path, notes=Notes(TEXT, "0123"))
    content = bytearray(path.read_bytes())
    for _ in range(4):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    try:
        read_notes(path)
    except ImpastoError as error:
        assert str(path) in str(error)


def test_what_was_made_from_another_file_is_never_replaced(tmp_path):
    a, b = tmp_path / "a/p.png", tmp_path / "b/p.png"
    wanted = tmp_path / "out/p.png"
    assert own_file(wanted, a) == wanted
    save(PICTURE, wanted, notes=Notes(source=f"{mark(a)}-more"))
    assert own_file(wanted, a) == wanted
    second = own_file(wanted, b)
    assert second == tmp_path / "out/p-2.png"
    save(PICTURE, second, notes=Notes(source=mark(b)))
    assert own_file(wanted, b) == second
    save(PICTURE, wanted)  # somebody's own
    assert own_file(wanted, a) == tmp_path / "out/p-3.png"
    assert made_from(wanted, a, unmarked=True)


def test_a_folder_remembers_what_it_was_made_for(tmp_path):
    a, b, wanted = tmp_path / "a/p.png", tmp_path / "b/p.png", tmp_path / "painted/p"

    def claim(wanted, source):
        with own_folder(wanted, source) as folder:
            return folder

    assert claim(wanted, a) == wanted == claim(wanted, a)
    assert claim(wanted, b) == tmp_path / "painted/p-2" == claim(wanted, b)
    (tmp_path / "painted/old").mkdir()
    (tmp_path / "painted/old/painting.png").touch()  # by an earlier version
    assert claim(tmp_path / "painted/old", a) == tmp_path / "painted/old-2"
    with pytest.raises(KeyError), own_folder(tmp_path / "painted/none", a):
        raise KeyError
    assert not (tmp_path / "painted/none").exists()
    with pytest.raises(KeyError), own_folder(tmp_path / "new/and/none", a):
        raise KeyError
    assert not (tmp_path / "new").exists()
    with pytest.raises(KeyError), own_folder(tmp_path / "new/p", a):
        (tmp_path / "new/another's").mkdir()
        raise KeyError
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["another's"]


def test_a_claim_that_is_killed_is_never_half_of_a_mark(tmp_path, monkeypatch):
    source, wanted = tmp_path / "p.png", tmp_path / "painted"

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "publish", killed)
    with pytest.raises(KeyboardInterrupt), own_folder(wanted, source):
        pass
    assert not (wanted / ".source").exists()


def test_what_kill_9_leaves_of_a_claim_does_not_take_the_name(tmp_path):
    source, wanted = tmp_path / "p.png", tmp_path / "painted"
    wanted.mkdir()
    (wanted / "..source.abcdefgh.part").touch()
    with own_folder(wanted, source) as folder:
        assert folder == wanted
        assert [path.name for path in folder.iterdir()] == [".source"]
    (tmp_path / "other").mkdir()
    (tmp_path / "other/.a.png.abcdefgh.part").touch()
    with own_folder(tmp_path / "other", source) as folder:
        assert folder == tmp_path / "other-2"

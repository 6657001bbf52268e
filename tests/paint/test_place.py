"""Whose files in a painting's folder may be replaced or removed."""

import numpy as np
import pytest

from impasto.core.given import forget_given, give
from impasto.core.images import save
from impasto.core.notes import Notes
from impasto.errors import ImpastoError
from impasto.paint.document import BEGUN, IN_PROGRESS
from impasto.paint.place import EVERY, PREVIEW, check_place, is_ours, remove_stale

OURS = '{\n "format": "impasto-strokes",\n "version": 1\n}'


@pytest.mark.parametrize("name", [*EVERY, PREVIEW])
def test_others_files_are_not_replaced(tmp_path, name):
    (tmp_path / name).write_text("somebody else's")
    with pytest.raises(ImpastoError, match=rf"--out .* holds a {name} that Impasto did not write"):
        check_place(tmp_path, [name])
    check_place(tmp_path, [other for other in EVERY if other != name])
    check_place(tmp_path / "new", EVERY)
    remove_stale(tmp_path, [])
    assert (tmp_path / name).exists()


def test_an_earlier_painting_is_replaced_and_what_it_left_is_removed(tmp_path):
    for name in (*EVERY, PREVIEW, "mine.txt"):
        (tmp_path / name).write_text(OURS if name == "strokes.json" else "")
    assert is_ours(tmp_path)
    check_place(tmp_path, [*EVERY, PREVIEW])
    remove_stale(tmp_path, ["strokes.json", "painting.png"])
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"strokes.json", "painting.png", PREVIEW, "mine.txt"}


@pytest.mark.parametrize("name", [PREVIEW, BEGUN])
def test_what_a_killed_process_left_is_ours(tmp_path, name):
    (tmp_path / "painting.mp4").touch()
    save(np.zeros((8, 8, 3), np.uint8), tmp_path / name)
    with pytest.raises(ImpastoError, match=r"painting\.mp4"):
        check_place(tmp_path, ["painting.mp4", name])
    save(np.zeros((8, 8, 3), np.uint8), tmp_path / name, notes=Notes(source=IN_PROGRESS))
    check_place(tmp_path, ["painting.mp4", name])


def test_what_was_given_is_neither_replaced_nor_removed(tmp_path):
    (tmp_path / "strokes.json").write_text(OURS)
    (tmp_path / "painting.webp").touch()
    give(tmp_path / "painting.webp")
    try:
        with pytest.raises(ImpastoError, match=r"painting\.webp would be replaced"):
            check_place(tmp_path, ["painting.webp"])
        remove_stale(tmp_path, ["strokes.json"])
    finally:
        forget_given()
    assert (tmp_path / "painting.webp").exists()

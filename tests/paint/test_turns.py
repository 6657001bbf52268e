"""Pictures in turn: one that cannot be painted does not stop the rest."""

from pathlib import Path

import pytest

from impasto.errors import ImpastoError
from impasto.paint.commission import Done
from impasto.paint.turns import LeftOutError, paint_in_turn

FILES = [Path(name) for name in ("a.png", "b.png", "c.png")]


def painting(broken: dict[str, str], stopped: str = ""):
    def paint(file: Path) -> Done:
        if file.name in broken:
            raise ImpastoError(broken[file.name])
        return Done({"painting": file}, 1, 20.0, 1.0, True, stopped=file.name == stopped)

    return paint


def test_the_rest_is_painted_and_what_was_left_out_is_named(capsys):
    with pytest.raises(
        LeftOutError, match=r"1 picture of 3 could not be painted.*: b\.png\.$"
    ) as e:
        paint_in_turn(FILES, painting({"b.png": "It is torn."}))
    assert [done.files["painting"].name for done in e.value.finished] == ["a.png", "c.png"]
    assert "b.png was left out: It is torn." in capsys.readouterr().err


def test_ctrl_c_leaves_the_rest():
    assert len(paint_in_turn(FILES, painting({}, stopped="b.png"))) == 2


def test_where_nothing_could_be_painted_the_reason_is_said():
    same = dict.fromkeys(("a.png", "b.png", "c.png"), "--thinnest is too thin.")
    with pytest.raises(ImpastoError, match=r"None of the 3 pictures .*: --thinnest is too thin\.$"):
        paint_in_turn(FILES, painting(same))
    with pytest.raises(ImpastoError, match=r"^--thinnest"):
        paint_in_turn(FILES[:1], painting(same))
    with pytest.raises(ImpastoError, match="reasons are above"):
        paint_in_turn(FILES, painting(same | {"b.png": "It is torn."}))


@pytest.mark.parametrize("before", [0, 1])
def test_ctrl_c_before_a_pictures_first_strokes_keeps_those_before(before):
    begun = []

    def paint(file: Path) -> Done:
        begun.append(file)
        if len(begun) > before:
            raise KeyboardInterrupt
        return Done({}, 1, 20.0, 1.0, True)

    files = [Path("a"), Path("b"), Path("c")]
    if not before:
        with pytest.raises(KeyboardInterrupt):
            paint_in_turn(files, paint)
    else:
        assert len(paint_in_turn(files, paint)) == 1
    assert len(begun) == before + 1

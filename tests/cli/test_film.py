"""`impasto film`, and what made films before."""

import json
from pathlib import Path

import pytest

from impasto.errors import ImpastoError
from tests.cli.test_verbs import impasto
from tests.generate.conftest import write_generator

SHORT = ("--seeds", "1,2", "--seconds", "0.2", "--fps", "10", "--json")


def files(said: str) -> list[str]:
    return json.loads(said.splitlines()[-1])["files"]


def test_a_film_goes_smoothly_and_is_that_of_the_old_spelling(tmp_path):
    run = write_generator(tmp_path / "best").parent
    status, new, said = impasto("film", run, *SHORT, "--film-as", "webp", "--out", tmp_path / "new")
    assert status == 0, said
    assert "impasto film" not in said
    old = ("--interpolate", "cubic", "--film", "webp", "--out", tmp_path / "old")
    status, before, said = impasto("generate", run, *SHORT, *old)
    assert status == 0, said
    assert "impasto film" in said
    (one,), (other,) = files(new), files(before)
    assert one.endswith("new/cubic-1-2.webp") and other.endswith("old/cubic-1-2.webp")
    assert Path(one).read_bytes() == Path(other).read_bytes()
    status, again, _ = impasto("film", run, *SHORT, "--as", "webp", "--out", tmp_path / "again")
    assert status == 0
    assert Path(files(again)[0]).read_bytes() == Path(one).read_bytes()


def test_a_circle_and_a_sheet_of_a_way(tmp_path):
    run = write_generator(tmp_path / "best").parent
    status, said, wrong = impasto(
        "film", run, "--seeds", "1,2", "--json", "--circle", "--grid", "--out", tmp_path
    )
    assert status == 0, wrong
    assert files(said)[0].endswith("circle-1-2.png")
    with pytest.raises(ImpastoError, match="choose one"):
        impasto("film", run, "--circle", "--interpolate", "slerp")

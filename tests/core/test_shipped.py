"""Generators that come with Impasto: found by name, never in the way of a user's folder."""

from pathlib import Path

import pytest

from impasto.core import shipped
from impasto.errors import ImpastoError


@pytest.fixture
def weights(tmp_path, monkeypatch) -> Path:
    """Two shipped generators, as far as names go, in a package of their own."""
    place = tmp_path / "package"
    for name in ("poppies-32", "haystacks-32"):
        (place / name).mkdir(parents=True)
        (place / name / "model.json").write_text("{}")
    (place / "README.md").write_text("no generator")
    monkeypatch.setattr(shipped, "WEIGHTS", place)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return place


def test_a_name_is_the_packages_folder(weights):
    assert shipped.names() == ["haystacks-32", "poppies-32"]
    assert shipped.locate(Path("poppies-32")) == weights / "poppies-32"


def test_a_path_that_exists_wins(weights):
    Path("poppies-32").mkdir()
    assert shipped.locate(Path("poppies-32")) == Path("poppies-32")
    assert shipped.workplace(Path("poppies-32")) == Path("poppies-32")


@pytest.mark.parametrize(
    "name", ["poppies", "../haystacks-32", "README.md", "poppies-32/model.json"]
)
def test_anything_else_is_one_sentence_that_lists_the_names(weights, name):
    with pytest.raises(ImpastoError, match=r"no folder .*: haystacks-32, poppies-32\.$") as caught:
        shipped.locate(Path(name))
    assert name in str(caught.value)
    assert shipped.workplace(Path(name)) == Path(name)


def test_without_any_nothing_is_listed(tmp_path, monkeypatch):
    monkeypatch.setattr(shipped, "WEIGHTS", tmp_path / "nowhere")
    assert shipped.names() == []
    with pytest.raises(ImpastoError, match=r"name a run that `impasto train` made\.$"):
        shipped.locate(Path("poppies-32"))


def test_what_is_made_never_goes_into_the_package(weights):
    place = shipped.workplace(Path("poppies-32"))
    assert place == Path("runs/shipped/poppies-32")
    assert shipped.workplace(Path("runs/mine")) == Path("runs/mine")


def test_a_run_is_found_by_its_name_alone(weights):
    Path("runs/mine").mkdir(parents=True)
    assert shipped.locate(Path("mine")) == Path("runs/mine")
    assert shipped.workplace(Path("mine")) == Path("runs/mine")
    Path("runs/poppies-32").mkdir()
    assert shipped.locate(Path("poppies-32")) == weights / "poppies-32"  # as it always was
    Path("mine").mkdir()
    assert shipped.locate(Path("mine")) == Path("mine")
    for name in ("../runs", "x/mine", "."):
        assert shipped.find(Path(name) / "nothing") is None


def test_a_run_of_nearly_that_name_is_asked_for(weights):
    for name in ("meadows-impasto-64", "faces-impasto-64"):
        (Path("runs") / name).mkdir(parents=True)
        (Path("runs") / name / "recipe.yaml").touch()
    meant = r"; do you mean runs/meadows-impasto-64\? If not, name a run .*: haystacks-32"
    for name in ("meadow-impasto-64", "runs/meadows-impasto-46", "else/meadows-impasto"):
        with pytest.raises(ImpastoError, match=f"no folder {name}{meant}"):
            shipped.locate(Path(name))
    Path("meadows").mkdir()  # the pictures, not what was learnt from them
    with pytest.raises(ImpastoError, match=f"meadows holds no generator{meant}"):
        shipped.check_generator(Path("meadows"))
    with pytest.raises(ImpastoError, match="no folder zzz"):
        shipped.locate(Path("zzz"))

"""Children of two pictures, in a folder that grows."""

from xml.etree import ElementTree

import pytest
import torch

from impasto.errors import ImpastoError
from impasto.explore.family import breed, parent
from impasto.explore.lineage import Lineage
from impasto.generate.artefact import load_generator
from impasto.generate.gallery import paint_files
from impasto.generate.latents import of_seed
from tests.explore.test_mix import two
from tests.generate.conftest import LATENT, write_generator


def test_a_family_grows_and_is_drawn(painter, tmp_path):
    a, b = two()
    first = breed(painter, a, b, "genes", 3, 0, tmp_path)
    assert [path.name for path in first] == ["child-0001.png", "child-0002.png", "child-0003.png"]
    child = parent(painter, str(first[1]))
    assert child.parents == ("seed-000001", "seed-000002")
    second = breed(painter, child, parent(painter, "9"), "between", 2, 0, tmp_path)
    third = breed(painter, a, b, "layers", 1, 0, tmp_path)
    assert [path.name for path in second] == ["child-0004.png", "child-0005.png"]
    assert len(third) == 3

    lineage = Lineage.read(tmp_path)
    assert [len(row) for row in lineage.generations()] == [2, 7, 2]  # seed 9 stands beside
    assert lineage.members["child-0004"].parents == ("child-0002", "seed-000009")
    drawing = ElementTree.parse(tmp_path / "lineage.svg").getroot()
    svg = "{http://www.w3.org/2000/svg}"
    assert len(drawing.findall(f".//{svg}image")) == 11
    assert len(drawing.findall(f".//{svg}path")) == 2 * 8
    assert "http" not in (tmp_path / "lineage.html").read_text().replace(svg[1:-1], "")
    assert all((tmp_path / f"{name}.png").is_file() for name in lineage.members)


@pytest.mark.parametrize("how", ["genes", "between", "layers"])
def test_the_same_call_twice_leaves_one_family(painter, tmp_path, how):
    def files() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in family.iterdir()}

    family, (a, b) = tmp_path / "family", two()
    first, before = breed(painter, a, b, how, 2, 0, family), files()
    first[0].unlink()  # as if it had been interrupted, or tidied away
    assert breed(painter, a, b, how, 2, 0, family) == first
    assert files() == before


def test_more_children_and_other_tosses_are_added_to_those_that_are_there(painter, tmp_path):
    a, b = two()
    first = breed(painter, a, b, "genes", 2, 0, tmp_path)
    more = breed(painter, a, b, "genes", 3, 0, tmp_path)
    assert more[:2] == first and more[2].name == "child-0003.png"
    other = breed(painter, a, b, "genes", 1, 5, tmp_path)
    assert [path.name for path in other] == ["child-0004.png"]


def test_a_child_by_another_generator_is_never_painted_over(painter, tmp_path):
    a, b = two()
    (first,) = breed(painter, a, b, "genes", 1, 0, tmp_path)
    before = first.read_bytes()
    another = load_generator(write_generator(tmp_path / "another", seed=1))
    (second,) = breed(another, a, b, "genes", 1, 0, tmp_path)
    assert second.name == "child-0002.png" and first.read_bytes() == before


def test_parents_are_seeds_or_pictures_of_ours(painter, tmp_path):
    assert torch.equal(parent(painter, "5").values, of_seed(5, LATENT).values)
    paint_files(painter, [of_seed(6, LATENT)], 1, tmp_path)
    assert parent(painter, str(tmp_path / "seed-000006.png")).seed == 6
    crossed = breed(painter, *two(), "layers", 1, 0, tmp_path / "family")[0]
    with pytest.raises(ImpastoError, match="a parent is one picture"):
        parent(painter, str(crossed))
    for text in ("nothing.png", "-3", str(2**63)):
        with pytest.raises(ImpastoError):
            parent(painter, text)

"""A family's members and their drawing."""

import json
from dataclasses import replace
from xml.etree import ElementTree

import pytest
import torch

from impasto.errors import ImpastoError
from impasto.explore.family import breed
from impasto.explore.lineage import Lineage, Member
from impasto.generate.latents import of_seed, read_latents
from tests.explore.test_mix import two
from tests.generate.conftest import LATENT


def test_another_latent_of_the_same_name_is_another_member(painter, tmp_path):
    a, b = two()
    breed(painter, a, b, "genes", 1, 0, tmp_path)
    stranger = replace(of_seed(77, LATENT), name="seed-000001")
    breed(painter, stranger, b, "genes", 1, 0, tmp_path)
    members = Lineage.read(tmp_path).members
    assert members["child-0002"].parents == ("seed-000001-2", "seed-000002")
    kept = read_latents(tmp_path / "seed-000001.json", LATENT)[0]
    assert torch.equal(kept.values, a.values)


def test_a_picture_that_was_deleted_keeps_its_place(painter, tmp_path):
    a, b = two()
    breed(painter, a, b, "genes", 2, 0, tmp_path)
    (tmp_path / "child-0001.png").unlink()
    assert Lineage.read(tmp_path).draw().count("<image") == 3


def test_names_are_escaped_in_the_drawing(tmp_path):
    lineage = Lineage(tmp_path, [Member("a\u202e", (), '<script>"&\x1b\ud800')])
    drawn = ElementTree.fromstring(lineage.draw())
    assert drawn.findtext(".//{*}title") == r'a\u202e: <script>"&\x1b\ud800'
    assert "<script" not in lineage.draw()


@pytest.mark.parametrize(
    "members",
    [
        {},
        [{}],
        [{"name": "../x"}],
        [{"name": "a"}, {"name": "a"}],
        [{"name": "a", "parents": ["b"]}, {"name": "b"}],
        [{"name": "a", "parents": ["a"]}],
        [{"name": "a", "how": 3}],
        [{"name": "a", "parents": "b"}],
        [{"name": f"n{i}"} for i in range(2_001)],
    ],
)
def test_a_malformed_lineage_is_one_sentence(tmp_path, members):
    text = json.dumps({"format": "impasto-lineage", "version": 1, "members": members})
    (tmp_path / "lineage.json").write_text(text)
    with pytest.raises(ImpastoError, match=r"lineage\.json"):
        Lineage.read(tmp_path)

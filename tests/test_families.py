"""A family is a row and a file."""

from importlib import import_module

import pytest

from impasto.config import Model
from impasto.families import FAMILIES, families_heeding, families_with


@pytest.mark.parametrize("name", FAMILIES)
def test_every_row_has_a_file_with_its_two_functions(name):
    module = import_module(f"impasto.models.{name.replace('-', '_')}")
    assert callable(module.generator_of)
    assert callable(module.discriminator_of)


def test_the_families_with_a_trait_are_named_in_words():
    assert families_with("labels") == "impasto"
    assert families_with("looks_through") == "projected or impasto"


def test_what_a_family_heeds_are_knobs_of_its_networks_that_another_ignores():
    for family in FAMILIES.values():
        for knob in family.heeds:
            assert knob in Model.model_fields
            assert len(families_heeding(knob)) < len(FAMILIES)
    assert families_heeding("latent") == ()

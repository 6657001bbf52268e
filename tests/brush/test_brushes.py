"""The brushes that ship."""

import json

import numpy as np
import pytest
import safetensors.torch
import torch

from impasto.brush.actions import geometry_of, random_actions
from impasto.brush.brushes import WEIGHTS, load_brush, read_network
from impasto.brush.engine import draw
from impasto.brush.settings import BRUSHES, SETTINGS
from impasto.errors import ImpastoError

LEAST = {"dry": 23.5, "oil": 23.5, "wash": 32.0, "ink": 25.5, "charcoal": 25.5}
"""dB that a brush's network must reach against its engine on strokes that it has not seen."""


@pytest.mark.parametrize("name", BRUSHES)
def test_every_brush_ships_a_network_that_draws_like_its_engine(name):
    brush = load_brush(name)
    geometry = geometry_of(random_actions(48, np.random.default_rng(12345)))
    with torch.inference_mode():
        drawn = brush.network(torch.from_numpy(geometry))[:, 0].numpy()
    error = ((drawn - draw(geometry, name) / 255.0) ** 2).mean()
    assert -10 * np.log10(error) > LEAST[name]
    assert brush.summary
    assert not any(parameter.requires_grad for parameter in brush.network.parameters())


@pytest.mark.parametrize("name", BRUSHES)
def test_every_network_says_how_it_was_made(name):
    card = json.loads((WEIGHTS / f"{name}.json").read_text())
    assert card["brush"] == name
    assert all(command.startswith("impasto strokes ") for command in card["commands"])
    assert (WEIGHTS / f"{name}.safetensors").stat().st_size < 2**16


def test_an_unknown_brush_is_one_sentence():
    with pytest.raises(ImpastoError, match="Unknown brush 'sponge'; choose one of dry"):
        load_brush("sponge")


def test_a_strangers_weights_are_refused_in_one_sentence(tmp_path):
    broken, other = tmp_path / "broken.safetensors", tmp_path / "other.safetensors"
    broken.write_bytes(b"\x08\0\0\0\0\0\0\0garbage!")
    safetensors.torch.save_file({"x": torch.zeros(2)}, other)
    for path in (broken, other):
        with pytest.raises(ImpastoError, match=r"fit|stroke network"):
            read_network(path, SETTINGS["dry"])

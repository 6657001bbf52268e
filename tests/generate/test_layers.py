"""The layers that read the latent."""

from typing import get_args

import pytest
import torch
from torch import nn

from impasto.config import Model
from impasto.errors import ImpastoError
from impasto.generate.conditions import Conditioned
from impasto.generate.layers import readers
from impasto.models.build import build_generator
from tests.generate.conftest import LATENT


@pytest.mark.parametrize("family", get_args(Model.model_fields["architecture"].annotation))
def test_the_layer_that_reads_the_latent_is_found_in_every_family(family):
    model = Model(architecture=family, size=64, latent=24, generator_width=8)
    found = readers(build_generator(model).eval(), 24)
    assert len(found) == (2 if family == "impasto" else 1)  # its first maps, and its style
    for reader in found:
        assert reader.matrix().shape[1] == 24
        assert len(reader.matrix()) >= 8


def test_a_readers_matrix_is_what_the_layer_does():
    torch.manual_seed(0)
    z = torch.randn(5, 6)
    for layer, given in [
        (nn.Linear(6, 7, bias=False), z),
        (nn.ConvTranspose2d(6, 3, 4, bias=False), z[:, :, None, None]),
        (nn.Conv2d(6, 3, 1, bias=False), z[:, :, None, None]),
    ]:
        network = nn.Sequential(
            nn.Unflatten(1, given.shape[1:]) if given.ndim > 2 else nn.Identity(), layer
        )
        (reader,) = readers(network, 6)
        assert torch.allclose(z @ reader.matrix().t(), layer(given).flatten(1), atol=1e-5)


def test_a_reader_beside_a_label_knows_where_the_latent_begins(mapped):
    (reader,) = readers(Conditioned(mapped, "Klee"), LATENT)
    assert reader.start == 3
    assert torch.equal(reader.matrix(), mapped.network.mapping.layers[0].weight[:, 3:])


def test_a_generator_that_reads_nothing_is_one_sentence():
    with pytest.raises(ImpastoError, match="No layer"):
        readers(nn.Sequential(nn.ReLU(), nn.Linear(LATENT, 3)), LATENT)

"""The tutorial's networks."""

import pytest
from torch import nn

from impasto.models import dcgan


@pytest.mark.parametrize("norm", [True, False])
def test_batch_norm_stands_only_where_it_is_wanted(norm):
    for network in (dcgan.generator(64, 8, 4, norm), dcgan.discriminator(64, 4, norm)):
        assert any(isinstance(layer, nn.BatchNorm2d) for layer in network) == norm


def count(network: nn.Module) -> int:
    return sum(weight.numel() for weight in network.parameters())


def test_the_tutorials_nets_have_the_tutorials_weights():
    # As its printed layers add up: 100·512·16 + … + 64·3·16, and BatchNorm's pairs.
    assert count(dcgan.generator(64, 100, 64)) == 3_576_704
    assert count(dcgan.discriminator(64, 64)) == 2_765_568

"""What is done between steps."""

import torch
from torch import nn

from impasto.config import change
from impasto.train.hooks import average_settler
from impasto.train.steps import (
    gan_state,
)


def test_an_average_that_is_kept_has_statistics_of_its_weights_alone(tiny):
    """Whatever they were before: it does not matter how often somebody has looked."""
    for settle_it in (False, True):
        config = change(tiny, {"training.settle": settle_it, "training.ema_half_life": 100.0})
        state = gan_state(config, torch.device("cpu"))
        average, found = state.averages["generator"], []
        for before in (0.0, 7.0):
            for module in average.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.running_mean.fill_(before)
            average_settler(config, ())(state)
            found.append({n: v.clone() for n, v in average.state_dict().items()})
        same = all(torch.equal(found[0][name], found[1][name]) for name in found[0])
        assert same is settle_it

"""BatchNorm's statistics, for weights that were not trained but averaged or mixed."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from impasto.core.together import RANKS


@torch.no_grad()
def settle(network: nn.Module, batches: Iterable[tuple[Tensor, ...]]) -> None:
    """Count BatchNorm's statistics anew; the weights stay as they are.

    For weights that are a mean of others: means of their statistics are not the statistics of the
    mean (Izmailov et al. 2018, arXiv 1803.05407, section 3.2; a generator that learns fast has
    moved between them). Brock et al. 2019 (BigGAN, arXiv 1809.11096, appendix B, "standing
    statistics") count them before sampling, too.

    Args:
        network: changed in place; what its statistics were before does not matter.
        batches: what to paint meanwhile, as the generator takes it, as large as in training; of
            several processes each paints some.
    """
    norms = [module for module in network.modules() if isinstance(module, _BatchNorm)]
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the mean over all batches
        norm.train()
    own = [batch for number, batch in enumerate(batches) if number % RANKS.count == RANKS.rank]
    with RANKS.apart():
        for batch in own:
            network(*batch)
    if RANKS.count > 1:
        _put_together(norms, len(own))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
        norm.eval()


def _put_together(norms: list[_BatchNorm], count: int) -> None:
    """Make means over each process's batches, so many here, those over all of them."""
    kept = [norm.get_buffer(name) for norm in norms for name in ("running_mean", "running_var")]
    flat = torch.cat([*(count * each for each in kept), kept[0].new_tensor([count])])
    total = RANKS.sum(flat)
    means = torch.split(total[:-1] / total[-1], [len(each) for each in kept])
    for each, mean in zip(kept, means, strict=True):
        each.copy_(mean)
    for norm in norms:
        norm.get_buffer("num_batches_tracked").fill_(int(total[-1]))

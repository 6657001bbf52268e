"""The pattern that all pictures share: measured in their mean, taken off each."""

import numpy as np
import torch
from torch import nn

from impasto.metrics.pattern import stamp
from impasto.models.flat_field import FlatField, blurred, flatten
from impasto.models.impasto import Generator


class Stamped(nn.Module):
    """Noise as pictures, each with the same grid on it."""

    def __init__(self, flat: bool = True, share: float = 1.0) -> None:
        """`share` of the pictures carry the grid."""
        super().__init__()
        self.least = torch.distributions.Normal(0, 1).icdf(torch.tensor(1 - share))
        self.grid = torch.zeros(3, 32, 32)
        self.grid[:, ::4, ::4] = 0.2
        self.flat_field = FlatField(32, 32) if flat else nn.Identity()

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        """(N, 3072) → (N, 3, 32, 32)."""
        printed = (latents[:, 0] > self.least)[:, None, None, None]
        pictures = 0.3 * latents.view(-1, 3, 32, 32) + printed * self.grid
        return self.flat_field(pictures.clamp(-1, 1))


def painted(network: nn.Module, seed: int, count: int = 800) -> np.ndarray:
    latents = torch.randn(count, 3072, generator=torch.Generator().manual_seed(seed))
    return (network(latents).permute(0, 2, 3, 1) * 127.5 + 127.5).round().byte().numpy()


def batches(seed: int, count: int = 2000):
    chance = torch.Generator().manual_seed(seed)
    return [(torch.randn(200, 3072, generator=chance),) for _ in range(count // 200)]


def test_a_stamp_is_gone_from_pictures_that_it_was_not_measured_on():
    network = Stamped().eval()
    before = stamp(painted(network, 1))
    flatten(network, batches(2), batches(3, 400))
    after = stamp(painted(network, 1))
    assert before.correlation > 0.9
    assert abs(after.correlation) < 0.3  # what the mean of 2,000 still holds of their noise
    assert after.levels < before.levels / 5


def test_a_pattern_of_some_pictures_stays_so_that_others_do_not_get_it():
    network = Stamped(share=0.4).eval()
    before = painted(network, 1)
    assert flatten(network, batches(2), batches(3, 400)) < 0.5
    assert network.flat_field.pattern.any()  # it has been measured
    assert np.array_equal(painted(network, 1), before)


def test_the_noise_of_few_pictures_is_no_pattern_to_take_off():
    network = Stamped().eval()
    network.grid.zero_()
    before = painted(network, 1)
    assert flatten(network, batches(2), batches(3, 400)) is None
    assert np.array_equal(painted(network, 1), before)


def test_how_common_a_pattern_is_does_not_depend_on_the_noise_in_its_mean():
    network = Stamped().eval()
    found = [flatten(network, batches(2, count), batches(3)) for count in (200, 2000)]
    assert all(abs(each - 1) < 0.1 for each in found)


def test_what_it_takes_off_is_fine_and_the_rest_stays():
    network = Stamped().eval()
    flatten(network, batches(2), batches(3, 400))
    pattern = network.flat_field.pattern[None]
    assert blurred(pattern, 2.0).abs().mean() < 0.1 * pattern.abs().mean()
    assert pattern.abs().max() > 0.1


def test_measured_twice_it_is_the_same_pattern_and_not_the_rest_of_it():
    network = Stamped().eval()
    flatten(network, batches(2), batches(3, 400))
    first = network.flat_field.pattern.clone()
    flatten(network, batches(2), batches(3, 400))
    assert torch.equal(network.flat_field.pattern, first)


def test_a_network_in_training_and_one_without_a_field_are_left_as_they_are():
    network, plain = Stamped(), Stamped(flat=False)
    flatten(network.eval(), batches(2), batches(3, 400))
    flatten(plain.eval(), batches(2), batches(3, 400))
    latents = torch.randn(2, 3072)
    assert torch.equal(network.train()(latents), plain(latents))
    assert not torch.equal(network.eval()(latents), plain(latents))


def test_pictures_stay_within_their_range():
    field = FlatField(8, 8).eval()
    field.pattern.fill_(0.5)
    assert field(torch.full((1, 3, 8, 8), -0.9)).min() == -1
    field.pattern.fill_(-0.5)
    assert field(torch.full((1, 3, 8, 8), 0.9)).max() == 1


def test_the_field_of_a_generator_is_saved_with_it():
    torch.manual_seed(0)
    one, other = (Generator(32, 6, 2, flat_field=True).eval() for _ in range(2))
    one.flat_field.pattern.normal_(0, 0.1)
    other.load_state_dict(one.state_dict())
    latents = torch.randn(2, 6)
    with torch.no_grad():
        assert torch.equal(one(latents), other(latents))
    assert one(latents).abs().max() <= 1

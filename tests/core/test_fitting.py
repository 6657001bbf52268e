"""Tensors from a file fit, or nothing of them is loaded."""

import copy
import subprocess
import sys

import pytest
import torch
from torch import nn

from impasto import recipes
from impasto.config import change
from impasto.core.fitting import fitting_state, load_weights, shapes_only
from impasto.errors import ImpastoError
from impasto.models.build import build_generator


def weights(**changes: object) -> dict[str, object]:
    return {"weight": torch.ones(2, 3), "bias": torch.ones(2)} | changes


def test_weights_that_fit_are_loaded_whatever_their_precision():
    network = nn.Linear(3, 2)
    load_weights(network, weights(bias=torch.ones(2, dtype=torch.float16)), "a.safetensors")
    assert torch.equal(network.weight, torch.ones(2, 3))
    assert network.bias.dtype == torch.float32


def test_moments_are_laid_as_the_weights_lie_now():
    """A fused optimiser walks through both at once, in the order of memory."""
    torch.manual_seed(0)
    pictures = torch.randn(4, 3, 8, 8)

    def begun(order: torch.memory_format) -> tuple[nn.Module, torch.optim.Optimizer]:
        torch.manual_seed(1)
        network = nn.Conv2d(3, 5, 3).to(memory_format=order)
        return network, torch.optim.Adam(network.parameters(), lr=0.1, fused=True)

    def step(network: nn.Module, optimiser: torch.optim.Optimizer) -> None:
        optimiser.zero_grad()
        network(pictures).square().mean().backward()
        optimiser.step()

    before, optimiser = begun(torch.contiguous_format)
    step(before, optimiser)
    now, resumed = begun(torch.channels_last)
    now.load_state_dict(before.state_dict())
    resumed.load_state_dict(fitting_state(resumed, copy.deepcopy(optimiser.state_dict()), "a"))
    for network, its in ((before, optimiser), (now, resumed)):
        step(network, its)
    assert torch.allclose(now.weight, before.weight, atol=1e-5)


@pytest.mark.parametrize(
    ("found", "named"),
    [
        ([], "no tensors by name"),
        (weights(more=torch.ones(1)), "more is not known"),
        ({"weight": torch.ones(2, 3)}, "bias is missing"),
        (weights(bias=torch.ones(3)), r"bias is \(3,\), not \(2,\)"),
        (weights(bias=torch.ones(2, dtype=torch.int64)), "bias is torch.int64"),
        (weights(bias=[1.0, 1.0]), "bias is no plain tensor"),
        (weights(bias=torch.ones(2).to_sparse()), "bias is no plain tensor"),
        (weights(bias=torch.tensor([1.0, float("nan")])), "bias is NaN or infinite"),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_loaded(found, named):
    network = nn.Linear(3, 2)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with pytest.raises(ImpastoError, match=rf"a\.safetensors.*{named}"):
        load_weights(network, found, "a.safetensors")
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def stepped() -> torch.optim.Adam:
    network = nn.Linear(3, 2)
    adam = torch.optim.Adam(network.parameters(), 1e-3)
    network(torch.ones(1, 3)).sum().backward()
    adam.step()
    return adam


def test_the_state_of_such_an_optimiser_is_taken_over_with_its_rate():
    saved = stepped().state_dict()
    saved["param_groups"][0]["lr"] = 0.5
    found = fitting_state(stepped(), saved, "a.pt")
    assert found["param_groups"][0]["lr"] == 0.5


def test_moments_of_another_shape_are_refused():
    saved = stepped().state_dict()
    saved["state"][0]["exp_avg"] = torch.ones(99)
    with pytest.raises(ImpastoError, match="exp_avg of weight 0"):
        fitting_state(stepped(), saved, "a.pt")


@pytest.mark.parametrize("saved", [None, {}, {"param_groups": [], "state": {}}, {"state": 3}])
def test_what_is_no_optimisers_state_is_refused(saved):
    with pytest.raises(ImpastoError, match=r"a\.pt does not fit"):
        fitting_state(stepped(), saved, "a.pt")


@pytest.mark.parametrize("value", [1e38, -1e7, float("nan"), float("inf")])
def test_numbers_that_would_paint_black_are_refused(value):
    network = nn.Linear(2, 3)
    weights = {name: each.clone() for name, each in network.state_dict().items()}
    weights["weight"][1, 1] = value
    with pytest.raises(ImpastoError, match=r"x holds .*: weight "):
        load_weights(network, weights, "x")
    assert torch.isfinite(network.weight).all()


@pytest.mark.parametrize("name", recipes.names())
def test_shapes_alone_are_those_of_the_network(name):
    model = change(recipes.load(name), {"model.generator_width": 8}).model
    with shapes_only():
        shapes = build_generator(model).state_dict()
    whole = build_generator(model).state_dict()
    assert all(value.is_meta for value in shapes.values())
    assert {key: (value.shape, value.dtype) for key, value in shapes.items()} == {
        key: (value.shape, value.dtype) for key, value in whole.items()
    }


def test_a_generator_is_loaded_without_pytorchs_compiler():
    """It is two seconds of imports, which nothing needs that only paints."""
    program = (
        "import sys; from impasto.generate.artefact import load_generator;"
        "load_generator('impressionists-64'); print('torch._dynamo' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr

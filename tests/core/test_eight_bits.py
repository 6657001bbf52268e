"""Matrices as whole numbers of eight bits, and back."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as some
from safetensors.torch import save_file

from impasto.core import checkpoints
from impasto.core.checkpoints import read_weights
from impasto.core.eight_bits import LARGE, in_eight_bits, in_floats
from impasto.errors import ImpastoError


@given(
    shape=some.sampled_from([(LARGE + 1, 1), (1, LARGE + 1), (70, 60), (16, 32, 3, 3)]),
    exponent=some.integers(-30, 30),
    seed=some.integers(0, 2**31),
)
def test_no_number_moves_by_more_than_half_a_step(shape, exponent, seed):
    value = torch.randn(shape, generator=torch.Generator().manual_seed(seed)) * 2.0**exponent
    found = in_floats(in_eight_bits({"value": value}), "")["value"]
    largest = value.flatten(1).abs().amax(1).view(-1, *[1] * (value.dim() - 1))
    assert (found - value).abs().le(largest / 254 * (1 + 1e-5)).all()


def test_what_is_small_or_no_matrix_stays_as_it_is():
    weights = {"bias": torch.randn(2 * LARGE), "small": torch.randn(8, 8), "count": torch.arange(9)}
    assert in_eight_bits(weights) == weights
    assert in_floats(weights, "") == weights


def test_a_row_of_zeros_stays_zero():
    value = torch.randn(3, LARGE)
    value[1] = 0
    found = in_floats(in_eight_bits({"value": value}), "")["value"]
    assert torch.equal(found[1], torch.zeros(LARGE))


def test_a_file_of_them_is_read_as_floats(tmp_path):
    weights = {"value": torch.randn(64, 96), "bias": torch.randn(64).half()}
    save_file(in_eight_bits(weights), tmp_path / "w.safetensors")
    found = read_weights(tmp_path / "w.safetensors")
    assert {name: each.dtype for name, each in found.items()} == {
        "value": torch.float32,
        "bias": torch.float16,
    }
    assert (found["value"] - weights["value"]).abs().max() < 0.03


@pytest.mark.parametrize(
    ("value", "steps"),
    [
        (torch.ones(4, 3), torch.ones(4)),
        (torch.ones(4, 3, dtype=torch.int64), torch.ones(4)),
        (torch.ones(4, 3, dtype=torch.int8), torch.ones(4, dtype=torch.bool)),
        (torch.ones(4, 3, dtype=torch.int8), torch.ones(4, dtype=torch.complex64)),
        (torch.ones(4, 3, dtype=torch.int8), torch.ones(4).to(torch.float8_e4m3fn)),
    ],
)
def test_only_whole_numbers_of_eight_bits_have_steps(tmp_path, value, steps):
    save_file({"value": value, "value.steps": steps}, tmp_path / "w.safetensors")
    with pytest.raises(ImpastoError, match="value is not stored as whole numbers of eight bits"):
        read_weights(tmp_path / "w.safetensors")


def test_floats_of_half_a_byte_are_one_sentence(tmp_path):
    header = b'{"value":{"dtype":"F4","shape":[8,16],"data_offsets":[0,64]}}'
    file = tmp_path / "w.safetensors"
    file.write_bytes(len(header).to_bytes(8, "little") + header + bytes(64))
    with pytest.raises(ImpastoError, match=r"holds torch|of an unknown kind|not a safetensors"):
        read_weights(file)


def test_a_kind_of_number_that_pytorch_does_not_know_is_one_sentence(tmp_path, monkeypatch):
    def fails(_):
        raise AttributeError("module 'torch' has no attribute 'float8_e8m0fnu'")

    save_file({"value": torch.ones(4)}, tmp_path / "w.safetensors")
    monkeypatch.setattr(checkpoints.safetensors.torch, "load_file", fails)
    with pytest.raises(ImpastoError, match="numbers of an unknown kind"):
        read_weights(tmp_path / "w.safetensors")


def test_more_numbers_than_any_generator_has_are_not_unpacked(tmp_path, monkeypatch):
    value = {"value": torch.ones(64, 96)}
    save_file(in_eight_bits(value), tmp_path / "w.safetensors")
    monkeypatch.setattr(checkpoints, "LARGEST_ARTEFACT", 4 * 64 * 96)  # and the steps
    with pytest.raises(ImpastoError, match="more numbers than any of Impasto's"):
        read_weights(tmp_path / "w.safetensors")


@pytest.mark.parametrize("steps", [torch.ones(5), torch.ones(4, 1), torch.tensor(1.0)])
def test_steps_that_do_not_fit_are_one_sentence(tmp_path, steps):
    parts = {"value": torch.ones(4, 3, dtype=torch.int8), "value.steps": steps}
    save_file(parts, tmp_path / "w.safetensors")
    with pytest.raises(ImpastoError, match="value has not one step for each row"):
        read_weights(tmp_path / "w.safetensors")

"""ncnn's files: read right, or refused in a sentence."""

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from impasto.errors import ImpastoError
from impasto.upscale.ncnn import read_ncnn

HALF = 0x01306B47
GRAPH = """7767517
4 4
Input                    data    0 1 data
Convolution              Conv_0  1 1 data 54 0=5 1=3 4=1 5=1 6=135
PReLU                    PRelu_1 1 1 54 56 0=5
Convolution              Conv_2  1 1 56 57 0=3 1=1 5=0 6=15 9=2 -23310=1,2.000000e-01
"""


def numbers(half: bool) -> tuple[bytes, list[np.ndarray]]:
    """Weights of a graph as above, and what is to come out."""
    chance = np.random.default_rng(0)
    kind = np.float16 if half else np.float32
    first, last = (chance.normal(size=n).astype(kind) for n in (135, 15))
    bias, slopes = (chance.normal(size=5).astype(np.float32) for _ in range(2))
    tag = (HALF if half else 0).to_bytes(4, "little")
    padding = b"\0\0" if half else b""  # 135 and 15 are odd
    content = tag + first.tobytes() + padding + bias.tobytes() + slopes.tobytes()
    content += tag + last.tobytes() + padding
    return content, [first.reshape(5, 3, 3, 3), bias, slopes, last.reshape(3, 5, 1, 1)]


@pytest.fixture
def files(tmp_path):
    graph, weights = tmp_path / "a.param", tmp_path / "a.bin"
    graph.write_text(GRAPH)
    weights.write_bytes(numbers(half=True)[0])
    return graph, weights


@pytest.mark.parametrize("half", [True, False])
def test_weights_biases_and_slopes_come_out_in_order(files, half):
    content, expected = numbers(half)
    files[1].write_bytes(content)
    layers = read_ncnn(*files)
    assert [layer.kind for layer in layers] == ["Convolution", "PReLU", "Convolution"]
    found = [value for layer in layers for value in layer.weights.values()]
    assert all(value.dtype == torch.float32 for value in found)
    for value, wanted in zip(found, expected, strict=True):
        assert np.array_equal(value.numpy(), wanted.astype(np.float32))


def test_a_missing_file_says_what_to_do(files):
    files[1].unlink()
    with pytest.raises(ImpastoError, match="install its package again"):
        read_ncnn(*files)


@pytest.mark.parametrize(
    "broken",
    [
        lambda content: content[:-1],
        lambda content: content + b"\0",
        lambda content: b"\x05\0\0\0" + content[4:],
        lambda content: b"",
    ],
)
def test_numbers_that_do_not_fit_the_graph_are_refused(files, broken):
    files[1].write_bytes(broken(files[1].read_bytes()))
    with pytest.raises(ImpastoError, match="not a network"):
        read_ncnn(*files)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.text(alphabet="0123456789=- \nConvolutionPReLU", max_size=120), st.binary(max_size=64))
def test_any_content_is_layers_or_one_sentence(files, text, content):
    files[0].write_text("7767517\n1 1\n" + text)
    files[1].write_bytes(content)
    try:
        read_ncnn(*files)
    except ImpastoError as error:
        assert str(files[1]) in str(error)

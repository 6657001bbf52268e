"""Where a picture deserves care, as maps: faces and what stands out more than the rest."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.core.images import FILTER, Picture
from impasto.errors import ImpastoError

if TYPE_CHECKING:
    from impasto.metrics.gaze import Box

Array = NDArray[np.float32]

PLAIN, STANDS_OUT, FACE = 0.6, 1.2, 3.0
"""Weight of an error where nothing is, what saliency adds, and the weight inside a face."""

SALIENT, MOST_SALIENT = 0.6, 0.25
"""From this saliency on regions may be finer, on at most this share of the picture."""

HEAD = 1.15
"""How much more than the detector's box a face is: hair and chin."""


@dataclass(frozen=True)
class Attention:
    """What deserves care."""

    care: Array
    """(H, W), the weight of an error."""

    looked_at: NDArray[np.bool_]
    """(H, W), where regions may be finer."""

    faces: int
    """How many were found."""

    missing: str = ""
    """What could not be looked for, in a sentence."""

    heads: NDArray[np.bool_] | None = None
    """(H, W), where faces are; None where none was looked for."""


def attend(picture: Picture, width: int, height: int, watch: bool = True) -> Attention:
    """Look where people look.

    Args:
        picture: (H, W, 3), uint8.
        width: of the maps that are wanted, in pixels.
        height: of the same.
        watch: False: everything alike, nothing is loaded.
    """
    alike = Attention(np.ones((height, width), np.float32), np.zeros((height, width), bool), 0)
    if not watch:
        return alike
    try:
        from impasto.metrics.gaze import face_boxes, saliency

        stands_out, faces = saliency(picture), face_boxes(picture)
    except ImpastoError:
        return Attention(
            alike.care,
            alike.looked_at,
            0,
            "Faces and what stands out are drawn like the rest; to have them drawn more finely: "
            "pip install 'impasto[judges]'.",
        )
    salient = np.asarray(Image.fromarray(stands_out).resize((width, height), FILTER))
    care = (PLAIN + STANDS_OUT * np.clip(salient, 0, 1)).astype(np.float32)
    looked_at = salient > max(SALIENT, float(np.quantile(salient, 1 - MOST_SALIENT)))
    heads = np.zeros((height, width), bool)
    for face in faces:
        heads |= _ellipse(face, width, height)
    care[heads] = FACE
    return Attention(care, looked_at | heads, len(faces), heads=heads)


def _ellipse(box: "Box", width: int, height: int) -> NDArray[np.bool_]:
    rows, columns = np.ogrid[:height, :width]
    down = ((rows + 0.5) / height - (box.top + box.bottom) / 2) / (box.bottom - box.top)
    across = ((columns + 0.5) / width - (box.left + box.right) / 2) / (box.right - box.left)
    return np.asarray(down**2 + across**2 < (HEAD / 2) ** 2)

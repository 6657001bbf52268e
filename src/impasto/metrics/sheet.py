"""A sheet that shows generated pictures beside their nearest originals."""

import numpy as np
from numpy.typing import NDArray

from impasto.core.images import Picture
from impasto.metrics.copies import Found, Kind

SHOWN = 12
"""Pictures as they come on a sheet; as many again are those nearest to an original."""

FRAMES: dict[Kind, tuple[int, int, int]] = {
    "copy": (196, 48, 32),
    "close": (222, 160, 52),
    "its own": (250, 247, 241),
}
"""The colour about a generated picture: red for a copy, ochre for one that is close to one."""

_PAPER = (250, 247, 241)
_COLUMNS = 3
_FRAME = 4


def chosen(found: Found, shown: int = SHOWN) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows of the pictures to show: the first ones as they come, and those nearest to originals.

    The second are drawn from all and never repeat the first.
    """
    first = np.arange(min(shown, len(found.rows)))
    order = np.argsort(found.distances[:, 0], kind="stable")
    return first, order[~np.isin(order, first)][:shown]


def nearest_sheet(
    pictures: NDArray[np.uint8], originals: NDArray[np.uint8], found: Found, shown: int = SHOWN
) -> Picture:
    """Each picture in a frame, followed by its nearest originals; three such groups in a row.

    The upper half are pictures as they come, the lower half those nearest to an original.

    Args:
        pictures: (N, H, W, 3), uint8, RGB.
        originals: (M, H, W, 3), uint8, RGB; a memory map is read where needed.
        found: what `Originals.search` found for `pictures`.
        shown: pictures in each half.

    Returns:
        One picture, HWC.
    """
    halves = [_half(pictures, originals, found, rows) for rows in chosen(found, shown) if len(rows)]
    width = max(half.shape[1] for half in halves)
    space = np.full((4 * _FRAME, width, 3), _PAPER, dtype=np.uint8)
    parts = [part for half in halves for part in (_padded(half, width), space)]
    return np.concatenate(parts[:-1])


def _half(
    pictures: NDArray[np.uint8],
    originals: NDArray[np.uint8],
    found: Found,
    rows: NDArray[np.intp],
) -> Picture:
    groups = [_group(pictures[row], originals, found, int(row)) for row in rows]
    lines = [groups[at : at + _COLUMNS] for at in range(0, len(groups), _COLUMNS)]
    width = groups[0].shape[1] * min(_COLUMNS, len(groups))
    return np.concatenate([_padded(np.concatenate(line, axis=1), width) for line in lines])


def _group(picture: Picture, originals: NDArray[np.uint8], found: Found, row: int) -> Picture:
    framed = [_framed(picture, FRAMES[found.kind(row)])]
    framed += [_framed(np.asarray(originals[near]), _PAPER) for near in found.rows[row]]
    gap = np.full((framed[0].shape[0], 2 * _FRAME, 3), _PAPER, dtype=np.uint8)
    return np.concatenate([*framed, gap], axis=1)


def _framed(picture: Picture, colour: tuple[int, int, int]) -> Picture:
    height, width, _ = picture.shape
    sheet = np.full((height + 2 * _FRAME, width + 2 * _FRAME, 3), colour, dtype=np.uint8)
    sheet[_FRAME:-_FRAME, _FRAME:-_FRAME] = picture
    return sheet


def _padded(picture: Picture, width: int) -> Picture:
    right = np.full((picture.shape[0], width - picture.shape[1], 3), _PAPER, dtype=np.uint8)
    return np.concatenate([picture, right], axis=1)

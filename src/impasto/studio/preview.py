"""What `prepare` would make of some pictures, shown before all of them are cleaned.

Measured by prepare's own functions, in the process that makes thumbnails. Copies are found among
these few alone. Photographs are not sought: a photograph is what stands out from its whole set, and
by the limit for small sets paintings would be shown as photographs that the set keeps.
"""

import base64
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict, get_args

from impasto.errors import ImpastoError
from impasto.sizes import PrepareFit, read_sides

SHOWN = 20
"""Pictures of a folder that are tried."""

_SIDE = 192
"""Pixels of the longer side that a result is shown at, at most."""


def spread_out(files: Sequence[Path], most: int = SHOWN) -> list[Path]:
    """Some files, evenly from all of them."""
    step = max(1.0, len(files) / most)
    return [files[int(number * step)] for number in range(min(most, len(files)))]


class Chosen(TypedDict):
    """Fields of `prepare.examine.Settings`."""

    width: int
    height: int
    fit: str
    matte: int
    keep_borders: bool


def settings_of(values: Mapping[str, Any]) -> tuple["Chosen", dict[str, object]]:
    """A form's values, checked before, as `Settings` and as `Thresholds`.

    Raises:
        ImpastoError: the size is none.
    """
    try:
        width, height = read_sides(str(values.get("size") or "64"))
    except ValueError as error:
        raise ImpastoError(f"--size {values['size']}: {error}.") from error
    if not all(8 <= side <= 4096 for side in (width, height)):
        raise ImpastoError(f"--size {values['size']}: a side is from 8 to 4096 pixels.")
    fit = str(values.get("fit") or "crop")
    settings: Chosen = {
        "width": width,
        "height": height,
        "fit": fit if fit in get_args(PrepareFit) else "crop",
        "matte": 0 if values.get("matte") == "black" else 255,
        "keep_borders": values.get("keep_borders") is True,
    }
    names = ("enlarge", "lose", "spread", "duplicate", "calm", "busy")
    return settings, {name: values[name] for name in names if values.get(name) is not None}


def examine_files(folder: str, files: list[str], settings: Any, thresholds: Any) -> tuple[Any, str]:
    """(a row a file, in order, "") or (nothing, what is wrong); in the helper's process."""
    import numpy as np

    from impasto.prepare.cache import Cache
    from impasto.prepare.examine import THUMB, Settings, examine, weigh
    from impasto.prepare.rules import Thresholds, judge

    try:
        chosen, limits = Settings(**settings), Thresholds(**thresholds)
    except ImpastoError as error:
        return [], str(error)
    found = [examine(Path(folder), chosen, Path(file)) for file in files]
    thumbs: list[Any] = []
    for each in found:
        if each.thumbs is not None:
            each.facts.row = len(thumbs)
            thumbs.extend(each.thumbs)
    facts = [each.facts for each in found]
    places = {each.facts.file: file for each, file in zip(found, files, strict=True)}  # as spelt

    def weighed(copies: Any) -> None:
        for each in copies:
            each.weight = weigh(
                str(Path(folder) / places[each.file]), Cache(Path(folder)), chosen, each
            )

    stack = np.stack(thumbs) if thumbs else np.zeros((0, THUMB, THUMB, 3), np.uint8)
    judged = judge(facts, chosen, limits, stack, None, {}, weighed)
    return [
        {
            "file": each.facts.file,
            "keep": decision.kept,
            "reason": decision.reason,
            "detail": decision.detail,
            "size": f"{each.facts.width}×{each.facts.height}" if each.facts.width else "",
            "results": [_shown(picture) for picture in each.pictures[:4]],
            "many": len(each.pictures),
        }
        for each, decision in zip(found, judged.decisions, strict=True)
    ], ""


def sheet(folder: str) -> tuple[bytes, str]:
    """(the contact sheet of a prepared set, "") or (nothing, what is wrong); in the helper's."""
    from impasto.data.dataset import open_dataset
    from impasto.prepare.report import contact_sheet

    try:
        text = contact_sheet(open_dataset(Path(folder)).pictures, mosaic=True)
    except ImpastoError as error:
        return b"", str(error)
    return base64.b64decode(text.partition(",")[2]), ""


def _shown(picture: Any) -> str:
    from PIL import Image

    image = Image.fromarray(picture)
    image.thumbnail((_SIDE, _SIDE))
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=85, method=2)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()

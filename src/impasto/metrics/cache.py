"""Features of a prepared set, kept beside it, so that judging a second time costs nothing.

`features-lite0@128.safetensors` in the set's folder belongs to the pixels whose fingerprint it
carries: prepared anew, the set's features are computed anew.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from impasto.core.checkpoints import LARGEST_HEADER, check_safetensors
from impasto.core.console import say
from impasto.core.files import write_bytes
from impasto.data.dataset import Dataset
from impasto.errors import ImpastoError
from impasto.metrics.features import Extractor, features_of

LOOKING = "Looking at the originals"

_FORMAT, _VERSION = "impasto-features", "1"  # a new version whenever an extractor changes
_TENSOR = "features"


def dataset_features(
    dataset: Dataset,
    extractor: Extractor,
    rows: NDArray[np.intp] | None = None,
    quiet: bool = False,
) -> NDArray[np.float32]:
    """The features of a set's pictures, from beside it or computed and laid there.

    Args:
        dataset: an opened set.
        extractor: what looks at the pictures.
        rows: only these pictures; all if not given.
        quiet: no progress bar.

    Returns:
        (N, dimensions), float32, in the order of `rows`, or of the set.
    """
    count = len(dataset) if rows is None else len(rows)
    path = cache_file(dataset.folder, extractor, None if rows is None else str(count))
    about = about_features(extractor, fingerprint=dataset.fingerprint, rows=rows_in_words(rows))

    def look() -> NDArray[np.float32]:
        pictures = dataset.pictures if rows is None else np.asarray(dataset.pictures[rows])
        return features_of(pictures, extractor, quiet=quiet, what=LOOKING)

    return remembered(path, about, (count, extractor.dimensions), look)


def about_features(extractor: Extractor, **facts: str) -> dict[str, str]:
    """What features were computed from: this version of the extractor and further facts."""
    return {"format": _FORMAT, "version": _VERSION, "extractor": extractor.name} | facts


def rows_in_words(rows: NDArray[np.intp] | None) -> str:
    """Which rows of a set, as a fact about features."""
    return "all" if rows is None else hashlib.sha256(rows.astype("<i8").tobytes()).hexdigest()


def remembered(
    path: Path,
    about: dict[str, str],
    shape: tuple[int, int],
    compute: Callable[[], NDArray[np.float32]],
) -> NDArray[np.float32]:
    """What was computed before and lies in `path`, or else is computed and written there.

    Args:
        path: beside the set.
        about: what it was computed from; anything else that lies there is computed anew.
        shape: of the numbers.
        compute: returns them.
    """
    known = _read(path, about, shape)
    if known is not None:
        return known
    found = compute()
    try:
        write_bytes(path, safetensors.numpy.save({_TENSOR: found}, metadata=about))
    except OSError as error:  # a set on a read-only disk: slower next time, nothing worse
        say(f"Features could not be kept in {path} ({error.strerror}).", style="dim")
    return found


def cache_file(folder: Path, extractor: Extractor, which: str | None = None) -> Path:
    """Where the features of the set in `folder` are kept, or others that belong to it."""
    suffix = "" if which is None else f"-{which}"
    return folder / f"features-{extractor.name}{suffix}.safetensors"


def _read(path: Path, about: dict[str, str], shape: tuple[int, int]) -> NDArray[np.float32] | None:
    """What lies there, if it is exactly these pictures seen by exactly this extractor."""
    try:
        check_safetensors(path, "features", 4 * shape[0] * shape[1] + LARGEST_HEADER)
        with safetensors.safe_open(path, framework="numpy") as file:
            if file.metadata() != about or list(file.keys()) != [_TENSOR]:
                return None
            if tuple(file.get_slice(_TENSOR).get_shape()) != shape:
                return None
            found = file.get_tensor(_TENSOR)
    except (ImpastoError, OSError, ValueError, safetensors.SafetensorError):
        return None
    whole = found.dtype == np.float32 and bool(np.isfinite(found).all())
    return found if whole else None

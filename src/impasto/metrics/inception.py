"""The FID of the literature: Inception v3's pooled features, through torch-fidelity.

Its resize is not ours: TensorFlow 1's bilinear to 299×299 is part of what the published numbers
are, and stays. The network's weights are a download of some 90 MB from the library's authors.
"""

import sys
import tempfile
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from impasto.core.console import say
from impasto.errors import ImpastoError
from impasto.metrics.features import Extractor

INCEPTION = "inception"
"""The network's name in metrics: `fid_inception`."""

_POOLED = 2048
_WITHOUT = "leave inception out of --networks"


def inception_extractor() -> Extractor:
    """Inception's features, (N, 2048).

    Raises:
        ImpastoError: torch-fidelity is not installed, or its weights cannot be had.
    """
    _network()  # said now if it is not to be had
    return Extractor(f"{INCEPTION}@299", _POOLED, _features)


@torch.inference_mode()
def _features(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    x = torch.from_numpy(np.array(pictures)).permute(0, 3, 1, 2)
    found: NDArray[np.float32] = _network()(x)[0].float().numpy()
    return found


@cache
def _network() -> Any:
    try:
        from torch_fidelity import feature_extractor_inceptionv3 as library
    except ImportError as error:
        raise ImpastoError(
            "Inception FID needs torch-fidelity: pip install 'impasto[inception]'; or " + _WITHOUT
        ) from error
    weights = _weights(library.URL_INCEPTION_V3)
    # The library reads its file with the unpickler that runs code: give it one of our writing.
    with tempfile.TemporaryDirectory() as folder:
        clean = Path(folder) / "weights.pth"
        torch.save(weights, clean)
        return library.FeatureExtractorInceptionV3(
            INCEPTION, [str(_POOLED)], feature_extractor_weights_path=str(clean)
        )


def _weights(address: str) -> dict[str, torch.Tensor]:
    """The published weights, from PyTorch's cache or by download; only tensors are read."""
    try:
        say("Loading Inception's weights (some 90 MB, once).", style="dim")
        with redirect_stdout(sys.stderr):  # stdout is for results
            found = torch.hub.load_state_dict_from_url(
                address, map_location="cpu", progress=False, check_hash=True, weights_only=True
            )
    except Exception as error:  # whatever the network, the disk or a half-loaded file does
        place = Path(torch.hub.get_dir()) / "checkpoints" / Path(address).name
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise ImpastoError(
            f"Inception's weights could not be had ({reason}); save {address} as {place}, "
            f"or {_WITHOUT}."
        ) from error
    return dict(found)

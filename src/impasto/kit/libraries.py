"""What the extra `kit` installs, in one place, so that its absence is one sentence."""

from impasto.core.pdf import HexColor, ImageReader, Page, mm, rl_config, simpleSplit
from impasto.errors import ImpastoError

try:
    from scipy import ndimage
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree
except ImportError as error:
    raise ImpastoError(
        f"`impasto kit` needs {error.name or 'more'}; install it with: pip install 'impasto[kit]'."
    ) from error

__all__ = [
    "HexColor",
    "ImageReader",
    "Page",
    "cKDTree",
    "connected_components",
    "coo_array",
    "mm",
    "ndimage",
    "rl_config",
    "simpleSplit",
]

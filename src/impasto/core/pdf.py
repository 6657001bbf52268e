"""PDF by reportlab, imported only here; if it is missing, the error is one sentence."""

from impasto.errors import ImpastoError

try:
    from reportlab import rl_config
    from reportlab.lib.colors import HexColor
    from reportlab.lib.units import mm
    from reportlab.lib.utils import ImageReader, simpleSplit
    from reportlab.pdfgen.canvas import Canvas as Page
except ImportError as error:
    raise ImpastoError(
        "A PDF needs reportlab; install it with: pip install 'impasto[kit]'."
    ) from error

__all__ = ["HexColor", "ImageReader", "Page", "latin", "mm", "rl_config", "simpleSplit"]


def latin(text: str) -> str:
    """The text with question marks for letters that the standard PDF fonts lack."""
    return text.encode("cp1252", "replace").decode("cp1252")

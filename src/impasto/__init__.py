"""Impasto learns a folder of paintings and paints new ones.

>>> import impasto
>>> impasto.load("runs/mine").sample(16, seed=0)  # (16, H, W, 3), uint8
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from impasto.api import Generator, load
    from impasto.errors import ImpastoError

__version__ = "0.1.0"
__all__ = ["Generator", "ImpastoError", "load"]


def __getattr__(name: str) -> object:
    """Import what is asked for only then: `import impasto` needs no torch."""
    if name == "ImpastoError":
        from impasto.errors import ImpastoError

        return ImpastoError
    if name in __all__:
        from impasto import api

        return getattr(api, name)
    raise AttributeError(f"module 'impasto' has no attribute {name!r}")


def __dir__() -> list[str]:
    """What there is, before it was imported."""
    return sorted([*globals(), *__all__])

"""Input files of a command, which its results must not overwrite."""

from pathlib import Path

from impasto.errors import ImpastoError

_GIVEN: set[Path] = set()
"""Input files of this command."""


def give(*paths: Path) -> None:
    """Remember input files, so that no result overwrites them."""
    _GIVEN.update(path.resolve() for path in paths if path.is_file())


def forget_given() -> None:
    """Forget the input files when another command starts in this process."""
    _GIVEN.clear()


def refuse_given(*paths: Path) -> None:
    """Refuse to overwrite an input file; call this before the work.

    Raises:
        ImpastoError: one of the paths is an input file.
    """
    for path in paths:
        if _GIVEN and path.resolve() in _GIVEN:
            raise ImpastoError(
                f"{path} would be replaced by what is made from it; name another --out."
            )

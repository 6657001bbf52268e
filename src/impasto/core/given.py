"""Files that the user gave a command: nothing that is made takes the place of one."""

from pathlib import Path

from impasto.errors import ImpastoError

_GIVEN: set[Path] = set()
"""Files that the user gave this command."""


def give(*paths: Path) -> None:
    """Remember files that the user gave: nothing that is made takes the place of one."""
    _GIVEN.update(path.resolve() for path in paths if path.is_file())


def forget_given() -> None:
    """Another command begins in this process."""
    _GIVEN.clear()


def refuse_given(*paths: Path) -> None:
    """Refuse to write where a file lies that the user gave; best before the work.

    Raises:
        ImpastoError: one of the paths is such a file.
    """
    for path in paths:
        if _GIVEN and path.resolve() in _GIVEN:
            raise ImpastoError(
                f"{path} would be replaced by what is made from it; name another --out."
            )

"""Pictures painted one after the other: one that cannot be painted does not stop the rest."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from impasto.core.console import counted, say
from impasto.errors import ImpastoError

if TYPE_CHECKING:
    from impasto.paint.commission import Done

NAMED = 10
"""Pictures that are named at the end."""


class LeftOutError(ImpastoError):
    """Some pictures could not be painted; the others are."""

    def __init__(self, finished: "list[Done]", left_out: Sequence[Path]) -> None:
        names = ", ".join(map(str, left_out[:NAMED])) + (", …" if len(left_out) > NAMED else "")
        super().__init__(
            f"{counted(len(left_out), 'picture')} of {len(finished) + len(left_out)} could not be "
            f"painted, for the reasons above: {names}."
        )
        self.finished = finished
        """What was painted, in order."""


def paint_in_turn(files: Sequence[Path], paint: "Callable[[Path], Done]") -> "list[Done]":
    """Paint each picture, and go on with the next where one cannot be painted, which is said.

    Args:
        files: the pictures, as the user knows them.
        paint: paints one of them.

    Returns:
        What was painted; fewer if the user stopped.

    Raises:
        KeyboardInterrupt: Ctrl-C before anything of the first picture could be kept.
        ImpastoError: nothing could be painted: the reason, if it is one for all.
        LeftOutError: something could not be painted.
    """
    finished: list[Done] = []
    left_out: dict[Path, str] = {}
    for file in files:
        try:
            finished.append(paint(file))
        except ImpastoError as error:
            if len(files) == 1:
                raise
            left_out[file] = str(error)
            say(f"{file} was left out: {error}", style="yellow")
            continue
        except KeyboardInterrupt:  # before this one's first strokes
            if not finished:
                raise
            break
        if finished[-1].stopped:
            break
    if left_out and finished:
        raise LeftOutError(finished, list(left_out))
    if left_out:
        reasons = set(left_out.values())
        why = reasons.pop() if len(reasons) == 1 else "the reasons are above."
        raise ImpastoError(f"None of the {counted(len(files), 'picture')} could be painted: {why}")
    return finished

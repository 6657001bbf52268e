"""One picture that a user names, for whichever verb: read, or refused in one sentence."""

from pathlib import Path

from impasto.core.console import say
from impasto.data.decode import Decoded, Unreadable, Wanted, decode_image
from impasto.errors import ImpastoError

LEAST = 16
"""Pixels that each side of a picture to work on has at least."""


def read_file(path: Path, wanted: Wanted | None = None, matte: int | None = 255) -> Decoded:
    """Read a picture file of any kind, upright, in sRGB; see `decode_content`.

    Raises:
        ImpastoError: it is not there, or no picture.
    """
    try:
        return decode_image(path, wanted, matte)
    except Unreadable as error:
        if not path.exists():
            raise ImpastoError(f"There is no file {path}.") from error
        raise ImpastoError(f"{path} cannot be read as a picture: {error}.") from error


def read_subject(path: Path, purpose: str, wanted: Wanted | None = None) -> Decoded:
    """Read a picture that there must be something to see in.

    Args:
        path: the file.
        purpose: what it is read for, as in "nothing to paint".
        wanted: see `decode_content`.

    Raises:
        ImpastoError: it is not there, no picture, fully transparent or too small.
    """
    decoded = read_file(path, wanted)
    if decoded.transparent:
        raise ImpastoError(f"{path} is fully transparent: there is nothing to {purpose}.")
    if min(decoded.width, decoded.height) < LEAST:
        size = f"{decoded.width}×{decoded.height} pixels"
        raise ImpastoError(
            f"{path} has {size}; a picture to {purpose} has at least {LEAST}×{LEAST}."
        )
    return decoded


def say_if_animated(path: Path, decoded: Decoded) -> None:
    """Tell that one frame of several is used, where somebody may expect a film."""
    if "animated: first frame" in decoded.notes:
        say(f"{path} is animated; only its first frame is used.", style="dim")

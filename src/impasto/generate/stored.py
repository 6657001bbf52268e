"""Latents as files hold them: JSON, or a picture that carries it. Needs no torch.

So that a file that holds none is refused before a generator is loaded.
"""

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from impasto.core.console import counted
from impasto.core.notes import SIGNATURES, read_notes
from impasto.errors import ImpastoError
from impasto.reading import Record, open_file, parse_json, read_json, validated

FORMAT, VERSION = "impasto-latents", 1
MOST = 100_000
_LARGEST_FILE = 256 * 2**20
_LARGEST_NUMBER = 1e6
LONGEST_NAME = 100
# Names become files': no folder and no hidden file, whatever a stranger's JSON says.
_NAME = re.compile(rf"[\w+-][\w+.,=-]{{0,{LONGEST_NAME - 1}}}")


def is_name(text: Any) -> bool:
    """Whether a text can be a file's name: no folder, no leading dot, not long."""
    return isinstance(text, str) and _NAME.fullmatch(text) is not None


def _checked_name(text: str) -> str:
    if not is_name(text):
        raise ValueError("must be a name that could be a file's")
    return text


Name = Annotated[str, AfterValidator(_checked_name)]
Value = Annotated[float, Field(strict=True, ge=-_LARGEST_NUMBER, le=_LARGEST_NUMBER)]


class Entry(Record):
    """A latent as it is written."""

    name: Name
    seed: Annotated[int, Field(strict=True, ge=0, lt=2**63)] | None = None
    label: Annotated[str, Field(max_length=200)] | None = None
    truncation: Annotated[float, Field(strict=True, ge=0, le=10)] = 1.0
    parents: Annotated[tuple[Name, ...], Field(max_length=64)] = ()
    values: tuple[Value, ...]


def read_stored(path: Path) -> dict[str, object]:
    """What a file holds under the name of latents, not yet checked further than its format.

    Args:
        path: JSON, or a picture that Impasto painted; it may come from a stranger.

    Raises:
        ImpastoError: there is no such file, or it holds no latents.
    """
    found = _carried(path) if _is_picture(path) else read_json(path, "latents", _LARGEST_FILE)
    return _checked(found, str(path))


def entries_in(found: Any, where: str, size: int | None) -> list[Entry]:
    """Check plain values and make entries of them.

    Args:
        found: what was read.
        where: a file, for the error.
        size: how many numbers the generator takes; None if that is not known.

    Raises:
        ImpastoError: they are not latents of Impasto, or have another size.
    """
    listed = _checked(found, where).get("latents")
    if not isinstance(listed, list) or not 1 <= len(listed) <= MOST:
        raise ImpastoError(f"{where}: latents must be a list of 1 to {MOST:,}.")
    return [_entry(each, size, f"{where}: latent {at}") for at, each in enumerate(listed)]


def _checked(found: Any, where: str) -> dict[str, object]:
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ImpastoError(f"{where} holds no latents of Impasto.")
    if found.get("version") != VERSION:
        raise ImpastoError(f"{where} was written by another version of Impasto.")
    return found


def _entry(value: Any, size: int | None, where: str) -> Entry:
    kept = validated(Entry, value, where)
    if size is not None and len(kept.values) != size:
        raise ImpastoError(
            f"{where} has {counted(len(kept.values), 'number')} and this generator takes {size}: "
            "another one made it; name that one."
        )
    return kept


def _is_picture(path: Path) -> bool:
    with open_file(path, "a picture or a .json of latents", _LARGEST_FILE) as file:
        return file.read(8).startswith(SIGNATURES)


def _carried(path: Path) -> Any:
    """What a picture's file carries, without decoding a pixel."""
    text = read_notes(path).latents
    if text is None:
        raise ImpastoError(
            f"{path} carries no latent: only pictures that Impasto painted do; for any other "
            "use impasto explore project."
        )
    try:
        return parse_json(text, str(path), "latents")
    except ImpastoError as error:
        raise ImpastoError(f"{path} is damaged: its latent cannot be read.") from error

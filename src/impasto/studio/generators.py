"""Generators for the browser: what `impasto export --web` wrote, as data instead of as scripts."""

import base64
import binascii
from pathlib import Path
from typing import Any

from impasto.core.files import read_json, state_of, write_json
from impasto.errors import ImpastoError
from impasto.reading import parse_json, read_text
from impasto.studio.workspace import Item, Workspace

LARGEST = 400 * 2**20
LONGEST_NAME, MOST_NAMES = 40, 500
"""Characters of a direction's name, and names that are kept for one generator."""

_ABOUT, _WEIGHTS = "const GENERATOR = ", "const WEIGHTS = "


def place_of(workspace: Workspace, item: Item) -> Path:
    """Where a generator's page lies."""
    return workspace.own / "generators" / item.id / "generator.js"


def is_ready(workspace: Workspace, item: Item) -> bool:
    """Whether the browser can have it: prepared, and not older than the generator itself."""
    place = place_of(workspace, item)
    return place.is_file() and state_of(place)[1] >= state_of(weights_of(item))[1]


def weights_of(item: Item) -> Path:
    """The generator's own file."""
    best = item.path / "best" / "generator.safetensors"
    return best if best.is_file() else item.path / "generator.safetensors"


def playable(item: Item) -> bool:
    """Whether there is a generator in a run yet."""
    return weights_of(item).is_file()


def read_generator(place: Path) -> tuple[dict[str, object], bytes]:
    """What the page must know of a generator, and its ONNX graph, packed with gzip.

    Raises:
        ImpastoError: the file is not as `impasto export --web` writes it.
    """
    lines = read_text(place, "a generator's page", LARGEST).splitlines()
    if len(lines) < 2 or not (lines[0].startswith(_ABOUT) and lines[1].startswith(_WEIGHTS)):
        raise ImpastoError(f"{place} is not what impasto export wrote; remove it.")
    where = "a generator's description"
    about = parse_json(lines[0].removeprefix(_ABOUT).rstrip(";"), str(place), where)
    packed = lines[1].removeprefix(_WEIGHTS).rstrip(";").strip('"')
    try:
        weights = base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ImpastoError(f"{place} is damaged; remove it.") from error
    if not isinstance(about, dict):
        raise ImpastoError(f"{place} is damaged; remove it.")
    return about, weights


def names_of(workspace: Workspace, item: Item) -> dict[str, str]:
    """What the artist calls a generator's directions: its own name for one → theirs."""
    found = _all_names(workspace).get(item.id)
    return found if isinstance(found, dict) else {}


def name_direction(workspace: Workspace, item: Item, direction: Any, name: Any) -> None:
    """Call a direction something; an empty name takes it back.

    Raises:
        ImpastoError: it is no short text.
    """
    texts = (direction, name)
    if not all(isinstance(text, str) and len(text) <= LONGEST_NAME for text in texts):
        raise ImpastoError(f"A direction's name is a text of at most {LONGEST_NAME} characters.")
    every = _all_names(workspace)
    names = names_of(workspace, item)
    kept = {key: value for key, value in names.items() if key != direction}
    if name.strip() and len(kept) < MOST_NAMES:
        kept[direction] = name.strip()
    write_json(_names_file(workspace), every | {item.id: kept})


def _names_file(workspace: Workspace) -> Path:
    return workspace.own / "directions.json"


def _all_names(workspace: Workspace) -> dict[str, object]:
    place = _names_file(workspace)
    found = read_json(place, "names of directions", 2**22) if place.is_file() else {}
    return found if isinstance(found, dict) else {}

"""Every text of the studio and of reviews, in one place: `texts/en.json`, to be translated."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from impasto.reading import read_json

Texts = dict[str, object]
"""Of one screen, by name; some are grouped once more."""


@cache
def texts(language: str = "en") -> dict[str, Texts]:
    """Texts by screen and name."""
    found: dict[str, Texts] = read_json(
        Path(__file__).parent / "texts" / f"{language}.json", "the texts of pages"
    )
    return found


def as_module(texts: Mapping[str, object]) -> str:
    """Texts as a module that a page's scripts import."""
    return f"export default {json.dumps(texts)};\n"

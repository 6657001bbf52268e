"""All texts of the studio and of reviews, from `texts/en.json`, ready for translation."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from impasto.reading import read_json

Texts = dict[str, object]
"""Texts of one screen by name, some in groups."""


@cache
def texts(language: str = "en") -> dict[str, Texts]:
    """Texts by screen and name."""
    found: dict[str, Texts] = read_json(
        Path(__file__).parent / "texts" / f"{language}.json", "the texts of pages"
    )
    return found


def as_module(texts: Mapping[str, object]) -> str:
    """Texts as a JavaScript module for a page's scripts."""
    return f"export default {json.dumps(texts)};\n"

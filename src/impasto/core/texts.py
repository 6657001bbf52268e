"""Every text of the studio and of reviews, in one place: `texts/en.json`, to be translated."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from impasto.reading import read_json


@cache
def texts(language: str = "en") -> dict[str, Any]:
    """Texts by screen and name."""
    found: dict[str, Any] = read_json(
        Path(__file__).parent / "texts" / f"{language}.json", "the texts of pages"
    )
    return found


def as_module(texts: dict[str, Any]) -> str:
    """Texts as a module that a page's scripts import."""
    return f"export default {json.dumps(texts)};\n"

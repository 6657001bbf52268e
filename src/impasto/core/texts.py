"""Every text that a page shows, in one place: `texts/en.json`, so that it can be translated."""

from functools import cache
from pathlib import Path
from typing import Any

from impasto.reading import read_json


@cache
def texts(language: str = "en") -> dict[str, Any]:
    """Texts by screen and name."""
    found: dict[str, Any] = read_json(
        Path(__file__).parent / "texts" / f"{language}.json", "the studio's texts"
    )
    return found

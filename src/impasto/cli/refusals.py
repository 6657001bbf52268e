"""Error messages for wrong values on the command line, in plain words.

Typer parses values with pydantic, whose messages are for programmers: "Value error, …" or "Input
should be a valid integer, unable to parse string as an integer".
"""

import re
from typing import Any

import typer
from typer.core import TyperGroup

_IN_PLAIN_WORDS = (
    (r"^Value error, ", ""),
    (r"^Input should be a valid integer.*", "it should be a whole number"),
    (r"^Input should be a valid number.*", "it should be a number"),
    (r"^Input should be a finite number.*", "it should be a finite number"),
    (r"^Input should be a valid boolean.*", "it should be true or false"),
    (r"^Input should be greater than or equal to ", "it should be at least "),
    (r"^Input should be less than or equal to ", "it should be at most "),
    (r"^Input should be ", "it should be "),
)


def in_plain_words(message: str) -> str:
    """A message of pydantic in plain words; other messages unchanged."""
    for pattern, plain in _IN_PLAIN_WORDS:
        said = re.sub(pattern, plain, message)
        if said != message:
            return said if said.endswith(".") else f"{said}."
    return message


class PlainGroup(TyperGroup):
    """A command with verbs whose errors about values are in plain words."""

    def invoke(self, ctx: Any) -> Any:
        """Run the verb; rephrase an error about its values."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as wrong:
            wrong.message = in_plain_words(wrong.message)
            raise

"""What a form may ask for, and how its values become options of a command.

A control is an option of a verb, described where the verb declares it. Values come from a browser:
each is checked here by kind, bounds and choices, and joined to its option by `=`, so that none can
be taken for another option. A file is never named: it is an upload's id.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from impasto.errors import ImpastoError

Kind = Literal["integer", "number", "choice", "flag", "text", "file"]


@dataclass(frozen=True)
class Control:
    """One option of a verb."""

    name: str
    flag: str
    """As it is typed: `--strokes`."""

    kind: Kind
    help: str
    default: bool | int | float | str | None = None
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    several: bool = False
    off: str = ""
    """Of a flag that is on by itself: what turns it off."""

    def view(self) -> dict[str, object]:
        """As plain values, for the page."""
        return asdict(self)


PLAIN = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,200}")
"""Words of a person; they stand behind an option's `=`, so that none is taken for another."""

TEXTS: Mapping[str, re.Pattern[str]] = {
    "palette": re.compile(r"[0-9]{1,3}|#[0-9a-fA-F]{6}(\s*,\s*#[0-9a-fA-F]{6}){0,63}"),
    "ground": re.compile(r"photo|white|#[0-9a-fA-F]{6}"),
    "paper": re.compile(
        r"A[0-6]|letter|legal|tabloid|\d{1,4}(\.\d{1,2})?x\d{1,4}(\.\d{1,2})?(mm|cm|in)?"
    ),
    "size": re.compile(r"\d{1,4}(x\d{1,4})?"),
    "seeds": re.compile(r"\d{1,16}(,\d{1,16}){0,999}"),
    "query": PLAIN,
    "artist": PLAIN,
    "contact": PLAIN,
    "title": PLAIN,
    "checkpoint": re.compile(r"best|last|\d{1,12}"),
    "networks": re.compile(r"[a-z0-9-]{1,20}(,[a-z0-9-]{1,20}){0,7}"),
    "settings": re.compile(r"[a-z_]{1,40}\.[a-z0-9_]{1,40}=[\w .,+\-\[\]]{1,100}"),
}
"""Texts that a form may hold, by option: numbers, colours, papers; no name of a file among them."""


def options_of(
    controls: Mapping[str, Control],
    allowed: frozenset[str],
    values: Mapping[str, Any],
    file: Callable[[str], str],
) -> list[str]:
    """A form's values as options of a command.

    Args:
        controls: of the verb.
        allowed: names of those that this form may set.
        values: by name, from the browser; None and an empty text mean the command's own default.
        file: an upload's id → its path in the workspace.

    Raises:
        ImpastoError: a value does not fit its option.
    """
    words = []
    for name, value in values.items():
        if value is None or value == "" or value == []:
            continue
        control = controls.get(name) if name in allowed else None
        if control is None:
            raise ImpastoError(f"{_said(name)} is nothing that can be set here.")
        for each in value if control.several and isinstance(value, list) else [value]:
            words += _words(control, each, file)
    return words


def _words(control: Control, value: Any, file: Callable[[str], str]) -> list[str]:
    if control.kind == "flag":
        if not isinstance(value, bool):
            raise ImpastoError(f"{control.flag} is on or off.")
        return [control.flag] if value else [control.off] if control.off else []
    if control.kind in ("integer", "number"):
        return [f"{control.flag}={_number(control, value)}"]
    if not isinstance(value, str):
        raise ImpastoError(f"{control.flag}: {_said(value)} does not fit.")
    if control.kind == "file" and value not in control.choices:
        return [f"{control.flag}={file(value)}"]
    if control.kind in ("choice", "file"):
        if value not in control.choices:
            raise ImpastoError(f"{control.flag}: choose one of {', '.join(control.choices)}.")
    elif control.name not in TEXTS or not TEXTS[control.name].fullmatch(value):
        raise ImpastoError(f"{control.flag}: {_said(value)} does not fit. {control.help}")
    return [f"{control.flag}={value}"]


def _number(control: Control, value: Any) -> str:
    low = -math.inf if control.minimum is None else control.minimum
    high = math.inf if control.maximum is None else control.maximum
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    whole = control.kind == "number" or (plain and value == round(value) if _finite(value) else 0)
    if not plain or not _finite(value) or not whole or not low <= value <= high:
        upper = f" to {high:g}" if high < math.inf else " or more"
        bounds = f" from {low:g}{upper}" if low > -math.inf else ""
        kind = "a whole number" if control.kind == "integer" else "a number"
        raise ImpastoError(f"{control.flag} is {kind}{bounds}, not {_said(value)}.")
    return str(int(value)) if control.kind == "integer" else f"{value:g}"


def _finite(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) < 2**62


def _said(value: Any) -> str:
    return repr(value)[:60]


def checked_label(value: Any) -> str | None:
    """A label of a generator from a browser; None and an empty text are labels too.

    Raises:
        ImpastoError: it is no short text of one line.
    """
    if value is not None and not (isinstance(value, str) and (not value or PLAIN.fullmatch(value))):
        raise ImpastoError("A label is a text of one line and at most 200 characters.")
    return value


def relative(path: Path, workspace: Path) -> str:
    """A path as it is typed in the workspace."""
    return path.relative_to(workspace).as_posix()

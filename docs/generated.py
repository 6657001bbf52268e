"""The pages of the site that the code writes: commands with their options, and knobs."""

import inspect
import re
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from typer import Typer
from typer.models import ArgumentInfo

from impasto.cli import app
from impasto.cli.describe import controls_of
from impasto.config import knobs
from impasto.studio.controls import Control

COMMANDS = """\
# Commands

Every command and option, as the program describes them. In a terminal: `impasto --help`,
`impasto train --help`.
"""

KNOBS = """\
# Knobs

What a recipe sets, and what one training changes by `--set`:

```sh
impasto train my-paintings --set loss.r1=1 --set training.batch=16
```

In a terminal: `impasto recipes --knobs`.
"""


def write_pages(folder: Path) -> None:
    """Write `commands.md` and `knobs.md` into a folder, unless they already say the same."""
    for name, text in (("commands.md", commands_page()), ("knobs.md", knobs_page())):
        page = folder / name
        if not page.is_file() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")


def knobs_page() -> str:
    """Knobs by section, each with what it accepts."""
    lines, section = [KNOBS], ""
    for name, accepts, documentation in knobs():
        first = name.rpartition(".")[0]
        if first and first != section:
            lines.append(f"\n## {first}\n")
            section = first
        lines += [f"\n`{name}` ({accepts})", f": {_line(documentation)}"]
    return "\n".join(lines) + "\n"


def commands_page() -> str:
    """Verbs in the order of `--help`, those within others after them."""
    return COMMANDS + "".join(_verbs(app, "impasto"))


def _verbs(group: Typer, before: str) -> Iterator[str]:
    for command in group.registered_commands:
        assert command.callback is not None
        name = command.name or command.callback.__name__.replace("_", "-")
        yield _verb(f"{before} {name}", command.callback)
    for part in group.registered_groups:
        assert part.typer_instance is not None
        yield f"\n## {before} {part.name}\n"
        yield from _verbs(part.typer_instance, f"{before} {part.name}")


def _verb(name: str, callback: Callable[..., Any]) -> str:
    page = name.split()[1]
    lines = [f"\n{'#' * len(name.split())} {name}\n", _paragraphs(callback.__doc__ or "")]
    lines.append(f"\nAt work: [{page}](../{page}.md).\n")
    for argument, described in _arguments(callback):
        lines.append(f"`{argument}`\n: {_line(described)}\n")
    for control in controls_of(callback).values():
        default = "" if control.default in (None, False, "") else f" Default: `{control.default}`."
        lines.append(f"`{control.flag}{_value(control)}`\n: {_line(control.help)}{default}\n")
    return "\n".join(lines)


def _arguments(callback: Callable[..., Any]) -> Iterator[tuple[str, str]]:
    for name, parameter in inspect.signature(callback, eval_str=True).parameters.items():
        for note in typing.get_args(parameter.annotation)[1:]:
            if isinstance(note, ArgumentInfo):
                yield note.metavar or name.upper(), note.help or ""


def _value(control: Control) -> str:
    if control.kind == "flag":
        return ""
    named = {"integer": "N", "number": "X", "text": "TEXT", "file": "PATH"}
    return f" {'|'.join(control.choices) or named[control.kind]}"


def _line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _paragraphs(text: str) -> str:
    """Help as Markdown: a paragraph of commands becomes a block that can be copied."""
    parts = []
    for part in inspect.cleandoc(text).replace("\b", "").split("\n\n"):
        commands = [line.strip() for line in part.strip().splitlines()]
        if commands and all(line.startswith("impasto ") for line in commands):
            parts.append("\n".join(["```sh", *commands, "```"]))
        else:
            parts.append(_line(part))
    return "\n\n".join(parts)

"""Choices that several verbs offer, and looks at what they name before anything heavy loads.

A mistyped path is answered in a third of a second: the functions from `known_run` on are callbacks
of arguments and options, called while the command line is read, before torch is imported.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import typer

from impasto.core.shipped import check_generator, locate, names
from impasto.errors import ImpastoError

SHIPPED = f", or a name: {', '.join(names())}" if names() else ""
"""Behind "a run, a folder with a generator": the generators that come with Impasto."""

GENERATOR = f"A run of `impasto train`, a folder with generator.safetensors{SHIPPED}."

DeviceName = Literal["auto", "cpu", "cuda", "mps"]
"""Where to train."""

PRINT = "As large as fits on A0 to A6, letter, legal, tabloid, or centimetres: 30x40."
DOTS = "Of --print: dots an inch [default: 300]."

PrecisionName = Literal["auto", "fp32", "bf16"]
"""How precisely to multiply."""


def settings_of(settings: Sequence[str] | None, example: str) -> dict[str, object]:
    """What `--set KNOB=VALUE`, repeated, asks for: knob → value.

    Raises:
        ImpastoError: one has no `=`; `example` shows how it is meant.
    """
    from impasto.recipes import parse_value

    changes: dict[str, object] = {}
    for setting in settings or ():
        knob, equals, value = setting.partition("=")
        if not equals:
            raise ImpastoError(f"--set {setting}: write it as knob=value, like {example}.")
        changes[knob.strip()] = parse_value(value)
    return changes


def known_run(run: Path | None) -> Path | None:
    """A run, a folder with a generator, or a generator's name, if any is named.

    Raises:
        ImpastoError: there is none of that name.
    """
    if run is not None:
        check_generator(locate(run))
    return run


def known_subject(run: Path) -> Path:
    """The same, or a folder of pictures by one.

    Raises:
        ImpastoError: there is none of that name.
    """
    locate(run)
    return run


def known_data(data: str | None) -> str | None:
    """DATA, if it is named: a folder, or a built-in set.

    Raises:
        ImpastoError: it is neither.
    """
    from impasto.data.files import check_named

    if data is not None:
        check_named(data)
    return data


def known_recipe(recipe: str | None) -> str | None:
    """A recipe's name or file, if it is named.

    Raises:
        ImpastoError: there is none, or it is malformed.
    """
    from impasto.recipes import load

    if recipe is not None:
        load(recipe)
    return recipe


def known_file(path: Path | None) -> Path | None:
    """A file, if it is named.

    Raises:
        ImpastoError: there is none.
    """
    return _there(path, "file")


def known_files(paths: list[Path] | None) -> list[Path] | None:
    """The same for several of them."""
    for path in paths or ():
        known_file(path)
    return paths


def known_source(path: Path) -> Path:
    """A folder of pictures, or an archive.

    Raises:
        ImpastoError: there is none.
    """
    if not os.path.exists(path):  # noqa: PTH110 -- pathlib's may raise
        raise ImpastoError(f"{path} does not exist; name a folder of pictures.")
    return path


def known_folder(path: Path | None) -> Path | None:
    """A folder, if it is named.

    Raises:
        ImpastoError: there is none.
    """
    return _there(path, "folder")


def _there(path: Path | None, what: str) -> Path | None:
    if path is not None and not os.path.exists(path):  # noqa: PTH110 -- pathlib's may raise
        raise ImpastoError(f"There is no {what} {path}.")
    return path


def a_file(option: typer.CallbackParam, path: Path | None) -> Path | None:
    """A file to be written, if it is named.

    Raises:
        ImpastoError: it is a folder.
    """
    if path is not None and path.is_dir():
        example = path / (option.metavar or "NAME")
        raise ImpastoError(f"{path} is a folder; name a file, such as {example}.")
    return path

"""Options that several commands share, and checks of their values before heavy imports.

A mistyped path is answered in a third of a second: the functions from `known_run` on are callbacks
of arguments and options, called while the command line is read, before torch is imported.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

from impasto.core.given import give
from impasto.core.shipped import WEIGHTS, check_generator, find, locate, names
from impasto.errors import ImpastoError

if TYPE_CHECKING:
    from impasto.core.runs import Run

SHIPPED = f", or a name: {', '.join(names())}" if names() else ""
"""Behind "a run, a folder with a generator": the generators that come with Impasto."""

GENERATOR = f"A run of `impasto train`, a folder with generator.safetensors{SHIPPED}."

DeviceName = Literal["auto", "cpu", "cuda", "mps"]
"""Where to train."""

PICTURES = (".png", ".jpg", ".jpeg", ".webp")
"""Suffixes of pictures that are written."""

PRINT = "Resize to fit A0 to A6, letter, legal, tabloid, or centimetres: 30x40."
DOTS = "Dots per inch for --print [default: 300]."

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
            raise ImpastoError(f"--set {setting}: write it as knob=value, such as {example}.")
        changes[knob.strip()] = parse_value(value)
    return changes


def settings_before_torch(
    recipe: str | None,
    changes: dict[str, object],
    run: "Run | None" = None,
    begin: str | None = None,
) -> None:
    """Look whether a recipe takes these changes.

    Args:
        recipe: a name or a file; None for what a run began with, or the default.
        changes: knob → value.
        run: one that may go on.
        begin: a generator that it begins from, whose recipe is taken if none is named.

    Raises:
        ImpastoError: it does not; the option is named.
    """
    from impasto.config import change
    from impasto.recipes import DEFAULT, load

    source = find(Path(begin).expanduser()) if begin is not None else None
    named = source / "recipe.yaml" if source is not None else None
    if recipe is None and run is not None and run.begun is not None:
        change(run.begun, changes)
    elif recipe is None and named is not None and named.is_file():
        change(load(str(named)), changes)
    elif recipe is not None or begin is None:
        change(load(recipe or DEFAULT), changes)


JUDGES = ("lite0", "lite1", "lite2", "dinov2-s", "inception")
"""What `--networks` may name."""


def parse_networks(text: str) -> tuple[str, ...]:
    """`lite0,lite2` → their names, each once.

    Raises:
        ImpastoError: none, or one that there is not.
    """
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names or not {*names} <= {*JUDGES}:
        raise ImpastoError(
            f"--networks {text}: give one or more of {', '.join(JUDGES)}, separated by commas."
        )
    return names


def known_seeds(text: str | None) -> str | None:
    """Seeds, if any are named.

    Raises:
        ImpastoError: not numbers and ranges.
    """
    from impasto.generate.asked import parse_seeds

    if text is not None:
        parse_seeds(text)
    return text


def known_generator(
    run: Path, checkpoint: str = "best", label: str | None = None, latents: Sequence[Path] = ()
) -> None:
    """Look whether a generator keeps a checkpoint, knows a label, and takes the latents of files.

    Raises:
        ImpastoError: it does not.
    """
    from impasto.core.files import read_json
    from impasto.core.runs import Run
    from impasto.generate.asked import label_position

    found, told = Run(locate(run)), {}
    if checkpoint != "best":
        found.kept_checkpoint(checkpoint)
    elif label is not None or latents:
        cards = (folder / "model.json" for folder in (found.folder, found.best))
        card = next((file for file in cards if file.is_file()), None)
        read = read_json(card, "a model description") if card else None
        told = read if isinstance(read, dict) else {}
    if label is not None and told and isinstance(names := told.get("labels", []), list):
        label_position(label, [str(name) for name in names], unlabelled=True)
    if latents:
        from impasto.generate.stored import entries_in, read_stored

        model = told.get("model")
        size = model.get("latent") if isinstance(model, dict) else None
        for file in latents:
            entries_in(read_stored(file), str(file), size if isinstance(size, int) else None)


def known_originals(run: Path, data: object, option: str) -> None:
    """Look whether a shipped generator's originals are named: it comes without them.

    Raises:
        ImpastoError: they are not.
    """
    if data is None and run.parent == WEIGHTS:
        raise ImpastoError(
            f"{run.name} does not include its training pictures; if you have them, name their "
            f"folder, or a prepared set, with {option}."
        )


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
    """A file, if it is named; what this command makes will not take its place.

    Raises:
        ImpastoError: there is none.
    """
    _there(path, "file")
    if path is not None:
        give(path)
    return path


def known_files(paths: list[Path] | None) -> list[Path] | None:
    """The same for several of them."""
    for path in paths or ():
        known_file(path)
    return paths


def known_source(text: str) -> str:
    """A folder of pictures, an archive, shards, or an address.

    Raises:
        ImpastoError: there is none.
    """
    if not os.path.exists(text):  # noqa: PTH110 -- pathlib's may raise
        from impasto.prepare.listing import exists

        if exists(text):
            return text
        raise ImpastoError(f"{text} does not exist; name a folder of pictures.")
    return text


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


def a_picture(option: typer.CallbackParam, path: Path) -> Path:
    """A picture's file to be written.

    Raises:
        ImpastoError: it is a folder, or called like none.
    """
    _replaceable(option, path, (b"\x89PNG", b"\xff\xd8", b"RIFF"), "picture")
    if path.suffix.lower() not in PICTURES:
        raise ImpastoError(
            f"{option.opts[0]} {path}: a picture ends in {', '.join(PICTURES)}, such as {path}.png."
        )
    return path


def a_graph(option: typer.CallbackParam, path: Path | None) -> Path | None:
    """An ONNX file to be written, if it is named.

    Raises:
        ImpastoError: it is a folder, or a file of another kind.
    """
    if path is not None:
        _replaceable(option, path, (b"\x08",), "ONNX graph")  # the number of its version
    return path


def _replaceable(
    option: typer.CallbackParam, path: Path, begins: tuple[bytes, ...], kind: str
) -> None:
    """Only an earlier result, a file that begins as one or is empty, may be written over."""
    if path.is_dir():
        example = path / (option.metavar or "NAME")
        raise ImpastoError(f"{path} is a folder; name a file, such as {example}.")
    if path.is_file():
        with path.open("rb") as file:
            head = file.read(8)
        if head and not head.startswith(begins):
            raise ImpastoError(
                f"{option.opts[0]} {path} is there already and is no {kind}; name another file."
            )

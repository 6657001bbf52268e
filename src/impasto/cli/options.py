"""Options that several commands share, and checks of their values before heavy imports.

A mistyped path is reported in a third of a second: the functions from `known_run` on are callbacks
of arguments and options, called while the command line is parsed, before torch is imported.
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
"""Continues "a run, a folder with a generator" in help: the shipped generators."""

GENERATOR = f"A run of `impasto train`, a folder with generator.safetensors{SHIPPED}."

DeviceName = Literal["auto", "cpu", "cuda", "mps"]
"""Where to train."""

PICTURES = (".png", ".jpg", ".jpeg", ".webp")
"""Suffixes of pictures that can be written."""

PRINT = "Resize to fit A0 to A6, letter, legal, tabloid, or a size: 30x40cm, 8x10in."
DOTS = "Dots per inch for --print [default: 300]."

PrecisionName = Literal["auto", "fp32", "bf16"]
"""The precision."""


def settings_of(settings: Sequence[str] | None, example: str) -> dict[str, object]:
    """Repeated `--set KNOB=VALUE` as knob → value.

    Raises:
        ImpastoError: one has no `=`; the error shows `example`.
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
    """Check that a recipe accepts these changes.

    Args:
        recipe: a name or a file; None for the run's own, or the default.
        changes: knob → value.
        run: a run that may be resumed.
        begin: a generator to start from, whose recipe is used if none is named.

    Raises:
        ImpastoError: it does not; the error names the option.
    """
    from impasto.config import change, refuse_unheeded
    from impasto.recipes import DEFAULT, load

    source = find(Path(begin).expanduser()) if begin is not None else None
    named = source / "recipe.yaml" if source is not None else None
    if recipe is None and run is not None and run.begun is not None:
        # Without the second critic, which may have been switched off when the run began, anchors
        # are settled later (`train.resolve`).
        later = {"loss.anchors"} if not run.begun.model.dinov2_every else set()
        change(run.begun, {knob: value for knob, value in changes.items() if knob not in later})
    elif recipe is None and named is not None and named.is_file():
        refuse_unheeded(change(load(str(named)), changes), changes)
    elif recipe is not None or begin is None:
        config = change(load(recipe or DEFAULT), changes)
        if run is None or run.begun is None:  # a run of before goes on by what it began with
            refuse_unheeded(config, changes)


JUDGES = ("lite0", "lite1", "lite2", "dinov2-s", "inception")
"""Values of `--networks`."""


def parse_networks(text: str) -> tuple[str, ...]:
    """`lite0,lite2` → their names, each once.

    Raises:
        ImpastoError: there is none, or one is unknown.
    """
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names or not {*names} <= {*JUDGES}:
        raise ImpastoError(
            f"--networks {text}: give one or more of {', '.join(JUDGES)}, separated by commas."
        )
    return names


def known_seeds(text: str | None) -> str | None:
    """Check seeds, if given.

    Raises:
        ImpastoError: they are not numbers and ranges.
    """
    from impasto.generate.asked import parse_seeds

    if text is not None:
        parse_seeds(text)
    return text


def known_generator(
    run: Path, checkpoint: str = "best", label: str | None = None, latents: Sequence[Path] = ()
) -> None:
    """Check that a generator has a checkpoint and a label, and fits the latents of files.

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
    """Require the originals of a shipped generator, which come without it.

    Raises:
        ImpastoError: they are not given.
    """
    if data is None and run.parent == WEIGHTS:
        raise ImpastoError(
            f"{run.name} does not include its training pictures; if you have them, name their "
            f"folder, or a prepared set, with {option}."
        )


def known_run(run: Path | None) -> Path | None:
    """Check a run, a folder with a generator, or a generator's name, if given.

    Raises:
        ImpastoError: it does not exist.
    """
    if run is not None:
        check_generator(locate(run))
    return run


def known_subject(run: Path) -> Path:
    """The same, or a folder of generated pictures.

    Raises:
        ImpastoError: it does not exist.
    """
    locate(run)
    return run


def known_data(data: str | None) -> str | None:
    """Check DATA, if given: a folder or a built-in set.

    Raises:
        ImpastoError: it is neither.
    """
    from impasto.data.files import check_named

    if data is not None:
        check_named(data)
    return data


def known_originals_folder(data: Path | None) -> Path | None:
    """The same, as a path.

    Raises:
        ImpastoError: it is neither.
    """
    if data is not None:
        known_data(str(data))
    return data


def known_recipe(recipe: str | None) -> str | None:
    """Check a recipe's name or file, if given.

    Raises:
        ImpastoError: it does not exist or is malformed.
    """
    from impasto.recipes import load

    if recipe is not None:
        load(recipe)
    return recipe


def known_file(path: Path | None) -> Path | None:
    """Check a file, if given, and protect it from being overwritten by this command.

    Raises:
        ImpastoError: it does not exist.
    """
    _there(path, "file")
    if path is not None:
        give(path)
    return path


def known_files(paths: list[Path] | None) -> list[Path] | None:
    """The same for several files."""
    for path in paths or ():
        known_file(path)
    return paths


def known_source(text: str) -> str:
    """Check a folder of pictures, an archive, shards or an address.

    Raises:
        ImpastoError: it does not exist.
    """
    if not os.path.exists(text):  # noqa: PTH110 -- pathlib's may raise
        from impasto.prepare.listing import exists

        if exists(text):
            return text
        raise ImpastoError(f"{text} does not exist; name a folder of pictures.")
    return text


def known_folder(path: Path | None) -> Path | None:
    """Check a folder, if given.

    Raises:
        ImpastoError: it does not exist.
    """
    return _there(path, "folder")


def _there(path: Path | None, what: str) -> Path | None:
    if path is not None and not os.path.exists(path):  # noqa: PTH110 -- pathlib's may raise
        raise ImpastoError(f"There is no {what} {path}.")
    return path


def a_picture(option: typer.CallbackParam, path: Path) -> Path:
    """Check the path of a picture to be written.

    Raises:
        ImpastoError: it is a folder, or its suffix is not a picture's.
    """
    _replaceable(option, path, (b"\x89PNG", b"\xff\xd8", b"RIFF"), "picture")
    if path.suffix.lower() not in PICTURES:
        raise ImpastoError(
            f"{option.opts[0]} {path}: a picture ends in {', '.join(PICTURES)}, such as {path}.png."
        )
    return path


def a_graph(option: typer.CallbackParam, path: Path | None) -> Path | None:
    """Check the path of an ONNX file to be written, if given.

    Raises:
        ImpastoError: it is a folder, or a file of another kind.
    """
    if path is not None:
        _replaceable(option, path, (b"\x08",), "ONNX graph")  # its version number
    return path


def _replaceable(
    option: typer.CallbackParam, path: Path, begins: tuple[bytes, ...], kind: str
) -> None:
    """Refuse to overwrite a file unless it is empty or starts like an earlier result."""
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

"""`impasto prepare`: a folder of anything becomes a set that a training can trust."""

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

Fit = Literal["crop", "top-left", "pad", "stretch"]  # as impasto.config.Fit, without its import


def prepare(
    folder: Annotated[Path, typer.Argument(help="A folder of pictures, sub-folders included.")],
    out: Annotated[
        Path | None, typer.Option(help="Where the set goes; prepared/<name>-<size> if not given.")
    ] = None,
    size: Annotated[str, typer.Option(help="Side in pixels, or WIDTHxHEIGHT.")] = "64",
    fit: Annotated[
        Fit, typer.Option(help="How a picture becomes that size: crop, top-left, pad, stretch.")
    ] = "crop",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Make a set for training from a folder of pictures, and say what became of every file.

    impasto prepare paintings --size 128

    The set holds pictures.npy, index.csv and dataset.json; decisions.csv lists every file, kept
    or dropped, with the reason. `impasto train` takes the set as its DATA.
    """
    from impasto.core.console import result, say
    from impasto.data.prepare import prepare as prepare_folder

    width, height = _parse_size(size)
    place = out or Path("prepared") / f"{folder.resolve().name}-{size}"
    report = prepare_folder(folder, place, size=(width, height), fit=fit)
    for reason, count in sorted(report.reasons.items(), key=lambda item: -item[1]):
        say(f"  {count:>6}  {reason}")
    say(f"{report.kept} of {report.found} files kept; every decision: {place / 'decisions.csv'}")
    if as_json:
        summary = {"folder": str(place), "found": report.found, "kept": report.kept}
        summary |= {"dropped": report.reasons, "fingerprint": report.fingerprint}
        result(json.dumps(summary, ensure_ascii=False))
    else:
        result(str(place))


def _parse_size(text: str) -> tuple[int, int]:
    from impasto.errors import ImpastoError

    parts = text.lower().replace("×", "x").split("x")
    if len(parts) > 2 or not all(part.isascii() and part.isdigit() for part in parts):
        raise ImpastoError(f"--size {text} is not understood; say 64, or 192x128.")
    sides = [int(part) for part in parts]
    if not all(8 <= side <= 4096 for side in sides):
        raise ImpastoError(f"--size {text}: a side is from 8 to 4096 pixels.")
    return sides[0], sides[-1]

"""`impasto upscale`: enlarge pictures with a pretrained network."""

import json
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from impasto.cli.groups import grouped
from impasto.cli.options import DOTS, PRINT, DeviceName, PrecisionName, known_file
from impasto.cli.painted_options import PaintedOptions
from impasto.core.console import tell
from impasto.core.shipped import find
from impasto.errors import ImpastoError

if TYPE_CHECKING:
    from impasto.core.paper import Print
    from impasto.upscale.files import Outcome
    from impasto.upscale.method import Method

NETWORKS = ("fast", "quality", "anime")


class Scale(IntEnum):
    """Factor of width and height."""

    two = 2
    four = 4


def _known(inputs: list[Path]) -> list[Path]:
    """Check that the pictures, folders and generators exist."""
    for given in inputs:
        if find(given) is None:
            raise ImpastoError(f"There is no picture or folder {given}.")
    return inputs


def _model(model: str) -> str:
    """Check that it is a network's name or an existing file."""
    if Path(model).suffix.lower() in (".pth", ".safetensors"):
        known_file(Path(model).expanduser())
    elif model not in NETWORKS:
        raise ImpastoError(
            f"--model {model}: choose {', '.join(NETWORKS)}, or a .pth or .safetensors file."
        )
    return model


@dataclass(frozen=True)
class UpscaleOptions:
    """Options of `impasto upscale`."""

    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="IMAGE|FOLDER|RUN…",
            help="Pictures, folders of them, or runs.",
            callback=_known,
        ),
    ]
    scale: Annotated[Scale, typer.Option(help="How many times wider and higher.")] = Scale.four
    model: Annotated[
        str,
        typer.Option(
            metavar="fast|quality|anime|FILE",
            help="A Real-ESRGAN network, or any .pth or .safetensors that spandrel supports.",
            callback=_model,
        ),
    ] = "fast"
    out: Annotated[
        Path | None,
        typer.Option(help="Folder, or a file for one picture [default: beside the source]."),
    ] = None
    kind: Annotated[
        Literal["png", "jpeg", "webp"], typer.Option("--format", help="Output format.")
    ] = "png"
    paper: Annotated[str | None, typer.Option("--print", help=PRINT, metavar="PAPER")] = None
    dpi: Annotated[float | None, typer.Option(min=10, max=2400, help=DOTS)] = None
    tile: Annotated[
        int, typer.Option(min=32, max=4096, help="Tile side in pixels; smaller needs less memory.")
    ] = 256
    again: Annotated[
        bool, typer.Option("--again", help="In folders: redo pictures already enlarged.")
    ] = False


@dataclass(frozen=True)
class Running:
    """The device."""

    device: Annotated[DeviceName, typer.Option(help="auto: CUDA, MPS, CPU.")] = "auto"
    precision: Annotated[
        PrecisionName, typer.Option(help="bf16 is up to twice as fast, but slightly different.")
    ] = "fp32"
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False


@grouped
def upscale(
    context: typer.Context, asked: UpscaleOptions, painted: PaintedOptions, running: Running
) -> None:
    """Enlarge pictures two or four times with a pretrained network, or to any size with the paint
    of originals.

    impasto upscale favourites/seed-000017.png --model quality

    impasto upscale runs/mine --scale 2 --format jpeg

    impasto upscale runs/mine --paint-from paintings --size 1024

    A network needs: pip install 'impasto[upscale]'. Run it again to resume an
    interrupted folder.
    """
    from impasto.core.paper import parse_print

    sheet = parse_print(asked.paper, asked.dpi)
    painting = painted.asked()
    if painting is not None:
        _refuse_for_networks(context)
    elif sheet is not None and _is_given(context, "scale"):
        raise ImpastoError("--print sets the size; leave out --scale.")
    named = FORMATS.get(asked.out.suffix.lower(), asked.kind) if asked.out else asked.kind
    if _is_given(context, "kind") and named != asked.kind:
        raise ImpastoError(
            f"--format {asked.kind} does not fit --out {asked.out}; leave out one of the two."
        )

    from impasto.core.device import keep_freed_memory

    keep_freed_memory()

    from impasto.upscale.files import holds_several, plan, run

    redo = asked.again or not any(map(holds_several, asked.inputs))
    how: dict[str, object] = {"scale": asked.scale}
    method: Method
    if painting is not None:
        method, name = painting.method(), "painted"
        how = {"paint_from": painting.paint_from, "size": painting.size}
        jobs = painting.plan(asked.inputs, asked.out, asked.kind)
    else:
        method, name = _by_network(asked, running, sheet)
        much = sheet.name if sheet else f"x{asked.scale}"
        jobs = plan(asked.inputs, asked.out, name, much, asked.kind)
    _tell(run(jobs, method, redo), {"model": name, **how}, len(jobs), running.as_json)


FOR_NETWORKS = {
    "paper": "give --size",
    "scale": "give --size",
    "model": "leave --model out",
    "tile": "leave --tile out",
    "device": "leave --device out, since paint is laid on the CPU",
    "precision": "leave --precision out",
}
"""Options that say how a network enlarges, and what to do with `--paint-from` instead."""

FORMATS = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp"}


def _refuse_for_networks(context: typer.Context) -> None:
    """Refuse options that would do nothing with `--paint-from`.

    Raises:
        ImpastoError: one of them is given.
    """
    for option in context.command.params:
        if (name := option.name or "") in FOR_NETWORKS and _is_given(context, name):
            raise ImpastoError(
                f"{option.opts[0]} and --paint-from do not go together; {FOR_NETWORKS[name]}."
            )


def _is_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _by_network(
    asked: UpscaleOptions, running: Running, sheet: "Print | None"
) -> "tuple[Method, str]":
    """The settings for a network, and its name."""
    from impasto.core.device import choose_device
    from impasto.upscale.networks import load_enlarger
    from impasto.upscale.picture import Settings

    chosen = choose_device(running.device, running.precision)
    enlarger = load_enlarger(asked.model, chosen.device)
    return Settings(enlarger, asked.scale, asked.tile, chosen.bf16, sheet), enlarger.name


def _tell(outcome: "Outcome", how: dict[str, object], jobs: int, as_json: bool) -> None:
    """Say what was made.

    Raises:
        ImpastoError: some pictures could not be enlarged.
    """
    from impasto.core.console import counted, say

    if as_json:
        found = {"made": outcome.made, "kept": outcome.kept, "refused": list(outcome.refused)}
        lists = {name: [str(path) for path in paths] for name, paths in found.items()}
        typer.echo(json.dumps({**how, **lists}))
    else:
        tell(*outcome.made[:3])
        if len(outcome.made) > 3:
            tell(f"… and {len(outcome.made) - 3} more in {outcome.made[-1].parent}")
        if outcome.kept:
            say(f"{len(outcome.kept)} were already there; --again redoes them.")
    if outcome.refused:
        count = len(outcome.refused)
        some = f"{count} of {counted(jobs, 'picture')}"
        which = some if jobs > count else "None of the pictures"
        raise ImpastoError(f"{which} could {'not ' if jobs > count else ''}be enlarged.")

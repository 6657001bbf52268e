"""`impasto strokes`: stroke data, and networks trained on it."""

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from impasto.cli.options import DeviceName, PrecisionName, known_folder, settings_of
from impasto.core.console import counted, tell

app = typer.Typer(
    no_args_is_help=True,
    help="Make stroke data, train stroke networks on it, show both.",
)


@app.command()
def make(
    count: Annotated[int, typer.Option(min=1, max=5_000_000, help="Number of strokes.")],
    engine: Annotated[
        Literal["impasto", "mypaint"],
        typer.Option(help="impasto is built in; mypaint needs libmypaint."),
    ] = "impasto",
    brush: Annotated[
        str, typer.Option(help="dry, oil, wash, ink, charcoal.", metavar="NAME")
    ] = "dry",
    out: Annotated[
        Path | None, typer.Option(help="Folder of the shards [default: strokes/BRUSH].")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31, help="Seed of the actions.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Draw random strokes into shards; the same command again resumes.

    impasto strokes make --count 20000 --brush oil

    impasto strokes make --count 100000 --engine mypaint --out strokes/real
    """
    from impasto.brush.settings import settings_of as known_brush

    known_brush(brush)

    from impasto.strokes.making import make_shards

    files = make_shards(count, engine, brush, out or Path("strokes") / brush, seed)
    if as_json:
        typer.echo(json.dumps({"files": [str(file) for file in files]}))
    else:
        tell(*files)


@app.command(name="import")
def import_(
    folder: Annotated[
        Path, typer.Argument(help="A folder with episodes_*.npz in it.", callback=known_folder)
    ],
    out: Annotated[Path | None, typer.Option(help="The set [default: FOLDER/imported].")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Unpack shards for fast training, such as the public MyPaintBrushstrokes files.

    impasto strokes import ~/Downloads/MyPaintBrushstrokes --out strokes/public
    """
    from impasto.strokes.stroke_set import import_shards

    found = import_shards(folder, out or folder / "imported")
    if as_json:
        typer.echo(
            json.dumps({"folder": str(found.folder), **found.about.model_dump(exclude_unset=True)})
        )
    else:
        left = found.about.left_out
        pale = f" ({left:,} too pale to tell their opacity)" if left else ""
        tell(f"{found.folder}: {counted(len(found.actions), 'stroke')}{pale}")


@app.command()
def train(
    data: Annotated[
        Path, typer.Argument(help="A folder of shards, or an imported set.", callback=known_folder)
    ],
    recipe: Annotated[
        str,
        typer.Option(
            help="strokes, neural-painter, neural-painter-published, neural-painter-gan, or a "
            "file.",
            metavar="NAME|FILE",
        ),
    ] = "strokes",
    stage: Annotated[
        Literal["all", "generator", "discriminator", "adversarial"],
        typer.Option(help="Train only this stage."),
    ] = "all",
    out: Annotated[
        Path | None, typer.Option(help="The run's folder [default: runs/strokes-DATA-RECIPE].")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KNOB=VALUE", help="Change a knob; may be repeated."),
    ] = None,
    device: Annotated[DeviceName, typer.Option(help="auto: CUDA, MPS, CPU.")] = "auto",
    precision: Annotated[
        PrecisionName, typer.Option(help="auto: bf16 if the hardware has it.")
    ] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="End with one line of JSON.")] = False,
) -> None:
    """Train a stroke network stage by stage; the same command again resumes.

    impasto strokes train strokes/dry

    impasto strokes train strokes/public --recipe neural-painter --stage generator

    impasto strokes train strokes/dry --set generator.images=200000 --out runs/longer
    """
    from impasto.strokes.config import load

    config = load(recipe, settings_of(settings, "seed=1"))
    which = config.stages() if stage == "all" else (stage,)
    for name in which:
        config.stage(name)

    from impasto.core.device import choose_device, keep_freed_memory

    keep_freed_memory()  # before anything large is allocated

    from impasto.strokes.stroke_set import open_training_set
    from impasto.strokes.training import train_stages

    strokes = open_training_set(data)
    folder = out or Path("runs") / f"strokes-{data.resolve().name}-{config.name}"
    chosen = choose_device(device, precision)
    outcomes = train_stages(config, strokes, folder, chosen, which)
    if as_json:
        rows = [vars(outcome) | {"folder": str(outcome.folder)} for outcome in outcomes]
        typer.echo(json.dumps({"stages": rows}))
    if not outcomes[-1].finished:
        raise typer.Exit(130)


@app.command()
def show(
    target: Annotated[
        str, typer.Argument(help="A brush's name, a shard, or a folder of shards.")
    ] = "dry",
    out: Annotated[
        Path | None, typer.Option(help="The picture [default: strokes-TARGET.png].")
    ] = None,
    count: Annotated[
        int, typer.Option(min=1, max=1024, help="Number of strokes; for a brush at most 16.")
    ] = 64,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the strokes of a brush.")] = 0,
) -> None:
    """Show strokes on a sheet: data, or a brush drawn by libmypaint, the engine and its network.

    impasto strokes show oil

    impasto strokes show strokes/public --count 100 --out sheet.png
    """
    from impasto.core.console import say
    from impasto.core.images import save
    from impasto.core.notes import Notes, mark, own_file
    from impasto.strokes.sheets import sheet_of

    picture, what = sheet_of(target, count, seed)
    source = Path(target).resolve()
    file = out or own_file(Path(f"strokes-{source.stem}.png"), source)
    if file.suffix.lower() not in (".png", ".jpg", ".jpeg", ".webp"):
        file = file.with_name(file.name + ".png")
    save(picture, file, notes=Notes(source=mark(source)))
    say(f"{what[0].upper()}{what[1:]}.", style="dim")
    tell(file)

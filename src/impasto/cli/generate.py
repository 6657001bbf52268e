"""`impasto generate`: pictures and sheets by a trained generator."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from impasto.cli.groups import grouped
from impasto.cli.options import (
    DOTS,
    GENERATOR,
    PRINT,
    known_files,
    known_generator,
    known_originals_folder,
    known_run,
    known_seeds,
)
from impasto.cli.painted_options import Asked, PaintedOptions
from impasto.cli.processes import Processes, as_one, launch_processes
from impasto.core.console import say, tell
from impasto.errors import ImpastoError

if TYPE_CHECKING:
    from impasto.generate.asked import Request


Run = Annotated[Path, typer.Argument(help=GENERATOR, callback=known_run)]
FirstSeed = Annotated[
    int,
    typer.Option(min=0, max=2**62, help="Seed of the first picture; the next has the next seed."),
]
Seeds = Annotated[
    str | None,
    typer.Option(
        help="Exactly these seeds: `0-63`, `7`, `1,5,9-12`.", metavar="SEEDS", callback=known_seeds
    ),
]
Latents = Annotated[
    list[Path] | None,
    typer.Option(
        help="Repaint the latents stored in a PNG or JSON file; may be repeated.",
        callback=known_files,
    ),
]
Label = Annotated[
    str | None, typer.Option(help="The label to paint, for a generator trained with labels.")
]
Truncation = Annotated[
    float,
    typer.Option(min=0, max=4, help="Below 1: less varied, more typical pictures. 1: as trained."),
]
TruncationBy = Annotated[
    Literal["shrink", "resample"],
    typer.Option(help="Shrink the latent, or redraw its numbers beyond ± truncation."),
]
Move = Annotated[
    list[str] | None,
    typer.Option(
        help="Move along a direction of `explore`: warmth=2.5; may be repeated.",
        metavar="DIRECTION=AMOUNT",
    ),
]


@dataclass(frozen=True)
class Way:
    """The path of a film from picture to picture."""

    circle: Annotated[
        bool, typer.Option("--circle", help="Film along a circle through two pictures.")
    ] = False
    radius: Annotated[
        float,
        typer.Option(help="Below 1 the circle stays near the first of three pictures."),
    ] = 1.0
    loop: Annotated[
        bool, typer.Option("--loop", help="Return to the first picture, for an endless loop.")
    ] = False
    easing: Annotated[
        Literal["none", "in", "out", "in-out"],
        typer.Option(help="Leave each picture slowly, arrive slowly, or both."),
    ] = "none"
    seconds: Annotated[
        float,
        typer.Option(
            min=0.05,
            max=3600,
            help="Seconds from picture to picture; a circle takes 4 times that.",
        ),
    ] = 2.0
    fps: Annotated[float, typer.Option(help="Frames per second.")] = 30.0


Side = Annotated[
    int | None,
    typer.Option(min=16, max=4096, help="The film's shorter side in pixels [default: ≥ 256]."),
]
Out = Annotated[
    Path | None, typer.Option(help="Folder [default: RUN/generated, or RUN/generated-WHICH].")
]
Grid = Annotated[
    bool,
    typer.Option("--grid", help="Write one sheet instead of single files or a film."),
]
Checkpoint = Annotated[
    str, typer.Option(help="best, last, or a number of images.", metavar="WHICH")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@dataclass(frozen=True)
class Wished:
    """Which pictures `impasto generate` makes."""

    run: Run
    count: Annotated[
        int | None,
        typer.Option(min=1, max=1_000_000, help="Number of pictures [default: 16; 6 for a film]."),
    ] = None
    seed: FirstSeed = 0
    seeds: Seeds = None
    latents: Latents = None
    label: Label = None
    truncation: Truncation = 1.0
    truncation_by: TruncationBy = "shrink"
    truncation_sheet: Annotated[
        bool,
        typer.Option(
            "--truncation-sheet", help="One sheet with each picture at several truncations."
        ),
    ] = False
    move: Move = None
    best: Annotated[
        int | None, typer.Option(min=1, help="Keep the N best, chosen to differ.", metavar="N")
    ] = None
    judge: Annotated[
        Literal["auto", "lite0", "lite2", "dinov2-s", "discriminator"],
        typer.Option(
            help="What ranks pictures for --best: nearness to the originals in a network's "
            "features, or the run's discriminator. dinov2-s responds to what a picture shows."
        ),
    ] = "auto"
    interpolate: Annotated[
        Literal["slerp", "linear", "cubic"] | None,
        typer.Option(help="A film from picture to picture, as `impasto film` makes it."),
    ] = None


@dataclass(frozen=True)
class Results:
    """The files to write."""

    film: Annotated[
        Literal["mp4", "gif", "webp"],
        typer.Option("--film-as", "--film", help="The film's format."),
    ] = "mp4"
    side: Side = None
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            "--against",
            help="For --best: the originals, a folder, a prepared set or `colourfield[:COUNT]`, "
            "if the run does not know them.",
            callback=known_originals_folder,
        ),
    ] = None
    out: Out = None
    grid: Grid = False
    paper: Annotated[str | None, typer.Option("--print", help=PRINT, metavar="PAPER")] = None
    dpi: Annotated[float | None, typer.Option(min=10, max=2400, help=DOTS)] = None
    contact_sheet: Annotated[
        bool, typer.Option("--contact-sheet", help="Also write one numbered sheet of all files.")
    ] = False
    numbers: Annotated[
        bool,
        typer.Option("--numbers/--no-numbers", help="Show seeds below the pictures of a sheet."),
    ] = True

    @property
    def is_sheet(self) -> bool:
        """Whether pictures are laid out on a sheet or a page."""
        return bool(self.grid or self.contact_sheet or self.paper)


@dataclass(frozen=True)
class Last:
    """Options at the end of `--help`."""

    checkpoint: Checkpoint = "best"
    processes: Processes = 1
    as_json: AsJson = False


@grouped
def generate(
    wished: Wished, way: Way, results: Results, painted: PaintedOptions, last: Last
) -> None:
    """Generate pictures, sheets and films. The same seed always gives the same painting.

    impasto generate runs/mine --count 64 --grid

    impasto generate runs/mine --seeds 3,17,40-47 --out favourites

    impasto generate runs/mine --count 500 --best 12

    impasto generate runs/mine --paint-from paintings --size 1024

    Every PNG stores its latent: `--latents favourites/seed-000017.png` paints it again. For films,
    use `impasto film`.
    """
    from impasto.core.paper import parse_print
    from impasto.generate.asked import Request

    pictures, files = dict(vars(wished)), dict(vars(results))
    request = Request(
        files=tuple(pictures.pop("latents") or ()),
        moves=tuple(pictures.pop("move") or ()),
        paper=parse_print(files.pop("paper"), files.pop("dpi")),
        **pictures,
        **vars(way),
        **files,
        checkpoint=last.checkpoint,
    )
    if request.is_walk and not results.grid:
        say("`impasto film RUN` makes films now; this spelling still works.", "dim")
    asked = painted.asked()
    if asked and (request.is_walk or results.is_sheet or wished.truncation_sheet):
        raise ImpastoError(
            "--paint-from enlarges single pictures; leave out films, sheets and --print."
        )
    answer(request, last.as_json, asked, last.processes)


def answer(
    request: "Request", as_json: bool, asked: Asked | None = None, processes: int = 1
) -> None:
    """Generate what is asked for and print the paths.

    Raises:
        ImpastoError: the options do not go together, or there is no such generator.
    """
    from impasto.generate.asked import check

    check(request)  # before torch takes a second to load
    known_generator(request.run, request.checkpoint, request.label, request.files)
    launch_processes(processes)

    from impasto.generate.request import fulfil, helping

    with as_one(lambda: helping(request)):
        method = asked.method() if asked is not None else None  # its originals are checked first
        origin, files = fulfil(request)
    if asked is not None and method is not None:
        files = [*files, *asked.enlarge(files, method)]
    if as_json:
        typer.echo(json.dumps({"origin": origin, "files": [str(file) for file in files]}))
    else:
        tell(*files[:3])
        if len(files) > 3:
            tell(f"… and {len(files) - 3} more in {files[0].parent}")

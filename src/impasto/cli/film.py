"""`impasto film`: films that move from picture to picture through latent space."""

from dataclasses import dataclass
from typing import Annotated, Literal

import typer

from impasto.cli.generate import (
    AsJson,
    Checkpoint,
    FirstSeed,
    Grid,
    Label,
    Latents,
    Move,
    Out,
    Run,
    Seeds,
    Side,
    Truncation,
    TruncationBy,
    Way,
    answer,
)
from impasto.cli.groups import grouped


@dataclass(frozen=True)
class Keys:
    """Which pictures `impasto film` moves through."""

    run: Run
    count: Annotated[
        int | None,
        typer.Option(
            min=1, max=1_000_000, help="Number of pictures to move through [default: 6; circle: 2]."
        ),
    ] = None
    seed: FirstSeed = 0
    seeds: Seeds = None
    latents: Latents = None
    interpolate: Annotated[
        Literal["slerp", "linear", "cubic"] | None,
        typer.Option(help="Arcs, straight lines, or a smooth curve [default: cubic]."),
    ] = None


@dataclass(frozen=True)
class Results:
    """The film, and where it goes."""

    kind: Annotated[
        Literal["mp4", "gif", "webp"],
        typer.Option("--film-as", "--as", help="The film's format."),
    ] = "mp4"
    side: Side = None
    label: Label = None
    truncation: Truncation = 1.0
    truncation_by: TruncationBy = "shrink"
    move: Move = None
    out: Out = None
    grid: Grid = False
    checkpoint: Checkpoint = "best"
    as_json: AsJson = False


@grouped
def film(keys: Keys, way: Way, results: Results) -> None:
    """Make a film that moves from picture to picture; the same seeds always give the same film.

    impasto film runs/mine

    impasto film runs/mine --seeds 3,17,42 --loop --film-as webp

    impasto film runs/mine --seeds 26,100,101 --circle --radius 0.35

    impasto film runs/mine --latents favourites/seed-000017.png --seeds 26 --interpolate slerp
    """
    from impasto.generate.asked import Request

    pictures, files = dict(vars(keys)), dict(vars(results))
    as_json: bool = files.pop("as_json")
    request = Request(
        files=tuple(pictures.pop("latents") or ()),
        interpolate=pictures.pop("interpolate") or (None if way.circle else "cubic"),
        moves=tuple(files.pop("move") or ()),
        film=files.pop("kind"),
        **pictures,
        **vars(way),
        **files,
    )
    answer(request, as_json)

"""`impasto film`: from picture to picture, through what a generator has learnt."""

from typing import Annotated, Literal

import typer

from impasto.cli.generate import (
    AsJson,
    Checkpoint,
    Circle,
    Easing,
    FirstSeed,
    Fps,
    Grid,
    Label,
    Latents,
    Loop,
    Move,
    Out,
    Radius,
    Run,
    Seconds,
    Seeds,
    Side,
    Truncation,
    TruncationBy,
    answer,
)


def film(
    run: Run,
    count: Annotated[
        int | None,
        typer.Option(
            min=1, max=1_000_000, help="Number of pictures to move through [default: 6; circle: 2]."
        ),
    ] = None,
    seed: FirstSeed = 0,
    seeds: Seeds = None,
    latents: Latents = None,
    interpolate: Annotated[
        Literal["slerp", "linear", "cubic"] | None,
        typer.Option(help="Arcs, straight lines, or a smooth curve [default: cubic]."),
    ] = None,
    circle: Circle = False,
    radius: Radius = 1.0,
    loop: Loop = False,
    easing: Easing = "none",
    seconds: Seconds = 2.0,
    fps: Fps = 30.0,
    kind: Annotated[
        Literal["mp4", "gif", "webp"], typer.Option("--as", help="Film format.")
    ] = "mp4",
    side: Side = None,
    label: Label = None,
    truncation: Truncation = 1.0,
    truncation_by: TruncationBy = "shrink",
    move: Move = None,
    out: Out = None,
    grid: Grid = False,
    checkpoint: Checkpoint = "best",
    as_json: AsJson = False,
) -> None:
    """Make a film that moves from picture to picture; the same seeds always give the same film.

    impasto film runs/mine

    impasto film runs/mine --seeds 3,17,42 --loop --as webp

    impasto film runs/mine --seeds 26,100,101 --circle --radius 0.35

    impasto film runs/mine --latents favourites/seed-000017.png --seeds 26 --interpolate slerp
    """
    from impasto.generate.asked import Request

    request = Request(
        run=run,
        count=count,
        seed=seed,
        seeds=seeds,
        files=tuple(latents or ()),
        label=label,
        truncation=truncation,
        truncation_by=truncation_by,
        moves=tuple(move or ()),
        interpolate=interpolate or (None if circle else "cubic"),
        circle=circle,
        radius=radius,
        loop=loop,
        easing=easing,
        seconds=seconds,
        fps=fps,
        film=kind,
        side=side,
        out=out,
        grid=grid,
        checkpoint=checkpoint,
    )
    answer(request, as_json)

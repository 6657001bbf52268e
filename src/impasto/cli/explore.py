"""`impasto explore`: explore what a generator has learnt."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from impasto.cli.options import (
    GENERATOR,
    known_file,
    known_generator,
    known_originals,
    known_originals_folder,
    known_run,
    known_seeds,
)
from impasto.core.console import tell
from impasto.core.shipped import locate
from impasto.errors import ImpastoError

if TYPE_CHECKING:
    from impasto.generate.latents import Latent
    from impasto.generate.sampler import LoadedGenerator

app = typer.Typer(
    no_args_is_help=True,
    help="Find directions, project a picture, mix, blend, find nearest originals.",
)

RunArgument = Annotated[Path, typer.Argument(help=GENERATOR, callback=known_run)]
OutOption = Annotated[Path | None, typer.Option(help="Folder [default: RUN/explore].")]
CheckpointOption = Annotated[
    str, typer.Option(help="best, last, or a number of images.", metavar="WHICH")
]
LabelOption = Annotated[
    str | None, typer.Option(help="The label, for a generator trained with labels.")
]
ShareOption = Annotated[
    float | None,
    typer.Option(min=0, max=1, help="Share of the second one's weights [default: 0.5]."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def _parent(text: str) -> str:
    """Check that it is a seed or an existing file."""
    if not text.isdecimal():
        known_file(Path(text))
    return text


def _renamings(wishes: list[str] | None) -> list[str] | None:
    """Check pairs of an old and a new name."""
    for wish in wishes or ():
        if not all(wish.partition("=")):
            raise ImpastoError(f"--name {wish}: write OLD=NEW, such as weights-3=warmth.")
    return wishes


def _levels(text: str | None) -> str | None:
    """Check map sizes with shares, such as `8=1,16=0.5`."""
    _shares(text)
    return text


def _shares(text: str | None) -> dict[int, float]:
    found: dict[int, float] = {}
    for part in (text or "").split(",") if text is not None else ():
        side, _, share = part.strip().partition("=")
        try:
            value = float(share)
        except ValueError:
            value = -1.0
        if not (side.isdecimal() and len(side) < 6 and 0 <= value <= 1):
            raise ImpastoError(f"--levels {part!r:.60}: write SIDE=SHARE, such as 8=1,16=0.5.")
        found[int(side)] = value
    return found


@app.command()
def directions(
    run: RunArgument,
    method: Annotated[
        Literal["weights", "activations", "both"],
        typer.Option(help="weights: factorise the first layers (SeFa); activations: GANSpace."),
    ] = "both",
    count: Annotated[int, typer.Option(min=1, max=64, help="Directions per method.")] = 8,
    seeds: Annotated[
        str,
        typer.Option(
            help="Seeds of the pictures to show them on.", metavar="SEEDS", callback=known_seeds
        ),
    ] = "0,1,2",
    name: Annotated[
        list[str] | None,
        typer.Option(
            help="Rename one: weights-3=warmth; may be repeated.",
            metavar="OLD=NEW",
            callback=_renamings,
        ),
    ] = None,
    label: LabelOption = None,
    out: OutOption = None,
    checkpoint: CheckpointOption = "best",
    as_json: JsonOption = False,
) -> None:
    """Find the directions along which pictures change most, and show each as a strip.

    impasto explore directions runs/mine

    impasto explore directions runs/mine --name weights-2=dusk

    Then: impasto generate runs/mine --seeds 0-7 --move dusk=2.5
    """
    known_generator(run, checkpoint, label)

    from impasto.core.files import alone_in
    from impasto.core.runs import Run
    from impasto.core.shipped import workplace
    from impasto.explore.direction_sheets import draw_strips
    from impasto.explore.search import merge, rename, save_directions, search
    from impasto.generate.artefact import load_generator
    from impasto.generate.asked import parse_seeds
    from impasto.generate.conditions import Conditioned
    from impasto.generate.directions import read_directions

    generator, folder = load_generator(run, checkpoint), out or Run(workplace(run)).explore
    shown = [_of_seed(generator, seed, label) for seed in parse_seeds(seeds)]
    exists = (folder / "directions.json").exists()
    known = read_directions(folder, generator.latent) if exists else []
    if not (name and known):  # naming a known direction needs no search
        known = merge(known, search(Conditioned(generator, label), generator.latent, method, count))
    for wish in name or ():
        known = rename(known, wish)
    with alone_in(folder, "explore directions"):
        save_directions(folder, known, generator.about())
        files = draw_strips(generator, known, shown, folder)
    found = [{"name": d.name, "source": d.source, "share": round(d.share, 6)} for d in known]
    said = [*(f"{d.name}  {d.share:.1%}" for d in known), f"See {files[0]}"]
    _end(as_json, {"directions": found, "files": [str(file) for file in files]}, said)


@app.command()
def project(
    run: RunArgument,
    picture: Annotated[Path, typer.Argument(help="Any picture; see --fit.", callback=known_file)],
    starts: Annotated[int, typer.Option(min=1, max=64, help="Number of starts.")] = 4,
    steps: Annotated[int, typer.Option(min=1, max=100_000, help="Steps from each start.")] = 300,
    seed: Annotated[int, typer.Option(min=0, max=2**62, help="Seed of the starts.")] = 0,
    fit: Annotated[
        Literal["crop", "top-left", "pad", "stretch"],
        typer.Option(help="How the picture is fitted to the generator's shape."),
    ] = "crop",
    label: LabelOption = None,
    out: OutOption = None,
    checkpoint: CheckpointOption = "best",
    as_json: JsonOption = False,
) -> None:
    """Find the closest picture that this generator can paint, and how close it is.

    impasto explore project runs/mine photo.jpg

    Then: impasto generate runs/mine --latents runs/mine/explore/photo-projected.png
    """
    known_generator(run, checkpoint, label)

    from impasto.core.runs import Run
    from impasto.core.shipped import workplace
    from impasto.explore.project import project_picture
    from impasto.generate.artefact import load_generator

    generator = load_generator(run, checkpoint)
    folder = out or Run(workplace(run)).explore
    found = project_picture(generator, picture, folder, label, starts, steps, seed, fit)
    told = (
        f"{found['psnr']:.1f} dB, features {found['features']:.3f} away "
        f"(the nearest of {starts} starts; loss {found['loss']:.3f}, at its start "
        f"{found['at_its_start']:.3f})."
    )
    _end(as_json, found, [told, *(str(file) for file in found["files"])])


@app.command()
def mix(
    run: RunArgument,
    first: Annotated[
        str,
        typer.Argument(help="A parent: a seed, or a PNG or JSON by Impasto.", callback=_parent),
    ],
    second: Annotated[str, typer.Argument(help="The other parent.", callback=_parent)],
    how: Annotated[
        Literal["between", "genes", "layers"],
        typer.Option(help="between: steps from one to the other; genes: number by number; layers."),
    ] = "genes",
    count: Annotated[
        int, typer.Option(min=1, max=200, help="Number of children; ignored by layers.")
    ] = 6,
    seed: Annotated[int, typer.Option(min=0, max=2**62, help="Seed of the genes.")] = 0,
    levels: Annotated[
        str | None,
        typer.Option(
            help="For --how layers: make one child with this share of B's style (0 to 1) at each "
            "feature-map size: 8=1,16=0.5.",
            metavar="SIDE=SHARE,…",
            callback=_levels,
        ),
    ] = None,
    label: LabelOption = None,
    out: Annotated[Path | None, typer.Option(help="Folder [default: RUN/explore/mix].")] = None,
    checkpoint: CheckpointOption = "best",
    as_json: JsonOption = False,
) -> None:
    """Make children of two paintings; lineage.html shows the family tree.

    impasto explore mix runs/mine 3 17

    impasto explore mix runs/mine runs/mine/explore/mix/child-0002.png 42 --how between
    """
    if levels is not None and how != "layers":
        raise ImpastoError("--levels goes with --how layers.")
    files = [Path(text) for text in (first, second) if not text.isdecimal() or Path(text).exists()]
    known_generator(run, checkpoint, label, files)

    from impasto.core.runs import Run
    from impasto.core.shipped import workplace
    from impasto.explore.family import breed, parent
    from impasto.generate.artefact import load_generator

    generator, folder = load_generator(run, checkpoint), out or Run(workplace(run)).explore / "mix"
    parents = [parent(generator, text, label) for text in (first, second)]
    from impasto.core.files import alone_in

    with alone_in(folder, "explore mix"):
        wanted = _shares(levels)
        files = breed(generator, parents[0], parents[1], how, count, seed, folder, wanted)
    tree = folder / "lineage.html"
    told = {"files": [str(file) for file in files], "tree": str(tree)}
    _end(as_json, told, [*(str(file) for file in files), f"The family: {tree}"])


@app.command()
def blend(
    run: RunArgument,
    other: Annotated[
        Path,
        typer.Argument(help="Another generator of the same family and size.", callback=known_run),
    ],
    share: ShareOption = None,
    swap: Annotated[
        int | None,
        typer.Option(help="Instead: take layers finer than N pixels from the second one."),
    ] = None,
    seeds: Annotated[
        str,
        typer.Option(
            help="Seeds of the pictures on the sheet.", metavar="SEEDS", callback=known_seeds
        ),
    ] = "0-3",
    checkpoint: CheckpointOption = "best",
    other_checkpoint: CheckpointOption = "best",
    out: Annotated[
        Path | None, typer.Option(help="The new generator's folder [default: RUN/explore/blend].")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Blend two generators: mix their weights, or join coarse layers of one and fine of the other.

    Works for generators that descend from the same training; see the sheet, and docs/explore.md.

    impasto explore blend runs/landscapes runs/portraits --share 0.3

    impasto explore blend runs/landscapes runs/portraits --swap 16

    impasto explore blend runs/mine runs/mine --other-checkpoint last
    """
    if share is not None and swap is not None:
        raise ImpastoError("--swap takes whole layers instead of a --share; leave one out.")
    known_generator(run, checkpoint)
    known_generator(other, other_checkpoint)

    from impasto.core.checkpoints import write_artefact
    from impasto.core.runs import Run
    from impasto.core.shipped import workplace
    from impasto.explore.blend import blend as blended
    from impasto.explore.blend import draw_blends
    from impasto.generate.artefact import load_generator
    from impasto.generate.asked import parse_seeds

    first, second = load_generator(run, checkpoint), load_generator(other, other_checkpoint)
    folder = out or Run(workplace(run)).explore / "blend"
    made = blended(first, second, 0.5 if share is None else share, swap)
    from impasto.core.files import alone_in

    with alone_in(folder, "explore blend"):
        sheet = draw_blends(first, second, parse_seeds(seeds), swap, folder / "blend.png")
        write_artefact(folder, made.network, made.card)
    _end(
        as_json,
        {"folder": str(folder), "sheet": str(sheet)},
        [f"{sheet} shows it; paint with: impasto generate {folder}"],
    )


@app.command()
def neighbours(
    run: RunArgument,
    count: Annotated[int, typer.Option(min=1, max=200, help="Number of samples.")] = 12,
    seed: Annotated[int, typer.Option(min=0, max=2**62, help="Seed of the first sample.")] = 0,
    k: Annotated[int, typer.Option("-k", min=1, max=12, help="Originals beside each sample.")] = 4,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            "--against",
            help="The originals, a folder, a prepared set or `colourfield[:COUNT]`, if the run "
            "does not know them.",
            callback=known_originals_folder,
        ),
    ] = None,
    label: LabelOption = None,
    out: OutOption = None,
    checkpoint: CheckpointOption = "best",
    as_json: JsonOption = False,
) -> None:
    """Show samples beside their nearest originals: new paintings, or copies?

    impasto explore neighbours runs/mine --count 16
    """
    known_generator(run, checkpoint, label)
    known_originals(locate(run), data, "--data")

    from impasto.core.runs import Run
    from impasto.core.shipped import workplace
    from impasto.explore.nearest import nearest_originals
    from impasto.generate.artefact import Artefact
    from impasto.train.words import quality_in_words

    artefact = Artefact.find(run)
    generator = artefact.generator(checkpoint)
    card = generator.card
    size = (card.model.width, card.model.height) if card else None
    measured = (card.metrics, run, card.judge) if card else ({}, run, "")
    originals = artefact.originals(data, size=size)
    latents = [_of_seed(generator, s, label) for s in range(seed, seed + count)]
    sheet = (out or Run(workplace(run)).explore) / "neighbours.png"
    rows = nearest_originals(generator, latents, originals, k, sheet)
    nearest = min(rows, key=lambda row: row.distances[0])
    _end(
        as_json,
        {
            "sheet": str(sheet),
            "samples": [
                {"name": r.sample.name, "originals": r.originals, "distances": r.distances}
                for r in rows
            ],
        },
        [
            f"The nearest of all: {nearest.sample.name} to {nearest.originals[0]}, at "
            f"{nearest.distances[0]:.2f} times the median distance between an original and its "
            "nearest neighbour.",
            quality_in_words(*measured),
            str(sheet),
        ],
    )


def _of_seed(generator: "LoadedGenerator", seed: int, label: str | None) -> "Latent":
    from impasto.generate.conditions import seeded

    return seeded(generator, seed, label)


def _end(as_json: bool, values: Mapping[str, object], lines: list[str]) -> None:
    tell(*([json.dumps(values)] if as_json else lines))

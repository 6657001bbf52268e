"""`impasto compare`: the same pictures, the same budget, several recipes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from impasto.cli.groups import grouped
from impasto.cli.options import (
    DeviceName,
    PrecisionName,
    known_data,
    known_recipe,
    parse_networks,
    settings_before_torch,
)
from impasto.core.console import counted, tell
from impasto.sizes import Fit

if TYPE_CHECKING:
    from impasto.prepare.source import Data


@dataclass(frozen=True)
class CompareOptions:
    """Options of `impasto compare`."""

    data: Annotated[
        str,
        typer.Argument(
            help="A folder of pictures, a prepared set, or `colourfield[:COUNT]`.",
            callback=known_data,
        ),
    ]
    recipes: Annotated[
        str,
        typer.Option(help="Names or .yaml files, separated by commas.", metavar="A,B,C"),
    ]
    out: Annotated[
        Path | None, typer.Option(help="Output folder [default: comparisons/<data>].")
    ] = None
    minutes: Annotated[float | None, typer.Option(help="Minutes of training for each.")] = None
    images: Annotated[
        int | None, typer.Option(help="Originals shown in each training, instead of minutes.")
    ] = None
    seeds: Annotated[int, typer.Option(min=1, max=100, help="Trainings of each recipe.")] = 1
    count: Annotated[
        int | None,
        typer.Option(
            min=10,
            max=5000,
            help="Number of samples to judge [default: one per original, 100–5000].",
        ),
    ] = None
    checkpoint: Annotated[
        Literal["last", "best"],
        typer.Option(help="Judge the last snapshot of each, or its best."),
    ] = "last"
    networks: Annotated[
        str | None,
        typer.Option(
            help="The judges, separated by commas: lite0, lite1, lite2, dinov2-s, inception "
            "[default: two that are not critics in any of the trainings].",
            metavar="A,B",
        ),
    ] = None
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KNOB=VALUE", help="Change a knob in every recipe."),
    ] = None
    size: Annotated[
        str | None,
        typer.Option(
            help="Side of the pictures, or WIDTHxHEIGHT [default: a prepared set's own if all "
            "recipes can paint it, otherwise the recipes']."
        ),
    ] = None
    fit: Annotated[Fit, typer.Option(help="How pictures are fitted to that size.")] = "crop"
    device: Annotated[DeviceName, typer.Option(help="auto: CUDA, MPS, CPU.")] = "auto"
    precision: Annotated[PrecisionName, typer.Option(help="auto: bf16 if the hardware has it.")] = (
        "auto"
    )
    as_json: Annotated[bool, typer.Option("--json", help="End with one line of JSON.")] = False

    def names(self) -> tuple[str, ...]:
        """Names of the recipes.

        Raises:
            ImpastoError: there is none, or one is unknown or refuses the changes.
        """
        from impasto.cli.train import changes_of
        from impasto.errors import ImpastoError

        given = (name.strip() for name in self.recipes.split(","))
        names = tuple(dict.fromkeys(name for name in given if name))
        if not names:
            raise ImpastoError("--recipes is empty; `impasto recipes` lists the recipes.")
        for name in names:
            known_recipe(name)
        if self.minutes is not None and self.images is not None:
            raise ImpastoError("Give one budget, not --minutes and --images.")
        changed = changes_of(self.settings, self.minutes, self.images, size=self.size)
        for name in names:
            settings_before_torch(name, changed)
        return names

    def length(self) -> tuple[str, ...]:
        """The changes as options of each training."""
        if self.minutes is not None:
            return "--minutes", f"{self.minutes:g}"
        return () if self.images is None else ("--images", str(self.images))


@grouped
def compare(asked: CompareOptions) -> None:
    """Train several recipes on the same pictures and budget, and compare them side by side.

    impasto compare my-paintings --recipes dcgan-tutorial-64,wgan-gp-64,impasto-64 --minutes 25

    Prints a table, ordered by how well a probe tells samples from originals, and writes
    OUT/comparison.html with grids of the same seeds. The same command again resumes; more
    --recipes, --seeds or --minutes extend the comparison. Minutes count training, not judging.
    Run nothing else on the machine meanwhile.
    """
    names = asked.names()
    networks = parse_networks(asked.networks) if asked.networks is not None else None

    from impasto.cli.train import changes_of
    from impasto.compare.comparison import Plan, run_comparison
    from impasto.compare.results import as_json as to_json
    from impasto.compare.table import console_table, write_comparison
    from impasto.core.console import console, say
    from impasto.errors import ImpastoError
    from impasto.evaluate.evaluation import choose_networks
    from impasto.prepare.feature_network import feature_network
    from impasto.prepare.source import Data

    source = Data.parse(asked.data)
    fixed = changes_of(asked.settings, size=asked.size)
    sides, needed, looked_through = _one_size(names, source, fixed)
    judges, notes = choose_networks(networks, looked_through)
    for note in notes:
        say(note, style="dim")
    changes = ([f"model.size={asked.size}"] if asked.size else needed) + (asked.settings or [])
    flags = [part for change in changes for part in ("--set", change)]
    options = (*flags, "--device", asked.device, "--precision", asked.precision)
    folder = asked.out or Path("comparisons") / Path(asked.data).expanduser().resolve().name
    folder.mkdir(parents=True, exist_ok=True)
    dataset = source.open(sides, asked.fit, folder, feature_network())
    how = asked.length(), options, asked.checkpoint, judges
    plan = Plan(str(dataset.folder), names, folder, asked.seeds, *how)
    try:
        results = run_comparison(plan, dataset, asked.count or min(max(len(dataset), 100), 5000))
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    page = write_comparison(plan, results)
    console.print(console_table(results, console))
    tell(to_json(results) if asked.as_json else page)
    failed = [result for result in results if result.failure]
    if failed:
        raise ImpastoError(
            f"{len(failed)} of {counted(len(results), 'training')} failed; {page} says why."
        )


def _one_size(
    names: Sequence[str], data: "Data", changes: dict[str, object]
) -> tuple[tuple[int, int], list[str], tuple[str, ...]]:
    """Common width and height; settings for recipes of other sizes; all frozen networks.

    Raises:
        ImpastoError: with these changes the recipes are still for different sizes.
    """
    from impasto.config import change
    from impasto.errors import ImpastoError
    from impasto.models.build import frozen_networks
    from impasto.prepare.source import at_its_size
    from impasto.recipes import load

    models = [change(load(name), changes) for name in names]
    fitted = models if "model.size" in changes else [at_its_size(each, data) for each in models]
    sizes = {each.model.size for each in fitted}
    if len(sizes) > 1:
        raise ImpastoError(
            f"These recipes are for pictures of {', '.join(sorted(map(str, sizes)))} pixels; "
            "choose one size for all, such as --size 64."
        )
    needed = [f"model.size={size}" for size in sizes] if fitted != models else []
    found = dict.fromkeys(name for each in fitted for name in frozen_networks(each.model))
    return (fitted[0].model.width, fitted[0].model.height), needed, tuple(found)

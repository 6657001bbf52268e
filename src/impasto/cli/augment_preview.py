"""`impasto augment-preview`: see what a recipe's augmentation does to one's own pictures."""

from pathlib import Path
from typing import Annotated

import typer

from impasto.cli.options import a_picture, known_data, known_recipe, settings_before_torch
from impasto.core.console import tell


def augment_preview(
    data: Annotated[
        str,
        typer.Argument(
            help="A folder of pictures, a prepared set, or `colourfield[:COUNT]`.",
            callback=known_data,
        ),
    ],
    recipe: Annotated[
        str | None,
        typer.Option(
            help="The recipe whose augmentation to show [default: Impasto's own].",
            metavar="NAME|FILE",
            callback=known_recipe,
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KNOB=VALUE", help="Change a knob, such as augment.policy=[dihedral]."
        ),
    ] = None,
    out: Annotated[
        Path, typer.Option(help="The output file.", metavar="FILE.png", callback=a_picture)
    ] = Path("augmentation.png"),
    pictures: Annotated[int, typer.Option(min=1, max=64, help="Number of rows (originals).")] = 8,
    seed: Annotated[
        int, typer.Option(min=0, max=2**63 - 1, help="Seed of the choice of originals and changes.")
    ] = 0,
) -> None:
    """Draw a sheet of your pictures as augmentation changes them: an original, then nine versions.

    impasto augment-preview my-paintings --set 'augment.policy=[colour,translation,dihedral]'

    Samples are changed in the same way, so the generator does not learn to paint the changes. If
    a row no longer looks like its original, the policy is too strong.
    """
    from impasto.cli.train import changes_of

    changes = changes_of(settings)
    settings_before_torch(recipe, changes)

    from impasto.augment import preview_sheet
    from impasto.config import change
    from impasto.core.console import say
    from impasto.core.images import save
    from impasto.prepare.feature_network import feature_network
    from impasto.prepare.source import RUNS, Data, at_its_size
    from impasto.recipes import DEFAULT, load

    config = change(load(recipe or DEFAULT), changes)
    source = Data.parse(data)
    config = config if "model.size" in changes else at_its_size(config, source)
    sides = (config.model.width, config.model.height)
    dataset = source.open(sides, config.data.fit, out.parent / RUNS, feature_network())
    save(preview_sheet(dataset.pictures, config.augment, pictures, seed), out)
    policy = ", ".join(config.augment.policy) or "nothing"
    say(f"{config.name} applies {policy}, to {config.augment.probability:.0%} of pictures.")
    tell(out)

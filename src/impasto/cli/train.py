"""`impasto train`: train a generator on a folder of paintings."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from impasto.cli.groups import grouped
from impasto.cli.options import (
    SHIPPED,
    DeviceName,
    PrecisionName,
    known_data,
    known_recipe,
    known_run,
    settings_before_torch,
    settings_of,
)
from impasto.cli.processes import Processes, launch_processes
from impasto.core import rank
from impasto.core.shipped import RUNS
from impasto.errors import ImpastoError

if TYPE_CHECKING:
    from impasto.core.runs import Run
    from impasto.train.session import Outcome


NO_GENERATOR = ("auto", "nothing")
"""Values of `--from` that name no generator."""


@dataclass(frozen=True)
class TrainOptions:
    """Options of `impasto train`."""

    data: Annotated[
        str,
        typer.Argument(
            help="A folder of pictures, a prepared set, or `colourfield[:COUNT]` (built in).",
            callback=known_data,
        ),
    ]
    recipe: Annotated[
        str | None,
        typer.Option(
            help="A name from `impasto recipes`, or a .yaml file.",
            metavar="NAME|FILE",
            callback=known_recipe,
        ),
    ] = None
    begin: Annotated[
        str,
        typer.Option(
            "--from",
            help=f"Start from a trained generator: a run, a folder with one{SHIPPED}. "
            "For pictures two, four, … times as large, add --size or a recipe of that size. "
            "auto: a base that comes with Impasto, if one fits (without its discriminator for "
            "pictures far from its own); nothing: random weights.",
            metavar="NAME|RUN|auto|nothing",
        ),
    ] = "auto"
    out: Annotated[
        Path | None, typer.Option(help="The run's folder [default: runs/<data>-<recipe>].")
    ] = None
    minutes: Annotated[float | None, typer.Option(help="Length in minutes of training.")] = None
    images: Annotated[int | None, typer.Option(help="Length in originals shown.")] = None
    epochs: Annotated[float | None, typer.Option(help="Length in passes over the set.")] = None
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KNOB=VALUE", help="Change a knob; may be repeated."),
    ] = None
    size: Annotated[
        str | None,
        typer.Option(
            help="Side of the pictures, or WIDTHxHEIGHT [default: a prepared set's own, or the "
            "recipe's]."
        ),
    ] = None
    seed: Annotated[int | None, typer.Option(help="Seed of all randomness.")] = None
    device: Annotated[DeviceName, typer.Option(help="auto: CUDA, MPS, CPU.")] = "auto"
    precision: Annotated[PrecisionName, typer.Option(help="auto: bf16 if the hardware has it.")] = (
        "auto"
    )
    guard: Annotated[
        Literal["warn", "stop", "rescue", "off"],
        typer.Option(
            help="What to do when training fails: warn, stop, rescue (go back, or begin anew if it "
            "fails again, with other settings) or off, nothing."
        ),
    ] = "warn"
    processes: Processes = 1
    conditional: Annotated[
        bool,
        typer.Option("--conditional", help="Also learn the labels of DATA: its sub-folders."),
    ] = False
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Show what would be done and how long it takes; write nothing."
        ),
    ] = False
    as_json: Annotated[bool, typer.Option("--json", help="End with one line of JSON.")] = False

    def check(self) -> "tuple[Run, dict[str, object]]":
        """The run and the changes to its recipe, checked before torch is loaded.

        Raises:
            ImpastoError: there is no such generator, or the recipe refuses the changes.
        """
        from impasto.core.runs import Run

        run = Run(self.out or RUNS / self._run_name())
        begin = self.begin if self.begin not in NO_GENERATOR else None
        if begin is not None and not run.folder.exists():  # a resumed run no longer needs it
            known_run(Path(begin).expanduser())
        lengths = self.minutes, self.images, self.epochs
        changes = changes_of(self.settings, *lengths, self.seed, self.size)
        settings_before_torch(self.recipe, changes, run, begin)
        return run, changes

    def _run_name(self) -> str:
        """`<data>-<recipe>` or `<data>-from-<run>`, as a folder's name."""
        from impasto.core.runs import title
        from impasto.recipes import DEFAULT

        begun = self.begin not in NO_GENERATOR
        how = f"from-{title(self.begin)}" if begun else Path(self.recipe or DEFAULT).stem
        parts = [Path(self.data).expanduser().resolve().name, how]
        parts += ["conditional"] if self.conditional else []
        return "-".join(re.sub(r"[^\w.]+", "-", part).strip("-.") or "run" for part in parts)


@grouped
def train(asked: TrainOptions) -> None:
    """Train a generator on a folder of paintings; the same command again resumes.

    impasto train my-paintings --minutes 60

    impasto train two-hundred-pictures --from runs/many-pictures --minutes 60

    impasto train folders-by-artist --conditional --minutes 60

    In the run's folder, samples/ shows the same 64 latents over time, report.html sums up each
    judgement, and best/ is the best generator so far. Ctrl-C saves first. `impasto recipes --knobs`
    lists every knob for --set.

    On several machines: torchrun --nnodes 2 --nproc-per-node 8 -m impasto train …
    """
    if asked.dry_run and asked.as_json:
        raise ImpastoError("--json does not go with --dry-run; leave one out.")
    run, changes = asked.check()
    launch_processes(1 if asked.dry_run else asked.processes)

    from impasto.core.device import choose_device, keep_freed_memory

    keep_freed_memory()  # before anything large is allocated

    from contextlib import nullcontext

    from impasto.core.files import folder_to_fill
    from impasto.core.helping import Job, in_turn
    from impasto.core.together import RANKS
    from impasto.prepare.source import Data
    from impasto.train.decide import choose_judge
    from impasto.train.forecast import forecast
    from impasto.train.nearness import note
    from impasto.train.resolve import resolve_config
    from impasto.train.training import run_training

    chosen = choose_device(asked.device, asked.precision)
    pictures = Data.parse(asked.data)
    pictures.check_apart(run.folder)
    RANKS.join(chosen.device)
    filling = RANKS.leads and not asked.dry_run  # so that a bad --out fails first
    with RANKS.in_words(), folder_to_fill(run.folder) if filling else nullcontext():
        with in_turn({Job.DISTANCE: note}):  # the leader prepares, then the others find it done
            config, dataset, decisions, source = resolve_config(
                asked.recipe, changes, run, pictures, chosen, asked.begin, asked.conditional,
                prepare=not asked.dry_run,
            )  # fmt: skip
        if dataset is None:
            RANKS.check_batch(*config.training.batch_sizes, among=max(asked.processes, RANKS.count))
            if RANKS.leads:
                typer.echo(forecast(config, pictures, run, chosen, decisions, source))
            return
        judge = choose_judge(config, dataset, chosen.device.type) if RANKS.leads else None
        outcome = run_training(
            config, dataset, run, chosen, judge=judge, guard=asked.guard, source=source
        )
    _end(outcome, asked.as_json)


def _end(outcome: "Outcome", as_json: bool) -> None:
    """Print the result, in the leader."""
    from impasto.core.console import say

    if as_json and rank.leads():
        typer.echo(json.dumps(vars(outcome) | {"run": str(outcome.run)}))
    elif outcome.finished:
        say(str(outcome.run))
        say(f"  look:   {outcome.run}/report.html")
        say(f"  paint:  impasto generate {outcome.run} --count 64 --grid")
    if not outcome.finished:
        raise typer.Exit(130 if outcome.alarm is None else 3)


def changes_of(
    settings: list[str] | None,
    minutes: float | None = None,
    images: int | None = None,
    epochs: float | None = None,
    seed: int | None = None,
    size: str | None = None,
) -> dict[str, object]:
    """Everything that the options change, as knob → value, under the knobs' current names."""
    from impasto.config import with_current_names

    changes = with_current_names(settings_of(settings, "model.size=128"))
    lengths = {"minutes": minutes, "images": images, "epochs": epochs}
    given = {name: value for name, value in lengths.items() if value is not None}
    if len(given) > 1:
        raise ImpastoError(f"Give one length, not {' and '.join(f'--{name}' for name in given)}.")
    changes |= {f"training.{name}": value for name, value in given.items()}
    if seed is not None:
        changes["training.seed"] = seed
    if size is not None:
        changes["model.size"] = size
    return changes

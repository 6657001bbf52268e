"""`impasto evaluate`: measure a generator's pictures, and find copies."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from impasto.cli.groups import grouped
from impasto.cli.options import (
    SHIPPED,
    known_data,
    known_generator,
    known_originals,
    known_subject,
    parse_networks,
)
from impasto.cli.processes import Processes, as_one, launch_processes
from impasto.core.console import tell
from impasto.core.shipped import holds_generator, locate, workplace
from impasto.errors import ImpastoError


@dataclass(frozen=True)
class EvaluateOptions:
    """Options of `impasto evaluate`."""

    subject: Annotated[
        Path,
        typer.Argument(
            help="A run of `impasto train`, a folder with generator.safetensors or of generated "
            f"pictures{SHIPPED}.",
            metavar="RUN|FOLDER",
            callback=known_subject,
        ),
    ]
    against: Annotated[
        str | None,
        typer.Option(
            help="The originals: a folder, a prepared set, `colourfield[:COUNT]` "
            "[default: the run's own].",
            metavar="DATA",
            callback=known_data,
        ),
    ] = None
    count: Annotated[
        int | None,
        typer.Option(
            min=5,
            max=100_000,
            help="Number of samples [default: as many as originals, 500–5000; of a folder, all].",
        ),
    ] = None
    checkpoint: Annotated[
        str, typer.Option(help="best, last, or a number of images.", metavar="WHICH")
    ] = "best"
    networks: Annotated[
        str | None,
        typer.Option(
            help="The judges, separated by commas: lite0, lite1, lite2, dinov2-s, inception "
            "[default: two that were not critics in the training].",
            metavar="A,B",
        ),
    ] = None
    seed: Annotated[int, typer.Option(min=0, help="Seed for splitting the originals.")] = 0
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for the results [default: evaluation, in RUN or FOLDER]."),
    ] = None
    blind: Annotated[
        bool,
        typer.Option(
            "--blind",
            help="Show samples and originals (--count of each, 5 to 500, 40 unless given) shuffled "
            "in the browser: you say which are real.",
        ),
    ] = False
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="With --blind: open the page.")
    ] = True
    serve: Annotated[
        bool,
        typer.Option(
            "--serve/--no-serve",
            help="With --blind: ask now, or only write the page to open at any time.",
        ),
    ] = True
    processes: Processes = 1
    as_json: Annotated[bool, typer.Option("--json", help="Print metrics.json.")] = False

    def check(self) -> None:
        """Refuse options that would do nothing, and a wall that is too large.

        Raises:
            ImpastoError: the first of these.
        """
        if not self.blind:
            for option, usual in (("--no-serve", self.serve), ("--no-browser", self.browser)):
                if not usual:
                    raise ImpastoError(f"{option} is for --blind; add that, or leave it out.")
            return
        given = {
            "--json": self.as_json,
            "--networks": self.networks is not None,
            "--processes": self.processes != 1,
        }
        for option, is_given in given.items():
            if is_given:
                raise ImpastoError(f"{option} does not go with --blind; leave one out.")
        from impasto.evaluate.blind import MOST

        if self.count is not None and self.count > MOST:
            raise ImpastoError(
                f"--count {self.count}: with --blind at most {MOST} samples are shown; ask for "
                "fewer."
            )


@grouped
def evaluate(asked: EvaluateOptions) -> None:
    """Measure generated pictures against the originals, and find copies.

    impasto evaluate runs/mine

    impasto evaluate generated --against my-paintings --count 2000

    First it reports what gives samples away: a person's blind guesses if there are any, a probe
    trained to tell samples from originals, patterns, faces. Then, as alarms, distances on two
    networks: KID, FID, precision, recall, each with its floor (one half of the originals against
    the other). Then the nearest originals, with a verdict. Results: OUT/metrics.json and
    OUT/evaluation.html.
    """
    asked.check()
    names = parse_networks(asked.networks) if asked.networks is not None else None
    launch_processes(asked.processes)
    if holds_generator(locate(asked.subject)):
        known_generator(asked.subject, asked.checkpoint)
        known_originals(locate(asked.subject), asked.against, "--against")

    from impasto.core.console import console, say
    from impasto.evaluate.blind import place_of
    from impasto.evaluate.page import console_table, signs_table
    from impasto.evaluate.pipeline import judge_blind, judge_subject

    folder = asked.out or workplace(asked.subject) / place_of(asked.checkpoint)
    if asked.blind:
        page = judge_blind(
            asked.subject, folder, against=asked.against, count=asked.count, seed=asked.seed,
            checkpoint=asked.checkpoint, browser=asked.browser, serve=asked.serve,
        )  # fmt: skip
        tell(page)
        return
    from impasto.core.files import alone_in
    from impasto.evaluate.subject import helping

    helped = as_one(lambda: helping(asked.subject, asked.checkpoint))
    with helped, alone_in(folder, "evaluate"):
        found = judge_subject(
            asked.subject, folder, against=asked.against, count=asked.count, seed=asked.seed,
            checkpoint=asked.checkpoint, networks=names,
        )  # fmt: skip
    if asked.as_json:
        typer.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    console.print(signs_table(found))
    console.print()
    console.print(console_table(found))
    for sentence in (*found["words"], *found["notes"]):
        say(sentence)
    tell(folder / "evaluation.html")

"""`impasto collect`: download pictures from open collections, with their provenance."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from impasto.cli.groups import grouped
from impasto.core.console import counted, tell

if TYPE_CHECKING:
    from impasto.collect.gather import Summary


FULL = ("commons", "cleveland")
"""Sources that heed `--full`."""

ALL_KINDS = ("met", "chicago", "cleveland")
"""Sources that heed `--all-kinds`."""


@dataclass(frozen=True)
class CollectOptions:
    """Options of `impasto collect`."""

    source: Annotated[
        str, typer.Argument(help="met, chicago, cleveland, commons, wikiart, or urls with a LIST.")
    ]
    list_file: Annotated[
        Path | None,
        typer.Argument(metavar="LIST", help="For urls: a file with one address a line."),
    ] = None
    out: Annotated[Path | None, typer.Option(help="Folder for the pictures (required).")] = None
    query: Annotated[
        str, typer.Option(help='Search words; commons also accepts "Category:NAME".')
    ] = ""
    artist: Annotated[list[str] | None, typer.Option(help="Only this artist; may be repeated.")] = (
        None
    )
    limit: Annotated[
        int,
        typer.Option(
            min=1, max=1_000_000, help="Number of pictures, including those of earlier runs."
        ),
    ] = 1000
    any_licence: Annotated[
        bool, typer.Option("--any-licence", help="Include works that are not in the public domain.")
    ] = False
    all_kinds: Annotated[
        bool, typer.Option("--all-kinds", help="Museums: include drawings, prints, vases…")
    ] = False
    full: Annotated[
        bool, typer.Option("--full", help="commons, cleveland: the original files, however large.")
    ] = False
    by_artist: Annotated[
        bool, typer.Option("--by-artist", help="Use a sub-folder for each artist.")
    ] = False
    browser: Annotated[
        bool, typer.Option("--browser", help="wikiart: read the page in a real Chromium.")
    ] = False
    rate: Annotated[
        float,
        typer.Option(
            min=0.01, max=10, help="Requests per second to each host; a source may allow fewer."
        ),
    ] = 1.0
    contact: Annotated[
        str,
        typer.Option(
            envvar="IMPASTO_CONTACT",
            help="Your e-mail or web address, sent to the sites; Wikimedia asks for it.",
        ),
    ] = ""
    max_megabytes: Annotated[
        int, typer.Option(min=1, max=2000, help="Largest picture to download.")
    ] = 50
    max_gigabytes: Annotated[
        float, typer.Option(min=0.001, max=100_000, help="Most that one run may download.")
    ] = 20.0
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False


@grouped
def collect(asked: CollectOptions) -> None:
    """Download public-domain pictures from open collections, with their provenance.

    impasto collect met --artist "Claude Monet" --out monet --limit 200

    impasto collect commons --query "Category:Paintings by Paul Klee" --out klee

    impasto collect wikiart --artist mark-rothko --any-licence --out rothko

    impasto collect urls list.txt --out mine

    provenance.csv records where each picture came from, skipped.csv what was skipped and why.
    Run the same command again to resume; nothing is downloaded twice.
    Next: impasto prepare FOLDER.
    """
    from impasto.collect.catalogue import NAMES, Request, run
    from impasto.collect.gather import Bounds, Summary
    from impasto.collect.record import Wanted
    from impasto.core.console import progress_bar, say
    from impasto.errors import ImpastoError

    if asked.source not in NAMES:
        raise ImpastoError(f"Unknown source {asked.source!r}; choose one of {', '.join(NAMES)}.")
    if asked.out is None:
        raise ImpastoError("collect needs a folder for the pictures: --out FOLDER.")
    if asked.list_file is not None and asked.source != "urls":
        raise ImpastoError(f"{asked.source} accepts no list; only urls does.")
    _check_heeded(asked)
    _check_contact(asked.contact)
    request = Request(
        source=asked.source,
        out=asked.out,
        wanted=Wanted(asked.query, "", asked.any_licence, asked.all_kinds, asked.full),
        bounds=Bounds(asked.limit, asked.max_megabytes * 2**20, int(asked.max_gigabytes * 2**30)),
        artists=tuple(asked.artist or ()),
        list_file=asked.list_file,
        rate=asked.rate,
        contact=asked.contact,
        browser=asked.browser,
        by_artist=asked.by_artist,
    )
    if asked.source == "commons" and not asked.contact:
        say("Wikimedia asks programs for a contact and may turn away those without: --contact.")
    with progress_bar(unit="works") as bar:
        task = bar.add_task(f"Collecting from {asked.source}", total=None)
        listed = [asked.limit]

        def advance(summary: Summary) -> None:
            skipped = summary.skipped.total()
            total = min(asked.limit + skipped, listed[-1])
            bar.update(task, completed=summary.new + summary.earlier + skipped, total=total)

        summary = run(request, advance, say, listed.append)
    _report(summary, asked.out, asked.as_json)


def _report(summary: "Summary", out: Path, as_json: bool) -> None:
    """Print a summary; fail if there is nothing, or if it was cut short."""
    from impasto.core.console import say
    from impasto.errors import ImpastoError

    for reason, count in summary.skipped.most_common():
        say(f"  {count:>6}  {reason}")
    say(
        f"{counted(summary.new, 'picture')} taken ({summary.bytes / 2**20:.1f} MB), "
        f"already there: {summary.earlier}; where from: {out / 'provenance.csv'}"
        + (f", what not: {out / 'skipped.csv'}" if summary.skipped else "")
    )
    if as_json:
        typer.echo(json.dumps({"folder": str(out), **summary.plain()}, ensure_ascii=False))
    elif summary.new or summary.earlier:
        tell(out)
    if summary.ended == "interrupted":
        say("Interrupted; run the same command again to resume.")
        raise typer.Exit(130)
    if summary.ended:
        raise ImpastoError(
            f"{summary.ended}; pictures so far are kept, and the same command resumes."
        )
    if summary.new + summary.earlier:
        return
    if summary.skipped:
        reason, _ = summary.skipped.most_common(1)[0]
        raise ImpastoError(
            f"No picture could be downloaded, most often: {reason}; "
            f"{out / 'skipped.csv'} lists every reason."
        )
    raise ImpastoError("No suitable picture was found; try other words or another source.")


def _check_heeded(asked: CollectOptions) -> None:
    """Refuse options that the source would ignore, and so collect what was not asked for."""
    from impasto.errors import ImpastoError

    if asked.browser and asked.source != "wikiart":
        raise ImpastoError(f"--browser is for wikiart only; leave it out for {asked.source}.")
    choosing = {
        "--query": asked.query,
        "--artist": asked.artist,
        "--full": asked.full,
        "--any-licence": asked.any_licence,
        "--by-artist": asked.by_artist,
    }
    given = [option for option, value in choosing.items() if value]
    if asked.source == "urls" and given:
        raise ImpastoError(
            f"urls takes each address of the list as it is; leave out {' and '.join(given)}."
        )
    widening = (
        ("--full", asked.full, FULL),
        ("--all-kinds", asked.all_kinds, ALL_KINDS),
    )
    for option, is_given, sources in widening:
        if is_given and asked.source not in sources:
            *others, last = sources
            raise ImpastoError(
                f"{option} is for {', '.join(others)} and {last}; leave it out for {asked.source}."
            )


def _check_contact(contact: str) -> None:
    from impasto.errors import ImpastoError

    if contact and not re.fullmatch(r"[A-Za-z0-9._~:/?#@!$&'*+,=%-]{3,200}", contact):
        raise ImpastoError("--contact: give an e-mail or web address, without spaces.")

"""`impasto collect`: pictures from open collections into a folder, with their provenance."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from impasto.core.console import counted, tell

if TYPE_CHECKING:
    from impasto.collect.gather import Summary


def collect(
    source: Annotated[
        str, typer.Argument(help="met, chicago, cleveland, commons, wikiart, or urls with a LIST.")
    ],
    list_file: Annotated[
        Path | None, typer.Argument(metavar="LIST", help="For urls: a file, one address a line.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The folder for the pictures.")] = None,
    query: Annotated[
        str, typer.Option(help='Words to look for; commons also takes "Category:NAME".')
    ] = "",
    artist: Annotated[
        list[str] | None, typer.Option(help="Only this artist; repeat it for several.")
    ] = None,
    limit: Annotated[
        int, typer.Option(min=1, max=1_000_000, help="Pictures, those of earlier runs included.")
    ] = 1000,
    any_licence: Annotated[
        bool, typer.Option("--any-licence", help="Also works that are not in the public domain.")
    ] = False,
    all_kinds: Annotated[
        bool, typer.Option("--all-kinds", help="Museums: also drawings, prints, vases…")
    ] = False,
    full: Annotated[
        bool, typer.Option("--full", help="commons, cleveland: originals, however large.")
    ] = False,
    by_artist: Annotated[
        bool, typer.Option("--by-artist", help="A sub-folder for each artist.")
    ] = False,
    browser: Annotated[
        bool, typer.Option("--browser", help="wikiart: read the page in a real Chromium.")
    ] = False,
    rate: Annotated[
        float,
        typer.Option(
            min=0.01, max=10, help="Requests a second to each host; a source may allow fewer."
        ),
    ] = 1.0,
    contact: Annotated[
        str,
        typer.Option(
            envvar="IMPASTO_CONTACT",
            help="Your e-mail or web address, told to the sites; Wikimedia asks for it.",
        ),
    ] = "",
    max_megabytes: Annotated[
        int, typer.Option(min=1, max=2000, help="The largest picture that is taken.")
    ] = 50,
    max_gigabytes: Annotated[
        float, typer.Option(min=0.001, max=100_000, help="The most that one run adds to the disk.")
    ] = 20.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Collect pictures from open collections: public domain, politely, with their provenance.

    impasto collect met --artist "Claude Monet" --out monet --limit 200

    impasto collect commons --query "Category:Paintings by Paul Klee" --out klee

    impasto collect wikiart --artist mark-rothko --any-licence --out rothko

    impasto collect urls list.txt --out mine

    provenance.csv says where each picture came from, skipped.csv what was not taken and why.
    The same command goes on where it was interrupted and downloads nothing twice.
    Next: impasto prepare FOLDER.
    """
    from impasto.collect.catalogue import NAMES, Request, run
    from impasto.collect.gather import Bounds, Summary
    from impasto.collect.record import Wanted
    from impasto.core.console import progress_bar, say
    from impasto.errors import ImpastoError

    if source not in NAMES:
        raise ImpastoError(f"There is no source {source!r}; name one of {', '.join(NAMES)}.")
    if out is None:
        raise ImpastoError("collect wants a folder for the pictures: --out FOLDER.")
    if list_file is not None and source != "urls":
        raise ImpastoError(f"{source} takes no list; only urls does.")
    _check_contact(contact)
    request = Request(
        source=source,
        out=out,
        wanted=Wanted(query, "", any_licence, all_kinds, full),
        bounds=Bounds(limit, max_megabytes * 2**20, int(max_gigabytes * 2**30)),
        artists=tuple(artist or ()),
        list_file=list_file,
        rate=rate,
        contact=contact,
        browser=browser,
        by_artist=by_artist,
    )
    if source == "commons" and not contact:
        say("Wikimedia asks programs for a contact and may turn away those without: --contact.")
    with progress_bar(unit="works") as bar:
        task = bar.add_task(f"Collecting from {source}", total=None)
        listed = [limit]

        def advance(summary: Summary) -> None:
            skipped = summary.skipped.total()
            total = min(limit + skipped, listed[-1])
            bar.update(task, completed=summary.new + summary.earlier + skipped, total=total)

        summary = run(request, advance, say, listed.append)
    _report(summary, out, as_json)


def _report(summary: "Summary", out: Path, as_json: bool) -> None:
    """Say what was done; fail if there is nothing, or if it was cut short."""
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
        say("Interrupted; the same command goes on from here.")
        raise typer.Exit(130)
    if summary.ended:
        raise ImpastoError(f"{summary.ended}; all so far is kept, the same command goes on.")
    if summary.new + summary.earlier:
        return
    if summary.skipped:
        reason, _ = summary.skipped.most_common(1)[0]
        raise ImpastoError(
            f"Nothing could be taken, most often: {reason}; "
            f"{out / 'skipped.csv'} tells each reason."
        )
    raise ImpastoError("Nothing was found that could be taken; try other words, or a source.")


def _check_contact(contact: str) -> None:
    from impasto.errors import ImpastoError

    if contact and not re.fullmatch(r"[A-Za-z0-9._~:/?#@!$&'*+,=%-]{3,200}", contact):
        raise ImpastoError("--contact: give an e-mail or web address, without blanks.")

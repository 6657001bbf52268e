"""`impasto prepare`: clean a folder of pictures into a set for training."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from impasto.cli.groups import grouped
from impasto.cli.options import known_files, known_source
from impasto.core.console import counted, tell
from impasto.sizes import PrepareFit

if TYPE_CHECKING:
    from impasto.prepare.photographs import Look
    from impasto.prepare.pipeline import PreparedReport, Selection
    from impasto.prepare.rules import Thresholds


@dataclass(frozen=True)
class PrepareOptions:
    """Options of `impasto prepare`."""

    source: Annotated[
        str,
        typer.Argument(
            help="A folder of pictures, a ZIP or TAR, a folder of WebDataset or parquet shards, or "
            "an address: s3://, gs://, hf://, https://.",
            callback=known_source,
        ),
    ]
    out: Annotated[
        Path | None, typer.Option(help="The set's folder [default: prepared/<name>-<size>].")
    ] = None
    size: Annotated[str, typer.Option(help="Side in pixels, or WIDTHxHEIGHT.")] = "64"
    fit: Annotated[
        PrepareFit,
        typer.Option(
            "--fit",
            "--crop",
            help="How a picture is fitted to that size: crop (the centre), top-left, pad, stretch, "
            "many (several crops of a large one).",
        ),
    ] = "crop"
    matte: Annotated[
        Literal["white", "black"], typer.Option(help="Background of transparent pictures.")
    ] = "white"
    keep_borders: Annotated[
        bool, typer.Option("--keep-borders", help="Do not trim plain mounts and letterboxes.")
    ] = False
    enlarge: Annotated[
        float, typer.Option(help="Drop pictures that would be enlarged more than this.")
    ] = 1.5
    lose: Annotated[
        float, typer.Option(help="Drop pictures that lose a larger share to the crop.")
    ] = 0.75
    spread: Annotated[
        float,
        typer.Option(
            help="Drop near-uniform pictures, whose levels spread less than this, of 255."
        ),
    ] = 6.0
    duplicate: Annotated[
        float,
        typer.Option(
            help="Drop duplicates whose details correlate more than this; 2: exact copies only."
        ),
    ] = 0.6
    photograph: Annotated[
        float | None,
        typer.Option(
            help="Drop photographs that score above this; inf keeps all [default: -5, higher if "
            "the set's own paintings score high]."
        ),
    ] = None
    odd: Annotated[
        float | None, typer.Option(help="Drop pictures odder than this; try 3. Needs 64 pictures.")
    ] = None
    calm: Annotated[
        float | None, typer.Option(help="Keep pictures with at most this clutter, 0 to 1.")
    ] = None
    busy: Annotated[
        float | None, typer.Option(help="Keep pictures with at least this clutter, 0 to 1.")
    ] = None
    like: Annotated[
        list[Path] | None,
        typer.Option(
            help="Keep the pictures nearest to this one; repeatable.", callback=known_files
        ),
    ] = None
    nearest: Annotated[
        float | None,
        typer.Option(
            help="Number of pictures that --like keeps, or a share up to 1.  [default: 0.25]"
        ),
    ] = None
    only: Annotated[
        list[str] | None,
        typer.Option(help="Keep only matching names, such as 'Klee/*'; repeatable."),
    ] = None
    skip: Annotated[list[str] | None, typer.Option(help="Skip matching names; repeatable.")] = None
    multiply: Annotated[
        Literal["none", "dihedral"],
        typer.Option(help="dihedral: add mirror images and rotations of each picture."),
    ] = "none"
    features: Annotated[
        bool,
        typer.Option(
            "--features/--no-features", help="Use the network that recognises photographs."
        ),
    ] = True
    names: Annotated[
        str,
        typer.Option(
            help="Encoding of names in an archive that does not record it: gbk, shift_jis, …"
            "  [default: the likeliest]",
            show_default=False,
        ),
    ] = ""
    on: Annotated[
        str | None,
        typer.Option(
            metavar="dask://HOST:PORT", help="Examine the files on the workers of a Dask cluster."
        ),
    ] = None
    review: Annotated[
        bool, typer.Option("--review", help="Keep or drop pictures by hand in the browser.")
    ] = False
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False

    def thresholds(self) -> "Thresholds":
        """The thresholds for dropping pictures."""
        from impasto.prepare.rules import Thresholds

        of_size = self.enlarge, self.lose
        return Thresholds(
            *of_size, self.spread, self.duplicate, self.photograph, self.odd, self.calm, self.busy
        )

    def selection(self) -> "Selection":
        """How to select from the pictures that are left.

        Raises:
            ImpastoError: --nearest without --like.
        """
        from impasto.errors import ImpastoError
        from impasto.prepare.pipeline import Selection

        if self.nearest is not None and not self.like:
            raise ImpastoError("--nearest sets how many pictures --like keeps; give --like too.")
        return Selection(
            tuple(self.only or ()),
            tuple(self.skip or ()),
            tuple(self.like or ()),
            0.25 if self.nearest is None else self.nearest,
            multiply="dihedral" if self.multiply == "dihedral" else "",
        )


@grouped
def prepare(asked: PrepareOptions) -> None:
    """Clean, crop and pack a folder of pictures for training, and report on every file.

    impasto prepare paintings --size 128

    The set holds pictures.npy, index.csv and dataset.json; report.html shows what was dropped,
    and decisions.csv lists every file with the reason; --review lets you decide by hand. The same
    command again looks only at what has changed. `impasto train` takes the set as its DATA.
    """
    from impasto.prepare.listing import title_of
    from impasto.prepare.pipeline import prepare as make
    from impasto.prepare.store import check_own
    from impasto.sizes import write_sides

    width, height = _parse_size(asked.size)
    place = asked.out or Path("prepared") / f"{title_of(asked.source)}-{write_sides(width, height)}"
    if asked.out is None:
        check_own(place, asked.source)
    _check_names(asked.names)
    selection, thresholds = asked.selection(), asked.thresholds()

    def again() -> "PreparedReport":
        report = make(
            asked.source,
            place,
            size=(width, height),
            fit=asked.fit,
            matte=255 if asked.matte == "white" else 0,
            keep_borders=asked.keep_borders,
            thresholds=thresholds,
            selection=selection,
            look=feature_network() if asked.features else None,
            names=asked.names,
        )
        _tell(report, place)
        return report

    try:
        with _where(asked.on):
            report = again()
        if asked.review:
            from impasto.prepare.review import review as ask

            if ask(place):
                with _where(asked.on):
                    report = again()
    except KeyboardInterrupt:
        from impasto.core.console import say

        say(f"Stopped; results so far are in {place}. Run the same command again to resume.")
        raise typer.Exit(130) from None
    if asked.as_json:
        _print_json(report, place)
    else:
        tell(place)


def _where(on: str | None) -> AbstractContextManager[None]:
    """A context that runs work on other machines, if given."""
    if on is None:
        return nullcontext()
    from impasto.prepare.cluster import cluster

    return cluster(on)


def _tell(report: "PreparedReport", place: Path) -> None:
    from impasto.core.console import say

    for reason, count in sorted(report.reasons.items(), key=lambda item: -item[1]):
        say(f"{count:>7}  {reason}")
    for notice in report.notices:
        say(notice.says)
    several = f", {counted(report.pictures, 'picture')}" if report.pictures != report.kept else ""
    page = place / "report.html"
    say(f"{report.kept} of {counted(report.found, 'file')} kept{several}; open {page} to see why.")


def _print_json(report: "PreparedReport", place: Path) -> None:
    import json
    from dataclasses import asdict

    summary: dict[str, object] = {"folder": str(place), "found": report.found, "kept": report.kept}
    summary |= {"pictures": report.pictures}
    summary |= {"dropped": report.reasons, "fingerprint": report.fingerprint}
    summary |= {"examined": report.examined, "ignored": report.ignored}
    summary |= {"notices": [asdict(notice) for notice in report.notices]}
    typer.echo(json.dumps(summary, ensure_ascii=False))


def feature_network() -> "Look":
    """The network that finds photographs; loads NumPy only now."""
    from impasto.prepare.feature_network import feature_network as network

    return network()


def _check_names(encoding: str) -> None:
    from impasto.errors import ImpastoError

    try:
        b"name \xff".decode(encoding or "utf-8", "replace")
    except (LookupError, ValueError) as error:
        raise ImpastoError(
            f"--names {encoding}: unknown encoding; the usual ones are gbk, big5, "
            "shift_jis, euc_kr, cp1251, cp866, cp437 and cp850."
        ) from error


def _parse_size(text: str) -> tuple[int, int]:
    from impasto.errors import ImpastoError
    from impasto.sizes import read_sides

    try:
        width, height = read_sides(text)
    except ValueError as error:
        raise ImpastoError(f"--size {text}: {error}.") from error
    if not all(8 <= side <= 4096 for side in (width, height)):
        raise ImpastoError(f"--size {text}: a side is from 8 to 4096 pixels.")
    return width, height

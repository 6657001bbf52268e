"""`impasto prepare`: a folder of anything becomes a set that a training can trust.

Three steps. Workers look at every file that is new or has changed, once, and what they find is
kept on a workbench inside the set's folder. Verdicts are then drawn from all the facts. Last,
the pictures that are kept are written as the set.
"""

import hashlib
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np

from impasto.core.console import counted, say, track
from impasto.core.images import FILTER, Picture
from impasto.core.parallel import cores, map_in_order
from impasto.data.crop import MOST_ALONG
from impasto.data.dataset import DatasetWriter, is_dataset, open_dataset
from impasto.data.files import label_of, matches, select
from impasto.errors import ImpastoError
from impasto.prepare.cache import Cache
from impasto.prepare.decisions import Decision, by_hand, carried, read_words, write_decisions
from impasto.prepare.doubtful import note_review
from impasto.prepare.examine import (
    Examined,
    Facts,
    Settings,
    cut_again,
    examine,
    examine_at,
    weigh,
)
from impasto.prepare.facts_file import FactsOf
from impasto.prepare.items import Items, changed_files
from impasto.prepare.listing import Listing, find_source, title_of
from impasto.prepare.old_set import OldSet
from impasto.prepare.photographs import Look
from impasto.prepare.remote import NOT_FETCHED, is_remote
from impasto.prepare.report import write_report
from impasto.prepare.rules import Examples, Judged, Notice, Thresholds, judge
from impasto.prepare.store import FOLDER, Workbench, note_source
from impasto.prepare.where import fetched_ahead
from impasto.sizes import PrepareFit

_BATCH = 32

VANISHED = "vanished"

_AHEAD_BYTES = 2**26
"""Of results that wait for the feature network."""

_MOST_NOT_FETCHED = 64
"""One after the other that nobody answers for: then it is the network that is away. A refusal (404,
403) is neither counted nor taken as a sign that the network is back."""


@dataclass(frozen=True)
class Selection:
    """Which files are looked at, and how often each picture is written."""

    only: tuple[str, ...] = ()
    """Patterns of which a file's name must match one; all files if empty."""
    skip: tuple[str, ...] = ()
    like: tuple[Path, ...] = ()
    """Pictures whose like is to be kept."""
    nearest: float = 0.25
    """How many are kept of those: a count, or a share up to 1."""
    multiply: Literal["", "dihedral"] = ""
    """`dihedral`: also both mirror images and the rotations: six pictures for one square, four
    for one that is not."""

    def __post_init__(self) -> None:
        """Refuse numbers that are neither a count nor a share."""
        if not (0 < self.nearest <= 1 or (1 < self.nearest < 10**9 and self.nearest % 1 == 0)):
            raise ImpastoError(
                f"--nearest is a count, such as 200, or a share up to 1, not {self.nearest:g}."
            )


@dataclass(frozen=True)
class PreparedReport:
    """What `prepare` did."""

    folder: Path
    found: int
    kept: int
    """Files kept; a file may give several pictures."""
    pictures: int
    """Pictures in the set."""
    ignored: int
    fingerprint: str
    reasons: dict[str, int] = field(default_factory=dict)
    """Files dropped, by reason."""
    examined: int = 0
    """Files that were new or had changed, and so were looked at."""
    notices: list[Notice] = field(default_factory=list)
    """Filters that did not do what one would think."""


def prepare(
    source: Path | str,
    out: Path,
    *,
    size: int | tuple[int, int],
    fit: PrepareFit = "crop",
    name: str | None = None,
    matte: int = 255,
    keep_borders: bool = False,
    thresholds: Thresholds | None = None,
    selection: Selection | None = None,
    look: Look | None = None,
    names: str = "",
    listed: tuple[list[Path], int] | None = None,
) -> PreparedReport:
    """Make a prepared set of all pictures of a source.

    Args:
        source: a folder, ZIP or TAR, WebDataset's or parquet's shards, or an address; the first
            level of sub-folders becomes the labels.
        out: where the set goes, and what is remembered for the next run.
        size: the side of a square, or (width, height), in pixels.
        fit: how a picture becomes that size.
        name: the set's name; the source's if not given.
        matte: the grey (0–255) behind transparent pictures and around padded ones.
        keep_borders: leave plain borders on.
        thresholds: where a picture is dropped.
        selection: which files are looked at.
        look: the feature network; without it photographs and odd ones are not found.
        names: the encoding of names in an archive that does not tell it; guessed if empty.
        listed: what `list_files` says of a folder, if that is known already.

    Raises:
        ImpastoError: the source is missing, or nothing in it is left as a picture.
    """
    width, height = (size, size) if isinstance(size, int) else size
    settings = Settings(width, height, fit, matte, keep_borders)
    thresholds, selection = thresholds or Thresholds(), selection or Selection()
    if not is_remote(str(source)):
        source = Path(source)
        if out.resolve() == source.resolve():
            raise ImpastoError(f"--out {out} is the source itself; name another folder.")
        if is_dataset(source):
            raise ImpastoError(f"{source} is a prepared set already; name the folder it came from.")
    if (out / "recipe.yaml").is_file() and (out / "dataset.json").is_file():
        raise ImpastoError(f"--out {out} is a run of impasto train; name another folder.")
    job = _Job(source, out, settings, thresholds, selection, look, names, listed)
    return job.run(name or title_of(source))


@dataclass
class _Job:
    """One call of `prepare`."""

    source: Path | str
    out: Path
    settings: Settings
    thresholds: Thresholds
    selection: Selection
    look: Look | None
    names: str
    listed: tuple[list[Path], int] | None

    def __post_init__(self) -> None:
        """Where fetched pictures go; workers on other machines stand in other folders."""
        self.cache = Cache(self.out.absolute() / FOLDER / "cache")

    def run(self, title: str) -> PreparedReport:
        """Look, judge, write."""
        unpacked = self.out / FOLDER / "unpacked"
        open_source = find_source(self.source, self.out, unpacked, self.listed)
        examples = _examples(self.selection, self.settings, self.look)
        created = not self.out.exists()
        with Workbench(self.out, self.settings, self.look is not None) as bench:
            read_words(self.out, quietly=True)  # what cannot be read is said before the work
            if not is_dataset(self.out):  # a set that stays was not made of a refused source
                note_source(self.out, self.source)
            try:
                listing = open_source(self.cache, self.names)
                chosen = select(listing.names, self.selection.only, self.selection.skip)
            except ImpastoError:
                if created:  # a refusal leaves nothing behind
                    shutil.rmtree(self.out, ignore_errors=True)
                raise
            items = Items(listing, chosen, self.cache)
            fresh = self._examine_new(bench, items)
            lost = {each.file: each for each in self._lost(listing)}
            names = [*(items.name(n) for n in range(len(items))), *lost]
            facts = FactsOf(names, bench.facts)
            facts.instead |= lost
            judged, decisions = self._settle(bench, facts, items, title, examples)
            note_source(self.out, self.source)
            write_decisions(self.out, decisions)  # last: it vouches for what lies in the set
            shown = Path(self.source).resolve().name if not self._far else str(self.source)
            write_report(self.out, facts, judged, items, shown, listing.passed_over)
            note_review(self.out, facts, judged, items)
            bench.forget_pictures()
        dataset = open_dataset(self.out)
        dropped = Counter(d.reason for d in judged.decisions if not d.kept)
        kept = len(facts) - dropped.total()
        counts = len(facts), kept, len(dataset), listing.passed_over
        return PreparedReport(
            self.out, *counts, dataset.fingerprint, dict(dropped), fresh, judged.notices
        )

    @property
    def _far(self) -> bool:
        return is_remote(str(self.source))

    def _lost(self, listing: Listing) -> list[Facts]:
        """Members of an archive that could not be unpacked are files that cannot be read."""
        return [
            Facts(each.file, -1, -1, reason=each.reason, detail=each.detail)
            for each in listing.lost
            if matches(each.file, self.selection.only, self.selection.skip)
        ]

    def _examine_new(self, bench: Workbench, items: Items) -> int:
        """Look at the files whose facts are missing or out of date; returns how many."""
        new = changed_files(bench, items, self.settings)
        wanted = fetched_ahead(map(items.__getitem__, new), self.cache)
        work = partial(examine_at, self.cache, self.settings)
        results = map_in_order(work, wanted, len(new), _ahead(self.settings))
        tracked = track(results, "looking", len(new), "files")
        missed = 0
        for batch in _batched(tracked):
            views = [each.view for each in batch if each.view is not None]
            textures = self.look(np.stack(views)) if self.look is not None and views else None
            bench.add(batch, textures)
            for each in batch:
                if each.facts.reason != NOT_FETCHED:
                    missed = 0
                missed += each.away
                if each.away and missed >= min(_MOST_NOT_FETCHED, len(items)):
                    many = f"{counted(missed, 'file')} one after the other could not be had; "
                    raise ImpastoError(
                        f"{each.facts.detail.rstrip('.')}; {many if missed > 1 else ''}the same "
                        "command goes on."
                    )
        return len(new)

    def _settle(
        self, bench: Workbench, facts: FactsOf, items: Items, title: str, examples: Examples | None
    ) -> tuple[Judged, list[Decision]]:
        """Judge and write the set; anew, should files vanish meanwhile: a copy may be better."""
        before = read_words(self.out)
        while True:
            hashes: dict[str, str] = {}
            if any(each.by_hand for each in before):  # else nobody asks for them
                hashes = {each.file: each.sha256 for each in facts if each.reason != VANISHED}
            judged = judge(
                facts,
                self.settings,
                self.thresholds,
                bench.thumbs(),
                bench.textures(),
                by_hand(before, hashes),
                partial(self._weigh, bench, items),
                examples,
            )
            decisions = [*judged.decisions, *carried(before, hashes)]
            _require_any(self.out, judged, decisions)
            gone = self._write(bench, facts, judged, items, title)
            if not gone:
                return judged, decisions
            facts.instead |= {name: replace(bench.facts[name], reason=VANISHED) for name in gone}

    def _weigh(self, bench: Workbench, items: Items, copies: Sequence[Facts]) -> None:
        """Decode copies of one picture at full size, so that the best of them can be told."""
        new = [each for each in copies if not each.weight]
        jobs = ((items.where(each.file), self.cache, self.settings, each) for each in new)
        weights = map_in_order(_weigh_one, jobs, len(new))
        tracked = track(weights, "weighing copies", len(new), "files")
        for each, weight in zip(new, tracked, strict=True):
            each.weight = weight
        bench.facts.add(new)

    def _write(
        self, bench: Workbench, facts: FactsOf, judged: Judged, items: Items, title: str
    ) -> set[str]:
        """Write the pictures that are kept, unless files have vanished: returns these."""
        settings, multiply = self.settings, self.selection.multiply
        kept = [n for n, decision in enumerate(judged.decisions) if decision.kept]
        digest = hashlib.sha256(repr(settings).encode()).hexdigest()[:16]
        with DatasetWriter(self.out, settings.width, settings.height) as writer:
            gone = self._add_all(writer, bench, facts, kept, items, digest)
            if not gone:
                writer.finish(
                    title,
                    fit=settings.fit,
                    filter=FILTER.name.lower(),
                    source=title,
                    options={**asdict(settings), "multiply": multiply, "digest": digest},
                )
        return gone

    def _add_all(
        self,
        writer: DatasetWriter,
        bench: Workbench,
        facts: FactsOf,
        kept: Sequence[int],
        items: Items,
        digest: str,
    ) -> set[str]:
        """Add the pictures of the kept files; returns those files that have vanished.

        The old set is closed on return: Windows replaces no file that is mapped.
        """
        old, gone = OldSet.open(self.out, digest, facts), set[str]()
        for number in track(kept, "writing", len(kept), "pictures"):
            each = facts[number]
            pictures = bench.pictures(each) or old.pictures(number, each)
            if not pictures:
                where = items.where(each.file)
                pictures = cut_again(where, self.cache, self.settings, each)
            if not pictures:
                say(f"{each.file} has vanished while it was being prepared.")
                gone.add(each.file)
            for crop, picture in enumerate(pictures):
                for turn, turned in _turns(picture, self.selection.multiply):
                    writer.add(turned, each.file, label_of(each.file), crop=crop, turn=turn)
        return gone


def _weigh_one(job: tuple[str, Cache, Settings, Facts]) -> int:
    return weigh(*job)


def _ahead(settings: Settings) -> int:
    """Results a core: so many that all cores are busy while torch is loaded for seconds."""
    many = MOST_ALONG**2 if settings.fit == "many" else 1  # more only of long pictures
    bytes_each = 3 * settings.width * settings.height * many + 2**16
    return min(128, max(8, _AHEAD_BYTES // (cores() * bytes_each)))


def _batched(items: Iterator[Examined]) -> Iterator[list[Examined]]:
    while batch := list(islice(items, _BATCH)):
        yield batch


def _examples(selection: Selection, settings: Settings, look: Look | None) -> Examples | None:
    """Features of the `--like` pictures, and how many to keep."""
    if not selection.like:
        return None
    if look is None:
        raise ImpastoError("--like needs the feature network; leave out --no-features.")
    views = []
    for path in selection.like:
        if not path.is_file():
            what = "is a folder" if path.is_dir() else "does not exist"
            raise ImpastoError(f"--like {path} {what}; name a picture.")
        found = examine(path.parent, settings, Path(path.name))
        if found.view is None:
            raise ImpastoError(f"--like {path} cannot be used: {found.facts.reason}.")
        views.append(found.view)
    return look(np.stack(views)), selection.nearest


def _require_any(out: Path, judged: Judged, decisions: list[Decision]) -> None:
    """Refuse to go on with nothing; a set of a run before then stays whole, its tables too."""
    if any(decision.kept for decision in judged.decisions):
        return
    before = is_dataset(out)
    if not before:
        write_decisions(out, decisions)
    reason, count = Counter(d.reason for d in judged.decisions).most_common(1)[0]
    first = next(d for d in judged.decisions if d.reason == reason)
    such = f", such as: {first.detail.rstrip('.')}" if reason == NOT_FETCHED else ""
    raise ImpastoError(
        f"None of the {counted(len(judged.decisions), 'file')} is left as a picture, most often: "
        f"{reason} "
        f"({count}{such}); "
        + (f"the set in {out} stays as it was." if before else "")
        + ("" if before else f"{out / 'decisions.csv'} tells every reason.")
    )


def _turns(picture: Picture, multiply: str) -> Sequence[tuple[str, Picture]]:
    """The picture, and for `dihedral` its mirror images and rotations as well.

    ART-GAN's six: identity, left–right, top–bottom, 90°, 180°, 270°; a picture that is not
    square cannot lie on its side, so it has four.
    """
    if multiply != "dihedral":
        return [("", picture)]
    turns = [("", picture), ("left-right", picture[:, ::-1]), ("top-bottom", picture[::-1])]
    turns.append(("180", np.rot90(picture, 2)))
    if picture.shape[0] == picture.shape[1]:
        turns += [("90", np.rot90(picture)), ("270", np.rot90(picture, 3))]
    return turns

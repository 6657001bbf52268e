"""`report.html` of a prepared set: what was dropped and why, and what is left to learn from."""

import math
from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.core.images import FILTER, data_uri, grid
from impasto.core.pages import write_page
from impasto.core.parallel import cores
from impasto.data.dataset import open_dataset
from impasto.data.decode import Unreadable, decode_image
from impasto.data.files import label_of
from impasto.prepare.decisions import Decision
from impasto.prepare.examine import Facts
from impasto.prepare.facts_file import FactsOf
from impasto.prepare.rules import Judged

Item = TypeVar("Item")

FILE = "report.html"

_SHOWN = 18
"""Thumbnails of one reason, at most: the page stays light whatever the folder holds."""
_NAMED = 500
"""Labels, at most."""
_CONTACT = 96
_SIDE = 120


@dataclass(frozen=True)
class Shown:
    """One file on the page."""

    file: str
    detail: str
    image: str
    """A `data:` address; empty where the file cannot be seen."""
    size: str = ""
    """`260×220, 45 KB`."""
    twin: "Shown | None" = None
    """The copy of the same picture that is kept, or that was dropped as well."""


@dataclass(frozen=True)
class Group:
    """All files of one reason, some of them shown."""

    reason: str
    count: int
    shown: list[Shown]


class Places(Protocol):
    """Has each file on this machine."""

    def path(self, name: str) -> Path:
        """A file with its content."""
        ...


def write_report(
    out: Path,
    facts: FactsOf,
    judged: Judged,
    places: Places,
    source: str,
    ignored: int,
) -> None:
    """Write the page beside the set.

    Args:
        out: the set's folder.
        facts: of all files.
        judged: the decisions on them, in the same order.
        places: where each file lies.
        source: what was prepared, for the heading.
        ignored: files that were never looked at.
    """
    dataset = open_dataset(out)
    album = _Album(facts, places)
    kept = [number for number, decision in enumerate(judged.decisions) if decision.kept]
    seen = _Seen()
    for number in kept:
        seen.add(facts[number])
    write_page(
        out / FILE,
        "prepare.html",
        source=source,
        found=len(facts),
        kept=len(kept),
        pictures=len(dataset),
        size=f"{dataset.width}×{dataset.height}",
        ignored=ignored,
        groups=_groups(judged, album),
        trimmed=_trimmed(seen, album),
        notes=_ordered(seen.notes),
        labels=_ordered(seen.labels),
        contact=contact_sheet(dataset.pictures),
        palette=_palette(dataset.pictures),
        aspects=_histogram(seen.aspects),
        doubtful=_extremes(judged.photograph, judged, album),
        limit=judged.limit,
        odd=_extremes(judged.oddness, judged, album),
        judged_by_features=bool(judged.photograph),
        notices=[notice.says for notice in judged.notices],
    )


class _Seen:
    """What the page tells of all that are kept."""

    def __init__(self) -> None:
        self.notes, self.labels = Counter[str](), Counter[str]()
        self.aspects = array("d")
        self.cut, self.trimmed = list[Facts](), 0

    def add(self, facts: Facts) -> None:
        self.notes.update(facts.notes)
        if label := label_of(facts.file):
            self.labels[label] += 1
        width, height = facts.inner
        self.aspects.append(math.log2(width / height))
        if facts.trimmed:
            self.trimmed += 1
            self.cut += [facts] if len(self.cut) < _SHOWN else []


class _Album:
    """Files as the page shows them."""

    def __init__(self, facts: FactsOf, places: Places) -> None:
        self._facts, self._places = facts, places

    def show(self, file: str, detail: str = "", box: Sequence[float] = ()) -> Shown:
        """One file, with what remains of it after trimming."""
        facts = self._facts.of(file)
        size = size_in_words(facts.width, facts.height, facts.bytes)
        # What could not be read is not fetched again only to find that out.
        small = "" if facts.reason else thumbnail(self._places.path(file), box)
        return Shown(file, detail, small, size)


def size_in_words(width: int, height: int, size: int) -> str:
    """`260×220, 45 KB`; only what is known of it.

    Args:
        width: in pixels; 0 where it is not known.
        height: in pixels.
        size: of the file, in bytes; 0 or less where it is not known.
    """
    kilobytes = max(1, round(size / 1000))
    words = [f"{width}×{height}"] if width else []
    if size > 0:
        words.append(f"{kilobytes} KB" if kilobytes < 1000 else f"{kilobytes / 1000:.1f} MB")
    return ", ".join(words)


def _groups(judged: Judged, album: _Album) -> list[Group]:
    others = judged.others()
    kept = {decision.file for decision in judged.decisions if decision.kept}

    def show(decision: Decision) -> Shown:
        shown = album.show(decision.file, decision.detail)
        if (other := others.get(decision.file)) is None:
            return shown
        return replace(
            shown, twin=album.show(other, "this copy was kept" if other in kept else "dropped too")
        )

    reasons: dict[str, list[Decision]] = {}
    for decision in judged.decisions:
        if not decision.kept:
            reasons.setdefault(decision.reason, []).append(decision)
    ordered = sorted(reasons.items(), key=lambda item: (-len(item[1]), item[0]))
    return [
        Group(reason, len(members), _shown(show, members[:_SHOWN])) for reason, members in ordered
    ]


def _shown(show: Callable[[Item], Shown], items: Sequence[Item]) -> list[Shown]:
    """Decoding thumbnails is what a report takes its time for: all cores do it."""
    with ThreadPoolExecutor(cores()) as pool:
        return list(pool.map(show, items))


def thumbnail(path: Path, box: Sequence[float] = ()) -> str:
    """A small picture of a file as a `data:` address; empty if it cannot be read.

    `box` (left, top, right, bottom as shares) is drawn around what remains of it.
    """
    image = shrunk(path, _SIDE)
    if image is None:
        return ""
    if box:
        pixels = np.array(image)
        height, width = pixels.shape[:2]
        left, top = int(box[0] * width), int(box[1] * height)
        right, bottom = math.ceil(box[2] * width), math.ceil(box[3] * height)
        inside = np.zeros((height, width), dtype=bool)
        inside[top:bottom, left:right] = True
        pixels[~inside] = pixels[~inside] // 2 + np.array([82, 33, 21], dtype=np.uint8)
        return data_uri(pixels, quality=80)
    return data_uri(np.asarray(image), quality=75)


def shrunk(path: Path, side: int) -> Image.Image | None:
    """A file's picture, its longer side at most `side` pixels; None if it cannot be read."""
    try:
        image = decode_image(path, lambda w, h: _within(w, h, 2 * side)).image
    except Unreadable:
        return None
    return image.resize(_within(*image.size, side), FILTER)


def _within(width: int, height: int, side: int) -> tuple[int, int]:
    scale = min(1.0, side / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _trimmed(seen: _Seen, album: _Album) -> Group:
    def show(each: Facts) -> Shown:
        width, height = each.inner
        detail = f"{each.width}×{each.height} → {width}×{height}"
        return album.show(each.file, detail, each.trimmed)

    return Group("borders trimmed", seen.trimmed, _shown(show, seen.cut))


def _extremes(numbers: dict[str, float], judged: Judged, album: _Album) -> list[Shown]:
    """The kept files with the highest numbers, highest first."""
    kept = {decision.file for decision in judged.decisions if decision.kept}
    ordered = sorted((f for f in numbers if f in kept), key=lambda f: -numbers[f])
    return _shown(lambda f: album.show(f, f"{numbers[f]:.1f}"), ordered[:12])


def _ordered(counts: Counter[str]) -> list[tuple[str, int]]:
    """The most frequent first, as many as a page can show; the rest together."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    rest = sum(count for _, count in ordered[_NAMED:])
    return [*ordered[:_NAMED], *([(f"{len(ordered) - _NAMED} others", rest)] if rest else [])]


def contact_sheet(pictures: NDArray[np.uint8], mosaic: bool = False) -> str:
    """Up to 96 pictures of a set on one sheet, as a `data:` address.

    A mosaic has no gaps and no empty places, so it looks well on any ground; it may leave out a
    few pictures for that.
    """
    count, columns = min(len(pictures), _CONTACT), 0
    if mosaic:
        ideal = max(1, round(math.sqrt(1.5 * count)))
        near = range(max(1, ideal - 3), min(count, ideal + 3) + 1)
        columns = min(near, key=lambda each: (count % each, abs(each - ideal)))
        count -= count % columns
    chosen = _spread_out(pictures, count)
    small = [Image.fromarray(each) for each in chosen]
    scale = min(1.0, 80 / max(small[0].size))
    size = (round(small[0].width * scale), round(small[0].height * scale))
    tiles = np.stack([np.asarray(each.resize(size, FILTER)) for each in small])
    columns = columns or max(1, 1150 // (size[0] + 2))
    return data_uri(grid(tiles, columns, gap=0 if mosaic else 2), quality=82)


def _spread_out(pictures: NDArray[np.uint8], most: int) -> NDArray[np.uint8]:
    """At most so many pictures, evenly from the whole set."""
    rows = np.unique(np.linspace(0, len(pictures) - 1, min(most, len(pictures))).astype(int))
    return np.stack([pictures[row] for row in rows])


def _palette(pictures: NDArray[np.uint8]) -> list[tuple[str, float]]:
    """Twelve colours by median cut with the share that each covers, dark to light."""
    chosen = _spread_out(pictures, 256)
    step = max(1, chosen.shape[1] // 8)
    pixels = chosen[:, ::step, ::step].reshape(1, -1, 3)
    reduced = Image.fromarray(np.ascontiguousarray(pixels)).quantize(12)
    colours = np.array((reduced.getpalette() or [])[: 3 * 12], dtype=np.int64).reshape(-1, 3)
    counts = np.bincount(np.asarray(reduced).ravel(), minlength=len(colours))
    order = sorted(range(len(colours)), key=lambda n: float(colours[n] @ [0.3, 0.59, 0.11]))
    total = counts.sum()
    found = [("#{:02x}{:02x}{:02x}".format(*colours[n]), float(counts[n] / total)) for n in order]
    return [(colour, share) for colour, share in found if share > 0]


def _histogram(
    values: Sequence[float], low: float = -2.0, high: float = 2.0
) -> list[tuple[str, int, float]]:
    """Aspect ratios on a logarithmic scale: (name of the bar, count, height as a share)."""
    edges = np.linspace(low, high, 17)
    counts, _ = np.histogram(np.clip(values, low, high), edges)
    tallest = max(1, int(counts.max(initial=0)))
    middles = 2 ** ((edges[:-1] + edges[1:]) / 2)
    return [
        (f"{m:.2f}" if m < 10 else f"{m:.0f}", int(c), float(c / tallest))
        for m, c in zip(middles, counts, strict=True)
    ]

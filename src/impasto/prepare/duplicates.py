"""Of pictures that are there twice the best copy is kept; each other one names it.

All copies of one picture are a family: what becomes of the best copy later, or by hand, becomes of
those that were dropped for its sake. So no file is dropped for one that is not in the set either,
and dropping a picture never brings back its copy.
"""

import re
from array import array
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from impasto.prepare.alignment import Twin, find_twins
from impasto.prepare.decisions import DROPPED_BY_HAND, Decision
from impasto.prepare.examine import Facts
from impasto.prepare.sketches import TURNS, Thumbs

Weigh = Callable[[Sequence[Facts]], None]
"""Sets `Facts.weight` of files that have none yet."""

_POOR = 0.7
"""A copy with a smaller share of the best copy's weight is poor, however many pixels it has:
enlarged, or coarsely compressed. Of 14 pictures enlarged by a quarter at JPEG quality 40 none
had more than .50 of its original's weight; copies shrunk to nine tenths have up to 1.16."""

_EQUAL = 0.92
"""From this share on, weight tells nothing: 14 pictures of JPEG quality 90, saved so once more as
they were, turned over or with more contrast, had 1.01 to 1.06 of their originals' weight."""

COPY_OF_DROPPED = "copy of one dropped by hand"
"""Why a copy stays out whose best copy a person has dropped."""

_COPY = re.compile(r"cop(y|ies)\b|kopie|duplica|backup|\(\d{1,2}\)", re.IGNORECASE)
"""What copies are called, and folders of copies."""

_WEB = re.compile(r"\.(webp|avif|gif)$", re.IGNORECASE)
"""Formats that web sites make of other files."""


def drop_twins(
    facts: Sequence[Facts],
    decisions: Sequence[Decision],
    thumbs: Thumbs,
    hands: dict[str, bool],
    least: float,
    weigh: Weigh,
) -> list[list[str]]:
    """Keep the best copy of each picture; each other one names the copy that is kept.

    Copies of what a person has dropped are dropped as well, unless a person kept them.

    Args:
        facts: of all files.
        decisions: on the same files so far; twins of what is kept are dropped.
        thumbs: (rows, S, S, 3), by `Facts.rows`.
        hands: what a person decided, by name; it stands.
        least: the correlation of detail from which two pictures are the same one.
        weigh: is asked to weigh the copies of one picture against each other.

    Returns:
        The names of the files that show one picture, the best copy first, for each picture that is
        there more than once, whatever becomes of it.
    """
    alive = _likely_first(facts, decisions)
    equal = _equal(facts, alive)
    for numbers in equal:  # equal bytes need no look at the pixels
        numbers.sort(key=lambda n: not hands.get(decisions[n].file, False))
        best, *copies = numbers
        for number in copies:
            if decisions[number].file not in hands:
                _drop_equal(decisions[number], decisions[best].file, decisions[best])
    again = {number for _, *copies in equal for number in copies}
    different = [number for number in alive if number not in again]
    rows, owners = array("q"), array("q")
    for place, number in enumerate(different):
        for row in facts[number].rows:
            rows.append(row)
            owners.append(place)
    twins = find_twins(_Rows(thumbs, rows), owners, least)
    # Only those that have twins are looked at again, and held in memory.
    mine = {n: facts[different[n]] for twin in twins for n in (twin.a, twin.b)}
    weigh([mine[n] for n in sorted(mine)])
    groups = _best_first(mine, twins)
    _drop(mine, {n: decisions[different[n]] for n in mine}, twins, groups, hands)
    return _families(mine, groups, [[decisions[n].file for n in same] for same in equal])


def _likely_first(facts: Sequence[Facts], decisions: Sequence[Decision]) -> list[int]:
    """The numbers of all that may have copies, most likely the best copy first.

    Columns of numbers, as keys of a million files would fill the memory.
    """
    alive = [n for n, d in enumerate(decisions) if d.kept or d.reason == DROPPED_BY_HAND]
    keys = np.zeros((6, len(alive)), np.int64)
    for place, number in enumerate(alive):
        mine = facts[number]
        width, height = mine.inner
        numbers, _ = _named(mine)
        keys[:, place] = (
            *(-width * height, -mine.bytes, *_called(mine)),
            *(len(numbers), numbers[0] if numbers else 0),
        )
    by_name = sorted(range(len(alive)), key=lambda place: decisions[alive[place]].file)
    rank = np.empty(len(alive), np.int64)
    rank[by_name] = np.arange(len(alive))
    return [alive[place] for place in np.lexsort((rank, *keys[::-1])).tolist()]


def _equal(facts: Sequence[Facts], alive: Sequence[int]) -> list[list[int]]:
    """Those of the numbers whose files have the same bytes, group by group, in their order."""
    digests = np.zeros(len(alive), "S32")
    for place, number in enumerate(alive):
        digests[place] = bytes.fromhex(facts[number].sha256)
    _, inverse, counts = np.unique(digests, return_inverse=True, return_counts=True)
    groups: dict[int, list[int]] = defaultdict(list)
    for place in np.flatnonzero(counts[inverse] > 1).tolist():
        groups[int(inverse[place])].append(alive[place])
    return list(groups.values())


def _drop_equal(copy: Decision, file: str, best: Decision) -> None:
    if best.kept:
        copy.drop("exact duplicate", "", file)
    else:
        copy.drop(COPY_OF_DROPPED, f"a copy of {file}")


def _families(
    facts: Mapping[int, Facts], groups: Sequence[Sequence[int]], equal: Sequence[Sequence[str]]
) -> list[list[str]]:
    """Names of files that show one picture: twins, and files of the same bytes as these."""
    same = {files[0]: files for files in equal}
    found = [
        [file for number in group for file in same.pop(facts[number].file, [facts[number].file])]
        for group in groups
    ]
    return found + [list(files) for files in same.values()]


def _drop(
    facts: Mapping[int, Facts],
    decisions: Mapping[int, Decision],
    twins: Sequence[Twin],
    groups: Sequence[Sequence[int]],
    hands: dict[str, bool],
) -> None:
    """From the best copy to the worst: drop what has a better twin that is kept."""
    better: dict[int, list[Twin]] = defaultdict(list)
    place = {number: place for place, number in enumerate(chain.from_iterable(groups))}
    for twin in twins:
        better[max(twin.a, twin.b, key=place.__getitem__)].append(twin)
    for number in sorted(better, key=place.__getitem__):
        if facts[number].file in hands:
            continue
        kept = [twin for twin in better[number] if decisions[_other(twin, number)].kept]
        if kept:
            twin = max(kept, key=_certainty)
            best = _other(twin, number)
            twin = twin.seen_from(best)
            reason, detail = _kind(facts[best], facts[number], twin)
            decisions[number].drop(reason, detail, facts[best].file)
            continue
        dropped = [_other(twin, number) for twin in better[number]]
        for best in dropped:
            if decisions[best].reason in (DROPPED_BY_HAND, COPY_OF_DROPPED):
                decisions[number].drop(COPY_OF_DROPPED, f"a copy of {facts[best].file}")


def follow_best(decisions: Sequence[Decision]) -> None:
    """Drop copies for the reason for which their best copy was dropped after all."""
    twins = {decision.twin for decision in decisions if decision.twin}
    named = {decision.file: decision for decision in decisions if decision.file in twins}
    for decision in decisions:
        best = named.get(decision.twin)
        if best is not None and not best.kept:
            decision.reason, decision.twin = best.reason, ""
            decision.detail = f"a copy of {best.file}: {best.detail}"


def _certainty(twin: Twin) -> float:
    """Of several that a grey copy of a field could be of, the one whose colours explain it best."""
    cast = twin.alignment.cast
    return twin.alignment.detail - (cast.unexplained if cast is not None else 1.0)


def _other(twin: Twin, number: int) -> int:
    return twin.b if twin.a == number else twin.a


class _Rows:
    """Thumbnails in another order, without copying them."""

    def __init__(self, thumbs: Thumbs, rows: "array[int]") -> None:
        self._thumbs, self._rows = thumbs, rows

    def __getitem__(self, number: int) -> NDArray[np.uint8]:
        return np.asarray(self._thumbs[self._rows[number]])


def _best_first(facts: Mapping[int, Facts], twins: Sequence[Twin]) -> list[list[int]]:
    """The numbers of all that have twins in groups of one picture, the best copy first.

    Best is: colour before grey and true colour before a palette; no poor copy; most pixels;
    not called a copy, nor in a web site's format; the most weight; and then by name.
    """
    found = []
    for group in _groups(twins):
        most = max(facts[number].weight for number in group)

        def key(number: int, most: int = most) -> tuple[object, ...]:
            mine = facts[number]
            width, height = mine.inner
            grey, palette = ("greyscale" in mine.notes), ("palette" in mine.notes)
            poor, heavy = mine.weight < _POOR * most, -min(mine.weight, _EQUAL * most)
            return grey, palette, poor, -width * height, *_called(mine), heavy, _named(mine)

        found.append(sorted(group, key=key))
    return found


def _groups(twins: Sequence[Twin]) -> list[list[int]]:
    """Numbers that are each other's twins, or twins of twins."""
    group: dict[int, list[int]] = {}
    for twin in twins:
        one = group.setdefault(twin.a, [twin.a])
        two = group.setdefault(twin.b, [twin.b])
        if one is not two:
            one.extend(two)
            group.update(dict.fromkeys(two, one))
    return list({id(numbers): numbers for numbers in group.values()}.values())


def _called(facts: Facts) -> tuple[bool, bool]:
    """Whether a file calls itself a copy, and whether it is in a web site's format."""
    return bool(_COPY.search(facts.file)), bool(_WEB.search(facts.file))


def _named(facts: Facts) -> tuple[tuple[int, ...], str]:
    """Sorts by name: without a number first, then by it.

    Browsers and cameras give later copies higher numbers.
    """
    numbers = tuple(int(digits) for digits in re.findall(r"\d{1,18}", facts.file))[-1:]
    return numbers, facts.file


def _kind(best: Facts, other: Facts, twin: Twin) -> tuple[str, str]:
    """What was done to the copy, and the numbers that say so."""
    alignment = twin.alignment
    detail = f"detail agrees {alignment.detail:.2f}"
    one, two = best.inner, other.inner
    if TURNS[twin.turn][0]:
        two = two[::-1]
    resized = max(abs(a / b - 1) for a, b in zip(one, two, strict=True)) > 0.02
    touched = abs(alignment.contrast - 1) > 0.03 or abs(alignment.brighter) > 3
    for note in ("greyscale", "palette"):
        if note in other.notes and note not in best.notes:
            detail += f", {note}"
    if twin.turn:
        mirrored = TURNS[twin.turn] == (0, 0, 1)
        return ("mirrored duplicate" if mirrored else "turned duplicate"), detail
    if alignment.likeness < 0.98:
        return "other scan", f"{detail}, whole {alignment.likeness:.2f}"
    if alignment.moved > 0.012:
        return "cropped duplicate", f"{detail}, edges differ by {alignment.moved:.1%}"
    if resized:
        return "resized duplicate", f"{detail}, {two[0]}×{two[1]} of {one[0]}×{one[1]}"
    if touched or alignment.likeness < 0.995:
        return "retouched duplicate", f"{detail}, contrast ×{alignment.contrast:.2f}"
    return "recompressed duplicate", detail

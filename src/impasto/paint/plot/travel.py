"""The shortest way from line to line: nearest neighbour, then 2-opt; what a plot costs in time."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from impasto.core.console import counted
from impasto.paint.plot.job import Job, Layer, Line, Points
from impasto.paint.plot.machine import Machine

NEXT = 1_000
"""How many of the following lines 2-opt tries to turn together with one."""

PASSES = 12
ENOUGH = 0.002
"""A pass that gains less than this share is the last one."""


@dataclass(frozen=True)
class Event:
    """Something that the machine does."""

    layer: Layer
    line: Line | None = None
    """To be drawn, lifted afterwards."""

    place: tuple[float, float] | None = None
    """Where the brush is dipped; without line and place the pen is changed."""


@dataclass(frozen=True)
class Costs:
    """What a plot takes."""

    drawn: float
    """Millimetres."""

    travel: float
    """Millimetres between lines."""

    lifts: int
    changes: int
    refills: int
    seconds: float

    def __str__(self) -> str:
        dips = f", {counted(self.refills, 'refill')}" if self.refills else ""
        return (
            f"{self.travel / 1000:.1f} m of travel, {counted(self.lifts, 'lift')}, "
            f"{counted(self.changes, 'pen')}{dips}, {counted(round(self.seconds / 60), 'minute')}"
        )


def events(job: Job, machine: Machine) -> Iterator[Event]:
    """What happens, in its order: pens are changed, brushes dipped, lines drawn."""
    wet = 0.0
    for layer in job.layers:
        yield Event(layer)
        wet = 0.0
        for line in layer.lines:
            for part in _parts(line, machine.refill.every if machine.refill else np.inf):
                length = part.length
                if machine.refill and wet < length:
                    yield Event(layer, place=(machine.refill.x, machine.refill.y))
                    wet = machine.refill.every
                wet -= length
                yield Event(layer, part)


def costs(job: Job, machine: Machine) -> Costs:
    """Count what `events` says."""
    at, drawn, travel, lifts, changes, refills = (0.0, 0.0), 0.0, 0.0, 0, 0, 0
    for event in events(job, machine):
        if event.line:
            (x, y), (end_x, end_y) = event.line.points[[0, -1]]
            travel += float(np.hypot(x - at[0], y - at[1]))
            drawn, lifts, at = drawn + event.line.length, lifts + 1, (end_x, end_y)
        elif event.place:
            across, down = event.place[0], down_from_top(event.place[1], job, machine)
            travel += float(np.hypot(across - at[0], down - at[1]))
            refills, at = refills + 1, (across, down)
        else:
            changes += 1
    wait = machine.seconds
    seconds = drawn / machine.speed.draw + travel / machine.speed.travel
    seconds += lifts * (wait.lower + wait.lift) + changes * wait.change + refills * wait.refill
    return Costs(drawn, travel, lifts, changes, refills, seconds)


def down_from_top(y: float, job: Job, machine: Machine) -> float:
    """A machine's y as millimetres from the canvas's upper edge, and the other way round."""
    return job.height - y if machine.origin == "bottom" else y


def shortened(job: Job, machine: Machine) -> Job:
    """The same lines with less travel: layers stay, within them order and direction are free.

    Lines of a pen that begin where the one before ends are drawn in a go.
    """
    at, layers = np.zeros(2), []
    for layer in job.layers:
        lines = _ordered(layer.lines, at)
        if machine.pen:
            lines = list(_joined(lines, machine.pen / 2))
        at = lines[-1].points[-1]
        layers.append(replace(layer, lines=lines))
    return replace(job, layers=layers)


def _ordered(lines: list[Line], at: NDArray[np.float64]) -> list[Line]:
    ends = np.array([line.points[[0, -1]] for line in lines])  # (N, 2, 2)
    order = _nearest(ends, at)
    turned = np.array(order)
    along = ends[turned[:, 0]]
    along = np.where(turned[:, 1, None, None] == 1, along[:, ::-1], along)
    turned = _two_opt(turned, along, at)
    return [lines[which].turned() if back else lines[which] for which, back in turned.tolist()]


def _nearest(ends: Points, at: NDArray[np.float64]) -> list[tuple[int, int]]:
    """From each line to the nearest end of another: pairs of a line and whether it is turned."""
    flat, order = ends.reshape(-1, 2).copy(), []
    for _ in range(len(ends)):
        near = int(np.square(flat - at).sum(1).argmin())
        which, back = divmod(near, 2)
        order.append((which, back))
        at = ends[which, 1 - back]
        flat[2 * which : 2 * which + 2] = np.inf
    return order


def _two_opt(order: NDArray[np.int64], along: Points, at: NDArray[np.float64]) -> NDArray[np.int64]:
    """Turn stretches of the order round where that is shorter.

    Args:
        order: (N, 2), lines and whether they are turned.
        along: (N, 2, 2), beginning and end of each in that order.
        at: where the pen comes from.
    """
    number = len(order)
    before = _jumps(along, at).sum()
    for _ in range(PASSES):
        for first in range(number - 1):
            come = along[first - 1, 1] if first else at
            start, last = along[first, 0], min(number, first + NEXT)
            ends = along[first:last, 1]
            going = np.full((last - first, 2), np.nan)
            following = along[first + 1 : last + 1, 0]
            going[: len(following)] = following
            old = np.hypot(*(come - start)) + np.nan_to_num(np.hypot(*(going - ends).T))
            new = np.hypot(*(come - ends).T) + np.nan_to_num(np.hypot(*(going - start).T))
            gain = old - new
            best = int(gain.argmax())
            if gain[best] > 1e-9:
                stretch = slice(first, first + best + 1)
                along[stretch] = along[stretch][::-1, ::-1].copy()
                order[stretch] = order[stretch][::-1].copy()
                order[stretch, 1] = 1 - order[stretch, 1]
        after = _jumps(along, at).sum()
        if before - after < ENOUGH * before:
            break
        before = after
    return order


def _jumps(along: Points, at: NDArray[np.float64]) -> NDArray[np.float64]:
    comes = np.concatenate([at[None], along[:-1, 1]])
    return np.asarray(np.hypot(*(along[:, 0] - comes).T))


def _joined(lines: list[Line], near: float) -> Iterator[Line]:
    held = lines[0]
    for line in lines[1:]:
        if np.hypot(*(line.points[0] - held.points[-1])) > near:
            yield held
            held = line
        else:
            points = np.concatenate([held.points, line.points])
            held = replace(
                held, points=points, pressure=np.concatenate([held.pressure, line.pressure])
            )
    yield held


def _parts(line: Line, longest: float) -> Iterator[Line]:
    """A line as parts that one filling of the brush is enough for."""
    steps = np.hypot(*np.diff(line.points, axis=0).T)
    way = np.concatenate([[0.0], np.cumsum(steps)])
    if way[-1] <= longest:
        yield line
        return
    cuts = np.linspace(0, way[-1], int(np.ceil(way[-1] / longest)) + 1)
    for begin, end in pairwise(cuts.tolist()):
        places = np.concatenate([[begin], way[(way > begin) & (way < end)], [end]])
        points = np.stack([np.interp(places, way, line.points[:, axis]) for axis in (0, 1)], 1)
        yield replace(line, points=points, pressure=np.interp(places, way, line.pressure))

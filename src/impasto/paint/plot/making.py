"""From a painting to the files of a plot."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from impasto.core.colour import hexed, triple
from impasto.core.console import counted, say, working
from impasto.core.files import refuse_others, write_text
from impasto.core.images import save
from impasto.errors import ImpastoError
from impasto.paint.document import Coat, Paint, Painting, RealPaint
from impasto.paint.hand.steps import by_hand
from impasto.paint.plot.job import Job, Layer, Line, numbered, rest
from impasto.paint.plot.lines import Cover, brushed, hatched, ways
from impasto.paint.plot.machine import Machine
from impasto.paint.plot.order import Array, Step, as_painted, by_colour, by_paint, few_colours
from impasto.paint.plot.preview import Begun, preview
from impasto.paint.plot.programs import as_gcode, as_hpgl, as_svg
from impasto.paint.plot.sheet import lay_out
from impasto.paint.plot.travel import costs, shortened

MOST_PENS, USUAL_PENS = 64, 12

KINDS = ("svg", "gcode", "hpgl", "png")

_OURS: Mapping[str, re.Pattern[bytes]] = {
    "plot.svg": re.compile(rb"<title>[\d,]+ strokes? in [\d,]+ layers?</title>"),
    "plot.hpgl": re.compile(rb"^IN;\nSP\d+;\n"),
}
"""How the files begin by which an earlier plot is known."""

_HEAD = 4_096
"""Bytes that are looked at."""


@dataclass(frozen=True)
class PlotOrder:
    """How a painting is to be plotted."""

    folder: Path
    machine: Machine
    canvas: tuple[float, float]
    """Millimetres."""

    margin: float = 10.0
    pens: int | None = None
    """The most colours; if not given `USUAL_PENS`, or all mixtures of a painting by hand."""

    first: int = 1
    """The stroke to begin with."""


@dataclass(frozen=True)
class Planned:
    """A painting as lines, before and after its way is shortened."""

    given: Job
    """In the painting's own order: within each layer for pens, throughout for a brush."""

    job: Job
    real: RealPaint
    """For `strokes.json`."""


def plan_plot(painting: Painting, order: PlotOrder) -> Planned:
    """Lines in layers, in the order in which they are drawn.

    Raises:
        ImpastoError: there is nothing to draw, or the margin leaves no room.
    """
    sheet = lay_out(order.canvas, order.margin, painting.width, painting.height)
    machine, strokes = order.machine, ways(painting, sheet)
    cover = Cover(strokes, sheet, (machine.pen or 1.0) / 2)
    if not (cover.top >= 0).any():
        raise ImpastoError("This painting has no strokes to plot.")
    mixtures = len(painting.real.paints) if painting.real and by_hand(painting) else 0
    most = order.pens or min(MOST_PENS, max(USUAL_PENS, mixtures))
    colours, which = few_colours(painting, cover, most)

    def lines(stroke: int) -> list[Line]:
        if machine.pen:
            return list(hatched(strokes[stroke], stroke, cover, machine.pen, machine.gap))
        return list(brushed(strokes[stroke], stroke, sheet))

    drawn = {stroke: lines(stroke) for stroke in range(len(strokes))}
    steps = by_colour(which) if machine.pen else by_paint(which, strokes, cover)
    if not machine.pen and by_hand(painting):  # its order is one that can be painted
        steps = as_painted(which)
    layers = _layers(steps, drawn, colours)
    given = layers if machine.pen else _layers(as_painted(which), drawn, colours)
    planned = Job(sheet.width, sheet.height, painting.ground, layers)
    paints = tuple(Paint(hexed(colour), triple(colour)) for colour in colours)
    coats = tuple(
        Coat(layer.name, layer.pen - 1, tuple(dict.fromkeys(line.stroke for line in layer.lines)))
        for layer in layers
    )
    place = (sheet.left, sheet.top, sheet.across, sheet.down)
    real = RealPaint((sheet.width, sheet.height), place, paints, coats)
    job = numbered(shortened(planned, machine))
    return Planned(replace(planned, layers=given), job, real)


def _layers(steps: list[Step], drawn: dict[int, list[Line]], colours: Array) -> list[Layer]:
    layers: list[Layer] = []
    for pen, members in steps:
        lines = [line for stroke in members for line in drawn[stroke]]
        if lines:
            colour = triple(colours[pen])
            name = f"{len(layers) + 1} {hexed(colour)}"
            layers.append(Layer(name, pen + 1, colour, lines))
    return layers


def check_plot_place(folder: Path) -> None:
    """Refuse to replace files that are no earlier plot's; call this before the work.

    Raises:
        ImpastoError: one is there.
    """
    refuse_others(folder, [f"plot.{kind}" for kind in KINDS], _is_ours(folder), "--plot")


def _is_ours(folder: Path) -> bool:
    for name, pattern in _OURS.items():
        with suppress(OSError), (folder / name).open("rb") as file:
            if pattern.search(file.read(_HEAD)):
                return True
    return False


def write_plot(painting: Painting, order: PlotOrder) -> tuple[dict[str, Path], RealPaint]:
    """Write the programs for machines and the preview; an earlier plot's are replaced or removed.

    Returns:
        What was written, by kind, and what `strokes.json` is to say of it.

    Raises:
        ImpastoError: there is nothing to draw, no room, or no stroke to go on with.
    """
    with working("planning the plot"):
        planned = plan_plot(painting, order)
    job, machine = planned.job, order.machine
    say(
        f"Plot of {job.width:g} × {job.height:g} mm, {counted(len(job.layers), 'layer')}. In the "
        f"painting's order: {costs(planned.given, machine)}. As planned: {costs(job, machine)}."
    )
    left = rest(job, order.first)
    if order.first > 1:
        say(f"From stroke {order.first:,} on: {costs(left, machine)}.")
    folder, ours = order.folder, _is_ours(order.folder)
    files = {name: folder / f"plot.{name}" for name in KINDS}
    write_text(files["svg"], as_svg(left))
    write_text(files["gcode"], as_gcode(left, machine))
    begun = None if painting.begun is None else Begun(painting.begun, planned.real.place)
    save(preview(left, begun=begun), files["png"])
    hpgl = as_hpgl(left)
    if hpgl:
        write_text(files["hpgl"], hpgl)
    else:
        if ours:
            files["hpgl"].unlink(missing_ok=True)
        del files["hpgl"]
        say("No plot.hpgl was written: HPGL reaches only 819 mm, and this canvas is larger.")
    return {f"plot_{name}": file for name, file in files.items()}, planned.real

"""What machines read: layered SVG in millimetres, G-code by templates, HPGL."""

import math
from html import escape

import numpy as np

from impasto.core.colour import hexed
from impasto.core.console import counted
from impasto.paint.plot.job import Job, Line
from impasto.paint.plot.machine import Machine
from impasto.paint.plot.travel import Event, down_from_top, events

HPGL_UNIT = 0.025
"""Millimetres."""

HPGL_FARTHEST = 32_767
"""Units that every plotter understands."""

STEP = 2.0
"""Millimetres between two points of a line whose pressure changes."""


def as_svg(job: Job) -> str:
    """A layer a colour, named as AxiDraw's software and Inkscape read it; lines in their order."""
    wide, high = (f"{side:.3f}".rstrip("0").rstrip(".") for side in (job.width, job.height))
    text = [
        '<svg xmlns="http://www.w3.org/2000/svg" '
        'xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" '
        f'width="{wide}mm" height="{high}mm" viewBox="0 0 {wide} {high}">',
        f"<title>{counted(len(job), 'stroke')} in {counted(len(job.layers), 'layer')}</title>",
    ]
    for number, layer in enumerate(job.layers, start=1):
        name = escape(layer.name, quote=True)
        text.append(
            f'<g id="layer{number}" inkscape:groupmode="layer" inkscape:label="{name}" fill="none" '
            f'stroke="{hexed(layer.colour)}" stroke-linecap="butt" stroke-linejoin="round">'
        )
        text += [_path(line) for line in layer.lines]
        text.append("</g>")
    return "\n".join([*text, "</svg>"]) + "\n"


def _path(line: Line) -> str:
    points = " ".join(f"{x:.2f},{y:.2f}" for x, y in line.points.tolist())
    return f'<path id="stroke{line.number}" d="M{points}" stroke-width="{line.width:.2f}"/>'


def as_gcode(job: Job, machine: Machine) -> str:
    """What the machine's templates make of every event."""
    templates, heights = machine.gcode, machine.heights
    say = machine.decimals
    strokes = len(job)

    def number(value: float) -> str:
        return f"{value + 0.0:.{say}f}"

    def place(x: float, y: float) -> dict[str, str]:
        return {"x": number(x), "y": number(down_from_top(y, job, machine))}

    def height(pressure: float) -> str:
        return number(heights.light + (heights.full - heights.light) * pressure)

    about = {"width": f"{job.width:g}", "height": f"{job.height:g}", "strokes": str(strokes)}
    draw, travel = (number(60 * speed) for speed in (machine.speed.draw, machine.speed.travel))
    wait = machine.seconds
    follows = "{z}" in templates.draw or "{pressure}" in templates.draw
    text = [templates.begin.format(**about)]
    for event in events(job, machine):
        paint = {"pen": str(event.layer.pen), "colour": hexed(event.layer.colour)}
        if event.place:
            x, y = event.place
            dip = machine.refill.z if machine.refill else 0.0
            words = {"x": number(x), "y": number(y), "z": number(dip), "feed": travel}
            words |= paint | {"lifted": number(heights.lifted), "seconds": f"{wait.refill:g}"}
            text.append(templates.refill.format(**words))
        elif event.line:
            line = _pressed(event) if follows else event.line
            points, z = line.points.tolist(), [height(force) for force in line.pressure.tolist()]
            stroke = {"stroke": str(line.number)}
            first, last = place(*points[0]), place(*points[-1])
            text.append(templates.travel.format(**first, feed=travel))
            down = {"z": z[0], "seconds": f"{wait.lower:g}"}
            text.append(templates.lower.format(**first, **down, **stroke))
            for point, force, at in zip(points[1:], line.pressure[1:].tolist(), z[1:], strict=True):
                words = {"z": at, "pressure": f"{force:.3f}", "feed": draw}
                text.append(templates.draw.format(**place(*point), **words))
            up = {"z": number(heights.lifted), "seconds": f"{wait.lift:g}"}
            text.append(templates.lift.format(**last, **up, **stroke))
        else:
            pause = {"layer": event.layer.name, "seconds": f"{wait.change:g}"}
            text.append(templates.change.format(**paint, **pause))
    text.append(templates.end.format(**about))
    return "\n".join(part for part in text if part) + "\n"


def _pressed(event: Event) -> Line:
    """The line with points close enough for its pressure to follow."""
    line = event.line
    assert line
    way = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line.points, axis=0).T))])
    steps = max(1, math.ceil(way[-1] / STEP))
    places = np.union1d(way, np.linspace(0, way[-1], steps + 1))
    points = np.stack([np.interp(places, way, line.points[:, axis]) for axis in (0, 1)], 1)
    pressure = np.interp(places, way, line.pressure)
    return Line(points, pressure, line.width, line.stroke, line.number)


def as_hpgl(job: Job) -> str:
    """Pens by `SP`, lines by `PU` and `PD`, in fortieths of a millimetre from the lower left.

    Nothing for a canvas that is larger than its numbers reach.
    """
    if max(job.width, job.height) / HPGL_UNIT > HPGL_FARTHEST:
        return ""
    text = ["IN;"]
    for layer in job.layers:
        text.append(f"SP{layer.pen};")
        for line in layer.lines:
            x, y = line.points[:, 0], job.height - line.points[:, 1]
            units = np.rint(np.stack([x, y], 1) / HPGL_UNIT).astype(int)
            start, *rest = (f"{across},{up}" for across, up in units.tolist())
            text.append(f"PU{start};PD{','.join(rest)};")
    return "\n".join([*text, "PU0,0;SP0;"]) + "\n"

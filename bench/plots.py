"""Plots of paintings, read back by other people's readers and drawn again; travel before and after.

    python bench/plots.py STROKES.json … [--machines pen pen-z brush] [--vpype PROGRAM]

For each painting and machine: lines, how near the SVG (svgelements), the G-code (gcodeparser) and
the HPGL (a reader of the tests), drawn again, come to the plot; travel, lifts, pens, refills and
minutes in the painting's order and as planned; CPU-seconds. With --vpype, what vpype itself reads
of the SVG (layers, and millimetres drawn and travelled), and what is left of the travel after its
`linesort --two-opt`.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.paint.plot.readers import Points, again, read_gcode, read_hpgl, read_svg

from impasto.paint.document import load_painting
from impasto.paint.plot.job import Job
from impasto.paint.plot.machine import load_machine
from impasto.paint.plot.making import PlotOrder, plan_plot
from impasto.paint.plot.preview import drawn
from impasto.paint.plot.programs import as_gcode, as_hpgl, as_svg
from impasto.paint.plot.travel import costs

PIXELS = 800
CSS_PIXEL = 25.4 / 96
"""Millimetres of what vpype counts in."""


def nearness(job: Job, ways: list[Points]) -> float:
    """PSNR of the plot as a reader found it."""
    one, other = (drawn(each, PIXELS).astype(float) for each in (job, again(job, ways)))
    return float(10 * np.log10(255**2 / max(np.square(one - other).mean(), 1e-3)))


def by_vpype(program: str, svg: Path) -> str:
    """What vpype says of the file, and of its travel once it has sorted the lines itself."""

    def stat(*more: str) -> tuple[int, float, float]:
        told = subprocess.run(
            [program, "read", str(svg), *more, "stat"], capture_output=True, text=True, check=True
        ).stdout
        layers = len(re.findall(r"^ *Layer \d+", told, re.MULTILINE))
        length, travel = (
            float(re.findall(rf"{name}: *([\d.]+)", told)[-1]) * CSS_PIXEL / 1000
            for name in ("Length", "Pen-up length")
        )
        return layers, length, travel

    layers, length, travel = stat()
    _, _, sorted_ = stat("linesort", "--two-opt")
    return f"vpype: {layers} layers, {length:.1f} m drawn, {travel:.1f} m up, {sorted_:.1f} sorted"


def main() -> None:
    parser = argparse.ArgumentParser(description="Read plots back.")
    parser.add_argument("paintings", type=Path, nargs="+")
    parser.add_argument("--machines", nargs="+", default=["pen", "pen-z", "brush"])
    parser.add_argument("--vpype")
    arguments = parser.parse_args()
    for path in arguments.paintings:
        painting = load_painting(path)
        for name in arguments.machines:
            machine, began = load_machine(name), time.process_time()
            with tempfile.TemporaryDirectory() as folder:
                order = PlotOrder(Path(folder), machine, (297.0, 420.0))
                planned = plan_plot(painting, order)
                job, spent = planned.job, time.process_time() - began
                svg = Path(folder) / "plot.svg"
                read = {
                    "SVG": read_svg(as_svg(job), svg),
                    "G-code": read_gcode(as_gcode(job, machine), job.height),
                    "HPGL": read_hpgl(as_hpgl(job), job.height),
                }
                if machine.refill:  # a line is parted where the brush is dipped
                    del read["G-code"]
                near = ", ".join(f"{kind} {nearness(job, ways):.1f}" for kind, ways in read.items())
                print(f"{path} {name}: {len(job):,} lines; {near} dB; {spent:.1f} CPU-s")
                print(f"    painting's order: {costs(planned.given, machine)}")
                print(f"    planned:          {costs(job, machine)}", flush=True)
                if arguments.vpype:
                    print(f"    {by_vpype(arguments.vpype, svg)}", flush=True)


if __name__ == "__main__":
    main()

"""Other people's readers of plots: what they find, as lines in millimetres."""

import re
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import numpy as np
from gcodeparser import parse_gcode_lines
from numpy.typing import NDArray
from svgelements import SVG
from svgelements import Path as Way

from impasto.paint.plot.job import Job

Points = NDArray[np.float64]

PER_MM = 96 / 25.4
"""CSS pixels, in which svgelements answers."""


def again(job: Job, ways: list[Points]) -> Job:
    """The job with lines as a reader found them."""
    found = iter(ways)
    layers = [
        replace(layer, lines=[replace(line, points=next(found)) for line in layer.lines])
        for layer in job.layers
    ]
    assert next(found, None) is None
    return replace(job, layers=layers)


def read_svg(text: str, file: Path) -> list[Points]:
    """By svgelements, which vpype reads by too; the text is written to the file first."""
    file.write_text(text)
    return [
        np.array([key for key, _ in groupby((p.x, p.y) for p in path.as_points())]) / PER_MM
        for path in SVG.parse(str(file), reify=True).elements()
        if isinstance(path, Way)
    ]


def read_gcode(text: str, height: float) -> list[Points]:
    """By gcodeparser; of a machine whose y counts from the lower edge."""
    ways: list[list[tuple[float, float]]] = []
    at = (0.0, 0.0)
    for line in parse_gcode_lines(text):
        if line.command not in (("G", 0), ("G", 1)) or "X" not in line.params:
            continue
        before, at = at, (line.params["X"], height - line.params["Y"])
        if line.command == ("G", 0):
            ways.append([at])
        else:
            assert ways[-1][-1] == before
            ways[-1].append(at)
    return [np.array(way) for way in ways if len(way) > 1]


def read_hpgl(text: str, height: float) -> list[Points]:
    """By a reader of our own."""
    ways: list[Points] = []
    at = np.zeros((1, 2))
    for word, numbers in re.findall(r"([A-Z]{2})([-\d,]*);", text):
        points = np.array(numbers.split(",") if numbers else [], float).reshape(
            -1, 2 if word != "SP" else 1
        )
        if word == "PU":
            at = points
        elif word == "PD":
            places = np.concatenate([at, points]) * 0.025
            ways.append(np.stack([places[:, 0], height - places[:, 1]], 1))
    return ways

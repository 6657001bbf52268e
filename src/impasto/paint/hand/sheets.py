"""`steps.pdf`: the paints, a grid to transfer by, and a page for each step of a painting."""

import io
import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.brush.actions import controls
from impasto.core.colour import hexed
from impasto.core.console import counted, one_line, track
from impasto.core.files import write_bytes
from impasto.core.images import Picture
from impasto.core.paper import lettered
from impasto.core.pdf import HexColor, Page, mm, rl_config
from impasto.paint.canvas import bare, draw_painting, draw_patches, lay, to_bytes
from impasto.paint.document import Painting
from impasto.paint.hand.paper import BOLD, EDGE, FAINT, FONT, INK, Frame, Paper, Room
from impasto.paint.hand.recipes import Entry, draw_column, draw_columns, height_of
from impasto.paint.hand.steps import FILM, SPARE, Step, real_of, steps_of

SEEN_PIXELS = 900
"""Of a picture on a page."""

PALE = 0.45
"""How much is left of what was painted before, where it lies below what is added."""

BAND = 1.7
"""Millimetres of a stroke on paper, at least, that a number can be read on; else the step is
divided into parts on pages of their own."""

MOST_PARTS = 4
"""Along each side."""

DIGIT, LARGEST_DIGIT = 0.62, 3.2
"""Of a stroke's width, and millimetres."""

GRIDS = (10, 20, 25, 50, 100, 200, 250, 500)
"""Millimetres between two lines of the grid."""

MOST_SQUARES = 12


class _Plan:
    """A painting, its steps, and how it looks before and after each of them."""

    def __init__(self, painting: Painting) -> None:
        self.painting, self.real = painting, real_of(painting)
        self.steps = steps_of(painting)
        self.canvas = (0.0, 0.0, *self.real.canvas)
        left, top, across, down = self.real.place
        bezier = controls(painting.strokes.geometry).astype(np.float64)
        squares = painting.strokes.squares.astype(np.float64) * max(across, down)
        self.ways = squares[:, None, :2] + squares[:, None, 2:] * bezier + (left, top)

        self.scale = SEEN_PIXELS / max(self.real.canvas)
        """Pixels of a picture to a millimetre."""

        self.longer = max(1, round(self.scale * max(across, down)))

    def looks(self) -> Iterator[Picture]:
        """The whole canvas before the first step and after each, one in memory at a time."""
        painting = self.painting
        width, height = painting.size_at(self.longer)
        canvas, places = bare(painting, height, width), (self.longer, height, width)
        yield self._on_canvas(to_bytes(canvas))
        for step in track(self.steps, "drawing steps", len(self.steps), "steps"):
            added = painting.strokes[np.array(step.strokes)]
            patches = draw_patches(added, painting.brush, painting.seed, *places)
            for patch, colour in zip(patches, added.colours, strict=True):
                lay(canvas, patch, colour)
            yield self._on_canvas(to_bytes(canvas))

    def finished(self) -> Picture:
        """The whole canvas after the last step."""
        plain = replace(self.painting, texture="none")
        return self._on_canvas(draw_painting(plain, self.longer))

    def _on_canvas(self, picture: Picture) -> Picture:
        wide, high = (max(1, round(side * self.scale)) for side in self.real.canvas)
        left, top, _, _ = (round(side * self.scale) for side in self.real.place)
        sheet = Image.new("RGB", (wide, high), "white")
        sheet.paste(Image.fromarray(picture), (left, top))
        return np.asarray(sheet)


def save_sheets(
    painting: Painting, path: Path, title: str, paper: tuple[float, float]
) -> list[Step]:
    """Write the steps as PDF, atomically.

    Args:
        painting: planned for a hand.
        path: the file.
        title: the picture's name.
        paper: millimetres of a page, turned as the canvas is.

    Returns:
        The steps.

    Raises:
        ImpastoError: the painting was not planned for a hand.
    """
    plan, buffer = _Plan(painting), io.BytesIO()
    rl_config.useA85 = 0
    page = Page(buffer, invariant=1, pageCompression=1)
    title = one_line(title)  # a file's name need be no text
    page.setTitle(title)
    page.setCreator("Impasto")
    sheet = Paper(page, _turned(paper, plan.real.canvas))
    finished = plan.finished()
    _overview(sheet, plan, title, finished)
    _grid(sheet, plan, finished)
    for step, (before, after) in zip(plan.steps, pairwise(plan.looks()), strict=True):
        _step(sheet, plan, step, before, after)
    page.save()
    write_bytes(path, buffer.getvalue())
    return plan.steps


def _turned(paper: tuple[float, float], canvas: tuple[float, float]) -> tuple[float, float]:
    """The page lies where the canvas does."""
    short, long = sorted(paper)
    return (long, short) if canvas[0] > canvas[1] else (short, long)


def _overview(sheet: Paper, plan: _Plan, title: str, finished: Picture) -> None:
    sheet.begin()
    sheet.text(EDGE, EDGE + 6, title[:80], 16, BOLD, sheet.room.width)
    half = Room(sheet.room.width * 0.48, sheet.height * (0.5 if sheet.is_lying else 0.3))
    frame = Frame.fitting(plan.canvas, EDGE, EDGE + 12, half)
    sheet.picture(finished, frame)
    words = _facts(plan)
    for at, line in enumerate(words):
        sheet.text(EDGE + half.width + 6, EDGE + 16 + 6 * at, line, 9.5, room=half.width - 2)
    y = EDGE + 18 + max(frame.height * frame.scale, 6.0 * len(words))
    ground = hexed(plan.painting.ground)
    if plan.painting.begun is not None:
        sheet.text(EDGE, y, "Start on the canvas as it is.", 10, BOLD)
    elif ground != "#ffffff":
        area = plan.real.place[2] * plan.real.place[3] / 100 * FILM / 10 * SPARE
        words_ = f"First cover the whole painting with this tone: {area:.0f} ml"
        sheet.text(EDGE, y, words_, 10, BOLD)
        sheet.swatch(EDGE + 100, y - 3.5, ground)
    draw_columns(sheet, _paints(plan), y + 5, 2 if sheet.is_lying else 1, "The paints, continued")


def _facts(plan: _Plan) -> list[str]:
    steps, real = plan.steps, plan.real
    brushes = ", ".join(f"{step:g}" for step in dict.fromkeys(each.brush for each in steps))
    minutes = sum(step.minutes for step in steps)
    left, top, across, down = real.place
    place = []
    if (across, down) != real.canvas:
        place = [
            f"Painting {across / 10:.1f} × {down / 10:.1f} cm, {left / 10:.1f} cm from the left "
            f"and {top / 10:.1f} cm from the top"
        ]
    return [
        f"Canvas {real.canvas[0] / 10:g} × {real.canvas[1] / 10:g} cm",
        *place,
        f"{counted(len(plan.painting.strokes), 'stroke')} in {counted(len(steps), 'step')}",
        *([f"Flat brushes: {brushes} mm"] if brushes else []),
        f"About {minutes / 60:.1f} hours of painting, plus drying",
        "Let each step dry before the next: an hour for acrylics;",
        "oils until they are no longer sticky.",
        "Within a step, paint one colour after the other,",
        "in the order listed.",
        f"Amounts: {FILM:g} mm of wet paint, plus {SPARE - 1:.0%}.",
    ]


def _paints(plan: _Plan) -> list[Entry]:
    """Each paint with its amount over all steps, its recipe, and how near that comes."""
    entries = []
    pairs = zip(plan.real.paints, _amounts(plan), strict=True)
    for number, (paint, amount) in enumerate(pairs, start=1):
        near = "" if paint.delta_e is None else f" (dE {paint.delta_e:.1f})"
        entries.append(Entry(number, paint.colour, f"{_ml(amount)}: {paint.name}{near}"))
    return entries


def _amounts(plan: _Plan) -> list[float]:
    """Millilitres of each paint over all steps."""
    total = [0.0] * len(plan.real.paints)
    for step in plan.steps:
        for coat, amount in zip(step.coats, step.millilitres, strict=True):
            total[coat.paint] += amount
    return total


def _grid(sheet: Paper, plan: _Plan, finished: Picture) -> None:
    """The finished picture, pale, under a grid whose squares have names."""
    sheet.begin()
    wide, high = plan.real.canvas
    apart = next((one for one in GRIDS if max(wide, high) / one <= MOST_SQUARES), GRIDS[-1])
    sheet.text(EDGE, EDGE + 5, "Grid for transfer", 14, BOLD)
    words = f"Draw these lines on the canvas, {apart / 10:g} cm apart, from its upper left corner."
    sheet.text(EDGE, EDGE + 11, words, 9.5, room=sheet.room.width)
    room = Room(sheet.room.width - 6, sheet.room.height - 24)
    frame = Frame.fitting(plan.canvas, EDGE + 6, EDGE + 22, room)
    sheet.picture(_paler(finished), frame)
    page = sheet.page
    page.setStrokeColor(HexColor(INK))
    page.setLineWidth(0.15 * mm)
    for number, x in enumerate(np.arange(0, wide + 1e-6, apart)):
        ends = sheet.place(frame, np.array([[x, 0.0], [x, high]]))
        page.line(*ends[0], *ends[1])
        if x < wide - 1e-6:
            at = frame.left + (x + min(apart, wide - x) / 2) * frame.scale
            sheet.text(at - 1.5, frame.top - 2, lettered(number), 9, BOLD)
    for number, y in enumerate(np.arange(0, high + 1e-6, apart), start=1):
        ends = sheet.place(frame, np.array([[0.0, y], [wide, y]]))
        page.line(*ends[0], *ends[1])
        if y < high - 1e-6:
            at = frame.top + (y + min(apart, high - y) / 2) * frame.scale
            sheet.text(frame.left - 6, at + 1.5, str(number), 9, BOLD)
    page.showPage()


def _step(sheet: Paper, plan: _Plan, step: Step, before: Picture, after: Picture) -> None:
    """A head with the colours, above the map; beside it on a lying page.

    A head of many colours has pages of its own.
    """
    sheet.begin()
    side = Room(sheet.room.width * (0.36 if sheet.is_lying else 1), sheet.room.height)
    title = step.words(len(plan.steps))
    y = EDGE + 5 + sheet.lines(EDGE, EDGE + 5, title, 13, BOLD, side.width)
    minutes = counted(math.ceil(step.minutes / 5) * 5, "minute")
    words = (
        f"{counted(len(step.strokes), 'stroke')}, about {minutes}; then let everything dry. "
        "The number on a stroke is its paint; the dot is where it starts."
    )
    y += 1 + sheet.lines(EDGE, y + 1, words, 9, FONT, side.width)
    seen = Room(side.width * (0.48 if sheet.is_lying else 0.21), sheet.height * 0.17)
    for number, (picture, name) in enumerate(((before, "before"), (after, "after"))):
        frame = Frame.fitting(plan.canvas, EDGE + number * (seen.width + 3), y + 2.5, seen)
        sheet.text(frame.left, y + 1, name, 8)
        sheet.picture(picture, frame)
    below = y + 6 + frame.height * frame.scale
    left, top = (EDGE, below) if sheet.is_lying else (EDGE + 2 * seen.width + 8, y)
    width = EDGE + side.width - left
    colours = _colours(plan, step)
    needed = height_of(colours, width)
    if needed > (sheet.height - EDGE - top if sheet.is_lying else 0.35 * sheet.height):
        draw_columns(sheet, colours, below, 2, f"{title}: colours, continued")
        sheet.begin()
        top = EDGE + 5 + sheet.lines(EDGE, EDGE + 5, title, 13, BOLD, sheet.room.width)
        place, room = (EDGE, top), Room(sheet.room.width, sheet.height - top - EDGE)
    else:
        draw_column(sheet, colours, left, top, width, needed + 1)
        place = (EDGE + side.width + 6, EDGE) if sheet.is_lying else (EDGE, 0.0)
        if not sheet.is_lying:
            place = EDGE, max(below, top + needed) + 3
        room = Room(sheet.width - EDGE - place[0], sheet.height - EDGE - place[1])
    frame = Frame.fitting(plan.canvas, *place, room)
    _map(sheet, plan, step, before, frame)
    sheet.page.showPage()
    parts = min(MOST_PARTS, math.ceil(BAND / (step.brush * frame.scale)))
    if parts > 1:
        _parts(sheet, plan, step, before, parts)


def _colours(plan: _Plan, step: Step) -> list[Entry]:
    """The step's colours in their order."""
    entries = []
    for coat, amount in zip(step.coats, step.millilitres, strict=True):
        paint = plan.real.paints[coat.paint]
        words = f"{counted(len(coat.strokes), 'stroke')}, {_ml(amount)}: {paint.name}"
        entries.append(Entry(coat.paint + 1, paint.colour, words))
    return entries


def _parts(sheet: Paper, plan: _Plan, step: Step, before: Picture, parts: int) -> None:
    """The same strokes on pages of their own, large enough for their numbers."""
    wide, high = plan.real.canvas[0] / parts, plan.real.canvas[1] / parts
    for row in range(parts):
        for column in range(parts):
            part = (column * wide, row * high, wide, high)
            bare = Frame(0, 0, 1, *part)
            if not any(_touches(plan.ways[one], bare, step.brush) for one in step.strokes):
                continue
            sheet.begin()
            words = f"{step.words(len(plan.steps))}, part {lettered(row)}{column + 1}"
            sheet.text(EDGE, EDGE + 5, words, 12, BOLD, sheet.room.width)
            room = Room(sheet.room.width, sheet.room.height - 10)
            frame = Frame.fitting(part, EDGE, EDGE + 10, room)
            rows = slice(row * len(before) // parts, (row + 1) * len(before) // parts)
            across = before.shape[1]
            columns = slice(column * across // parts, (column + 1) * across // parts)
            _map(sheet, plan, step, before[rows, columns], frame)
            sheet.page.showPage()


def _map(sheet: Paper, plan: _Plan, step: Step, before: Picture, frame: Frame) -> None:
    """What is added, as broad as it is painted, each stroke with its paint's number."""
    page = sheet.page
    page.saveState()
    sheet.clip(frame)
    sheet.picture(_paler(before), frame)
    left, top, across, down = plan.real.place  # what hangs over its edge is on the tape
    place = Frame(
        frame.left + (left - frame.x) * frame.scale, frame.top + (top - frame.y) * frame.scale,
        frame.scale, left, top, across, down,
    )  # fmt: skip
    sheet.clip(place)
    broad = step.brush * frame.scale
    page.setLineCap(0)
    size = min(max(DIGIT * broad, 1.0), LARGEST_DIGIT)
    for coat in step.coats:
        colour = plan.real.paints[coat.paint].colour
        for stroke in coat.strokes:
            way = plan.ways[stroke]
            if not _touches(way, frame, step.brush):
                continue
            for width, ink in ((broad + 0.25, FAINT), (broad, hexed(colour))):
                page.setStrokeColor(HexColor(ink))
                page.setLineWidth(width * mm)
                _curve(sheet, frame, way)
            ink = "#ffffff" if np.dot(colour, (0.3, 0.59, 0.11)) < 0.5 else "#000000"
            _mark(sheet, frame, way, str(coat.paint + 1), ink, size)
    page.restoreState()
    page.setStrokeColor(HexColor(FAINT))
    page.setLineWidth(0.1 * mm)
    down = (sheet.height - frame.top - frame.height * frame.scale) * mm
    across = frame.width * frame.scale * mm
    page.rect(frame.left * mm, down, across, frame.height * frame.scale * mm)


def _touches(way: NDArray[np.float64], frame: Frame, brush: float) -> bool:
    low, high = way.min(0) - brush, way.max(0) + brush
    return bool(
        (high > (frame.x, frame.y)).all()
        and (low < (frame.x + frame.width, frame.y + frame.height)).all()
    )


def _curve(sheet: Paper, frame: Frame, way: NDArray[np.float64]) -> None:
    start, control, end = way
    cubic = np.stack([start, start + (control - start) * 2 / 3, end + (control - end) * 2 / 3, end])
    points = sheet.place(frame, cubic)
    path = sheet.page.beginPath()
    path.moveTo(*points[0])
    path.curveTo(*points[1], *points[2], *points[3])
    sheet.page.drawPath(path, stroke=1, fill=0)


def _mark(
    sheet: Paper, frame: Frame, way: NDArray[np.float64], text: str, ink: str, size: float
) -> None:
    """The number along the stroke at its middle, and a dot where it begins."""
    page = sheet.page
    middle = (way[0] + 2 * way[1] + way[2]) / 4
    along = way[2] - way[0]
    turn = math.degrees(math.atan2(-along[1], along[0]))
    turn = (turn + 90) % 180 - 90  # never upside down
    (x, y), (dot_x, dot_y) = sheet.place(frame, np.stack([middle, 0.92 * way[0] + 0.08 * way[1]]))
    page.setFillColor(HexColor(ink))
    page.circle(dot_x, dot_y, 0.18 * size * mm, stroke=0, fill=1)
    page.saveState()
    page.translate(x, y)
    page.rotate(turn)
    page.setFont(BOLD, size / 0.72 * mm)  # a digit is .72 of its font's size high
    page.drawCentredString(0, -size / 2 * mm, text)
    page.restoreState()


def _ml(amount: float) -> str:
    return f"{amount:.1f} ml" if amount >= 0.05 else "a drop"


def _paler(picture: Picture) -> Picture:
    return np.asarray(255 - PALE * (255 - picture.astype(np.float32)), np.uint8)

"""`kit.pdf`: the colours with their recipes, the finished picture, and the plan on its sheets."""

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from impasto.core.console import counted, one_line
from impasto.core.files import write_bytes
from impasto.core.images import encode
from impasto.core.paper import lettered
from impasto.core.pdf import latin
from impasto.kit.canvas import Canvas
from impasto.kit.drawing import DOT, INK, LINE_WIDTH, OUTLINE, painted
from impasto.kit.libraries import HexColor, ImageReader, Page, mm, rl_config, simpleSplit
from impasto.kit.numbers import Label
from impasto.kit.outlines import rings
from impasto.kit.plan import COATS, Plan, Pot

A4 = Canvas(210, 297)
MARGIN = 10.0
"""Millimetres that home printers leave white."""

OVERLAP = 10.0
"""Millimetres that two sheets share, to be glued."""

FONT, BOLD = "Helvetica", "Helvetica-Bold"
FAINT = "#777777"

SEEN_PIXELS = 1_400
"""Of the small finished picture on the first page."""


@dataclass(frozen=True)
class Sheet:
    """A part of the plan on one sheet of paper, in millimetres of the picture."""

    name: str
    """Row and column: `B3`."""

    left: float
    top: float
    width: float
    height: float

    def holds(self, label: Label) -> bool:
        """Whether a number lies on it whole."""
        across, down = label.width / 2, label.height / 2
        return (
            self.left <= label.x - across
            and label.x + across <= self.left + self.width
            and self.top <= label.y - down
            and label.y + down <= self.top + self.height
        )


def tiles(plan: Plan, paper: Canvas) -> tuple[Canvas, list[Sheet]]:
    """Cut the plan for a paper, upright or lying, whichever needs fewer sheets.

    Returns:
        The paper as it lies, and its sheets row by row; neighbours overlap.
    """
    best: tuple[Canvas, list[Sheet]] | None = None
    for lying in (Canvas(paper.width, paper.height), Canvas(paper.height, paper.width)):
        room = Canvas(lying.width - 2 * MARGIN, lying.height - 2 * MARGIN)
        columns = _pieces(plan.width, room.width)
        rows = _pieces(plan.height, room.height)
        sheets = [
            Sheet(f"{lettered(row)}{column + 1}", left, top, wide, high)
            for row, (top, high) in enumerate(rows)
            for column, (left, wide) in enumerate(columns)
        ]
        if best is None or len(sheets) < len(best[1]):
            best = lying, sheets
    assert best is not None
    return best


def _pieces(length: float, room: float) -> list[tuple[float, float]]:
    """Where pieces of a length begin, and how long they are: all alike."""
    if length <= room:
        return [(0.0, length)]
    count = math.ceil((length - OVERLAP) / (room - OVERLAP))
    size = (length + (count - 1) * OVERLAP) / count
    return [(at * (size - OVERLAP), size) for at in range(count)]


def save_pdf(plan: Plan, path: Path, title: str, paper: Canvas | None) -> int:
    """Write the kit as PDF, atomically.

    Args:
        plan: what to write.
        path: the file.
        title: the picture's name.
        paper: that the plan is printed on, in as many sheets as it takes; None: one page as large
            as the canvas.

    Returns:
        How many sheets the plan has.
    """
    buffer = io.BytesIO()
    rl_config.useA85 = 0  # binary: a quarter smaller, and no time for letters
    page = Page(buffer, invariant=1, pageCompression=1)
    title = one_line(title)  # a file's name need be no text
    page.setTitle(title)
    page.setCreator("Impasto")
    _legend(page, plan, title)
    _answer(page, plan, title)
    lying, sheets = _one_page(plan) if paper is None else tiles(plan, paper)
    page.beginForm("outlines", 0, 0, plan.width * mm, plan.height * mm)
    _outlines(page, plan)
    page.endForm()
    for sheet in sheets:
        _sheet(page, plan, lying, sheet, len(sheets), title)
    page.save()
    write_bytes(path, buffer.getvalue())
    return len(sheets)


def _one_page(plan: Plan) -> tuple[Canvas, list[Sheet]]:
    return plan.canvas, [Sheet("", 0, 0, plan.width, plan.height)]


def _sheet(page: Any, plan: Plan, paper: Canvas, sheet: Sheet, count: int, title: str) -> None:
    page.setPageSize((paper.width * mm, paper.height * mm))
    left, top = (paper.width - sheet.width) / 2, (paper.height - sheet.height) / 2
    page.saveState()
    page.translate(left * mm, top * mm)
    window = page.beginPath()
    window.rect(0, 0, sheet.width * mm, sheet.height * mm)
    page.saveState()
    page.clipPath(window, stroke=0)
    # The form's origin is the picture's lower left corner.
    page.translate(-sheet.left * mm, -(plan.height - sheet.top - sheet.height) * mm)
    page.doForm("outlines")
    _leads(page, plan)
    page.restoreState()
    page.translate(-sheet.left * mm, -(plan.height - sheet.top - sheet.height) * mm)
    _numbers(page, plan, [label for label in plan.labels if sheet.holds(label)])
    page.restoreState()
    if count > 1:
        _marks(page, plan, sheet, left, top)
        page.setFillColor(HexColor(FAINT))
        page.setFont(FONT, 7)
        note = f"{sheet.name} of {count} sheets · {title} · shares {OVERLAP:g} mm with the next"
        page.drawString((left + OVERLAP + 3) * mm, 5.5 * mm, latin(note))
    page.showPage()


def _marks(page: Any, plan: Plan, sheet: Sheet, left: float, top: float) -> None:
    """Lines outside the corners, to cut along, and where the overlap ends, to glue to."""
    page.setStrokeColor(HexColor(FAINT))
    page.setLineWidth(0.1 * mm)
    right, high = left + sheet.width, top + sheet.height
    # A page's y points upwards, a sheet's top downwards.
    below = plan.height - sheet.top - sheet.height
    for x in _ends(left, right, sheet.left, plan.width):
        for y, away in ((top, -1), (high, 1)):
            page.line(x * mm, (y + away) * mm, x * mm, (y + 4 * away) * mm)
    for y in _ends(top, high, below, plan.height):
        for x, away in ((left, -1), (right, 1)):
            page.line((x + away) * mm, y * mm, (x + 4 * away) * mm, y * mm)


def _ends(begin: float, end: float, before: float, length: float) -> list[float]:
    """Where a sheet begins and ends, and where what it shares with a neighbour does.

    Args:
        begin: on the page, in millimetres.
        end: on the page.
        before: how much of the plan comes before it.
        length: of the plan.
    """
    after = length - before - (end - begin)
    shared = [begin + OVERLAP] if before > 0.01 else []
    return [begin, end, *shared, *([end - OVERLAP] if after > 0.01 else [])]


def _outlines(page: Any, plan: Plan) -> None:
    page.setStrokeColor(HexColor(OUTLINE))
    page.setLineWidth(LINE_WIDTH * mm)
    page.setLineJoin(1)
    page.setLineCap(1)
    path = page.beginPath()
    for line in plan.lines:
        _draw(path, [(line, False)], plan.height)
    page.drawPath(path, stroke=1, fill=0)


def _draw(path: Any, ring: list[Any], height: float) -> None:
    """Add lines in order to a path; a page's y points upwards."""
    begun = False
    for line, backwards in ring:
        curve = line.curve()[::-1] if backwards else line.curve()
        places = [(x * mm, (height - y) * mm) for x, y in curve.tolist()]
        if not begun:
            path.moveTo(*places[0])
            begun = True
        for at in range(1, len(places), 3):
            path.curveTo(*places[at], *places[at + 1], *places[at + 2])


def _leads(page: Any, plan: Plan) -> None:
    page.setStrokeColor(HexColor(INK))
    page.setFillColor(HexColor(INK))
    page.setLineWidth(LINE_WIDTH * mm)
    for label in plan.labels:
        if label.lead:
            (x, y), (to_x, to_y) = label.lead
            page.line(x * mm, (plan.height - y) * mm, to_x * mm, (plan.height - to_y) * mm)
            page.circle(to_x * mm, (plan.height - to_y) * mm, DOT * mm, stroke=0, fill=1)


def _numbers(page: Any, plan: Plan, labels: list[Label]) -> None:
    page.setFillColor(HexColor(INK))
    for label in labels:
        page.setFont(FONT, label.size * mm)
        down = plan.height - label.y - label.height / 2
        page.drawCentredString(label.x * mm, down * mm, label.text)


def _answer(page: Any, plan: Plan, title: str) -> None:
    """The finished picture with its outlines, as large as A4 takes it."""
    paper = A4.turned(plan.width, plan.height)
    page.setPageSize((paper.width * mm, paper.height * mm))
    scale = min(
        (paper.width - 2 * MARGIN) / plan.width, (paper.height - 2 * MARGIN - 8) / plan.height
    )
    page.setFillColor(HexColor(INK))
    page.setFont(BOLD, 11)
    page.drawString(MARGIN * mm, (paper.height - MARGIN - 3) * mm, latin(f"{title}: painted"))
    page.saveState()
    page.translate(
        (paper.width - plan.width * scale) / 2 * mm,
        (paper.height - 8 - plan.height * scale) / 2 * mm,
    )
    page.scale(scale, scale)
    page.setStrokeColor(HexColor("#00000040", hasAlpha=True))
    page.setLineWidth(0.1 / scale * mm)
    for region, closed in rings(plan.lines).items():
        page.setFillColor(HexColor(plan.pots[plan.numbers[region] - 1].hex))
        path = page.beginPath()
        for ring in closed:
            _draw(path, ring, plan.height)
            path.close()
        page.drawPath(path, stroke=1, fill=1, fillMode=0)
    page.restoreState()
    page.showPage()


ROW = 7.0
"""Millimetres of a colour's row in the legend."""


def _legend(page: Any, plan: Plan, title: str) -> None:
    page.setPageSize((A4.width * mm, A4.height * mm))
    top = A4.height - 20
    page.setFillColor(HexColor(INK))
    page.setFont(BOLD, 16)
    page.drawString(MARGIN * mm, top * mm, latin(title[:60]))
    tall = 70.0
    across = min(tall * plan.width / plan.height, 90.0)
    tall = across * plan.height / plan.width
    picture = ImageReader(Image.open(io.BytesIO(encode(painted(plan, SEEN_PIXELS)))))
    page.drawImage(picture, MARGIN * mm, (top - 5 - tall) * mm, across * mm, tall * mm)
    page.setFont(FONT, 10)
    beside = MARGIN + across + 6
    room = (A4.width - MARGIN - beside) * mm
    lines = [line for words in _words(plan) for line in simpleSplit(latin(words), FONT, 10, room)]
    for at, line in enumerate(lines):
        page.drawString(beside * mm, (top - 9 - 5.5 * at) * mm, line)
    y = top - 5 - max(tall, 5.5 * len(lines)) - 10
    for pot, place in zip(plan.pots, _rows(page, y, plan), strict=True):
        _row(page, pot, *place)
    page.showPage()


def _words(plan: Plan) -> list[str]:
    """What the first page says of the kit."""
    mixed = sum(pot.millilitres for pot in plan.pots)
    beside = sum(label.target is not None for label in plan.labels)
    lines = [
        f"{len(plan.labels):,} regions in {len(plan.pots)} colours",
        f"Canvas {plan.canvas}, picture {plan.width / 10:.1f} × {plan.height / 10:.1f} cm",
        f"Narrowest region {plan.narrowest:.1f} mm",
        f"{mixed:g} ml of paint for {COATS} coats, with some to spare",
        "Paint light colours first and dark ones last. Let each dry before you paint beside it.",
    ]
    if beside:
        stands = "stands beside its" if beside == 1 else "stand beside their"
        lines.append(f"{counted(beside, 'number')} {stands} region, with a line to it.")
    if any(pot.mixture for pot in plan.pots):
        lines.append(
            "Parts are by volume. dE is how far a mixture is from the picture's colour: 1 can "
            "hardly be seen, 5 is near, 10 is another colour."
        )
    return lines


def _rows(page: Any, y: float, plan: Plan) -> Iterator[tuple[float, float, float]]:
    """Places for the colours: left, y, and how wide; recipes take a whole row."""
    columns = 1 if any(pot.mixture for pot in plan.pots) else 3
    wide = (A4.width - 2 * MARGIN) / columns
    start, left = y, 0
    for _ in plan.pots:
        if y < MARGIN + ROW:
            left, y = left + 1, start
            if left == columns:
                page.showPage()
                left, start = 0, A4.height - 20
                y = start
        yield MARGIN + left * wide, y, wide
        y -= ROW


def _row(page: Any, pot: Pot, left: float, y: float, wide: float) -> None:
    page.setStrokeColor(HexColor(FAINT))
    page.setLineWidth(0.1 * mm)
    page.setFillColor(HexColor(pot.hex))
    page.rect((left + 9) * mm, (y - 1.5) * mm, 12 * mm, 5.5 * mm, fill=1)
    page.setFillColor(HexColor(INK))
    page.setFont(BOLD, 11)
    page.drawRightString((left + 7) * mm, y * mm, str(pot.number))
    page.setFont(FONT, 8.5)
    page.drawRightString((left + 34) * mm, y * mm, f"{pot.millilitres:g} ml")
    page.drawRightString((left + 48) * mm, y * mm, latin(f"{pot.area:.0f} cm²"))
    if not pot.mixture:
        page.drawString((left + 50) * mm, y * mm, pot.hex)
        return
    recipe = latin(f"{pot.mixture.recipe()}   (dE {pot.mixture.delta_e:.1f})")
    size, lines = _two_lines(recipe, (wide - 52) * mm)
    page.setFont(FONT, size)
    for at, line in enumerate(lines):
        down = y + 1.6 * (len(lines) - 1) - 3.2 * at
        page.drawString((left + 52) * mm, down * mm, line)


def _two_lines(text: str, room: float) -> tuple[float, list[str]]:
    """A text in at most two lines, as large as fits `room`: the size in points, and the lines."""
    for size in (8.5, 8.0, 7.5, 7.0, 6.5, 6.0):
        lines = simpleSplit(text, FONT, size, room)
        if len(lines) <= (1 if size > 8 else 2):
            break
    return size, lines

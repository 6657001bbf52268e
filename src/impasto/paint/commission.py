"""From what a user asks for to files: paint a picture, a run's pictures, or a painting again.

What needs feature networks or generators is imported where it is needed: their libraries take
seconds to load, in which a plain painting is half done.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.brush.brushes import load_brush
from impasto.brush.choice import drawn_by, known_brush
from impasto.core import clock
from impasto.core.console import counted, say
from impasto.core.images import FILTER, Picture, encode
from impasto.core.interrupts import noted
from impasto.core.notes import NOTHING, Notes, latents_in
from impasto.core.paper import Print
from impasto.paint.begun import BegunCanvas
from impasto.paint.canvas import check_size, draw_painting, to_bytes
from impasto.paint.document import Painting, load_painting
from impasto.paint.hand.making import Hand
from impasto.paint.hand.means import HandOrder
from impasto.paint.optimise import Loss, LossName, pixel_loss
from impasto.paint.outputs import FilmKind, Wanted, check_places, shows, write_outputs
from impasto.paint.pace import Pace
from impasto.paint.painter import Look, Plan, Subject, paint
from impasto.paint.palette import parse_palette, snapper
from impasto.paint.picture import most, read_picture
from impasto.paint.place import PREVIEW
from impasto.paint.plot.making import PlotOrder
from impasto.paint.preview import Preview, Watched, shown
from impasto.paint.strokes_file import Texture
from impasto.paint.subject import rounded, subject_of
from impasto.paint.turns import paint_in_turn
from impasto.paint.weave import weave

Array = NDArray[np.float32]

DEFAULT_SIZE = (512, 2048)
"""A painting is as large as the photograph, within these; that of a panorama may be larger."""

SPARE, REVISIONS = 0.4, 1
"""Where each stroke is dear, to a careful painting and to a machine: the share of strokes that are
painted beyond and go again, and how often all that stay are gone through once more."""

ARRANGING = (
    "The strokes are being put in an order for a hand; then what is painted is written. Ctrl-C "
    "once more gives it up."
)


@dataclass(frozen=True)
class Order:
    """How a picture is to be painted."""

    plan: Plan
    brush: str = "oil"
    """One that comes with Impasto, the path of a MyPaint brush, or a stroke network's folder."""

    size: int | None = None
    """Pixels of the finished painting's longer side; as the photograph if not given."""

    loss: LossName = "pixels"
    style: Path | None = None
    palette: str | None = None
    ground: str = "photo"
    """`photo` (its mean colour), `white`, or `#rrggbb`."""

    texture: Texture | None = None
    mask: Path | Literal["auto"] | None = None
    """Where to paint carefully: as a picture, or `auto` for where people look."""

    sparing: bool = False
    """Get more out of each stroke, in more time."""

    thinnest: float | None = None
    """Width of a stroke in pixels of the finished painting."""

    broadest: float | None = None
    film: FilmKind | None = None
    film_seconds: float = 14.0
    svg: bool = False
    ora: bool = False
    plot: PlotOrder | None = None
    hand: HandOrder | None = None
    """To be painted by hand, in an order that can be."""

    sheets: tuple[float, float] | None = None
    """Millimetres of the paper that its steps are printed on."""

    title: str = "Painting"
    """On these sheets."""

    begun: BegunCanvas | None = None
    """What is on the canvas already."""

    paper: Print | None = None
    """Instead of a size: what it is to be printed on."""

    def side(self, width: int, height: int) -> int | None:
        """Pixels of the finished painting's longer side; None where nothing is asked for."""
        return max(self.paper.pixels(width, height)) if self.paper else self.size

    def is_dear(self) -> bool:
        """Whether each stroke counts: to a machine, to a hand, and where it is done with care."""
        return bool(self.sparing or self.plot or self.hand or self.mask == "auto")

    def made_dear(self) -> Plan:
        """The plan with what gets more out of each stroke, where each counts and there is time."""
        if self.plan.seconds or not self.is_dear():
            return self.plan
        # A hand's order changes what lies over what; a network's loss needs a whole picture.
        again = 0 if self.hand or self.loss != "pixels" else REVISIONS
        return replace(self.plan, spare=SPARE, revisions=again)

    def for_one_of_several(self, name: str) -> "Order":
        """The same with the picture's name, and a folder of its own for its plot."""
        plot = self.plot and replace(self.plot, folder=self.plot.folder / name)
        return replace(self, plot=plot, title=name)

    def wanted(self, size: int, notes: Notes = NOTHING) -> Wanted:
        """Which files, at this size; `notes` go into the picture."""
        notes = replace(notes, dpi=self.paper.dpi if self.paper else None)
        film = self.film, self.film_seconds
        sheets = self.sheets, self.title
        return Wanted(size, *film, self.svg, self.ora, self.plot, *sheets, notes)


@dataclass(frozen=True)
class Done:
    """What came of it."""

    files: dict[str, Path]
    strokes: int
    psnr: float | None
    """In dB, the working canvas against the picture; None where strokes were drawn again."""

    seconds: float
    complete: bool
    """False where fewer strokes were laid than asked for: the user or the budget stopped it, or
    so many do not fit a small canvas."""

    stopped: bool = False
    """The user ended it."""

    def remark(self) -> str:
        """In a sentence."""
        close = f", {self.psnr:.1f} dB from the picture" if self.psnr is not None else ""
        early = "" if self.complete else ", fewer than asked for"
        strokes = counted(self.strokes, "stroke")
        return f"{strokes} in {self.seconds:.0f} s{close}{early}."

    def summary(self) -> dict[str, object]:
        """As plain values, for JSON."""
        return {
            **{name: str(file) for name, file in self.files.items()},
            "strokes": self.strokes,
            "psnr": None if self.psnr is None else round(self.psnr, 2),
            "seconds": round(self.seconds, 1),
            "complete": self.complete,
        }


def paint_picture(
    picture: Picture,
    order: Order,
    out: Path,
    started: float | None = None,
    notes: Notes = NOTHING,
) -> Done:
    """Paint one picture and write what was asked for.

    Args:
        picture: (H, W, 3), uint8.
        order: how.
        out: the folder for the files.
        started: when the user began to wait, by `core.clock`; now if not given.
        notes: what the painting's file is to carry, such as the picture's latent.

    Raises:
        ImpastoError: an option does not fit, or a file would be replaced that is no earlier
            painting's.
    """
    began = clock.now() if started is None else started
    height, width = picture.shape[:2]
    size = order.side(width, height) or min(
        max(max(picture.shape[:2]), DEFAULT_SIZE[0]), most(width, height, DEFAULT_SIZE[1])
    )
    check_size(size)
    brush = load_brush(order.brush)
    order = replace(order, brush=brush.name)
    wanted = order.wanted(size, notes)
    names = wanted.names(brush.name, begun=order.begun is not None)
    check_places(out, [*names, PREVIEW], order.plot)
    subject = subject_of(picture, order, size)
    seen, hand = Watched(subject.picture), None
    if order.hand:
        hand = Hand.for_picture(order.hand, subject, order.brush, order.plan.strokes)
    subject, snap = _in_its_colours(subject, order, hand)
    plan = replace(
        order.made_dear(),
        finest=(order.thinnest or 0) / size,
        broadest=(order.broadest or size) / size,
        size=size,
    )
    plan = hand.plan(plan) if hand else plan
    pace = Pace(plan.laid, plan.steps, plan.seconds, began)
    pace.ending = _page_seconds(subject, size) if plan.seconds else 0.0
    with Preview(out) as preview:
        with shown(plan.strokes, preview, seen) as watch:
            work = paint(
                subject, order.brush, brush.network, plan, pace, watch, loss_of(order), snap
            )
        painting, canvas = work.painting(), None if hand else work.canvas
        complete = len(painting.strokes) >= 0.98 * plan.strokes
        if subject.begun is not None:
            painting = replace(painting, begun=to_bytes(subject.begun))
        if hand:
            with noted(lambda: say(ARRANGING)) as is_pressed:
                painting = hand.arranged(painting)
                seen.measure_error(Look(_canvas(painting), len(painting.strokes), plan.strokes))
                pace.stopped |= is_pressed()
        files = write_outputs(painting, out, wanted, canvas=canvas)
    laid, spent = len(painting.strokes), clock.now() - began
    return Done(files, laid, seen.psnr, spent, complete, pace.stopped)


def _in_its_colours(
    subject: Subject, order: Order, hand: Hand | None
) -> tuple[Subject, Callable[[Array], Array] | None]:
    """The subject in the colours that there are, and what brings others to them; None for all."""
    if not hand and not order.palette:
        return subject, None
    snap = snapper(hand.colours if hand else _palette(order.palette or "", subject.picture))
    if order.ground == "photo":  # the canvas is of the palette, too
        ground = snap(np.array([subject.ground], np.float32))[0]
        subject = replace(subject, ground=rounded(ground))
    # Else strokes fight: each corrects what the one before it could not mix.
    return replace(subject, picture=np.stack([snap(row) for row in subject.picture])), snap


def repaint(path: Path, order: Order, out: Path, brush: str | None = None) -> Done:
    """Draw the strokes of a `strokes.json` again.

    Args:
        path: the file, from whomever it comes.
        order: of it the size, the texture, the film and the SVG.
        out: the folder for the files.
        brush: another brush than the painting's own.

    Raises:
        ImpastoError: the file is malformed, an option does not fit, or a file would be replaced
            that is no earlier painting's.
    """
    began = clock.now()
    painting = load_painting(path)
    if brush is not None:
        painting = replace(painting, brush=drawn_by(brush))
    if order.texture is not None:
        painting = replace(painting, texture=order.texture)
    known_brush(painting.brush)
    size = order.side(painting.width, painting.height) or painting.longer
    check_size(size)
    wanted = order.wanted(size)
    names = wanted.names(painting.brush, begun=painting.begun is not None)
    check_places(out, names, order.plot)
    say(f"Drawing {counted(len(painting.strokes), 'stroke')} again at {size} pixels.", style="dim")
    # What shows these strokes already may stay: a film and an SVG may be asked for one by one.
    files = write_outputs(painting, out, wanted, anew=not shows(out, painting))
    return Done(files, len(painting.strokes), None, clock.now() - began, True)


def paint_run(run: Path, order: Order, out: Path, count: int, checkpoint: str) -> list[Done]:
    """Paint what a generator makes: its pictures, and a folder with strokes for each of them.

    Args:
        run: of `impasto train`, or a folder that holds a generator.
        order: how; its plan's seed is the first picture's.
        out: the folder for `pictures/` and a folder each.
        count: how many.
        checkpoint: `best`, `last`, or the number of images of a kept one.

    Raises:
        ImpastoError: there is no such generator, or an option does not fit.
        LeftOutError: some pictures could not be painted; it holds what was.
    """
    from impasto.generate.artefact import load_generator
    from impasto.generate.gallery import paint_gallery

    generator = load_generator(run, checkpoint)
    say(f"Painting what {generator.origin} makes.", style="dim")
    seeds = range(order.plan.seed, order.plan.seed + count)
    pictures = paint_gallery(generator, seeds, out / "pictures")

    def paint_one(file: Path) -> Done:
        notes = Notes(latents=latents_in(file))
        here = order.for_one_of_several(file.stem)
        return paint_picture(read_picture(file), here, out / file.stem, notes=notes)

    return paint_in_turn(pictures, paint_one)


def _canvas(painting: Painting) -> Array:
    """What it looks like without its weave: (H, W, 3), in [0, 1]."""
    picture = draw_painting(replace(painting, texture="none"))
    return picture.astype(np.float32) / np.float32(255)


def loss_of(order: Order) -> Loss:
    """What the strokes' shapes follow, as the order says."""
    if order.loss == "pixels":
        return pixel_loss
    from impasto.paint.perception import choose_loss

    return choose_loss(order.loss)


def _palette(text: str, target: Array) -> Array:
    return parse_palette(text, to_bytes(target))


def _page_seconds(subject: Subject, size: int) -> float:
    """Seconds that the finished picture takes beyond its strokes: a few rows of it are tried."""
    height, width, _ = subject.picture.shape
    scale = size / max(height, width)
    rows, columns = max(1, round(height * scale)), max(1, round(width * scale))
    few = min(rows, 32)
    began = clock.now()
    page = Image.fromarray(to_bytes(subject.picture)).resize((columns, few), FILTER)
    cloth = weave(subject.texture, range(few), columns, size)
    encode(to_bytes(np.asarray(page, np.float32) / np.float32(255) * cloth[..., None]))
    spent = clock.now() - began
    return float(spent * rows / few)

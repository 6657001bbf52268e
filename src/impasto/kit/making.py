"""From a photograph, a painting or a run to a folder with a kit."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
from PIL import Image

from impasto.core import clock
from impasto.core.colour import from_oklab, to_oklab
from impasto.core.console import say
from impasto.core.files import write_json
from impasto.core.images import FILTER, Picture, save
from impasto.data.decode import to_array
from impasto.data.picture import read_subject, say_if_animated
from impasto.errors import ImpastoError
from impasto.kit.canvas import LEVELS, Canvas, Fit, LevelName
from impasto.kit.drawing import painted, save_svg
from impasto.kit.plan import Plan, grid_of, solve
from impasto.kit.sheets import save_pdf
from impasto.metrics.attention import attend
from impasto.paints.colours import choose_colours, nearest
from impasto.paints.difference import delta_e
from impasto.paints.mixing import Paints

FORMAT, VERSION = "impasto-kit", 1

FINISHED = 2_000
"""Pixels of the finished picture's longer side."""

LARGEST_READ = 2_400
"""Pixels of the longer side that are read of a picture: more than any grid needs."""

COMPARED = 800
"""Pixels of the longer side at which the painting is compared with the picture."""

SLIMMEST = 1 / 8
"""A picture's shorter side, as a share of the longer one."""


@dataclass(frozen=True)
class Order:
    """How a kit is to be made."""

    canvas: Canvas
    colours: int = 24
    level: LevelName = "medium"
    fit: Fit = "whole"
    paints: Paints | None = None
    paper: Canvas | None = None
    """Of the plan's sheets; None: one page as large as the canvas."""

    attentive: bool = True
    """Look for faces and what stands out."""


class Measured(TypedDict):
    """How fine a plan is, and how near its painting comes to the picture."""

    regions: int
    numbered: float
    beside: int
    narrowest_mm: float
    stated_mm: list[float]
    smallest_digit_mm: float
    psnr: float
    delta_e: float
    posterised_psnr: float
    posterised_delta_e: float


class Figures(Measured):
    """What `kit.json` tells of a kit in numbers."""

    colours: int
    colours_asked: int
    faces: int
    sheets: int


@dataclass(frozen=True)
class Done:
    """What came of it."""

    files: dict[str, Path]
    plan: Plan
    figures: Figures
    missing: str
    seconds: float

    def remark(self) -> str:
        """In a sentence or two."""
        plan, few = self.plan, ""
        unused = self.figures["colours_asked"] - len(plan.pots)
        if unused:
            few = f" ({unused} more would have served no region)"
        return (
            f"{len(plan.labels):,} regions in {len(plan.pots)} colours{few}, none narrower than "
            f"{plan.narrowest:.1f} mm, every one numbered; {self.figures['sheets']} "
            f"{'sheet' if self.figures['sheets'] == 1 else 'sheets'}; {self.seconds:.0f} s."
        )

    def summary(self) -> dict[str, object]:
        """As plain values, for JSON."""
        named = {name: str(file) for name, file in self.files.items()}
        return {**named, **self.figures, "seconds": round(self.seconds, 1)}


def read_picture(path: Path) -> Picture:
    """Read what is to be painted: (H, W, 3), uint8, transparent parts white.

    Raises:
        ImpastoError: it is no picture, too small, too narrow or fully transparent.
    """
    decoded = read_subject(path, "make a kit of", _wanted)
    short, long = sorted((decoded.width, decoded.height))
    if short < SLIMMEST * long:
        raise ImpastoError(
            f"{path} has {decoded.width}×{decoded.height} pixels, too narrow for a kit; crop it "
            "first."
        )
    say_if_animated(path, decoded)
    image = decoded.image
    width, height = _wanted(image.width, image.height)
    return to_array(image.resize((width, height), FILTER) if width < image.width else image)


def _wanted(width: int, height: int) -> tuple[int, int]:
    scale = min(1.0, LARGEST_READ / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def make_kit(
    picture: Picture, order: Order, out: Path, title: str, started: float | None = None
) -> Done:
    """Make a kit of one picture and write its files.

    Args:
        picture: (H, W, 3), uint8.
        order: how.
        out: the folder for the files.
        title: the picture's name, for the pages.
        started: when the work began, by `clock.now`.
    """
    began = clock.now() if started is None else started
    canvas = order.canvas.turned(picture.shape[1], picture.shape[0])
    if order.fit == "fill":
        picture = _cropped(picture, canvas)
    level = LEVELS[order.level]
    width, height = grid_of(picture.shape[1], picture.shape[0], canvas, level)
    small = np.asarray(Image.fromarray(picture).resize((width, height), FILTER))
    attention = attend(picture, width, height, order.attentive)
    plan = solve(small, attention, canvas, level, order.colours, order.paints)
    files = {name: out / file for name, file in FILES.items()}
    finished = painted(plan, FINISHED)
    save(finished, files["painted"])
    save_svg(plan, files["svg"], title)
    sheets = save_pdf(plan, files["kit"], title, order.paper)
    figures: Figures = {
        "colours": len(plan.pots),
        "colours_asked": order.colours,
        "faces": attention.faces,
        "sheets": sheets,
        **figures_of(plan, small, finished, order.colours),
    }
    write_json(files["plan"], _described(plan, order, figures))
    return Done(files, plan, figures, attention.missing, clock.now() - began)


FILES = {"kit": "kit.pdf", "svg": "plan.svg", "painted": "painted.png", "plan": "kit.json"}


def make_kits_of_run(
    run: Path, order: Order, out: Path, count: int, checkpoint: str, seed: int
) -> list[Done]:
    """Make kits of what a generator paints, a folder each.

    Raises:
        ImpastoError: there is no such generator.
    """
    from impasto.generate.artefact import load_generator
    from impasto.generate.gallery import paint_gallery

    generator = load_generator(run, checkpoint)
    say(f"Kits of what {generator.origin} makes.", style="dim")
    pictures = paint_gallery(generator, range(seed, seed + count), out / "pictures")
    return [make_kit(read_picture(file), order, out / file.stem, file.stem) for file in pictures]


def _cropped(picture: Picture, canvas: Canvas) -> Picture:
    """The middle of a picture, of the canvas's shape."""
    height, width = picture.shape[:2]
    across = min(width, max(1, round(height * canvas.width / canvas.height)))
    down = min(height, max(1, round(width * canvas.height / canvas.width)))
    left, top = (width - across) // 2, (height - down) // 2
    return np.ascontiguousarray(picture[top : top + down, left : left + across])


def figures_of(plan: Plan, picture: Picture, finished: Picture, colours: int) -> Measured:
    """How fine the plan is, and how near its painting comes to the picture.

    Beside it a plain posterisation: k-means of as many colours, pixel by pixel, which nobody can
    paint; it is the bound.
    """
    scale = min(1.0, COMPARED / max(picture.shape[:2]))
    size = round(picture.shape[1] * scale), round(picture.shape[0] * scale)
    target, kit = (
        np.asarray(Image.fromarray(each).resize(size, FILTER)) / np.float32(255)
        for each in (picture, finished)
    )
    lab = to_oklab(target).astype(np.float32)
    table = choose_colours(lab, np.ones(lab.shape[:2], np.float32), colours)
    plain = from_oklab(table)[nearest(lab.reshape(-1, 3), table)].reshape(target.shape)
    return {
        "regions": len(plan.labels),
        "numbered": sum(label.height > 0 for label in plan.labels) / len(plan.labels),
        "beside": sum(label.target is not None for label in plan.labels),
        "narrowest_mm": round(plan.narrowest, 2),
        "stated_mm": list(plan.stated),
        "smallest_digit_mm": round(min(label.height for label in plan.labels), 2),
        "psnr": _psnr(kit, target),
        "delta_e": round(float(delta_e(kit, target).mean()), 2),
        "posterised_psnr": _psnr(plain, target),
        "posterised_delta_e": round(float(delta_e(plain, target).mean()), 2),
    }


def _psnr(one: Any, other: Any) -> float:
    return round(float(-10 * np.log10(max(float(np.square(one - other).mean()), 1e-10))), 2)


def _described(plan: Plan, order: Order, figures: Figures) -> dict[str, object]:
    """The kit as plain values: format, canvas, pots and where each number stands."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "canvas_mm": [plan.canvas.width, plan.canvas.height],
        "picture_mm": [round(plan.width, 2), round(plan.height, 2)],
        "level": order.level,
        "figures": figures,
        "paints": order.paints.source if order.paints else None,
        "pots": [
            {
                "number": pot.number,
                "colour": pot.hex,
                "cm2": round(pot.area, 1),
                "ml": pot.millilitres,
                "regions": pot.regions,
                "recipe": dict(pot.mixture.parts) if pot.mixture else None,
                "delta_e": round(pot.mixture.delta_e, 2) if pot.mixture else None,
            }
            for pot in plan.pots
        ],
        "labels": [
            {"number": int(label.text), "x": round(label.x, 2), "y": round(label.y, 2)}
            for label in plan.labels
        ],
    }

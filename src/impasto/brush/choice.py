"""A brush by name: one that comes with Impasto, a MyPaint brush's file, or a training's folder.

A MyPaint brush is drawn by libmypaint. What the painter must know beforehand, such as which stroke
network comes near it, is that of our brush whose strokes look most like its own.
"""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from impasto.brush import engine, mypaint, surface
from impasto.brush.actions import GEOMETRY, geometry_of, random_actions
from impasto.brush.dabs import SIDE
from impasto.brush.learnt import find_learnt, is_learnt
from impasto.brush.myb import SUFFIX, Likeness, Myb, read_myb
from impasto.brush.settings import SETTINGS, BrushSettings, Setting, settings_of
from impasto.errors import ImpastoError

REACH = 8.0
"""Radii from the path within which a MyPaint brush may lay paint; what lies farther is cut off."""

TRIED = 12
"""Strokes by which brushes are compared."""

RADII = (-1.4, -1.0, -0.6, -0.2, 0.2, 0.6)
"""Logarithms of radii at which a MyPaint brush is tried: most paint broader or thinner than their
radius says."""

FAINTEST = 0.004
"""Mean opacity of these strokes below which a brush is taken to leave no paint."""


def is_borrowed(name: str) -> bool:
    """Whether it is the path of a MyPaint brush."""
    return name.lower().endswith(SUFFIX)


def known_brush(name: str) -> BrushSettings:
    """A brush's settings.

    Args:
        name: of one that comes with Impasto, the path of a `.myb` file, or the folder of a stroke
            network.

    Raises:
        ImpastoError: there is no such brush, the file is malformed or leaves no paint,
            libmypaint is missing, or the folder holds no network to paint with.
    """
    name = drawn_by(name)
    return _settings(borrowed(name)) if is_borrowed(name) else settings_of(name)


def drawn_by(name: str) -> str:
    """The brush that draws the strokes: of a training's folder the one that was learnt there.

    Raises:
        ImpastoError: the folder holds no network to paint with.
    """
    return find_learnt(Path(name)).brush if is_learnt(name) else name


def network_of(name: str) -> str:
    """The name of the brush that comes with Impasto whose network is to be used."""
    if not is_borrowed(name):
        return name
    likeness = borrowed(name).likeness
    assert likeness is not None
    return likeness.brush


def draw_one(
    geometry: NDArray[np.floating],
    brush: str,
    scale: float,
    seed: int = 0,
    rows: engine.Rows | None = None,
) -> tuple[NDArray[np.uint8], int, int]:
    """Draw one stroke: `engine.draw_one` for any brush."""
    if not is_borrowed(brush):
        return engine.draw_one(geometry, brush, scale, seed, rows)
    myb = borrowed(brush)
    assert myb.likeness is not None
    return surface.draw_one(geometry, myb, myb.likeness.radius, REACH, scale, seed, rows)


@cache
def borrowed(name: str) -> Myb:
    """A MyPaint brush, which tells what it is like.

    Raises:
        ImpastoError: as `known_brush`.
    """
    path = Path(name)
    if not path.exists():
        raise ImpastoError(
            f"The brush {path} is not there; put it back, or choose another, such as --brush oil."
        )
    myb = read_myb(path)
    mypaint.library()
    return myb if myb.likeness else myb.liking(_likeness(path, myb))


def _likeness(path: Path, myb: Myb) -> Likeness:
    """Which of our brushes draws most like it, and at which radius it does so itself."""
    geometry = geometry_of(random_actions(TRIED, np.random.default_rng(1)))
    geometry[:, GEOMETRY.pressure] = geometry[:, GEOMETRY.entry_pressure] = 0.7
    theirs = {radius: _drawn(geometry, myb, radius) for radius in RADII}
    if max(float(drawn.mean()) for drawn in theirs.values()) < FAINTEST:
        raise ImpastoError(
            f"{path} leaves no paint on a bare canvas: it may only smudge or erase, or need a "
            "tilted pen; choose another brush."
        )
    best, like = np.inf, Likeness(brush="dry", radius=0.0)
    for brush in SETTINGS:
        ours = engine.draw(geometry, brush).astype(np.float32) / np.float32(255)
        for radius, drawn in theirs.items():
            apart = float(
                np.square(ours - drawn).sum() / (np.square(ours) + np.square(drawn)).sum()
            )
            if apart < best:
                best, like = apart, Likeness(brush=brush, radius=radius)
    return like


def _drawn(geometry: NDArray[np.float32], myb: Myb, radius: float) -> NDArray[np.float32]:
    alphas = np.zeros((len(geometry), SIDE, SIDE), np.uint8)
    for alpha, nine in zip(alphas, geometry, strict=True):
        engine.paste(alpha, *surface.draw_one(nine, myb, radius, REACH, 1.0))
    return alphas.astype(np.float32) / np.float32(255)


def _settings(myb: Myb) -> BrushSettings:
    """What the painter asks of a brush."""
    like = myb.likeness
    assert like is not None
    near = SETTINGS[like.brush]
    summary = f"a MyPaint brush, drawn by libmypaint; most like {like.brush}"
    return replace(near, summary=summary, radius=Setting(like.radius), bristles=0)

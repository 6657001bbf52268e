"""One stroke by libmypaint at any size, on a surface of as many tiles as it needs.

A brush of somebody else's is drawn so. Speeds are those of a hand that draws the stroke in a second
with the brush as large as its file says, whatever size it is drawn at.
"""

import ctypes
import json
import math
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.brush.actions import GEOMETRY, POINTS, curve, pressures
from impasto.brush.dabs import SIDE
from impasto.brush.engine import FINEST, LARGEST_DAB, Alpha, Rows, enlarge
from impasto.brush.myb import Myb
from impasto.brush.mypaint import OPAQUE, TILE, TileRequest, calls_of, library

SECONDS = 0.01
"""Between two points of a stroke."""

WIDEST = 2048
"""Pixels of a surface's side; a longer stroke is drawn smaller and enlarged."""

STREAMS, FAR = 61, 100.0
"""How many seeds there are, and how many radii beside the surface chance is used up for the later
ones: libmypaint has one stream of it for every brush."""

HELD = {"viewzoom": 0.0, "gridmap_x": 0.0, "gridmap_y": 0.0}
"""What depends on the size at which a stroke is drawn, or where, is held at a value."""

RADIUS = "radius_logarithmic"


def draw_one(
    geometry: NDArray[np.floating],
    myb: Myb,
    radius: float,
    reach: float,
    scale: float,
    seed: int = 0,
    rows: Rows | None = None,
) -> tuple[Alpha, int, int]:
    """Draw one stroke on a rectangle that holds it, as `engine.draw_one` does.

    Args:
        geometry: (9,); its coordinates may lie outside of [0, 1], its other numbers may not.
        myb: the brush.
        radius: natural logarithm of its radius in pixels of 64, added to twice the size.
        reach: how far from the path there may be paint, in radii.
        scale: pixels to one sixty-fourth of the stroke's own square.
        seed: which part of libmypaint's stream of chance.
        rows: that are wanted; of a large stroke no others are made.

    Returns:
        Opacity (H, W), uint8, and the top and left of the rectangle in pixels, relative to the
        corner of the stroke's square; they may be negative.

    Raises:
        ImpastoError: this system has no libmypaint.
    """
    nine = np.asarray(geometry, np.float32)[None]
    path = curve(nine)[0] * np.float32(SIDE)
    size = math.exp(2 * float(nine[0, GEOMETRY.size]) + radius)
    around = min(reach * size, SIDE)  # bands of a canvas ask for strokes no farther away
    longest = float(np.ptp(path, axis=0).max()) + 2 * around
    smaller = max(1.0, size * scale / LARGEST_DAB, longest * scale / WIDEST)
    times = scale / smaller
    fine = max(1, math.ceil(FINEST / times)) if smaller == 1.0 else 1
    left, top = (math.floor(edge) for edge in (path.min(0) - around) * times)
    right, bottom = (math.ceil(edge) + 1 for edge in (path.max(0) + around) * times)
    trail = np.empty((POINTS, 3), np.float32)
    trail[:, :2] = (path * times - (left, top)) * fine
    trail[:, 2] = pressures(nine)[0]
    shape = (bottom - top) * fine, (right - left) * fine
    alpha = _drawn(trail, myb, math.log(size * times * fine), shape, seed)
    if fine > 1:
        parts = alpha.reshape(bottom - top, fine, right - left, fine)
        alpha = np.rint(parts.mean((1, 3), dtype=np.float32)).astype(np.uint8)
    return (alpha, top, left) if smaller == 1.0 else enlarge(alpha, top, left, smaller, rows)


def _drawn(
    trail: NDArray[np.float32], myb: Myb, radius: float, shape: tuple[int, int], seed: int
) -> Alpha:
    """A stroke on a surface of its own by a fresh brush: (H, W), uint8."""
    lib, (content, own) = library(), _as_known(myb)
    brush, surface, zoom, points, calls = _hand()
    air = np.array([1, 1, 0], np.float32)
    points[0], points[1:-1], points[-1] = trail[0] * air, trail, trail[-1] * air
    zoom.value = math.exp(own - radius)
    canvas = lib.mypaint_fixed_tiled_surface_new(shape[1], shape[0])
    brush.value = lib.mypaint_brush_new()
    try:
        tiles = _tiles(canvas, *shape)
        for tile in tiles.values():
            tile[:] = 0  # a new surface is white
        surface.value = lib.mypaint_fixed_tiled_surface_interface(canvas)
        lib.mypaint_brush_from_defaults(brush)
        lib.mypaint_brush_from_string(brush, content)
        lib.mypaint_brush_set_base_value(brush, _number(RADIUS), radius)
        lib.mypaint_surface_begin_atomic(surface)
        if seed % STREAMS:
            _use_up(chance=seed % STREAMS, radius=math.exp(radius))
        for call in calls:
            lib.mypaint_brush_stroke_to(*call)
        lib.mypaint_surface_end_atomic(surface, None)
        alpha = np.zeros(shape, np.uint8)
        for (top, left), tile in tiles.items():
            part = alpha[top : top + TILE, left : left + TILE]
            opacity = tile[: part.shape[0], : part.shape[1], 3].astype(np.uint32)
            part[:] = np.minimum((opacity * 255 + OPAQUE // 2) // OPAQUE, 255)
        return alpha
    finally:
        lib.mypaint_brush_unref(brush)
        lib.mypaint_surface_unref(surface)


def _use_up(chance: int, radius: float) -> None:
    """Move the brush beside the surface, where its dabs are lost, and forget the way."""
    lib, (brush, _, _, points, calls) = library(), _hand()
    before = points[:2].copy()
    points[0] = -FAR * radius, -FAR * radius, 0
    points[1] = points[0] + (-chance * radius, 0, 0.5)
    for call in calls[:2]:
        lib.mypaint_brush_stroke_to(*call)
    points[:2] = before
    lib.mypaint_brush_reset(brush)


def _tiles(canvas: Any, height: int, width: int) -> dict[tuple[int, int], NDArray[np.uint16]]:
    """The pixels of a surface's tiles, (64, 64, 4), by their top and left; views, to be changed."""
    lib, request, tiles = library(), TileRequest(), {}
    for row in range(-(-height // TILE)):
        for column in range(-(-width // TILE)):
            lib.mypaint_tile_request_init(ctypes.byref(request), 0, column, row, 0)
            lib.mypaint_tiled_surface_tile_request_start(canvas, ctypes.byref(request))
            pixels = np.ctypeslib.as_array(request.buffer, (TILE, TILE, 4))
            tiles[row * TILE, column * TILE] = pixels
    return tiles


@cache
def _hand() -> tuple[Any, ...]:
    """Brush, surface, zoom, points and the calls of a stroke, all as C values, made once."""
    brush, surface, zoom = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_float(1)
    points, calls = calls_of(brush, surface, POINTS + 2, SECONDS, zoom)
    return brush, surface, zoom, points, calls


@cache
def _as_known(myb: Myb) -> tuple[bytes, float]:
    """What this libmypaint knows of a brush, within its bounds, as JSON; and the brush's radius.

    What would change a stroke with the size at which it is drawn is held still: its share goes into
    the base values.
    """
    settings = myb.settings
    usual = _info(_number(RADIUS)).usual
    own = _within(settings[RADIUS]["base_value"] if RADIUS in settings else usual, RADIUS)
    held = {**HELD, "brush_radius": own}
    known: dict[str, object] = {"paint_mode": {"base_value": 0.0, "inputs": {}}}
    for name, setting in settings.items():
        if _number(name) < 0:
            continue
        base, inputs = setting["base_value"], {}
        for driver, points in setting["inputs"].items():
            if driver in held and points:
                base += float(np.interp(held[driver], *np.transpose(points)))
            elif points and library().mypaint_brush_input_from_cname(driver.encode()) >= 0:
                inputs[driver] = points
        base = _within(base, name)
        if name.startswith("dabs_per_"):  # less than none would be laid backwards in time
            inputs = {
                driver: [[x, _within(base + y, name) - base] for x, y in points]
                for driver, points in inputs.items()
            }
        known[name] = {"base_value": base, "inputs": inputs}
    return json.dumps({"version": 3, "settings": known}).encode(), own


def _within(value: float, name: str) -> float:
    """A setting's base value between those that libmypaint has for it."""
    info = _info(_number(name))
    return float(min(max(value, info.least), info.most))


def _number(name: str) -> int:
    return int(library().mypaint_brush_setting_from_cname(name.encode()))


def _info(number: int) -> Any:
    return library().mypaint_brush_setting_info(number).contents

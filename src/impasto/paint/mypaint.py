"""The real brush: libmypaint through ctypes, where the system has it."""

import ctypes
import ctypes.util
import json
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.errors import ImpastoError
from impasto.paint.actions import GEOMETRY, curve, pressures
from impasto.paint.settings import BrushSettings

TILE = 64
"""libmypaint's surfaces are made of tiles of this side: one stroke is drawn on one tile."""

OPAQUE = 1 << 15
"""What libmypaint's 16-bit channels hold at 1."""

SECONDS = 0.1
"""Between two points of a stroke."""

NAMES = ("libmypaint-1.5.so.1", "libmypaint.so.0", "libmypaint-1.5.1.dylib", "libmypaint-1.5.dll")


class _TileRequest(ctypes.Structure):
    _fields_ = (
        ("tx", ctypes.c_int),
        ("ty", ctypes.c_int),
        ("readonly", ctypes.c_int),
        ("buffer", ctypes.POINTER(ctypes.c_uint16)),
        ("context", ctypes.c_void_p),
        ("thread_id", ctypes.c_int),
        ("mipmap_level", ctypes.c_int),
    )


@cache
def library() -> Any:
    """The shared library, its functions declared.

    Raises:
        ImpastoError: this system has none.
    """
    found = ctypes.util.find_library("mypaint-1.5")
    for name in (*NAMES, found):
        if name is not None:
            try:
                return _declared(ctypes.CDLL(name))
            except (OSError, AttributeError):
                continue
    raise ImpastoError(
        "--engine mypaint needs libmypaint: `apt install libmypaint-1.5-1` (Debian, Ubuntu) or "
        "`brew install libmypaint` (macOS); `--engine impasto` needs nothing."
    )


def is_here() -> bool:
    """Whether this system has libmypaint."""
    try:
        library()
    except ImpastoError:
        return False
    return True


def _declared(lib: ctypes.CDLL) -> ctypes.CDLL:
    pointer, real, whole = ctypes.c_void_p, ctypes.c_float, ctypes.c_int
    for name, result, arguments in (
        ("mypaint_brush_new", pointer, []),
        ("mypaint_brush_unref", None, [pointer]),
        ("mypaint_brush_from_string", whole, [pointer, ctypes.c_char_p]),
        ("mypaint_brush_setting_from_cname", whole, [ctypes.c_char_p]),
        ("mypaint_brush_set_base_value", None, [pointer, whole, real]),
        ("mypaint_brush_stroke_to", whole, [pointer, pointer, *[real] * 5, ctypes.c_double]
            + [real] * 3 + [whole]),
        ("mypaint_fixed_tiled_surface_new", pointer, [whole, whole]),
        ("mypaint_fixed_tiled_surface_interface", pointer, [pointer]),
        ("mypaint_surface_begin_atomic", None, [pointer]),
        ("mypaint_surface_end_atomic", None, [pointer, pointer]),
        ("mypaint_surface_unref", None, [pointer]),
        ("mypaint_tile_request_init", None, [pointer, whole, whole, whole, whole]),
        ("mypaint_tiled_surface_tile_request_start", None, [pointer, pointer]),
    ):  # fmt: skip
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    return lib


def check(settings: BrushSettings) -> None:
    """Raise an error where libmypaint is not here, or cannot draw such a brush."""
    if settings.bristles:
        raise ImpastoError(
            "libmypaint has no bristles; draw this brush with --engine impasto, or another one."
        )
    library()


def draw(geometry: NDArray[np.floating], settings: BrushSettings) -> NDArray[np.uint8]:
    """Draw each stroke on a tile of its own with a fresh brush.

    A fresh brush starts its chance anew, so that a stroke's texture follows from its action.

    Args:
        geometry: (N, 9), in [0, 1].
        settings: the brush.

    Returns:
        Opacity (N, 64, 64), uint8.

    Raises:
        ImpastoError: this system has no libmypaint, or it cannot draw such a brush.
    """
    check(settings)
    lib = library()
    alphas = np.empty((len(geometry), TILE, TILE), np.uint8)
    canvas = lib.mypaint_fixed_tiled_surface_new(TILE, TILE)
    surface = lib.mypaint_fixed_tiled_surface_interface(canvas)
    try:
        request = _TileRequest()
        lib.mypaint_tile_request_init(ctypes.byref(request), 0, 0, 0, 0)
        lib.mypaint_tiled_surface_tile_request_start(canvas, ctypes.byref(request))
        pixels = np.ctypeslib.as_array(request.buffer, (TILE, TILE, 4))
        myb = json.dumps(as_myb(settings)).encode()
        radius = lib.mypaint_brush_setting_from_cname(b"radius_logarithmic")
        paths = (curve(geometry) * TILE).tolist()
        forces = pressures(geometry).tolist()
        sizes = (2 * geometry[:, GEOMETRY.size] + settings.radius.base).tolist()
        for number, (path, force, size) in enumerate(zip(paths, forces, sizes, strict=True)):
            pixels[:] = 0
            brush = lib.mypaint_brush_new()
            lib.mypaint_brush_from_string(brush, myb)
            lib.mypaint_brush_set_base_value(brush, radius, size)
            lib.mypaint_surface_begin_atomic(surface)
            to = lib.mypaint_brush_stroke_to
            to(brush, surface, *path[0], 0.0, 0.0, 0.0, SECONDS, 1.0, 0.0, 0.0, 0)
            for (x, y), pressure in zip(path, force, strict=True):
                to(brush, surface, x, y, pressure, 0.0, 0.0, SECONDS, 1.0, 0.0, 0.0, 0)
            to(brush, surface, *path[-1], 0.0, 0.0, 0.0, SECONDS, 1.0, 0.0, 0.0, 0)
            lib.mypaint_surface_end_atomic(surface, None)
            lib.mypaint_brush_unref(brush)
            alphas[number] = (pixels[..., 3].astype(np.uint32) * 255 + OPAQUE // 2) // OPAQUE
    finally:
        lib.mypaint_surface_unref(surface)
    return alphas


def as_myb(settings: BrushSettings) -> dict[str, Any]:
    """The settings as the JSON of a `.myb` brush file, version 3."""
    values = {
        name: {"base_value": base, "inputs": {}}
        for name, base in (
            ("dabs_per_actual_radius", settings.dabs_per_actual_radius),
            ("dabs_per_basic_radius", settings.dabs_per_basic_radius),
            ("radius_by_random", settings.radius_by_random),
            ("anti_aliasing", settings.anti_aliasing),
            ("opaque_linearize", settings.opaque_linearize),
            ("elliptical_dab_ratio", 1.0),
            ("elliptical_dab_angle", 90.0),
            ("slow_tracking", settings.slow_tracking),
            ("direction_filter", 2.0),
            ("speed1_gamma", 4.0),
            ("speed1_slowness", 0.04),
            ("speed2_gamma", 4.0),
            ("speed2_slowness", 0.8),
            ("offset_by_speed_slowness", 1.0),
            ("stroke_duration_logarithmic", 4.0),
            ("smudge_length", 0.5),
            ("paint_mode", 0.0),
            ("color_h", 0.0),
            ("color_s", 0.0),
            ("color_v", 0.0),
        )
    }
    for name, setting in (
        ("opaque", settings.opaque),
        ("hardness", settings.hardness),
        ("radius_logarithmic", settings.radius),
        ("offset_by_random", settings.scatter),
    ):
        inputs = {key: list(map(list, points)) for key, points in setting.inputs().items()}
        values[name] = {"base_value": setting.base, "inputs": inputs}
    pressed = {"pressure": [[0.0, 0.0], [1.0, 1.0]]}
    values["opaque_multiply"] = {"base_value": 0.0, "inputs": pressed}
    return {
        "version": 3, "comment": "", "group": "", "parent_brush_name": "", "settings": values,
    }  # fmt: skip

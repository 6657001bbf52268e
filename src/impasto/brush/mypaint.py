"""The real brush: libmypaint through ctypes, where the system has it."""

import ctypes
import ctypes.util
import json
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.brush.actions import GEOMETRY, POINTS, curve, pressures
from impasto.brush.settings import BrushSettings
from impasto.errors import ImpastoError

TILE = 64
"""libmypaint's surfaces are made of tiles of this side: one stroke is drawn on one tile."""

OPAQUE = 1 << 15
"""What libmypaint's 16-bit channels hold at 1."""

SECONDS = 0.1
"""Between two points of a stroke."""

NAMES = ("libmypaint-1.5.so.1", "libmypaint.so.0", "libmypaint-1.5.1.dylib", "libmypaint-1.5.dll")


class TileRequest(ctypes.Structure):
    """How libmypaint is asked for a tile's pixels."""

    _fields_ = (
        ("tx", ctypes.c_int),
        ("ty", ctypes.c_int),
        ("readonly", ctypes.c_int),
        ("buffer", ctypes.POINTER(ctypes.c_uint16)),
        ("context", ctypes.c_void_p),
        ("thread_id", ctypes.c_int),
        ("mipmap_level", ctypes.c_int),
    )


class SettingInfo(ctypes.Structure):
    """What libmypaint tells of a setting: among other things, between which values it lies."""

    _fields_ = (
        ("cname", ctypes.c_char_p),
        ("name", ctypes.c_char_p),
        ("constant", ctypes.c_int),
        ("least", ctypes.c_float),
        ("usual", ctypes.c_float),
        ("most", ctypes.c_float),
        ("tooltip", ctypes.c_char_p),
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
        "libmypaint is not installed: `apt install libmypaint-1.5-1` (Debian, Ubuntu) or "
        "`brew install libmypaint` (macOS); Impasto's own brushes and `--engine impasto` do "
        "not need it."
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
    # stroke_to takes C values as they are, see calls_of; it alone is called by the hundred.
    for name, result, arguments in (
        ("mypaint_brush_new", pointer, []),
        ("mypaint_brush_unref", None, [pointer]),
        ("mypaint_brush_reset", None, [pointer]),
        ("mypaint_brush_from_defaults", None, [pointer]),
        ("mypaint_brush_from_string", whole, [pointer, ctypes.c_char_p]),
        ("mypaint_brush_setting_from_cname", whole, [ctypes.c_char_p]),
        ("mypaint_brush_input_from_cname", whole, [ctypes.c_char_p]),
        ("mypaint_brush_setting_info", ctypes.POINTER(SettingInfo), [whole]),
        ("mypaint_brush_set_base_value", None, [pointer, whole, real]),
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
        request = TileRequest()
        lib.mypaint_tile_request_init(ctypes.byref(request), 0, 0, 0, 0)
        lib.mypaint_tiled_surface_tile_request_start(canvas, ctypes.byref(request))
        pixels = np.ctypeslib.as_array(request.buffer, (TILE, TILE, 4))
        myb = json.dumps(as_myb(settings)).encode()
        radius = lib.mypaint_brush_setting_from_cname(b"radius_logarithmic")
        sizes = (2 * geometry[:, GEOMETRY.size] + settings.radius.base).tolist()
        brush, move = ctypes.c_void_p(), lib.mypaint_brush_stroke_to
        points, calls = calls_of(brush, ctypes.c_void_p(surface), POINTS + 2)
        for number, (trail, size) in enumerate(zip(_trails(geometry), sizes, strict=True)):
            pixels[:] = 0
            points[:] = trail
            brush.value = lib.mypaint_brush_new()
            lib.mypaint_brush_from_defaults(brush)
            lib.mypaint_brush_from_string(brush, myb)
            lib.mypaint_brush_set_base_value(brush, radius, size)
            lib.mypaint_surface_begin_atomic(surface)
            for call in calls:
                move(*call)
            lib.mypaint_surface_end_atomic(surface, None)
            lib.mypaint_brush_unref(brush)
            alphas[number] = (pixels[..., 3].astype(np.uint32) * 255 + OPAQUE // 2) // OPAQUE
    finally:
        lib.mypaint_surface_unref(surface)
    return alphas


def _trails(geometry: NDArray[np.floating]) -> NDArray[np.float32]:
    """Where each stroke's brush goes: (N, points + 2, 3) of x, y in pixels and pressure.

    It comes to the first point and leaves the last one without pressure.
    """
    path, pressure = curve(geometry) * TILE, pressures(geometry)
    drawn = np.concatenate((path, pressure[..., None]), axis=2)
    air = drawn[:, [0, -1]] * (1, 1, 0)
    return np.concatenate((air[:, :1], drawn, air[:, 1:]), axis=1).astype(np.float32)


def calls_of(
    brush: ctypes.c_void_p,
    surface: ctypes.c_void_p,
    count: int,
    seconds: float = SECONDS,
    zoom: ctypes.c_float | None = None,
) -> tuple[NDArray[np.float32], list[tuple[Any, ...]]]:
    """The arguments of a stroke's calls as C values, made once: turning numbers into C values
    anew at each of them took a tenth of the time.

    Args:
        brush: what draws; its value may be set later, as all of these.
        surface: what it draws on.
        count: how many calls.
        seconds: between two of them.
        zoom: as if the surface were looked at so much enlarged; 1 if not given.

    Returns:
        An array (count, 3) of x, y and pressure, and the arguments, which are views of it:
        fill the array, then call.
    """
    points = np.zeros((count, 3), np.float32)
    whole, real, exact = ctypes.c_int, ctypes.c_float, ctypes.c_double
    tilts = real(0), real(0), exact(seconds)
    after = real(1) if zoom is None else zoom, real(0), real(0), whole(0)
    step = points.itemsize
    buffer = points.data.cast("B")
    calls = []
    for row in range(count):
        x, y, pressure = (real.from_buffer(buffer, (3 * row + at) * step) for at in range(3))
        calls.append((brush, surface, x, y, pressure, *tilts, *after))
    return points, calls


def as_myb(settings: BrushSettings) -> dict[str, object]:
    """The settings as the JSON of a `.myb` brush file, version 3.

    What is left out has libmypaint's own default: each stroke's fresh brush reads this again.
    """
    values = {
        name: {"base_value": base, "inputs": {}}
        for name, base in (
            ("dabs_per_actual_radius", settings.dabs_per_actual_radius),
            ("dabs_per_basic_radius", settings.dabs_per_basic_radius),
            ("radius_by_random", settings.radius_by_random),
            ("anti_aliasing", settings.anti_aliasing),
            ("opaque_linearize", settings.opaque_linearize),
            ("slow_tracking", settings.slow_tracking),
            ("paint_mode", 0.0),
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
    return {
        "version": 3, "comment": "", "group": "", "parent_brush_name": "", "settings": values,
    }  # fmt: skip

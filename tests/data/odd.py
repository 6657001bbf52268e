"""Odd but sound picture files, made byte by byte, so that their right pixels are known."""

import io
import struct
import zlib
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image

from impasto.data.decode import Unreadable, decode_content

ADAM7 = (
    *((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4)),
    *((0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)),
)


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(
    samples: np.ndarray,
    *,
    depth: int = 8,
    palette: Sequence[Sequence[int]] = (),
    interlaced: bool = False,
    before: Sequence[bytes] = (),
    after: Sequence[bytes] = (),
    seed: int = 0,
) -> bytes:
    """(H, W, C) as a PNG, each row with a filter drawn by chance."""
    height, width, channels = samples.shape
    kind = 3 if palette else {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    random = np.random.default_rng(seed)
    passes = ADAM7 if interlaced else ((0, 0, 1, 1),)
    rows = b""
    for left, top, across, down in passes:
        part = samples[top::down, left::across]
        if part.size:
            rows += _filtered(part, depth, random)
    packed = zlib.compress(rows)
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, int(interlaced))
    body = [chunk(b"IHDR", header), *before]
    if palette:
        body.append(chunk(b"PLTE", bytes(np.array(palette, np.uint8).ravel())))
    half = len(packed) // 2
    body += [chunk(b"IDAT", packed[:half]), chunk(b"IDAT", packed[half:]), *after]
    return b"\x89PNG\r\n\x1a\n" + b"".join(body) + chunk(b"IEND", b"")


def _filtered(samples: np.ndarray, depth: int, random: np.random.Generator) -> bytes:
    height, _, channels = samples.shape
    if depth == 16:
        lines = samples.astype(">u2").view(np.uint8).reshape(height, -1)
    elif depth == 8:
        lines = samples.astype(np.uint8).reshape(height, -1)
    else:
        bits = (samples.reshape(height, -1)[..., None] >> np.arange(depth)[::-1]) & 1
        lines = np.packbits(bits.reshape(height, -1).astype(np.uint8), axis=1)
    step = max(1, channels * depth // 8)
    above, out = np.zeros(lines.shape[1] + step, int), b""
    for line in lines:
        here = np.concatenate([np.zeros(step, int), line.astype(int)])
        a, b, c = here[:-step], above[step:], above[:-step]
        p = a + b - c
        pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
        paeth = np.where((pa <= pb) & (pa <= pc), a, np.where(pb <= pc, b, c))
        kind = int(random.integers(5))
        guess = (0 * a, a, b, (a + b) // 2, paeth)[kind]
        out += bytes([kind]) + ((line - guess) & 255).astype(np.uint8).tobytes()
        above = here
    return out


def tiff(
    samples: np.ndarray,
    photometric: int,
    *,
    order: str = "<",
    planar: bool = False,
    tile: tuple[int, int] = (0, 0),
    rows: int = 7,
    compression: int = 1,
    predictor: int = 1,
    extra: int | Sequence[int] | None = None,
    tags: dict[int, tuple[int, Sequence[int] | bytes]] | None = None,
    big: bool = False,
) -> bytes:
    """(H, W, C) of any numpy type as a TIFF of one page.

    Args:
        samples: the picture.
        photometric: 0 white is zero, 1 black is zero, 2 RGB, 3 palette, 5 CMYK …
        order: `<` or `>`.
        planar: each channel apart.
        tile: its height and width, multiples of 16; strips if zero.
        rows: of a strip.
        compression: 1 none, 5 LZW, 8 Deflate, 32773 PackBits.
        predictor: 1 none, 2 differences, 3 floating point.
        extra: what the last channels are: 1 alpha, multiplied in, 2 alpha, 0 unknown.
        tags: more: number to type and values.
        big: as a BigTIFF.
    """
    height, width, channels = samples.shape
    layers = [samples[..., n : n + 1] for n in range(channels)] if planar else [samples]
    parts = []
    for layer in layers:
        if tile[0]:
            for top in range(0, height, tile[0]):
                for left in range(0, width, tile[1]):
                    whole = np.zeros((*tile, layer.shape[2]), layer.dtype)
                    piece = layer[top : top + tile[0], left : left + tile[1]]
                    whole[: piece.shape[0], : piece.shape[1]] = piece
                    parts.append(whole)
        else:
            parts += [layer[top : top + rows] for top in range(0, height, rows)]
    packed = [_packed(_predicted(p, predictor, order), compression, p) for p in parts]
    size = samples.dtype.itemsize * 8
    kind = {"u": 1, "i": 2, "f": 3}[samples.dtype.kind]
    found: dict[int, tuple[int, Sequence[int] | bytes]] = {
        256: (4, [width]), 257: (4, [height]), 258: (3, [size] * channels),
        259: (3, [compression]), 262: (3, [photometric]), 277: (3, [channels]),
        284: (3, [2 if planar else 1]), 339: (3, [kind] * channels),
    }  # fmt: skip
    if predictor > 1:
        found[317] = (3, [predictor])
    if extra is not None:
        found[338] = (3, [extra] if isinstance(extra, int) else extra)
    if tile[0]:
        found |= {322: (4, [tile[1]]), 323: (4, [tile[0]])}
    else:
        found[278] = (4, [rows])
    return _assembled(found | (tags or {}), packed, order, bool(tile[0]), big)


def _predicted(part: np.ndarray, predictor: int, order: str) -> bytes:
    height, width, channels = part.shape
    if predictor == 2:
        whole = part.view(f"u{part.dtype.itemsize}")
        part = np.diff(whole, axis=1, prepend=np.zeros((height, 1, channels), whole.dtype))
    if predictor == 3:
        swapped = part.astype(part.dtype.newbyteorder(">")).view(np.uint8)
        planes = swapped.reshape(height, width * channels, -1).transpose(0, 2, 1)
        line = planes.reshape(height, -1, channels)
        start = np.zeros((height, 1, channels), np.uint8)
        return np.diff(line, axis=1, prepend=start).tobytes()
    return part.astype(part.dtype.newbyteorder(order)).tobytes()


def _packed(flat: bytes, compression: int, part: np.ndarray) -> bytes:
    if compression == 8:
        return zlib.compress(flat)
    if compression == 5:
        image = Image.frombytes("L", (len(flat) // len(part), len(part)), flat)
        buffer = io.BytesIO()
        image.save(buffer, "TIFF", compression="tiff_lzw", tiffinfo={278: len(part)})
        with Image.open(buffer) as again:
            at, count = again.tag_v2[273][0], again.tag_v2[279][0]
            assert len(again.tag_v2[273]) == 1
        return buffer.getvalue()[at : at + count]
    if compression == 32_773:
        line = len(flat) // len(part)
        pieces = []
        for top in range(0, len(flat), line):
            row = flat[top : top + line]
            for at in range(0, line, 128):
                literal = row[at : min(at + 128, line)]
                pieces.append(bytes([len(literal) - 1]) + literal)
        return b"".join(pieces)
    return flat


def _assembled(
    tags: dict[int, tuple[int, Sequence[int] | bytes]],
    parts: list[bytes],
    order: str,
    tiled: bool,
    big: bool,
) -> bytes:
    letters = {1: "B", 3: "H", 4: "I", 7: "B"}
    word, number = ("Q", "Q") if big else ("I", "H")
    inline, first, entry = (8, 16, 20) if big else (4, 8, 12)
    names = (324, 325) if tiled else (273, 279)
    tags = tags | {names[0]: (4, [0] * len(parts)), names[1]: (4, [len(p) for p in parts])}
    after = first + struct.calcsize(number) + entry * len(tags) + inline
    at = after + sum(
        len(values) * struct.calcsize(letters[kind]) + 1 for kind, values in tags.values()
    )
    places = [at + sum(len(p) + len(p) % 2 for p in parts[:n]) for n in range(len(parts))]
    tags[names[0]] = (4, places)
    entries, tail = b"", b""
    for tag, (kind, values) in sorted(tags.items()):
        body = struct.pack(f"{order}{len(values)}{letters[kind]}", *values)
        entries += struct.pack(f"{order}HH{word}", tag, kind, len(values))
        if len(body) <= inline:
            entries += body.ljust(inline, b"\0")
        else:
            entries += struct.pack(f"{order}{word}", after + len(tail))
            tail += body + b"\0" * (len(body) % 2)
    head = {"<": b"II", ">": b"MM"}[order]
    head += struct.pack(f"{order}HHHQ", 43, 8, 0, 16) if big else struct.pack(f"{order}HI", 42, 8)
    whole = head + struct.pack(f"{order}{number}", len(tags)) + entries + b"\0" * inline + tail
    whole = whole.ljust(at, b"\0")
    return whole + b"".join(p + b"\0" * (len(p) % 2) for p in parts)


def psd(mode: int, planes: Sequence[np.ndarray], *, packed: bool) -> bytes:
    """A Photoshop document without layers.

    Args:
        mode: 0 bitmap, 1 grey, 3 RGB, 4 CMYK, 9 Lab.
        planes: its channels, (H, W), uint8; of a bitmap bool.
        packed: by PackBits.
    """
    height, width = planes[0].shape
    depth = 1 if mode == 0 else 8
    planes = planes if mode else [np.packbits(plane, axis=1) for plane in planes]
    head = struct.pack(">4sH6xHIIHH", b"8BPS", 1, len(planes), height, width, depth, mode)
    head += bytes(12) + struct.pack(">H", int(packed))
    if not packed:
        return head + b"".join(plane.tobytes() for plane in planes)
    rows = [_packed(row.tobytes(), 32_773, row[None]) for plane in planes for row in plane]
    return head + b"".join(struct.pack(">H", len(row)) for row in rows) + b"".join(rows)


# Published by Bruce Lindbloom: linear RGB to XYZ under D50, by Bradford's adaptation.
SPACES: dict[str, tuple[np.ndarray, float]] = {
    "sRGB": (
        np.array(
            [[0.4360747, 0.3850649, 0.1430804], [0.2225045, 0.7168786, 0.0606169],
             [0.0139322, 0.0971045, 0.7141733]]
        ), 0.0,
    ),
    "Adobe RGB": (
        np.array(
            [[0.6097559, 0.2052401, 0.1492240], [0.3111242, 0.6256560, 0.0632197],
             [0.0194811, 0.0608902, 0.7448387]]
        ), 563 / 256,
    ),
    "ProPhoto": (
        np.array(
            [[0.7976749, 0.1351917, 0.0313534], [0.2880402, 0.7118741, 0.0000857],
             [0.0000000, 0.0000000, 0.8252100]]
        ), 461 / 256,
    ),
    "Linear sRGB": (np.zeros((3, 3)), 1.0),
}  # fmt: skip
"""Name to matrix and gamma; 0 is the curve of sRGB."""
SPACES["Linear sRGB"] = (SPACES["sRGB"][0], 1.0)


def to_srgb(shares: np.ndarray, space: str) -> np.ndarray:
    """(H, W, 3 or 1) in [0, 1] of a space to uint8 sRGB, by the textbook."""
    matrix, gamma = SPACES[space]
    light = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    if gamma:
        light = shares**gamma
    if shares.shape[2] == 3:
        light = light @ (np.linalg.inv(SPACES["sRGB"][0]) @ matrix).T
    light = np.clip(light, 0, 1)
    encoded = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    encoded = np.repeat(encoded, 3, axis=2) if encoded.shape[2] == 1 else encoded
    return np.rint(encoded * 255).astype(np.uint8)


def profile(space: str, grey: bool = False, name: str = "") -> bytes:
    """An ICC profile (version 2) of curves and a matrix."""
    matrix, gamma = SPACES[space]
    if gamma == 1:
        curve = struct.pack(">4sII", b"curv", 0, 0)
    elif gamma:
        curve = struct.pack(">4sIIH", b"curv", 0, 1, round(gamma * 256)) + b"\0\0"
    else:
        steps = np.linspace(0, 1, 1024)
        light = np.where(steps <= 0.04045, steps / 12.92, ((steps + 0.055) / 1.055) ** 2.4)
        table = np.rint(light * 65_535).astype(">u2").tobytes()
        curve = struct.pack(">4sII", b"curv", 0, 1024) + table

    def xyz(values: Sequence[float]) -> bytes:
        return struct.pack(">4sI3i", b"XYZ ", 0, *(round(v * 65_536) for v in values))

    text = (name or space).encode() + b"\0"
    about = struct.pack(">4sII", b"desc", 0, len(text)) + text + b"\0" * 78
    tags = {
        b"desc": about,
        b"wtpt": xyz((0.9642, 1.0, 0.8249)),
        b"cprt": b"text\0\0\0\0none\0\0\0\0",
    }
    if grey:
        tags[b"kTRC"] = curve
    else:
        for column, letter in enumerate((b"r", b"g", b"b")):
            tags[letter + b"XYZ"] = xyz(matrix[:, column])
            tags[letter + b"TRC"] = curve
    at, table, body = 132 + 12 * len(tags), b"", b""
    for key, value in tags.items():
        table += struct.pack(">4sII", key, at + len(body), len(value))
        body += value + b"\0" * (-len(value) % 4)
    size = at + len(body)
    head = struct.pack(
        ">I4sI4s4s4s", size, b"none", 0x02400000, b"mntr", b"GRAY" if grey else b"RGB ", b"XYZ "
    )
    head += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp") + b"\0" * 28
    head += struct.pack(">3i", 63_190, 65_536, 54_061)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def with_profile(jp2: bytes, profile: bytes) -> bytes:
    """A JPEG 2000 file that tells its colours by a profile, which Pillow does not write."""
    at = jp2.index(b"jp2h") - 4
    end = at + int.from_bytes(jp2[at : at + 4], "big")
    header = jp2[at + 8 : end]
    first = header.index(b"colr") - 4
    behind = header[first + int.from_bytes(header[first : first + 4], "big") :]
    colours = struct.pack(">I4sBBB", 11 + len(profile), b"colr", 2, 0, 0) + profile
    header = header[:first] + colours + behind
    return jp2[:at] + struct.pack(">I4s", 8 + len(header), b"jp2h") + header + jp2[end:]


def exif(orientation: int) -> bytes:
    found = Image.Exif()
    found[0x0112] = orientation
    return found.tobytes()


STORED: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda a: a, 2: lambda a: a[:, ::-1], 3: lambda a: np.rot90(a, 2), 4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1), 6: lambda a: np.rot90(a, 1),
    7: lambda a: np.rot90(a, 2).swapaxes(0, 1), 8: lambda a: np.rot90(a, -1),
}  # fmt: skip
"""EXIF orientation to how an upright picture lies in such a file."""


def verdict(content: bytes) -> str:
    """What decoding says of a file: the reason for which it cannot be read, or nothing."""
    try:
        decode_content(io.BytesIO(content))
    except Unreadable as error:
        return error.reason
    return ""

"""A messy folder with the truth about it, made from any pictures: what `prepare` is measured on."""

import csv
import io
import random
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageEnhance

Label = tuple[str, str, str]
"""Verdict, reason, twin."""


def strokes(seed: int, width: int = 260, height: int = 220) -> NDArray[np.uint8]:
    """A picture of a few hundred strokes over a ground of soft colours."""
    chance = np.random.default_rng(seed)
    coarse = chance.integers(0, 256, (4, 5, 3), dtype=np.uint8)
    image = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    ground = np.asarray(image)
    for _ in range(350):
        x, y = chance.integers(0, width), chance.integers(0, height)
        angle, length = chance.uniform(0, np.pi), chance.uniform(8, 40)
        colour = np.clip(ground[y, x] + chance.integers(-70, 71, 3), 0, 255)
        end = (x + length * np.cos(angle), y + length * np.sin(angle))
        draw.line((x, y, *end), tuple(int(c) for c in colour), int(chance.integers(2, 8)))
    return np.asarray(image)


def make_messy(folder: Path, pictures: Iterator[NDArray[np.uint8]], seed: int, rounds: int) -> None:
    """Fill `folder` and write `labels.csv`: each round has every fault and every oddity once."""
    folder.mkdir(parents=True)
    chance = random.Random(seed)
    labels: dict[str, Label] = {}

    def name(suffix: str = "jpg") -> str:
        prefix = chance.choice(["IMG", "scan", "a b", "Ünï", "wikiart"])
        return f"{prefix}_{len(labels) + 1:04}.{suffix}"

    def put(image: Image.Image, label: Label, suffix: str = "jpg", **options: object) -> str:
        file = name(suffix)
        if suffix == "jpg":
            options = {"quality": 93, **options}
        image.save(folder / file, **options)
        labels[file] = label
        return file

    def raw(content: bytes, reason: str, suffix: str = "jpg") -> None:
        file = name(suffix)
        (folder / file).write_bytes(content)
        labels[file] = ("reject", reason, "")

    def fresh() -> Image.Image:
        return Image.fromarray(next(pictures))

    for _ in range(rounds):
        put(fresh(), ("keep", "clean", ""))
        _odd_ones(fresh, put)
        _broken_ones(fresh(), raw)
        _unusable_ones(fresh(), put, chance)
        _twins(fresh, put, labels, folder, name, chance)
    (folder / "Thumbs.db").write_bytes(b"x")
    (folder / "__MACOSX").mkdir()
    (folder / "__MACOSX" / "._IMG_0001.jpg").write_bytes(b"x")
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("file", "verdict", "reason", "twin"))
        writer.writerows((file, *label) for file, label in labels.items())


def _odd_ones(fresh, put) -> None:
    keep = ("keep", "odd but usable", "")
    put(fresh().convert("L"), keep)
    put(fresh().convert("CMYK"), keep)
    put(fresh().quantize(64), keep, "png")
    opaque = fresh().convert("RGBA")
    put(opaque, keep, "png")
    grey = np.asarray(fresh().convert("L")).astype(np.uint16) * 257
    put(Image.fromarray(grey), keep, "png")
    exif = Image.Exif()
    exif[0x0112] = 6
    put(fresh(), keep, exif=exif)
    put(fresh(), keep, "webp")
    put(fresh(), keep, "tiff")
    put(fresh(), keep, "gif", save_all=True, append_images=[fresh()])
    image = fresh()
    width, height = image.size
    for colour in ("white", "black", (231, 226, 215)):
        mount = Image.new("RGB", (width + 50, height + 44), colour)
        mount.paste(fresh().resize((width, height)), (25, 22))
        put(mount, ("keep", "plain border to trim", ""))


def _broken_ones(image: Image.Image, raw) -> None:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG")
    content = buffer.getvalue()
    raw(b"", "empty file")
    raw(content[: len(content) // 3], "truncated")
    raw(b"\xff\xd8" + bytes(b ^ 0x5A for b in content[2:]), "corrupt")
    raw(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "not an image")
    raw(b"<!DOCTYPE html><title>404</title>", "not an image", "png")
    header = b"IHDR" + (50_000).to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    data = b"IDAT" + zlib.compress(bytes(500))
    chunks = [header, data, b"IEND"]
    png = b"".join(
        (len(c) - 4).to_bytes(4, "big") + c + zlib.crc32(c).to_bytes(4, "big") for c in chunks
    )
    raw(b"\x89PNG\r\n\x1a\n" + png, "decompression bomb", "png")


def _unusable_ones(image: Image.Image, put, chance: random.Random) -> None:
    side = chance.randint(8, 38)
    put(image.resize((side, side)), ("reject", "too small", ""))
    put(image.resize((1100, 100)), ("reject", "extreme aspect ratio", ""))
    put(image.resize((80, 900)), ("reject", "extreme aspect ratio", ""))
    colour = [chance.randint(0, 255) for _ in range(3)]
    flat = np.full((250, 270, 3), colour, dtype=np.int16)
    flat += (
        np.random.default_rng(chance.randint(0, 999)).integers(-4, 5, flat.shape).astype("int16")
    )
    solid = Image.fromarray(np.clip(flat, 0, 255).astype(np.uint8))
    put(solid, ("reject", "nearly one colour", ""))
    clear = image.convert("RGBA")
    clear.putalpha(0)
    put(clear, ("reject", "fully transparent", ""), "png")


def _twins(fresh, put, labels, folder: Path, name, chance: random.Random) -> None:
    def pair(reason: str, change, **options: object) -> None:
        image = fresh()
        original = put(image, ("keep", "has duplicate", ""))
        put(change(image), ("reject", reason, original), **options)

    original = put(fresh(), ("keep", "has duplicate", ""))
    copy = name()
    (folder / copy).write_bytes((folder / original).read_bytes())
    labels[copy] = ("reject", "exact duplicate", original)
    share = chance.uniform(0.5, 0.8)
    pair("resized duplicate", lambda i: i.resize((int(i.width * share), int(i.height * share))))
    pair("recompressed duplicate", lambda i: i, quality=45)
    amount = chance.choice([0.85, 1.12])
    pair("retouched duplicate", lambda i: ImageEnhance.Contrast(i).enhance(amount), quality=75)
    cut = chance.uniform(0.02, 0.05)
    left = chance.uniform(0, 2 * cut)

    def crop(image: Image.Image) -> Image.Image:
        width, height = image.size
        box = (left * width, cut * height, (1 - 2 * cut + left) * width, (1 - cut) * height)
        return image.crop(tuple(round(side) for side in box))

    pair("cropped duplicate", crop)
    pair("mirrored duplicate", lambda i: i.transpose(Image.Transpose.FLIP_LEFT_RIGHT), quality=85)

"""Sound files of every kind that Impasto reads, made by code: what is spoilt."""

import gzip
import io
import json
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image, features

from impasto.brush.mypaint import as_myb
from impasto.brush.settings import SETTINGS
from impasto.cli import main
from impasto.data.colourfield import paint
from tests.conftest import TINY_OPTIONS

RECIPE = ["--recipe", "impasto-64", *TINY_OPTIONS, "--set", "training.judge_every=null"]


def impasto(*words: str) -> None:
    """The command line in this process; its one sentence and its status are no exception."""
    before, sys.argv = sys.argv, ["impasto", *words]
    try:
        main()
    except SystemExit:
        pass
    finally:
        sys.argv = before


def make(folder: Path) -> None:
    """Make all of it under `folder`."""
    pictures = folder / "pictures"
    pictures.mkdir(parents=True)
    for number in range(12):
        Image.fromarray(paint(number, 40)).save(pictures / f"{number}.png")
    odd = folder / "odd"
    odd.mkdir()
    _odd_pictures(odd)
    _archives(folder / "archives", pictures)
    _brushes(folder / "brushes")
    at = str(folder)
    impasto("prepare", f"{at}/pictures", "--out", f"{at}/set", "--size", "32", "--no-features")
    impasto("train", f"{at}/set", *RECIPE, "--images", "24", "--out", f"{at}/run")
    impasto("generate", f"{at}/run", "--count", "2", "--checkpoint", "last", "--out", f"{at}/made")
    impasto("strokes", "make", "--count", "40", "--out", f"{at}/shards")
    words = ["--strokes", "12", "--size", "64", "--out", f"{at}/painted"]
    impasto("paint", f"{at}/pictures/0.png", *words)


def _brushes(folder: Path) -> None:
    folder.mkdir()
    for name, settings in SETTINGS.items():
        (folder / f"{name}.myb").write_text(json.dumps(as_myb(settings), indent=1))


def _odd_pictures(folder: Path) -> None:
    colour = Image.fromarray(paint(50, 40))
    modes = {mode: colour.convert(mode) for mode in ("RGB", "RGBA", "P", "L", "LA", "1", "CMYK")}
    deep = Image.fromarray(np.asarray(modes["L"], np.uint16) * 257)
    kinds = {
        "png": ["RGB", "RGBA", "P", "L", "LA", "1"], "jpg": ["RGB", "L", "CMYK"],
        "webp": ["RGB", "RGBA"], "gif": ["P"], "bmp": ["RGB", "P", "1"], "tga": ["RGB"],
        "tif": ["RGB", "RGBA", "L", "CMYK"], "ppm": ["RGB"], "jp2": ["RGB"],
    }  # fmt: skip
    if features.check("avif"):
        kinds["avif"] = ["RGB"]
    for suffix, names in kinds.items():
        for name in names:
            modes[name].save(folder / f"{name}.{suffix}")
    deep.save(folder / "deep.png")
    deep.save(folder / "deep.tif")
    for packing in ("tiff_lzw", "tiff_deflate", "packbits", "jpeg"):
        colour.save(folder / f"{packing}.tif", compression=packing)
    colour.save(
        folder / "turned.jpg",
        exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0",
    )


def _archives(folder: Path, pictures: Path) -> None:
    folder.mkdir()
    files = sorted(pictures.iterdir())[:4]
    names = [f"top/artist {at}/{file.name}" for at, file in enumerate(files)]
    hostile = ["../../escaped.png", "/tmp/impasto-fuzz-escape", "a", "a/b.png", "名前.png"]
    with zipfile.ZipFile(folder / "set.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, file in zip([*names, *hostile], [*files, *files, *files], strict=False):
            archive.write(file, name)
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for name, file in zip([*names, *hostile], [*files, *files, *files], strict=False):
            tar.add(file, name)
        link = tarfile.TarInfo("top/link.png")
        link.type, link.linkname = tarfile.SYMTYPE, "../../../../escaped.png"
        tar.addfile(link)
    (folder / "set.tar").write_bytes(plain.getvalue())
    (folder / "set.tar.gz").write_bytes(gzip.compress(plain.getvalue(), mtime=0))

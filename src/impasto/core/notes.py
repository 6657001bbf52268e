"""Metadata in picture files: latents, source, resolution.

PNG stores texts in chunks, JPEG and WebP as JSON in EXIF's UserComment. Files may be untrusted:
reading is bounded, and callers check the content.
"""

import hashlib
import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import ExifTags, Image, PngImagePlugin

from impasto.core.files import whole_of, write_text
from impasto.errors import ImpastoError
from impasto.reading import open_file

LATENTS, SOURCE = "impasto", "impasto-source"
"""Keywords of a PNG's text chunks, and keys of the JSON elsewhere."""

LARGEST = 2**20
"""Most characters of a text: Pillow reads no longer chunk."""

LARGEST_FILE = 2**32
"""Most bytes of a picture's file."""

LARGEST_EXIF = 60_000
"""Most bytes of EXIF in a JPEG, with a margin."""

SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF")
_FORMATS = ("PNG", "JPEG", "WEBP")
_ASCII = b"ASCII\0\0\0"


@dataclass(frozen=True)
class Notes:
    """Metadata of a picture file; none by default."""

    latents: str | None = None
    """JSON, as `impasto.generate.latents` writes it."""

    source: str | None = None
    """Its source: `mark` of the file, perhaps with more after a hyphen."""

    dpi: float | None = None
    """Pixels per inch in print."""

    def fitting(self, kind: str) -> "Notes":
        """Without the latents if a file of this kind has no room for them."""
        if self.latents is None:
            return self
        room = LARGEST_EXIF if kind == "jpeg" else LARGEST
        length = len(self.latents if kind == "png" else json.dumps(self.latents))
        return self if length <= room else replace(self, latents=None)

    def options(self, kind: str) -> dict[str, object]:
        """Options of Pillow's `save` for a file of this kind (`png`, `jpeg`, `webp`)."""
        kept = self.fitting(kind)
        known = {LATENTS: kept.latents, SOURCE: kept.source}
        texts = {key: text for key, text in known.items() if text is not None}
        options: dict[str, object] = {"dpi": (self.dpi, self.dpi)} if self.dpi else {}
        if kind == "png":
            chunks = PngImagePlugin.PngInfo()
            for key, text in texts.items():
                chunks.add_itxt(key, text, zip=True)
            return options | {"pnginfo": chunks}
        exif = Image.Exif()
        if texts:
            comment = _ASCII + json.dumps(texts).encode("ascii")
            exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = comment
        if self.dpi:
            exif[ExifTags.Base.XResolution] = exif[ExifTags.Base.YResolution] = self.dpi
            exif[ExifTags.Base.ResolutionUnit] = 2  # inches
        return options | ({"exif": exif.tobytes()} if len(exif) or texts else {})


NOTHING = Notes()


def mark(source: Path) -> str:
    """A short digest of a file's or folder's path."""
    return hashlib.sha256(bytes(source.resolve())).hexdigest()[:16]


def read_notes(path: Path) -> Notes:
    """Texts in a picture file, without decoding pixels; none for files of another kind.

    Raises:
        ImpastoError: the file is missing, damaged, or larger than any picture by Impasto.
    """
    try:
        with warnings.catch_warnings(), open_file(path, "a picture", LARGEST_FILE) as file:
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            if not file.read(8).startswith(SIGNATURES):
                return Notes()
            file.seek(0)
            with Image.open(file, formats=_FORMATS) as image:
                texts = _texts(image)
    except ImpastoError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImpastoError(f"{path} is too large to be a picture by Impasto.") from error
    except Exception as error:  # Pillow's readers raise anything on damaged headers
        raise ImpastoError(f"{path} is damaged: what it carries cannot be read.") from error
    found = {key: text for key in (LATENTS, SOURCE) if isinstance(text := texts.get(key), str)}
    return Notes(found.get(LATENTS), found.get(SOURCE))


def _texts(image: Image.Image) -> dict[str, object]:
    if image.format == "PNG":
        return {str(key): value for key, value in image.info.items()}
    comment = image.getexif().get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.UserComment, b"")
    if not isinstance(comment, bytes) or not comment.startswith(_ASCII) or len(comment) > LARGEST:
        return {}
    found = json.loads(comment.removeprefix(_ASCII))
    return found if isinstance(found, dict) else {}


def latents_in(path: Path) -> str | None:
    """The latents in a picture file, if readable."""
    try:
        return read_notes(path).latents
    except ImpastoError:  # damaged metadata; the pixels may be sound
        return None


def made_from(path: Path, source: Path, unmarked: bool = False) -> bool:
    """Whether the picture at `path` was made from `source`, by its metadata.

    `unmarked` is the answer for a picture without a mark.
    """
    try:
        made = read_notes(path).source
    except ImpastoError:
        made = None
    return unmarked if made is None else made.partition("-")[0] == mark(source)


def own_file(wanted: Path, source: Path, unmarked: bool = False) -> Path:
    """A path for a picture made from `source` that overwrites no picture made from another file.

    Args:
        wanted: the preferred path.
        source: the file that it is made from.
        unmarked: whether a picture without a mark may be replaced.

    Returns:
        `wanted` if it is free or holds an earlier picture made from `source`; else `NAME-2` and so
        on.
    """
    path, number = wanted, 1
    while path.exists() and not made_from(path, source, unmarked):
        number += 1
        path = wanted.with_stem(f"{wanted.stem}-{number}")
    return path


@contextmanager
def own_folder(wanted: Path, source: Path) -> Iterator[Path]:
    """The same for a folder of results, which is created and records its source in `.source`.

    If the body fails before it writes anything, a folder created here is removed.
    """
    missing = [parent for parent in wanted.parents if not parent.exists()]
    folder = _claimed(wanted, source)
    try:
        yield folder
    except BaseException:
        if [path.name for path in folder.iterdir()] == [".source"]:
            (folder / ".source").unlink()
            with suppress(OSError):  # another process has put something there
                for empty in (folder, *missing):
                    empty.rmdir()
        raise


def _claimed(wanted: Path, source: Path) -> Path:
    path, number = wanted, 1
    while True:
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            if _source_of(path) == mark(source):
                return path
            if path.is_dir() and _is_free(path):
                break
        else:
            break
        number += 1
        path = wanted.with_name(f"{wanted.name}-{number}")
    write_text(path / ".source", mark(source))
    return path


def _is_free(folder: Path) -> bool:
    """Whether nothing is there but what a process left that was killed while it claimed it."""
    return all(whole_of(entry.name) == ".source" != entry.name for entry in folder.iterdir())


def _source_of(folder: Path) -> str | None:
    try:
        with (folder / ".source").open("rb") as file:
            return file.read(64).decode("ascii", "replace").strip()
    except OSError:
        return None

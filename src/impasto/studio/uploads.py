"""What a browser hands over: pictures one by one, each bounded, decoded, and called by us."""

import hashlib
import secrets
import shutil
from collections.abc import AsyncIterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from starlette.concurrency import run_in_threadpool

from impasto.core.files import part_of, publish
from impasto.errors import ImpastoError
from impasto.studio.pictures import Pictures
from impasto.studio.workspace import PICTURES, Workspace, changed_at, identity, safe_name, unused

LARGEST = 256 * 2**20
"""Bytes of one picture."""

LARGEST_ARCHIVE = 4 * 2**30
"""Bytes of a ZIP or TAR; what comes out of it has bounds of its own."""

UNPACKING = 1_800.0
"""Seconds that an archive may take."""

PHOTOGRAPHS = "photographs"
"""Folder of `pictures/` for single ones."""

ASIDE = "uploads"
"""Folder of `.studio/` for pictures that only serve others: masks, styles, what is projected."""

MOST = 5_000
"""Single pictures of a folder that are looked through for an id."""


class Uploads:
    """Takes pictures in, and finds them again by id."""

    def __init__(self, workspace: Workspace, pictures: Pictures) -> None:
        self.workspace, self.pictures = workspace, pictures
        self.home = workspace.folder / PICTURES

    def folder(self, name: str) -> str:
        """Make a folder for pictures; returns its id."""
        path = unused(self.home, safe_name(name, "pictures"))
        path.mkdir(parents=True)
        return identity("pictures", f"{PICTURES}/{path.name}")

    async def take(
        self, name: str, content: AsyncIterator[bytes], folder: str = "", aside: bool = False
    ) -> str:
        """Keep one picture; returns its id.

        Args:
            name: what the browser calls it; of a path, the last folder becomes its label.
            content: its bytes, as they come.
            folder: id of the folder that it is dropped into; the photographs' if empty.
            aside: it is not to be painted or learnt, so it lies apart, whatever `folder` says.

        Raises:
            ImpastoError: it is too large, or no picture.
        """
        path = self._place(name, folder, aside)
        suffix = path.suffix or ".jpg"
        with part_of(path) as (file, temporary):
            await self._pour(content, file, path.name, LARGEST)
            await run_in_threadpool(self._check, temporary, path.name)
            place = self._publish(file, temporary, path.with_suffix(suffix))
        return self._id(place)

    async def take_archive(self, name: str, content: AsyncIterator[bytes]) -> tuple[str, int]:
        """Unpack a ZIP or TAR into a folder of its own; returns its id, and how many files it has.

        Args:
            name: what the browser calls it.
            content: its bytes, as they come.

        Raises:
            ImpastoError: it is too large, no archive, damaged, a bomb, or holds no pictures.
        """
        leaf = safe_name(name, "pictures.zip")
        desk = self.workspace.own / "unpacking" / secrets.token_hex(8)
        desk.mkdir(parents=True)
        try:
            with (desk / leaf).open("wb") as file:
                await self._pour(content, file, leaf, LARGEST_ARCHIVE)
            self.home.mkdir(exist_ok=True)
            place = unused(self.home, safe_name(leaf.partition(".")[0], "pictures"))
            count = await run_in_threadpool(self.pictures.unpack, desk / leaf, place, UNPACKING)
        finally:
            await run_in_threadpool(shutil.rmtree, desk, True)
        return identity("pictures", f"{PICTURES}/{place.name}"), count

    async def _pour(
        self, content: AsyncIterator[bytes], file: BinaryIO, name: str, most: int
    ) -> None:
        """Write what comes, up to a bound."""
        size = 0
        async for piece in content:
            size += len(piece)
            if size > most:
                raise ImpastoError(f"{name} is larger than {most // 2**20} MB; save it smaller.")
            await run_in_threadpool(file.write, piece)
        if not size:
            raise ImpastoError(f"{name} is empty; drop another one.")
        file.flush()

    def file(self, which: str) -> Path:
        """The single picture of an id.

        Raises:
            ImpastoError: there is none.
        """
        for folder in (self.home / PHOTOGRAPHS, self.workspace.own / ASIDE):
            for path in islice(folder.iterdir() if folder.is_dir() else (), MOST):
                if self._id(path) == which:
                    return self.workspace.file(path)
        raise ImpastoError("This picture is not in the workspace any more; drop it again.")

    def recent(self, most: int = 24) -> list[dict[str, str]]:
        """The latest single pictures: id and name."""
        folder = self.home / PHOTOGRAPHS
        found = [path for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []
        found = [path for path in found if not path.name.startswith(".")]
        found.sort(key=changed_at, reverse=True)
        return [{"id": self._id(path), "name": path.stem} for path in found[:most]]

    def _place(self, name: str, folder: str, aside: bool) -> Path:
        parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
        leaf = safe_name(parts[-1] if parts else "", "picture")
        if aside:
            return self.workspace.own / ASIDE / leaf
        if not folder:
            return self.home / PHOTOGRAPHS / leaf
        home = self.workspace.item(folder, "pictures").path
        # Of `album/monet/1.jpg` the browser's own top folder is ours already.
        label = safe_name(parts[-2], "") if len(parts) > 2 else ""
        return (home / label if label else home) / leaf

    def _check(self, path: Path, name: str) -> None:
        try:
            self.pictures.check(path)
        except ImpastoError as error:
            raise ImpastoError(str(error).replace(path.name, name)) from error

    def _publish(self, file: "object", temporary: Path, path: Path) -> Path:
        """Under the first name that is free; the same picture again is the same file."""
        place = path
        if place.exists():
            if _digest(place) == _digest(temporary):
                return place
            place = unused(path.parent, path.name)
        publish(file, temporary, place)  # type: ignore[arg-type]
        return place

    def _id(self, path: Path) -> str:
        return identity("upload", path.relative_to(self.workspace.folder).as_posix())


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()

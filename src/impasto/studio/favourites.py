"""Favourites: paintings that somebody starred, with notes, in a file of the workspace."""

import base64
import binascii
import threading
import time
from pathlib import Path
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from impasto.core.files import read_json, write_bytes, write_json
from impasto.errors import ImpastoError
from impasto.reading import Record, validated
from impasto.studio.pictures import Pictures
from impasto.studio.workspace import Workspace, identity

MOST = 2_000
LARGEST_THUMBNAIL = 2 * 2**20


class Favourite(Record):
    """One painting of a generator: its seed is the painting."""

    model_config = ConfigDict(extra="ignore", strict=True)

    generator: Annotated[str, Field(pattern=r"[0-9a-f]{16}", max_length=16)]
    seed: Annotated[int, Field(ge=0, le=2**53)]
    truncation: Annotated[float, Field(ge=0, le=4)] = 1.0
    note: Annotated[str, Field(max_length=500)] = ""
    at: float = 0.0

    @property
    def id(self) -> str:
        """Its own id: the same painting is one favourite."""
        return identity("favourite", f"{self.generator} {self.seed} {self.truncation:.2f}")


class Favourites:
    """Reads and writes `.studio/favourites.json`, whole and atomically."""

    def __init__(self, workspace: Workspace, pictures: Pictures) -> None:
        self.file = workspace.own / "favourites.json"
        self.folder = workspace.own / "favourites"
        self.pictures = pictures
        self._lock = threading.Lock()

    def all(self) -> list[dict[str, Any]]:
        """Newest first, with their ids."""
        return [each.model_dump() | {"id": each.id} for each in self._read()][::-1]

    def keep(self, value: Any, picture: str = "") -> str:
        """Keep one, or change the note of one that is kept; returns its id.

        Args:
            value: as `Favourite`, from the browser.
            picture: what the browser painted, as a PNG in base64; checked like any picture.

        Raises:
            ImpastoError: it does not fit, or there are too many.
        """
        found = validated(Favourite, value, "This favourite")
        with self._lock:
            rest = [each for each in self._read() if each.id != found.id]
            if len(rest) >= MOST:
                raise ImpastoError(f"{MOST:,} favourites are kept already; let some go first.")
            if picture:
                self._picture(found.id, picture)
            rest.append(found.model_copy(update={"at": time.time()}))
            self._write(rest)
        return found.id

    def drop(self, which: str) -> None:
        """Let one go."""
        with self._lock:
            self._write([each for each in self._read() if each.id != which])

    def picture(self, which: str) -> Path | None:
        """A favourite's picture, if the browser gave one."""
        known = any(each.id == which for each in self._read())
        place = self.folder / f"{which}.png"
        return place if known and place.is_file() else None

    def _picture(self, which: str, text: str) -> None:
        try:
            content = base64.b64decode(text[: 2 * LARGEST_THUMBNAIL], validate=True)
        except (binascii.Error, ValueError) as error:
            raise ImpastoError("The favourite's picture is damaged.") from error
        if not content.startswith(b"\x89PNG") or len(content) > LARGEST_THUMBNAIL:
            raise ImpastoError("The favourite's picture is no PNG of a usual size.")
        place = self.folder / f"{which}.png"
        write_bytes(place, content)
        try:
            self.pictures.check(place)
        except ImpastoError:
            place.unlink(missing_ok=True)
            raise

    def _read(self) -> list[Favourite]:
        if not self.file.exists():
            return []
        rows = read_json(self.file, "the studio's favourites")
        if not isinstance(rows, list):
            raise ImpastoError(f"{self.file} does not hold favourites; move it away.")
        return [validated(Favourite, row, str(self.file)) for row in rows[: 2 * MOST]]

    def _write(self, found: list[Favourite]) -> None:
        write_json(self.file, [each.model_dump() for each in found])

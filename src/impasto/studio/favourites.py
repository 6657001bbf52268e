"""Favourites: what was starred on a wall or the bench, with notes, kept in the workspace.

A favourite of a seed is its seed; any other one (a child, a blend, something moved along a
direction) is its latent. The latent lies in a file of its own, as the commands read it.
"""

import base64
import binascii
import hashlib
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from impasto.core.files import read_json, state_of, write_bytes, write_json
from impasto.errors import ImpastoError
from impasto.reading import Record, validated
from impasto.studio.controls import checked_label
from impasto.studio.pictures import Pictures
from impasto.studio.workspace import Workspace, identity

MOST = 2_000
LARGEST_THUMBNAIL = 2 * 2**20

_ID = r"[0-9a-f]{16}"
Id = Annotated[str, Field(pattern=_ID, max_length=16)]
Number = Annotated[float, Field(ge=-1e6, le=1e6)]


class Favourite(Record):
    """One painting of a generator: its seed or its latent is the painting."""

    model_config = ConfigDict(extra="ignore", strict=True)

    generator: Id
    seed: Annotated[int, Field(ge=0, le=2**53)] | None = None
    """Where it comes from, if from a seed and nothing else."""

    latent: Annotated[list[Number], Field(max_length=4_096, default_factory=list)]
    """Before truncation; empty in favourites of former times, which have a seed."""

    truncation: Annotated[float, Field(ge=0, le=4)] = 1.0
    label: Annotated[str, Field(max_length=200)] | None = None
    how: Annotated[str, Field(max_length=300)] = ""
    """How it came about, for people: `child of number 3 and number 17`."""

    parents: Annotated[list[Id], Field(max_length=2, default_factory=list)]
    """Favourites that it was bred from."""

    fingerprint: Annotated[str, Field(pattern=r"[0-9a-f]*", max_length=64)] = ""
    """Of the generator that painted it."""

    note: Annotated[str, Field(max_length=500)] = ""
    at: float = 0.0

    @property
    def id(self) -> str:
        """Its own id: the same painting is one favourite."""
        what: object = self.seed
        if self.seed is None:
            what = hashlib.sha256(repr(self.latent).encode()).hexdigest()
        label = "" if self.label is None else f" {self.label}"
        return identity("favourite", f"{self.generator} {what} {self.truncation:.2f}{label}")

    @property
    def name(self) -> str:
        """As a file of it is called."""
        return f"favourite-{self.id[:8]}" if self.seed is None else f"seed-{self.seed:06}"

    def as_latents(self) -> dict[str, object]:
        """As `impasto generate --latents` and `impasto explore mix` read it."""
        about = {"fingerprint": self.fingerprint} if self.fingerprint else {}
        entry: dict[str, object] = {"name": self.name, "values": self.latent}
        if self.seed is not None:
            entry["seed"] = self.seed
        if self.truncation != 1:
            entry["truncation"] = self.truncation
        if self.label is not None:
            entry["label"] = self.label
        return {"format": "impasto-latents", "version": 1, "generator": about, "latents": [entry]}


class Favourites:
    """Reads and writes `.studio/favourites.json`, whole and atomically."""

    def __init__(self, workspace: Workspace, pictures: Pictures) -> None:
        self.workspace = workspace
        self.file = workspace.own / "favourites.json"
        self.folder = workspace.own / "favourites"
        self.pictures = pictures
        self._lock = threading.Lock()
        self._known: tuple[object, dict[str, Favourite]] = (None, {})
        """The file's state when it was read, and what stood in it, by id."""

    def all(self) -> list[dict[str, object]]:
        """Newest first, with their ids."""
        return [each.model_dump() | {"id": which} for which, each in self._read().items()][::-1]

    def chosen(self, which: Sequence[Any], generator: str) -> list[Favourite]:
        """Favourites of a generator by their ids, in this order.

        Raises:
            ImpastoError: one of them is not there any more.
        """
        known = self._read()
        found = [known.get(str(each)) for each in which[: MOST + 1]]
        chosen = [each for each in found if each is not None and each.generator == generator]
        if not chosen or len(chosen) != len(which):
            raise ImpastoError("One of these favourites was let go; choose again.")
        return chosen

    def keep(self, value: Any, picture: str = "") -> str:
        """Keep one, or change the note of one that is kept; returns its id.

        Args:
            value: as `Favourite`, from the browser.
            picture: what the browser painted, as a PNG in base64; checked like any picture.

        Raises:
            ImpastoError: it does not fit, or there are too many.
        """
        found = validated(Favourite, value, "This favourite")
        if found.seed is None and not found.latent:
            raise ImpastoError("This favourite has neither a seed nor a latent.")
        checked_label(found.label)
        with self._lock:
            rows = dict(self._read())
            if len(rows) >= MOST and found.id not in rows:
                raise ImpastoError(f"{MOST:,} favourites are kept already; let some go first.")
            if picture:
                self._picture(found.id, picture)
            if found.latent:
                write_json(self.latents(found), found.as_latents())
            at = rows[found.id].at if found.id in rows else time.time()
            rows[found.id] = found.model_copy(update={"at": at})
            self._write(rows)
        return found.id

    def drop(self, which: str) -> None:
        """Let one go."""
        with self._lock:
            self._write({known: each for known, each in self._read().items() if known != which})

    def picture(self, which: str) -> Path | None:
        """A favourite's picture, if the browser gave one."""
        place = self.folder / f"{which}.png"
        return self.workspace.file(place) if which in self._read() and place.is_file() else None

    def one(self, which: str) -> Favourite:
        """The favourite of an id.

        Raises:
            ImpastoError: it is not there any more.
        """
        if (found := self._read().get(which)) is None:
            raise ImpastoError("This favourite was let go; choose again.")
        return found

    def latents(self, favourite: Favourite) -> Path:
        """Where its latent lies."""
        return self.folder / f"{favourite.id}.json"

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

    def _read(self) -> dict[str, Favourite]:
        """By id, the oldest first; read again where the file changed: a wall asks for hundreds."""
        state = state_of(self.file)
        known = self._known
        if known[0] != state:
            known = self._known = state, self._anew()
        return known[1]

    def _anew(self) -> dict[str, Favourite]:
        if not self.file.exists():
            return {}
        rows = read_json(self.file, "the studio's favourites")
        if not isinstance(rows, list):
            raise ImpastoError(f"{self.file} does not hold favourites; move it away.")
        found = (validated(Favourite, row, str(self.file)) for row in rows[: 2 * MOST])
        return {each.id: each for each in found}

    def _write(self, found: Mapping[str, Favourite]) -> None:
        write_json(self.file, [each.model_dump() for each in found.values()])
        self._known = None, {}  # within one tick of its clock a disk may not tell two files apart

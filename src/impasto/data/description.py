"""`dataset.json` of a prepared set, checked: it may come from a stranger."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, field_validator, model_validator

from impasto.core.console import counted
from impasto.core.files import read_json
from impasto.data.files import SHARD, WHOLE
from impasto.errors import ImpastoError
from impasto.reading import Record, validated

FORMAT, VERSION, SHARDED = "impasto-dataset", 1, 2
"""A set of several shards has a version of its own: what cannot read it says so."""

DESCRIPTION = "dataset.json"
LARGEST_SIDE = 4096
MOST_LABELS = 65_535

Side = Annotated[int, Field(strict=True, ge=1, le=LARGEST_SIDE)]
Many = Annotated[int, Field(strict=True, ge=1, le=2**40)]


def _sha256(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise ValueError("must be 64 hexadecimal digits")
    return text


Digest = Annotated[str, AfterValidator(_sha256)]


class Shard(Record):
    """One file of pictures."""

    model_config = ConfigDict(frozen=True)

    file: str
    count: Many
    sha256: Digest
    """Over its pixels, in order."""

    @field_validator("file")
    @classmethod
    def named_by_content(cls, file: str) -> str:
        """No other file is ever opened."""
        if not SHARD.fullmatch(file):
            raise ValueError(f"must be the name of a shard, not {file[:40]!r}")
        return file


class Description(Record):
    """What a set says of itself; further values tell how it was made."""

    model_config = ConfigDict(frozen=True, extra="allow")

    format: Literal["impasto-dataset"]
    version: Literal[1, 2]
    name: str
    count: Many
    width: Side
    height: Side
    fingerprint: Digest
    """SHA-256 over all pixels in order: equal sets agree wherever they lie."""

    index: Digest | None = None
    """SHA-256 of `index.csv` as it was written; sets of earlier versions have none."""

    labels: tuple[str, ...] = ()
    shards: tuple[Shard, ...] | None = None
    """Of a set in several files."""

    options: Any = None
    """How it was made, if that is a table."""

    @field_validator("name", mode="before")
    @classmethod
    def short(cls, name: Any) -> Any:
        """It is shown."""
        if not isinstance(name, str) or len(name) > 200:
            raise ValueError("must be a short text")
        return name

    @field_validator("labels", mode="before")
    @classmethod
    def different(cls, labels: Any) -> Any:
        """No two are alike."""
        if (
            not isinstance(labels, list | tuple)
            or len(labels) > MOST_LABELS
            or not all(isinstance(label, str) for label in labels)
            or len(set(labels)) != len(labels)
        ):
            raise ValueError("must be a list of different names")
        return labels

    @model_validator(mode="after")
    def shards_are_whole(self) -> Self:
        """Shards hold what is promised."""
        if self.shards is not None and sum(each.count for each in self.shards) != self.count:
            raise ValueError(f"its shards must hold {counted(self.count, 'picture')} together")
        return self

    @property
    def files(self) -> tuple[Shard, ...]:
        """Its files of pictures: shards, or the one."""
        if self.shards is not None:
            return self.shards
        whole = Shard.model_construct(file=WHOLE, count=self.count, sha256=self.fingerprint)
        return (whole,)

    @property
    def made_with(self) -> dict[str, object]:
        """Its options; empty if it tells none."""
        return self.options if isinstance(self.options, dict) else {}


def describe_dataset(folder: Path) -> Description:
    """The checked content of `dataset.json`.

    Raises:
        ImpastoError: it is missing, of another kind or version, or a value does not fit.
    """
    path = folder / DESCRIPTION
    found = read_json(path, "the description of a prepared set")
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ImpastoError(f"{path} does not describe a prepared set; `impasto prepare` makes one.")
    if found.get("version") != (SHARDED if "shards" in found else VERSION):
        raise ImpastoError(
            f"{path} is of version {found.get('version')!r}, this Impasto reads {SHARDED}; "
            "prepare the folder again or update Impasto."
        )
    return validated(Description, found, str(path))

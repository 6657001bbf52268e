"""Rows of a measurement that goes on where it was stopped: only those of the same code count."""

import hashlib
import json
from pathlib import Path
from typing import Any

import torch

from impasto.core.software import software

Row = dict[str, Any]


class Book:
    """A file with a line for each row; each line says how its numbers were made."""

    def __init__(self, path: Path, script: str, **how: object) -> None:
        """Read the rows that are there; those made in another way stay in the file, but unused.

        Args:
            path: the file; its folder is created.
            script: the measurement's own file, part of the code that must be the same.
            how: the arguments that its numbers depend on.
        """
        code = [software(), hashlib.sha256(Path(script).read_bytes()).hexdigest()[:8]]
        made = {"code": code, "torch": torch.__version__, "threads": torch.get_num_threads()}
        self.path, self.how = path, json.loads(json.dumps(made | how))
        digest = hashlib.sha256(json.dumps(self.how, sort_keys=True).encode()).hexdigest()[:8]
        self.folder = path.parent / digest
        """For pictures made in this way; it is created with the first."""
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = path.read_text().splitlines() if path.exists() else []
        rows: list[Row] = [json.loads(line) for line in lines]
        self._rows = [row for row in rows if row.pop("how", None) == self.how]

    def find(self, what: Row) -> Row | None:
        """The row that was added for `what`, if any."""
        wanted = json.loads(json.dumps(what))
        return next((row for row in self._rows if row["what"] == wanted), None)

    def add(self, what: Row, figures: Row) -> Row:
        """Append a row, at once on disk."""
        row: Row = json.loads(json.dumps({"what": what} | figures))
        with self.path.open("a") as lines:
            lines.write(json.dumps({"how": self.how} | row) + "\n")
        self._rows.append(row)
        return row


def picture_of(file: Path) -> Row:
    """What tells a picture from others: `a.jpg` is not `a.png`, nor another folder's `a.jpg`."""
    content = hashlib.sha256(file.read_bytes()).hexdigest()[:16]
    return {"picture": file.name, "content": content}


def place_of(file: Path, folder: Path, end: str) -> Path:
    """A path for what is made of a picture; no other picture has it, and its one dot is `end`'s."""
    return folder / f"{file.name.replace('.', '-')}-{picture_of(file)['content'][:8]}-{end}"

"""Who descends from whom: a file that grows with every mixing, and its drawing."""

import html
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from impasto.core.console import one_line
from impasto.core.files import read_json, write_json, write_text
from impasto.core.images import FILTER, data_uri
from impasto.data.decode import Unreadable, decode_image
from impasto.errors import ImpastoError
from impasto.generate.stored import is_name

FORMAT, VERSION = "impasto-lineage", 1
MOST = 2_000
SIDE, LINE, GAP_X, GAP_Y, EDGE = 96, 20, 26, 84, 20
"""A picture's side, its name's line, the room between pictures and around them, in pixels."""


@dataclass(frozen=True)
class Member:
    """One picture of the family."""

    name: str
    """Its file is `<name>.png` beside the lineage."""

    parents: tuple[str, ...] = ()
    how: str = ""
    """How it came from its parents, for people."""


class Lineage:
    """All pictures of a folder that were bred from each other, the oldest first."""

    def __init__(self, folder: Path, members: Sequence[Member] = ()) -> None:
        """A family whose pictures lie in `folder`."""
        self.folder = folder
        self.members = {member.name: member for member in members}

    @classmethod
    def read(cls, folder: Path) -> "Lineage":
        """The family of a folder; an empty one if there is none yet.

        Raises:
            ImpastoError: `lineage.json` is malformed.
        """
        path = folder / "lineage.json"
        if not path.exists():
            return cls(folder)
        found = read_json(path, "a lineage")
        if not isinstance(found, dict) or found.get("format") != FORMAT:
            raise ImpastoError(f"{path} is not a lineage of Impasto.")
        if found.get("version") != VERSION:
            raise ImpastoError(f"{path} was written by another version of Impasto.")
        entries = found.get("members")
        if not isinstance(entries, list) or len(entries) > MOST:
            raise ImpastoError(f"{path}: members must be a list of at most {MOST:,}.")
        members: dict[str, Member] = {}
        for entry in entries:
            member = _member(entry)
            if member is None or member.name in members or not set(member.parents) <= set(members):
                raise ImpastoError(
                    f"{path}: each member needs a name of its own and parents that come before it."
                )
            members[member.name] = member
        return cls(folder, list(members.values()))

    def write(self) -> None:
        """Write `lineage.json`, and its drawings `lineage.svg` and `lineage.html`."""
        members = [asdict(member) for member in self.members.values()]
        write_json(
            self.folder / "lineage.json", {"format": FORMAT, "version": VERSION, "members": members}
        )
        drawing = self.draw()
        write_text(self.folder / "lineage.svg", drawing)
        write_text(self.folder / "lineage.html", _PAGE.format(drawing=drawing))

    def add(self, member: Member) -> None:
        """A new member, whose parents are there already.

        Raises:
            ImpastoError: the family has become too large to be drawn.
        """
        if len(self.members) >= MOST:
            raise ImpastoError(f"{self.folder} holds {MOST:,} pictures; begin another with --out.")
        self.members[member.name] = member

    def new_names(self, count: int) -> list[str]:
        """Names that no member has: `child-0001` and so on."""
        numbers = [int(n.removeprefix("child-")) for n in self.members if _is_numbered(n)]
        first = max(numbers, default=0) + 1
        return [f"child-{number:04}" for number in range(first, first + count)]

    def generations(self) -> list[list[Member]]:
        """The members by how far they are from the first, children near below their parents."""
        depth: dict[str, int] = {}
        for member in self.members.values():  # parents come before their children
            depth[member.name] = 1 + max((depth[p] for p in member.parents), default=-1)
        for member in self.members.values():  # who came late stands beside, not above everyone
            children = [depth[c.name] for c in self.members.values() if member.name in c.parents]
            if not member.parents and children:
                depth[member.name] = min(children) - 1
        rows: list[list[Member]] = [[] for _ in range(1 + max(depth.values(), default=-1))]
        for member in self.members.values():
            rows[depth[member.name]].append(member)
        place: dict[str, float] = {}
        for row in rows:  # the barycentre of the parents: few lines cross (Sugiyama et al. 1981)
            row.sort(key=lambda m: sum(place[p] for p in m.parents) / max(1, len(m.parents)))
            place |= {m.name: (i + 0.5) / len(row) for i, m in enumerate(row)}
        return rows

    def draw(self) -> str:
        """The tree as one SVG with the pictures inside: nothing else is needed to see it."""
        rows = self.generations()
        across = max((len(row) for row in rows), default=0)
        width = 2 * EDGE + max(1, across) * (SIDE + GAP_X)
        height = 2 * EDGE + max(1, len(rows)) * (SIDE + GAP_Y) - GAP_Y + LINE
        centres: dict[str, tuple[float, float]] = {}
        for number, row in enumerate(rows):
            for at, member in enumerate(row):
                x = EDGE + (width - 2 * EDGE) * (at + 0.5) / len(row)
                centres[member.name] = (x, EDGE + number * (SIDE + GAP_Y) + SIDE / 2)
        lines = [
            _line(centres[parent], centres[member.name])
            for member in self.members.values()
            for parent in member.parents
        ]
        faces = [self._face(member, centres[member.name]) for row in rows for member in row]
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" font-family="Georgia, serif" font-size="11" '
            'text-anchor="middle" fill="#26221d">\n' + "\n".join([*lines, *faces]) + "\n</svg>\n"
        )

    def _face(self, member: Member, centre: tuple[float, float]) -> str:
        x, y = centre
        name = one_line(member.name)  # XML has no control characters
        title = html.escape(f"{name}: {one_line(member.how)}" if member.how else name)
        name = html.escape(name if len(name) < 20 else name[:18] + "…")
        where = f'x="{x - SIDE / 2:.1f}" y="{y - SIDE / 2:.1f}" width="{SIDE}" height="{SIDE}"'
        source = self._thumbnail(member)
        face = f'<image {where} href="{source}"/>' if source else f'<rect {where} fill="#ddd5c7"/>'
        words = f'<text x="{x:.1f}" y="{y + SIDE / 2 + 14:.1f}">{name}</text>'
        return f"<g><title>{title}</title>{face}{words}</g>"

    def _thumbnail(self, member: Member) -> str | None:
        try:
            image = decode_image(self.folder / f"{member.name}.png", lambda *_: (SIDE, SIDE)).image
        except Unreadable:
            return None  # it was deleted: its place in the family stays
        image.thumbnail((2 * SIDE, 2 * SIDE), FILTER)
        return data_uri(np.asarray(image))


def _line(parent: tuple[float, float], child: tuple[float, float]) -> str:
    (x1, y1), (x2, y2) = (parent[0], parent[1] + SIDE / 2 + LINE), (child[0], child[1] - SIDE / 2)
    middle = (y1 + y2) / 2
    course = f"M{x1:.1f} {y1:.1f} C{x1:.1f} {middle:.1f} {x2:.1f} {middle:.1f} {x2:.1f} {y2:.1f}"
    return f'<path d="{course}" fill="none" stroke="#a4432a" stroke-opacity=".6"/>'


def _is_numbered(name: str) -> bool:
    number = name.removeprefix("child-")
    return name.startswith("child-") and number.isascii() and number.isdigit() and len(number) < 9


def _member(entry: Any) -> Member | None:
    if not isinstance(entry, dict) or not is_name(entry.get("name")):
        return None
    parents, how = entry.get("parents", []), entry.get("how", "")
    whole = (
        isinstance(parents, list)
        and len(parents) <= 64
        and all(map(is_name, parents))
        and isinstance(how, str)
        and len(how) <= 400
    )
    return Member(entry["name"], tuple(parents), how) if whole else None


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Lineage · Impasto</title>
<style>body {{ margin: 1.5rem; background: #faf7f1; overflow-x: auto; }}</style>
</head>
<body>
{drawing}</body>
</html>
"""

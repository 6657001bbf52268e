"""Names for the results of many files, of which no two meet on any disk."""

import unicodedata
from collections import Counter
from collections.abc import Iterable
from pathlib import Path


def names_apart(files: Iterable[Path], beside: str = "") -> dict[Path, Path]:
    """What the result of each file is called: as the file, without its suffix.

    Where `a.png` lies beside `a.jpg` both keep their suffixes, and what still meets is numbered:
    `A.png` beside `a.png` becomes `a.png-2`, since some disks do not tell them apart.

    Args:
        files: relative to their folder, each once, in an order that never changes.
        beside: how the name of another file ends that goes beside each result; it meets no other
            either.

    Returns:
        The names by file, all different whatever their case.
    """
    names = {file: file.with_suffix("") for file in files}
    while True:
        counts = Counter(claim for name in names.values() for claim in _claims(name, beside))
        short = [file for file, name in names.items() if name != file]
        meeting = [f for f in short if any(counts[c] > 1 for c in _claims(names[f], beside))]
        if not meeting:
            return _numbered(names, beside)
        names |= {file: file for file in meeting}


def _numbered(names: dict[Path, Path], beside: str) -> dict[Path, Path]:
    taken: set[str] = set()
    found: dict[Path, Path] = {}
    for file, wanted in names.items():
        name, number = wanted, 1
        while taken & _claims(name, beside):
            number += 1
            name = wanted.with_name(f"{wanted.name}-{number}")
        taken |= _claims(name, beside)
        found[file] = name
    return found


def _claims(name: Path, beside: str) -> set[str]:
    """The places that a result takes, as a disk sees them that ignores case and how accents are
    stored.
    """
    text = unicodedata.normalize("NFC", name.as_posix()).casefold()
    return {text, text + beside}

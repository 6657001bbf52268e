"""What a source holds: names in an order that never changes, and where each picture lies.

A source is a folder, a ZIP or TAR, the shards of a WebDataset or of Hugging Face's parquet, a tree
in an object store, or a list of web addresses.
"""

import io
import json
import os
import re
import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from impasto.core.console import counted, say, track
from impasto.core.files import state_of
from impasto.data.files import SHARDS, list_names, list_shards, name_of, passed_over
from impasto.errors import ImpastoError
from impasto.prepare.archive_kinds import kind_of
from impasto.prepare.archives import Lost, Unpacked, unpack
from impasto.prepare.cache import Cache
from impasto.prepare.packed import (
    CHOICE,
    DAMAGED,
    OUTSIDE,
    PASSED_OVER,
    Piece,
    parquet_pieces,
    tar_pieces,
)
from impasto.prepare.remote import (
    MOST_LIST,
    NOT_FETCHED,
    WEB,
    AwayError,
    Found,
    RemoteError,
    TooLargeError,
    download,
    is_remote,
    listed_in,
    parts_of,
    scheme_of,
    tree,
)
from impasto.reading import decode_text, read_text

State = tuple[int, int, int, int]
"""As `core.files.state_of`; what lies elsewhere has a size and a mark."""

_BRACES = re.compile(r"\{([0-9]{1,18})\.\.([0-9]{1,18})\}|\{([^{}]*,[^{}]*)\}")
_MOST_SHARDS = 100_000
_ARCHIVES = (".zip", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz")


@dataclass
class Listing:
    """All files of a source that may be pictures."""

    names: list[str]
    """Relative, with `/`; the first folder is the label."""
    passed_over: int = 0
    lost: list[Lost] = field(default_factory=list)
    """What could not be unpacked or read."""
    locate: Callable[[int], str] = str
    """Where the picture of that number lies: `prepare.where` opens it."""
    state: Callable[[int], State] | None = None
    """How a change is noticed; by looking at the file where it lies in a folder."""


Open = Callable[[Cache, str], Listing]
"""Lists a source; given a cache, and the encoding of an archive's names."""


def find_source(
    source: Path | str,
    out: Path,
    unpacked: Path,
    listed: tuple[list[Path], int] | None = None,
) -> Open:
    """What a source is; what is none is said before anything is written.

    Args:
        source: a path or an address.
        out: where the set goes; left out of a folder.
        unpacked: where an archive's pictures go.
        listed: what `list_files` has found in a folder already.

    Raises:
        ImpastoError: there is no such source, or it is none.
    """
    text = str(source)
    if is_remote(text):
        return _elsewhere(text, unpacked)
    path = Path(source)
    if not os.path.lexists(path) and (several := _expanded(text)) != [text]:
        # Workers on other machines stand in other folders.
        places = [Path(name).absolute() for name in several]
        return _shards([(str(place), place.name, state_of(place)) for place in places])
    if os.path.isdir(path):  # noqa: PTH112 -- never raises, however odd the name
        if listed is not None:
            raw = [file.as_posix() for file in listed[0]]
            return lambda cache, names: _files(path, raw, listed[1])
        return _folder(path, out)
    if path.suffix.lower() == ".parquet" and path.is_file():
        return _shards([(str(path.absolute()), path.name, state_of(path))])
    if path.suffix.lower() == ".txt" and path.is_file():
        found = listed_in(read_text(path, "a list of addresses", MOST_LIST), str(path))
        return lambda cache, names: _plain(found)
    if not path.is_file():
        raise ImpastoError(f"{path} does not exist; name a folder of pictures.")
    kind_of(path)
    return lambda cache, names: _archive(path, unpacked, names)


def title_of(source: Path | str) -> str:
    """What a set is called after its source."""
    text = str(source)
    if not is_remote(text):
        name = Path(_BRACES.sub("", text)).resolve().stem
    else:
        parts = parts_of(_BRACES.sub("", text))
        name = PurePosixPath(parts.path).stem or parts.hostname or "set"
    return name.strip("-_. ") or "set"


def exists(source: Path | str) -> bool:
    """Whether a source is there, as far as that can be told without asking anybody."""
    text = str(source)
    return is_remote(text) or os.path.exists(text) or _expanded(text) != [text]  # noqa: PTH110


def _expanded(text: str) -> list[str]:
    """`a-{000..002}.tar` is three names, and so is `a-{0,1,x}.tar`; several braces multiply.

    Raises:
        ImpastoError: they count downwards, or to too many names.
    """
    pieces, end, many = list[Sequence[str]](), 0, 1
    for found in _BRACES.finditer(text):
        choices = _choices(found)
        many *= len(choices)
        if not 0 < many <= _MOST_SHARDS:
            raise ImpastoError(
                f"{text}: braces count upwards, to {_MOST_SHARDS:,} shards at most; name them in "
                "parts."
            )
        pieces += [[text[end : found.start()]], choices]
        end = found.end()
    return ["".join(each) for each in product(*pieces, [text[end:]])]


def _choices(braces: re.Match[str]) -> Sequence[str]:
    first, last, several = braces.groups()
    if several is not None:
        return list(dict.fromkeys(several.split(",")))
    numbers = range(int(first), int(last) + 1)
    return [f"{number:0{len(first)}}" for number in numbers[: _MOST_SHARDS + 1]]


def _folder(folder: Path, out: Path) -> Open:
    try:
        raw, passed = list_names(folder, out)
    except ImpastoError:
        shards = list_shards(folder)
        if not shards:
            raise
        places = [folder.absolute() / name for name in shards]
        return _shards([(str(p), n, state_of(p)) for p, n in zip(places, shards, strict=True)])
    return lambda cache, names: _files(folder, raw, passed)


def _files(folder: Path, raw: list[str], passed: int) -> Listing:
    names = [name_of(each) for each in raw]
    odd = {n: each for n, each in enumerate(raw) if each != names[n]}
    start = str(folder.absolute())
    return Listing(names, passed, locate=lambda n: f"{start}/{odd.get(n, names[n])}")


def _archive(path: Path, place: Path, encoding: str) -> Listing:
    unpacked = unpack(path, place, encoding)
    raw, passed = list_names(place, called=path)
    listing = _files(place, raw, passed + unpacked.passed_over)
    listing.lost = unpacked.lost
    return listing


def _fetched_archive(address: str, cache: Cache, place: Path, encoding: str) -> Listing:
    from impasto.prepare.where import shard_at  # loads Pillow; a mistyped path is told before

    path = shard_at(address, cache)
    try:
        return _archive(path, place, encoding)
    except ImpastoError as error:  # where it was fetched to is our own affair
        cache.forget(address)
        raise ImpastoError(str(error).replace(str(path), address)) from error


def _elsewhere(address: str, unpacked: Path) -> Open:
    web = scheme_of(address) in WEB
    file = _file_of(address)
    suffix = PurePosixPath(file).suffix.lower()
    if file.lower().endswith(_ARCHIVES):
        return lambda cache, names: _fetched_archive(address, cache, unpacked, names)
    if web and suffix in SHARDS:
        several = _expanded(address)
        return _shards([(e, PurePosixPath(_file_of(e)).name, (0, 0, -1, -1)) for e in several])
    if web:
        content = io.BytesIO()
        download(address, content, MOST_LIST)
        text = decode_text(content.getvalue(), address, "a list of addresses")
        found = listed_in(text, address)
        return lambda cache, names: _plain(found)
    found, lost = _trees(_expanded(address))
    pictures = [each for each in found if not passed_over(Path(each.name))]
    if pictures:
        return lambda cache, names: _plain(pictures, len(found) - len(pictures), lost)
    packed = [each for each in found if PurePosixPath(each.name).suffix.lower() in SHARDS]
    if not packed:
        raise ImpastoError(f"{address} holds no pictures; name the folder that they lie in.")
    return _shards([(e.address, e.name, (e.size, e.stamp, -1, -1)) for e in packed], lost)


def _file_of(address: str) -> str:
    """The part of an address that names the file: of the web's without `?download=true`."""
    return parts_of(address).path if scheme_of(address) in WEB else address


def _trees(addresses: list[str]) -> tuple[list[Found], list[Lost]]:
    """What lies at several addresses of a store; one that is refused costs no other."""
    found, lost = list[Found](), list[Lost]()
    for number, address in enumerate(addresses, start=1):
        try:
            found += tree(address)
        except RemoteError as error:
            if isinstance(error, AwayError) or (number == len(addresses) and not found):
                raise
            lost.append(Lost(PurePosixPath(address).name, NOT_FETCHED, str(error)))
    return found, lost


def _plain(found: list[Found], passed: int = 0, lost: Sequence[Lost] = ()) -> Listing:
    """Files that lie elsewhere one by one."""
    names = _different(each.name for each in found)
    return Listing(
        names,
        passed,
        list(lost),
        locate=lambda n: found[n].address,
        state=lambda n: (max(0, found[n].size), found[n].stamp, -1, -1),
    )


def _shards(shards: list[tuple[str, str, State]], lost: Sequence[Lost] = ()) -> Open:
    """Shards: where each lies, what it is called, and its state; and those that are lost."""
    return lambda cache, names: _packed(shards, list(lost), cache)


def _packed(shards: list[tuple[str, str, State]], lost: list[Lost], cache: Cache) -> Listing:
    names, left = list[str](), Unpacked()
    columns = list[str]()
    which, starts, sizes = array("l"), array("q"), array("q")
    damaged, choices = set[int](), list[str]()
    for number, (where, called, known) in enumerate(
        track(shards, "reading shards", len(shards), "shards")
    ):
        try:
            column, pieces = _index(where, called, known, cache)
        except RemoteError as error:
            if len(shards) == 1 or isinstance(error, (AwayError, TooLargeError)):
                raise
            lost.append(Lost(called, NOT_FETCHED, str(error)))  # refused: it costs no other
            column, pieces = "", iter(())
        columns.append(column)
        for piece in pieces:
            if piece.start < 0:
                if piece.start == DAMAGED:
                    lost.append(Lost(called, "corrupt", piece.name))
                    damaged.add(number)
                elif piece.start == CHOICE:
                    choices += [] if piece.name in choices else [piece.name]
                elif piece.start == PASSED_OVER:
                    left.passed_over += piece.size
                elif piece.start == OUTSIDE:
                    left.passed_over += 1
                    left.keep_inside(piece.name)
                continue
            names.append(piece.name)
            which.append(number)
            starts.append(piece.start)
            sizes.append(piece.size)
    for choice in choices:
        say(choice)
    left.say_outside(shards[0][1] if len(shards) == 1 else "these shards")
    if not names:
        raise _nothing(shards, lost)
    names = _different(names)

    def locate(n: int) -> str:
        where, column = shards[which[n]][0], columns[which[n]]
        return (
            f"row:{starts[n]}:{column}:{where}"
            if column
            else (f"member:{starts[n]}:{sizes[n]}:{where}")
        )

    def state(n: int) -> State:
        where, _, known = shards[which[n]]
        # A web address tells nothing of a change: mending a shard is one.
        torn = " damaged" if which[n] in damaged else ""
        far = where if is_remote(where) else ""  # a folder may be moved
        mark = f"{far}{(known[:2], starts[n])}{torn}".encode("utf-8", "surrogatepass")
        return sizes[n], zlib.crc32(mark), -1, -1

    return Listing(names, left.passed_over, lost, locate, state)


def _nothing(shards: list[tuple[str, str, State]], lost: list[Lost]) -> ImpastoError:
    """Why no picture came out of shards."""
    first, others = shards[0][0], len(shards) - 1
    what = f"{first} and {counted(others, 'other shard')} hold" if others else f"{first} holds"
    which_one = f"{lost[0].file}: " if lost and others else ""
    why = f": {which_one}{lost[0].detail.rstrip('.')}" if lost else ""
    return ImpastoError(f"{what} no pictures{why}.")


def _index(where: str, called: str, state: State, cache: Cache) -> tuple[str, Iterator[Piece]]:
    """The pieces of a shard, remembered: a shard elsewhere is not fetched for them again.

    One that was damaged is: it may have been mended meanwhile.
    """
    from impasto.prepare.where import shard_at  # as above

    def write(file: BinaryIO) -> None:
        column, pieces = "", iter(())  # type: tuple[str, Iterator[Piece]]
        path = Path(where)
        try:
            if not is_remote(where) and not Path(where).is_file():
                raise ImpastoError("missing")
            if is_remote(where):
                cache.forget(where)  # of a state before this one
            path = shard_at(where, cache)
            if called.lower().endswith(".parquet"):
                stem = called.rpartition(".")[0].replace("/", "-")
                column, pieces = parquet_pieces(path, stem)
            file.write(json.dumps(column).encode() + b"\n")
            for piece in pieces if column else tar_pieces(path):
                file.write(json.dumps([piece.name, piece.start, piece.size]).encode() + b"\n")
        except RemoteError:  # nobody knows what it holds
            raise
        except ImpastoError as error:
            head = b"" if file.tell() else b'""\n'
            # The shard is named beside it; where it was fetched to is our own affair.
            words = str(error).removeprefix(f"{path} is ").removeprefix(f"{path} has ").rstrip(".")
            file.write(head + json.dumps([words, DAMAGED, 0]).encode() + b"\n")

    key = f"index with plain names {where} {state}"
    known = cache.place(key)
    if is_remote(where) and any(each.start == DAMAGED for each in _pieces(known)):
        cache.forget(key)
    path = cache.get(key, write)
    with path.open("rb") as file:
        column = json.loads(file.readline())
    return column, _pieces(path)


def _pieces(index: Path) -> Iterator[Piece]:
    """What an index tells of a shard; nothing where there is none."""
    if not index.exists():
        return
    with index.open("rb") as file:
        file.readline()
        for line in file:
            name, start, size = json.loads(line)
            yield Piece(str(name), int(start), int(size))


def _different(names: Iterable[str]) -> list[str]:
    """Names of which no two are the same: a second one gets a number before its suffix."""
    seen: set[str] = set()
    found = list[str]()
    for name in names:
        given, count = name, 1
        while given in seen:
            count += 1
            stem, dot, suffix = name.rpartition(".")
            given = f"{stem}~{count}.{suffix}" if dot and "/" not in suffix else f"{name}~{count}"
        seen.add(given)
        found.append(given)
    return found

"""Sets that others have packed: WebDataset's TARs and parquet, read where they lie.

No TAR is unpacked: a member is its place in the file. Rows of parquet are read in batches of a few,
as they come, and copied into the cache: a worker could not read one without those before it.
"""

import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from impasto.data.files import passed_over
from impasto.errors import ImpastoError
from impasto.prepare.archives import Header
from impasto.prepare.remote import AwayError

_ROWS = 16
"""In memory at once; pictures of museums have megabytes."""
_LABEL_FILE = ".cls"
_MOST_LABEL = 200
_NAMES = ("image", "img", "picture", "jpg", "jpeg", "png", "webp", "bytes", "content")


DAMAGED, PASSED_OVER, OUTSIDE, CHOICE = -1, -2, -3, -4
"""In place of a piece's start: its name says what is wrong; its size, how many members are passed
over; its name would lead outside; its name says which of several columns are taken."""


class OnlyPathError(ImpastoError):
    """A row that names a file instead of holding it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A picture inside a shard."""

    name: str
    """With its label as a folder, where it has one."""
    start: int
    """Byte in a TAR, or row of a parquet file; below 0 it is no picture, but a remark."""
    size: int
    """Bytes; 0 in parquet, where nobody knows before reading."""


def tar_pieces(path: Path) -> Iterator[Piece]:
    """The pictures of a WebDataset shard; `KEY.cls` beside `KEY.jpg` names its label.

    Remarks among them say what is passed over: links, hidden files, names that lead outside.

    Raises:
        ImpastoError: from a damaged place on; those before were given.
    """
    waiting: list[tuple[str, int, int]] = []
    key, label, passed, seen = "", "", 0, set[str]()
    try:
        with tarfile.open(
            path, "r:", tarinfo=Header, encoding="utf-8", errors="backslashreplace"
        ) as opened:
            while (info := opened.next()) is not None:
                opened.members = []  # type: ignore[attr-defined]  # or memory grows with the shard
                if not info.isreg() or info.issparse():
                    passed += not info.isdir()
                    continue
                folder, _, base = info.name.rpartition("/")
                mine = f"{folder}/{base.partition('.')[0]}"
                if mine != key or info.name in seen:  # another sample, if need be of the same key
                    yield from _labelled(waiting, label)
                    key, label, waiting, seen = mine, "", [], set()
                seen.add(info.name)
                name = PurePosixPath(info.name)
                if name.suffix.lower() == _LABEL_FILE:
                    stream = opened.extractfile(info)
                    content = stream.read(_MOST_LABEL) if stream is not None else b""
                    label = _folder_name(content.decode("utf-8", "backslashreplace"))
                elif ".." in name.parts:
                    yield Piece(info.name, OUTSIDE, 0)
                elif passed_over(Path(info.name)):
                    passed += 1
                else:
                    shown = str(name).lstrip("/").replace("\0", "\\x00")  # no table holds one
                    waiting.append((shown, info.offset_data, info.size))
            yield from _labelled(waiting, label)
            yield Piece("", PASSED_OVER, passed)
            if opened.offset > path.stat().st_size:
                raise tarfile.ReadError("it is cut off")
    except (tarfile.TarError, ValueError, EOFError, OSError) as error:
        yield from _labelled(waiting, label)
        raise ImpastoError(
            f"damaged, cut off or compressed ({error}); a WebDataset shard is a plain TAR"
        ) from error


def _labelled(waiting: list[tuple[str, int, int]], label: str) -> Iterator[Piece]:
    for name, start, size in waiting:
        yield Piece(f"{label}/{name.rpartition('/')[2]}" if label else name, start, size)


def _folder_name(text: str) -> str:
    """A label that others wrote, as the name of a folder: one line, one folder, and not hidden."""
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return line.replace("/", "-").lstrip(".")[:_MOST_LABEL].strip()


def parquet_pieces(path: Path, stem: str) -> tuple[str, Iterator[Piece]]:
    """The column of pictures in a parquet file, and its rows: labels are read, no picture is.

    Args:
        path: the file.
        stem: what its rows are called by, before their number.

    Raises:
        ImpastoError: it is damaged, has no such column, or pyarrow is not installed.
    """
    opened = _open_parquet(path)
    column, label, names, choice = _columns(opened, path)
    digits = len(str(max(1, opened.metadata.num_rows - 1)))

    def pieces() -> Iterator[Piece]:
        row = 0
        if choice:
            yield Piece(choice, CHOICE, 0)
        with _damage(path):
            for batch in opened.iter_batches(4096, columns=[label]) if label else ():
                for value in batch.column(0).to_pylist():
                    yield Piece(f"{_label(value, names)}{stem}-{row:0{digits}}", row, 0)
                    row += 1
            if not label:
                for row in range(opened.metadata.num_rows):
                    yield Piece(f"{stem}-{row:0{digits}}", row, 0)

    return column, pieces()


def parquet_picture(path: Path, column: str, row: int) -> bytes:
    """The content of one picture; quick where rows are asked for in order.

    Raises:
        OnlyPathError: the row holds none.
        ImpastoError: the file is damaged.
    """
    reader = _reader(path, column, path.stat().st_mtime_ns)
    return reader.picture(row)


class _Rows:
    """Rows of one column one after the other; going back begins the row group anew."""

    def __init__(self, path: Path, column: str) -> None:
        self._path, self._column, self._file = path, column, _open_parquet(path)
        self._next, self._rows = 0, iter(())  # type: tuple[int, Iterator[Any]]
        self._last: tuple[int, Any] = (-1, b"")

    def picture(self, row: int) -> bytes:
        if self._last[0] == row:
            return _bytes(self._last[1])
        if row < self._next or self._group(row)[0] > self._next or self._next == 0:
            self._next, group = self._group(row)
            self._rows = self._values(range(group, self._file.metadata.num_row_groups))
        with _damage(self._path):
            for value in self._rows:
                self._next += 1
                if self._next > row:
                    self._last = row, value
                    return _bytes(value)
        raise ImpastoError(f"{self._path} has no row {row}.")

    def _group(self, row: int) -> tuple[int, int]:
        """The first row of the group that holds a row, and its number."""
        first = 0
        for group in range(self._file.metadata.num_row_groups):
            count = self._file.metadata.row_group(group).num_rows
            if row < first + count:
                return first, group
            first += count
        raise ImpastoError(f"{self._path} has no row {row}.")

    def _values(self, groups: range) -> Iterator[Any]:
        # Of a struct also the path beside the bytes, which tells why there are none.
        columns = [self._column, f"{self._column.removesuffix('.bytes')}.path"]
        for batch in self._file.iter_batches(_ROWS, row_groups=list(groups), columns=columns):
            yield from batch.column(0).to_pylist()


def _bytes(value: Any) -> bytes:
    """A row's content; empty where there is none.

    Raises:
        OnlyPathError: it only tells where the picture once lay.
    """
    if isinstance(value, dict):
        content, path = value.get("bytes"), value.get("path")
        if not content and isinstance(path, str) and path:
            raise OnlyPathError(f"the shard holds only a path, {path[:_MOST_LABEL]}")
        value = content
    return value if isinstance(value, bytes) else b""


@lru_cache(maxsize=2)
def _reader(path: Path, column: str, changed: int) -> _Rows:
    return _Rows(path, column)


class _damage:  # noqa: N801 -- reads as a word of the language
    """Whatever pyarrow raises on a damaged file, in one sentence."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        import pyarrow

        if isinstance(error, (pyarrow.ArrowException, OSError, ValueError)):
            words = " ".join(str(error).split())[:120]
            raise ImpastoError(
                f"{self._path} is damaged or no parquet file ({words}); copy or download it again."
            ) from error


def _open_parquet(path: Path) -> Any:
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise AwayError(
            f"{path} needs pyarrow, which is not installed; install it with "
            "pip install 'impasto[remote]'."
        ) from error
    with _damage(path):
        # A stream of small buffers: a row group of a thousand pictures is no gigabyte in memory.
        return pyarrow.parquet.ParquetFile(path, buffer_size=2**20, pre_buffer=False)


def _columns(opened: Any, path: Path) -> tuple[str, str, list[str], str]:
    """The column of pictures, that of labels (or nothing), the labels' names.

    The last is a sentence on what was chosen, where there was a choice.
    """
    import pyarrow.types as types

    schema = opened.schema_arrow
    features = _features(schema)
    pictures, odd, labels = dict[str, str](), list[str](), dict[str, list[str]]()
    for field in schema:
        about, inner = features.get(field.name), field.type
        about = about if isinstance(about, dict) else {}
        packed = types.is_struct(inner) and any(
            each.name == "bytes" and _is_binary(each.type) for each in inner
        )
        called = about.get("_type") == "Image" or field.name.lower() in _NAMES
        if packed or (called and _is_binary(inner)):
            pictures[field.name] = f"{field.name}.bytes" if packed else field.name
        elif called:
            odd.append(f"a column {field.name} of {str(inner)[:60]}")
        simple = types.is_integer(inner) or types.is_string(inner) or types.is_large_string(inner)
        if simple and (about.get("_type") == "ClassLabel" or field.name == "label"):
            known = about.get("names")
            labels[field.name] = [str(each) for each in known] if isinstance(known, list) else []
    if not pictures and odd:
        raise ImpastoError(
            f"{path} has {odd[0]}, a kind that is not read: pictures are bytes, or bytes with a "
            "path."
        )
    if not pictures:
        raise ImpastoError(
            f"{path} has no column of pictures: none holds bytes under the name "
            f"{', '.join(_NAMES[:4])} or the like."
        )
    picture, label = next(iter(pictures)), "label" if "label" in labels else next(iter(labels), "")
    chosen = _chosen(list(pictures), picture, list(labels), label)
    return pictures[picture], label, labels.get(label, []), chosen


def _chosen(pictures: list[str], picture: str, labels: list[str], label: str) -> str:
    """Which columns are taken, where there are several."""
    if len(pictures) < 2 and len(labels) < 2:
        return ""
    others = ", ".join(each for each in (*pictures, *labels) if each not in (picture, label))
    also = f" and labels from {label}" if label else ""
    return f"Pictures are taken from the column {picture}{also}; others are left out: {others}."


def _is_binary(kind: Any) -> bool:
    import pyarrow.types as types

    return bool(types.is_binary(kind) or types.is_large_binary(kind))


def _features(schema: Any) -> dict[str, object]:
    """What Hugging Face's library writes about the columns."""
    try:
        found = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
    except (KeyError, TypeError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _label(value: Any, names: list[str]) -> str:
    if value is None or value == -1:  # what Hugging Face's library writes for none
        return ""
    if isinstance(value, int) and 0 <= value < len(names):
        value = names[value]
    folder = _folder_name(str(value))
    return f"{folder}/" if folder else ""

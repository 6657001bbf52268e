"""What others wrote, read safely: plain files only, bounded before and while they are read.

Every reader of text, JSON, YAML, tables and archives begins here. A link to an endless device,
a pipe that nobody writes to, a file that grows meanwhile, a small text that unpacks to gigabytes:
each is refused in one sentence that names the file.
"""

import dataclasses
import io
import json
import os
import stat
import tokenize
import typing
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import yaml
from pydantic import BaseModel, ValidationError, ValidationInfo, field_validator

from impasto.errors import ImpastoError, UnreadableError

Model = TypeVar("Model", bound=BaseModel)

MOST_UNPACKED = 768 * 2**20
"""Bytes of memory that JSON may unpack to: many small lists take twenty times their text."""

MOST_NAMES = 10_000
"""Of values in one object."""

NOT_AN_ARRAY = (
    *(ValueError, TypeError, LookupError, ArithmeticError, EOFError, MemoryError),
    *(SyntaxError, tokenize.TokenError, RecursionError, AttributeError),
)
"""What NumPy raises at the header of an array, which it reads as a Python literal."""

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


def open_file(path: Path, what: str, limit: int) -> BinaryIO:
    """Open a plain file, or a link to one, of a bounded size.

    Args:
        path: the file.
        what: what it should be ("a recipe"), for the error.
        limit: the most bytes that it may have.

    Raises:
        UnreadableError: it is missing or may not be read.
        ImpastoError: it is too large, or no plain file.
    """
    try:
        _check_kind(path, path.stat().st_mode, what)  # opening alone may move a tape
        # Should it have become a pipe meanwhile, opening it does not wait for a writer.
        handle = os.open(
            path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        )
        file = os.fdopen(handle, "rb")
    except FileNotFoundError as error:
        raise UnreadableError(f"{path} is missing; it should be {what}.") from error
    except (OSError, ValueError) as error:  # a ValueError where the name holds a zero byte
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableError(f"{path} cannot be read ({reason}); it should be {what}.") from error
    try:
        found = os.fstat(handle)
        _check_kind(path, found.st_mode, what)
        if found.st_size > limit:
            raise ImpastoError(f"{path} is too large to be {what}.")
    except BaseException:
        file.close()
        raise
    return file


def read_bytes(path: Path, what: str, limit: int) -> bytes:
    """A plain file's content, as long as it was when it was opened.

    Raises:
        ImpastoError: as `open_file`, or the disk fails.
    """
    with open_file(path, what, limit) as file:
        try:
            return file.read(os.fstat(file.fileno()).st_size)
        except OSError as error:
            raise ImpastoError(f"{path} cannot be read ({error.strerror}).") from error


def read_text(path: Path, what: str, limit: int) -> str:
    """A plain file's text: UTF-8, or UTF-16 that says so, as some editors and shells write it.

    Raises:
        ImpastoError: as `open_file`, or it is no text in one of these.
    """
    return decode_text(read_bytes(path, what, limit), str(path), what)


def decode_text(content: bytes, where: str, what: str) -> str:
    """Bytes as text, without a byte order mark.

    Raises:
        ImpastoError: they are neither UTF-8 nor marked UTF-16.
    """
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        return content.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = 1 + content.count(b"\n", 0, error.start)
        raise ImpastoError(
            f"{where} is not {what}: line {line} is not text in UTF-8; save it in that encoding."
        ) from error


def read_json(path: Path, what: str, limit: int = 16 * 2**20) -> Any:
    """Read JSON that may come from a stranger: bounded in size, refused in one sentence.

    Args:
        path: the file.
        what: what the file should be ("a model description"), for the error.
        limit: the most bytes that are read.

    Raises:
        ImpastoError: the file is missing, too large, or not JSON.
    """
    return parse_json(read_bytes(path, what, limit), str(path), what)


def parse_json(content: bytes | str, where: str, what: str) -> Any:
    """JSON as plain values; a text that would fill the memory is not unpacked.

    Raises:
        ImpastoError: it is none, or it has too many parts; `where` is part of the sentence.
    """
    _check_parts(content, where, what)
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ImpastoError(
            f"{where} is not {what}: it is not valid JSON{_where_in(error)}."
        ) from error


def read_json_lines(path: Path, what: str, limit: int) -> Iterator[tuple[int, Any]]:
    """The values of a file of JSON lines, with their numbers; lines that are no JSON are torn.

    Raises:
        ImpastoError: as `read_bytes`, or it has too many parts.
    """
    content = read_bytes(path, what, limit)
    _check_parts(content, str(path), what)
    for number, line in enumerate(io.BytesIO(content), start=1):
        with suppress(ValueError, RecursionError):
            yield number, json.loads(line)


def _where_in(error: Exception) -> str:
    return f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""


def _check_parts(content: bytes | str, where: str, what: str) -> None:
    text = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    weights = {b"{": 200, b"[": 72, b",": 40, b'"': 30, b"\n": 40}  # bytes of each, once unpacked
    if 2 * len(text) + sum(w * text.count(sign) for sign, w in weights.items()) > MOST_UNPACKED:
        raise ImpastoError(f"{where} is too large to be {what}: it has too many parts.")


def parse_yaml(content: str, where: str) -> Any:
    """YAML as plain values; dates stay texts.

    Raises:
        ImpastoError: it is none, nested too deeply, or aliases make it too large; `where` it was
            read is part of the sentence.
    """
    try:
        return yaml.load(content, _Loader)  # noqa: S506 (a SafeLoader)
    except (yaml.YAMLError, RecursionError, *_OF_SCALARS) as error:
        mark = getattr(error, "problem_mark", None)
        line = f" (line {mark.line + 1})" if mark else ""
        reason = " ".join(str(getattr(error, "problem", None) or error).split())
        raise ImpastoError(f"{where} is not valid YAML{line}: {reason[:200]}.") from error


_OF_SCALARS = (ValueError, TypeError, AttributeError, ArithmeticError, LookupError)
"""PyYAML's own, on values that are not what they look like."""


class _Loader(yaml.SafeLoader):
    """Plain values, nested and repeated within bounds."""

    DEEPEST, MOST_PARTS = 20, 100_000

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._depth, self._parts = 0, 0
        self._sizes: dict[int, int] = {}
        """How many parts each finished node has, by its id: an alias counts them again."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Compose one node, counting what it holds."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        alias = isinstance(event, yaml.AliasEvent)
        before, self._depth = self._parts, self._depth + 1
        if self._depth > self.DEEPEST:
            raise yaml.composer.ComposerError(None, None, "nested too deeply", event.start_mark)
        node = super().compose_node(parent, index)
        if alias and id(node) not in self._sizes:
            raise yaml.composer.ComposerError(None, None, "it contains itself", event.start_mark)
        self._parts += self._sizes[id(node)] if alias else 1
        if self._parts > self.MOST_PARTS:
            raise yaml.composer.ComposerError(None, None, "too many parts", event.start_mark)
        self._sizes.setdefault(id(node), self._parts - before)
        self._depth -= 1
        return node

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        """Make a value of a node."""
        try:
            value = super().construct_object(node, deep)
            if isinstance(value, int):
                str(value)  # Python refuses to print thousands of digits, whoever does it later
            return value
        except _OF_SCALARS as error:
            what = "a number that is too long, or a value of another kind than it says"
            raise yaml.constructor.ConstructorError(None, None, what, node.start_mark) from error


_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in known if tag != "tag:yaml.org,2002:timestamp"]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class Record(BaseModel):
    """What every model of a stranger's values descends from: true and false are not 1 and 0."""

    @field_validator("*", mode="before")
    @classmethod
    def no_truth_for_a_number(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse YAML's booleans, which pydantic takes for numbers, where none is wanted."""
        field = cls.model_fields.get(info.field_name or "")
        if _holds_truth(value) and field and not _TAKE_TRUTH & set(_leaves(field.annotation)):
            raise ValueError("true, false, yes, no, on and off are no numbers and no text")
        return value


_TAKE_TRUTH = {bool, Any, object, Record}


def _holds_truth(value: Any) -> bool:
    inner = value.values() if isinstance(value, dict) else value
    nested = isinstance(value, dict | list | tuple)
    return isinstance(value, bool) or (nested and any(map(_holds_truth, inner)))


def _leaves(kind: Any) -> Iterator[Any]:
    """The plain types that an annotation is made of; records check their own."""
    if isinstance(kind, type) and issubclass(kind, Record):
        yield Record
    elif isinstance(kind, type) and dataclasses.is_dataclass(kind):
        for inner in typing.get_type_hints(kind).values():
            yield from _leaves(inner)
    elif inner_kinds := typing.get_args(kind):
        for inner in inner_kinds:
            yield from _leaves(inner)
    else:
        yield kind


def validated(kind: type[Model], value: Any, where: str) -> Model:
    """Check plain values against a pydantic model, and make one of them.

    Raises:
        ImpastoError: one sentence that begins with `where` and names the first value that is
            wrong.
    """
    if isinstance(value, dict) and len(value) > MOST_NAMES:  # each would be an error of its own
        raise ImpastoError(f"{where}: there are {len(value):,} names; {MOST_NAMES:,} at most.")
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        raise ImpastoError(f"{where}: {first_fault(error, kind)}.") from error


def first_fault(error: ValidationError, kind: type[BaseModel]) -> str:
    """The first thing that is wrong, in words that name the knob; `kind` knows the others."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    path = [str(part)[:80] for part in first["loc"]]
    if path and "-" in path[-1]:  # of a union pydantic names the branch that it tried as well
        path.pop()
    knob = ".".join(path) or "the whole"
    if first["type"] == "extra_forbidden":
        return f"there is no {knob}; known here: {', '.join(_names_at(kind, first['loc'][:-1]))}"
    said = first["msg"].removeprefix("Value error, ").replace(" after validation", "")
    reason = _WORDS.get(first["type"], said)
    return f"{knob}: {reason[:1].lower()}{reason[1:]}"


_NAMED = "input should be names with values, such as name: value"
_WORDS = {
    **dict.fromkeys(("tuple_type", "list_type"), "input should be a list, such as [one, two]"),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), _NAMED),
}
"""For what pydantic says in the words of Python."""


def _names_at(kind: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    for part in path:
        field = kind.model_fields.get(str(part))
        annotation = field.annotation if field else None
        for choice in (annotation, *typing.get_args(annotation)):  # a section, or one or nothing
            if isinstance(choice, type) and issubclass(choice, BaseModel):
                kind = choice
    return list(kind.model_fields)


def _check_kind(path: Path, mode: int, what: str) -> None:
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "something else")
        raise ImpastoError(f"{path} is {kind}, not a file; it should be {what}.")

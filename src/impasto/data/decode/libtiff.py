"""What libtiff says while it decodes, told from what others write on standard error meanwhile."""

import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from impasto.data.decode.verdict import Unreadable

_WINDOW = threading.RLock()
"""Standard error belongs to the whole process: two that redirect it would restore it wrongly."""
if sys.platform != "win32":
    # A process forked meanwhile would write into our file for ever, and find the lock taken.
    os.register_at_fork(
        before=_WINDOW.acquire, after_in_parent=_WINDOW.release, after_in_child=_WINDOW.release
    )

_EVENT = re.compile(rb'\{"event": [^\n]*\}\n')
"""As `core.events` writes one, whole, perhaps amid another's line."""
_REMARK = re.compile(
    rb"(?<![\w./])(?:tempfile\.tif|JBIG|(?=\w*[a-z])(?!\w*(?:Warning|Error|Exception):)\w+[A-Z]\w*)"
    rb": ([^\n]*)(?:\n|$)"
)
"""libtiff's form: Pillow's name for the file, or a function such as LZWDecode, and a sentence.

Our own sentences and Python's warnings have no such word before a colon."""


@contextmanager
def strict_library() -> Iterator[None]:
    """What libtiff says on standard error is caught, and is a verdict.

    It names no file that a user knows, and it is all that tells of data that do not unpack.
    What others write there meanwhile (progress, events) is passed on when the decoding is done.

    Raises:
        Unreadable: it said something.
    """
    with _WINDOW:
        try:
            words, kept = tempfile.TemporaryFile(), os.dup(2)  # noqa: SIM115 -- closed below
        except OSError:  # nobody reads it anyway
            yield
            return
        with words:
            try:
                os.dup2(words.fileno(), 2)
                yield
            finally:
                os.dup2(kept, 2)
                os.close(kept)
                words.seek(0)
                remarks, others = _sorted(words.read())
                _pass_on(others)
    if remarks:
        raise Unreadable("corrupt", remarks[0][:120])


def _sorted(said: bytes) -> tuple[list[str], bytes]:
    """libtiff's remarks, and what is not its own."""
    rest = _EVENT.sub(b"", said)
    remarks = [found[1].decode("utf-8", "replace").strip() for found in _REMARK.finditer(rest)]
    return remarks, b"".join(_EVENT.findall(said)) + _REMARK.sub(b"", rest)


def _pass_on(text: bytes) -> None:
    with suppress(OSError):  # as everywhere, it does not matter if nobody reads it
        while text:
            text = text[os.write(2, text) :]

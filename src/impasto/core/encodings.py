"""Guesses the encoding of text that does not declare it: names in archives, spreadsheets' tables.

Text that is valid UTF-8 is UTF-8. Otherwise, since a few names are little evidence, each encoding
is scored as a language: how likely are the characters that it gives? All scores are of the same
bytes, so they can be compared.
"""

import codecs
import math
import re
import unicodedata
from collections.abc import Collection, Sequence

from impasto.core.languages import FRIENDS, LAST, NOT_FIRST, NOT_LAST, UNKNOWN, VOWELS, languages

_ASCII = -3.5
"""Log-probability of any ASCII character."""
_CAPITAL = -1.0
"""Log-probability of a capital at the start of a word."""
_ODD_PAIR = -4.0
"""Log-probability of two neighbours that rarely meet: a capital after a small letter, two accents,
two scripts, a final form inside a word, a combining mark without a letter."""

_WORDS = re.compile("[\u0370-\u04ff]{3,}")
"""Three or more letters of Greek or Cyrillic in a row."""

_DOS = ("cp437", "cp850", "cp852", "cp866", "cp737", "cp862", "cp720", "cp857")
"""Encodings of names in ZIP files, but not of tables."""


def is_utf8(content: bytes) -> bool:
    """Whether all of it is valid UTF-8."""
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def likely(texts: Sequence[bytes], without: Collection[str] = ()) -> str:
    """The likeliest encoding of short texts that are not UTF-8, except those in `without`."""
    content = b"\n".join(text for text in texts if not text.isascii())[:_MOST_WEIGHED]
    best, chosen = -math.inf, "cp437"
    for codec, chances in languages():
        found = _weight(content.decode(codec, "replace"), chances) + chances[""]
        if found > best and codec not in without:
            best, chosen = found, codec
    return chosen


def _weight(text: str, chances: dict[str, float]) -> float:
    """Log-probability of a text."""
    total, earlier, before = 0.0, "\n", "\n"
    for letter in text:
        chance = chances.get(letter) or chances.get(letter.lower())
        total += chance or (_ASCII if letter.isascii() else UNKNOWN)
        total += _CAPITAL * (letter.isupper() and not before.isupper())
        total += _ODD_PAIR * _odd(earlier, before, letter)
        earlier, before = before, letter
    return total + _ODD_PAIR * sum(not VOWELS & {*word} for word in _WORDS.findall(text.lower()))


def _odd(earlier: str, before: str, letter: str) -> bool:
    """Whether two neighbours rarely meet; ASCII pairs are the same in all encodings."""
    if before.isascii() and letter.isascii():
        return False
    if not letter.isalpha():
        mark = unicodedata.category(letter) == "Mn"
        return before in NOT_LAST or (mark and not before.isalpha() and before.isascii())
    if not before.isalpha():
        return letter in NOT_FIRST and before.isascii()
    latin = before < "\u0250", letter < "\u0250"
    accents = all(latin) and not (before.isascii() or letter.isascii())
    accents = accents and not any({before, letter} <= friends for friends in FRIENDS)
    inside = before.isupper() and letter.islower() and earlier.isalpha()
    bent = inside or (before.islower() and letter.isupper())
    return accents or bent or before in LAST or latin[0] != latin[1]


def decode(content: bytes) -> str:
    """Decode any text file: by its byte order mark, as UTF-16 or UTF-8 if valid, or by a guess.

    Never fails; undecodable bytes become U+FFFD.
    """
    for mark, codec in _MARKS:
        if content.startswith(mark):
            return content.decode(codec, "replace").removeprefix("\ufeff")
    zeros = [content[at:2000:2].count(0) for at in (0, 1)]
    if max(zeros) > min(1000, len(content) // 2) // 2:
        return content.decode("utf-16-be" if zeros[0] > zeros[1] else "utf-16-le", "replace")
    text = content.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    if not broken or len(content) - len(text) > _MOSTLY * broken:  # UTF-8 with a few broken letters
        return text
    return content.decode(likely(content.splitlines(), _DOS), "replace")


_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MOSTLY = 8
"""Continuation bytes of valid letters per broken letter from which text counts as UTF-8."""
_MOST_WEIGHED = 20_000
"""Bytes that are examined; more would only take longer."""

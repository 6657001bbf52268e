"""How likely letters are: what the tables must be to be compared."""

from impasto.core import languages


def test_letters_that_end_a_word_are_no_letters_that_never_do():
    assert not languages.LAST & languages.NOT_LAST
    assert not languages.LAST & {"a", "е", "の"}


def test_a_broken_byte_is_less_likely_than_any_letter():
    assert languages.BROKEN < languages.UNKNOWN < 0

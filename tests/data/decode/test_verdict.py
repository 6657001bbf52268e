"""A verdict's words."""

from impasto.data.decode.verdict import Unreadable


def test_a_detail_stands_in_brackets_behind_the_reason_that_is_counted():
    found = Unreadable("corrupt", "its end is missing")
    assert found.reason == "corrupt"
    assert str(found) == "corrupt (its end is missing)"
    assert str(Unreadable("too small")) == "too small"

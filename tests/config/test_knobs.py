"""What is told of each knob."""

from impasto.config import knobs


def test_every_knob_has_documentation():
    rows = knobs()
    assert len(rows) > 20
    assert [name for name, _, meaning in rows if len(meaning) < 10] == []

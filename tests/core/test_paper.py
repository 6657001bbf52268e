"""Paper, centimetres, dots."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impasto.core.paper import LARGEST_SIDE, PAPERS, lettered, parse_print
from impasto.errors import ImpastoError


def test_a_print_is_as_large_as_fits_the_paper_turned():
    paper = parse_print("a3", 300)
    assert paper.name == "A3-300dpi"
    assert paper.pixels(64, 64) == (3508, 3508)  # 29.7 cm
    assert paper.pixels(297, 420) == (3508, 4961)
    assert paper.pixels(3000, 2000) == (4961, 3307)  # 42 cm wide
    assert paper.remark(3508, 4961) == "29.7 × 42.0 cm at 300 dots an inch"
    assert parse_print("30x40cm", 254).pixels(40, 30) == (4000, 3000)
    assert parse_print("letter", None).pixels(85, 110) == (2550, 3300)
    assert parse_print(None, None) is None
    for text in ("8x10in", "20.32x25.4cm", "203.2 x 254 mm"):
        assert parse_print(text, 300).pixels(8, 10) == (2400, 3000)
        assert parse_print(text, 300).name == "20.32x25.4cm-300dpi"


@pytest.mark.parametrize(
    ("paper", "dpi"), [("B4", 300), ("", 300), ("0x30", 300), ("30", 300), ("A0", 600), (None, 300)]
)
def test_what_cannot_be_printed_is_one_sentence(paper, dpi):
    with pytest.raises(ImpastoError, match="--print"):
        parse_print(paper, dpi)


@given(
    st.sampled_from([*PAPERS, "10x15", "9.5x12.25"]),
    st.integers(10, 300),
    st.integers(1, 5000),
    st.integers(1, 5000),
)
def test_a_print_fits_and_touches_two_edges(name, dpi, width, height):
    paper = parse_print(name, dpi)
    wide, high = paper.pixels(width, height)
    sides = sorted(side / 2.54 * dpi for side in (paper.width, paper.height))
    assert min(wide, high) <= sides[0] + 1
    assert max(wide, high) <= sides[1] + 1 <= LARGEST_SIDE + 2
    assert abs(max(wide, high) - sides[1]) < 1 or abs(min(wide, high) - sides[0]) < 1


@given(st.text(max_size=12), st.floats(10, 2400))
def test_any_text_is_a_paper_or_one_sentence(text, dpi):
    try:
        assert max(parse_print(text, dpi).pixels(3, 2)) <= LARGEST_SIDE
    except ImpastoError as error:
        assert "--print" in str(error)


def test_rows_after_the_alphabet_have_names_of_their_own():
    names = [lettered(number) for number in range(60)]
    assert names[0] == "A"
    assert names[25:28] == ["Z", "AA", "BB"]
    assert len(set(names)) == 60

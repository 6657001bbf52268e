"""The results as tables and a page."""

import io

import pytest
from rich.console import Console

from impasto.compare.table import console_table, curves_by_judge, markdown_table
from tests.compare.test_results import result


def test_curves_of_different_judges_have_axes_of_their_own():
    results = [
        result(name, 0, high, judge=judge, curve=[(1.0, high), (2.0, 0.1)])
        for name, judge, high in (("a", "KID-lite0@128", 1.25), ("b", "KID-lite2@128", 0.5))
    ]
    drawn = curves_by_judge(results)
    assert list(drawn) == ["KID-lite0@128", "KID-lite2@128"]
    assert all(frame.count("<polyline") == 1 for frame in drawn.values())
    assert "1.25" in drawn["KID-lite0@128"]
    assert "1.25" not in drawn["KID-lite2@128"]


def test_the_document_table_has_a_row_a_recipe():
    lines = markdown_table([result("a", 0, 0.4), result("b", 0, 0.1)]).splitlines()
    assert len(lines) == 4
    assert len({line.count("|") for line in lines}) == 1


@pytest.mark.parametrize("width", [80, 240])
def test_the_console_table_has_what_fits_and_nothing_half(width):
    console = Console(width=width, record=True, file=io.StringIO())
    rows = [result("paint-by-numbers-128", seed, 0.4 + seed, images=10**7) for seed in range(3)]
    console.print(console_table(rows, console))
    text = console.export_text()
    assert "…" not in text
    assert "1.400 ± 0.020 (2.000)" in text
    assert ("GiB" in text) == (width == 240)

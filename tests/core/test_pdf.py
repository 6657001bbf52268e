"""Letters that every viewer's fonts have."""

import pytest


def test_letters_beyond_the_fonts_become_question_marks():
    pytest.importorskip("reportlab")
    from impasto.core.pdf import latin

    assert latin("Müller – 8 €") == "Müller – 8 €"
    assert latin("北斎") == "??"

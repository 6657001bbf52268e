"""Mistakes that `impasto export` names before torch is loaded."""

import pytest

from tests.cli.test_verbs import mistake

RUN = "impressionists-64"


@pytest.mark.parametrize(
    ("words", "option"),
    [
        ([RUN], "--onnx"),
        (["nowhere", "--web", "page"], "nowhere"),
        ([RUN, "--onnx", "."], "folder"),
        ([RUN, "--web", "page", "--directions", "nowhere"], "nowhere"),
    ],
)
def test_a_mistake_names_its_option(words, option, monkeypatch, capsys):
    assert option in mistake(monkeypatch, capsys, "export", *words)

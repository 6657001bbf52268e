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
        ([RUN, "--hub", "repository", "--title", "Mine"], "--title is for --web"),
        ([RUN, "--hub", "repository", "--directions", "."], "--directions is for --web"),
        ([RUN, "--hub", "repository", "--weights", "fp16"], "--weights is for --onnx and --web"),
        ([RUN, "--web", __file__], f"--web {__file__} is a file"),
        ([RUN, "--hub", __file__], f"--hub {__file__} is a file"),
    ],
)
def test_a_mistake_names_its_option(words, option, monkeypatch, capsys):
    assert option in mistake(monkeypatch, capsys, "export", *words)


def test_only_an_earlier_result_is_written_over(monkeypatch, capsys, tmp_path):
    theirs = tmp_path / "painting.png"
    theirs.write_bytes(b"\x89PNG\r\n\x1a\n")
    said = mistake(monkeypatch, capsys, "export", RUN, "--onnx", str(theirs))
    assert "painting.png is there already and is no ONNX graph" in said
    for option, name in (("--web", "index.html"), ("--hub", "README.md")):
        (tmp_path / option).mkdir()
        (tmp_path / option / name).write_text("mine")
        said = mistake(monkeypatch, capsys, "export", RUN, option, str(tmp_path / option))
        assert f"holds a {name} that Impasto did not write" in said
        assert [file.name for file in (tmp_path / option).iterdir()] == [name]
    assert theirs.read_bytes() == b"\x89PNG\r\n\x1a\n"

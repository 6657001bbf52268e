"""The pages of the documentation site that the code writes."""

import importlib.util
from pathlib import Path

import pytest
from typer.main import get_command

from impasto.cli import app
from impasto.config import knobs

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture(scope="module")
def generated():
    found = importlib.util.spec_from_file_location("generated", DOCS / "generated.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_every_command_has_its_options_on_the_page(generated):
    page = generated.commands_page()
    for name, command in get_command(app).commands.items():
        section = page.partition(f"\n## impasto {name}\n")[2].partition("\n## ")[0]
        assert section, name
        inner = getattr(command, "commands", {})
        for within in inner:
            assert f"\n### impasto {name} {within}\n" in section
        for parameter in command.params:
            long = [flag for flag in parameter.opts if flag.startswith("--")]
            if long and long != ["--help"] and not inner:
                assert f"`{long[0]}" in section, f"{name} {long[0]}"


def test_examples_can_be_copied_from_the_page(generated):
    assert "```sh\nimpasto prepare paintings --size 128\n```" in generated.commands_page()


def test_every_knob_is_on_the_page(generated):
    page = generated.knobs_page()
    for name, _, documentation in knobs():
        assert f"`{name}` (" in page
        assert " ".join(documentation.split()) in page


def test_every_page_is_in_the_table_of_contents():
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    listed = {line.split("<")[-1].rstrip(">") for line in index.splitlines()}
    pages = {str(page.relative_to(DOCS).with_suffix("")) for page in DOCS.rglob("*.md")}
    assert pages - {"index"} - listed == set()


def test_a_page_that_says_the_same_is_left_alone(generated, tmp_path):
    generated.write_pages(tmp_path)
    before = [page.stat().st_mtime_ns for page in sorted(tmp_path.iterdir())]
    generated.write_pages(tmp_path)
    assert [page.stat().st_mtime_ns for page in sorted(tmp_path.iterdir())] == before

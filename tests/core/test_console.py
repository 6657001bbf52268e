"""Names that strangers chose are shown on the terminal, never obeyed."""

import ast
import io
import os
import pty
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.table import Table

from impasto.core import console as module
from impasto.core.console import counted, guard_streams, one_line, progress_bar, say, tell, visible

HOSTILE = "a\x1b]0;owned\x07b\x1b[2Jc\x9b31md\r\u202egnp.exe\u2066\x08"


def obeyed(text: str) -> list[str]:
    bidi = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    return [
        character
        for character in text
        if (unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") and character not in "\n\t")
        or unicodedata.bidirectional(character) in bidi
    ]


@given(st.text(alphabet=st.characters(), max_size=50))
def test_whatever_the_text_nothing_is_left_to_obey(text):
    assert not obeyed(visible(text))
    assert "\n" not in one_line(text)
    assert visible(visible(text)) == visible(text)


def test_names_in_any_script_stay_as_they_are():
    for name in ("Böcklin.jpg", "富嶽三十六景", "الليل", "नदी", "👩‍🎨", "tab\there"):
        assert visible(name) == name
    assert visible(os.fsdecode(b"caf\xe9\x9b")) == "caf\\xe9\\x9b"


@pytest.mark.parametrize("terminal", [True, False])
def test_remarks_tables_and_progress_show_it(monkeypatch, terminal):
    file = io.StringIO()
    console = module._Console(file=file, force_terminal=terminal, width=200, color_system=None)
    monkeypatch.setattr(module, "console", console)
    say(HOSTILE + "\nimpasto: all is well")
    table = Table(HOSTILE)
    table.add_row(HOSTILE)
    console.print(table)
    with module.progress_bar(unit=HOSTILE) as progress:
        progress.add_task(HOSTILE, total=2)
    written = file.getvalue()
    assert "\\x1b]0;owned" in written and "\\u202e" in written
    for sequence in ("\x1b]", "\x1b[2J", "\x9b", "\u202e", "\nimpasto: all"):
        assert sequence not in written


SCRIPT = """
import sys
from impasto.core.console import console, guard_streams, say
guard_streams()
name = sys.argv[1]
sys.stderr.write(name + "\\n")
print(name)
say(name, style="bold red")
"""


def test_what_reaches_a_terminal_is_visible_and_our_own_colours_stay():
    host, terminal = pty.openpty()
    name = HOSTILE.replace("\x08", "")
    subprocess.run(
        [sys.executable, "-c", SCRIPT, name],
        stdout=terminal,
        stderr=terminal,
        check=True,
        env=os.environ | {"TERM": "xterm", "PYTHONUTF8": "1"},
    )
    os.close(terminal)
    shown = os.read(host, 2**16).decode()
    os.close(host)
    assert shown.count("\\x1b]0;owned\\x07b") == 3
    assert "\x1b]" not in shown and "\x1b[2J" not in shown and "\u202e" not in shown
    assert "\x1b[1;31m" in shown


def test_a_program_gets_names_as_they_are():
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, HOSTILE], capture_output=True, check=True, text=False
    )
    assert ran.stdout.decode() == HOSTILE + "\n"
    assert not obeyed(ran.stderr.decode())


def test_streams_are_guarded_once_however_many_commands_run(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    guard_streams()
    once = sys.stderr
    guard_streams()
    assert sys.stderr is once


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "0 pictures"), (1, "1 picture"), (2, "2 pictures"), (12_000, "12,000 pictures")],
)
def test_one_thing_is_no_plural(number, words):
    assert counted(number, "picture") == words
    assert counted(np.int64(number), "picture") == words
    assert counted(float(number), "picture") == words


COUNTABLE = re.compile(
    r" (?:other |more )?(picture|stroke|file|image|sample|original|frame|training|label|direction"
    r"|neighbour|number|sitting|minute|thread|painting|shard|step)s\b"
)
NEVER_ONE = {
    *(
        "state.images",
        "state.images - before",
        "last['images']",
        "config.training.batch",
        "at",
        "frames",
        "wait / 60",
    ),
    *("last.images", "speed * seconds", "len(recipe.names)", "step * round(minutes / step)"),
    *("card.images", "int(file.stem)", "discriminator[1]", "total", "len(strokes)", "wanted"),
    *(
        "found['count']",
        "least",
        "len(jobs)",
        "_number(speed)",
        "f'{MOST}'",
        "config.training.batch",
    ),
}
"""Numbers that are at least two: of steps' images, bounds, rates."""


def bare_counts(source: str) -> Iterator[str]:
    """Numbers in f-strings with a plural behind them that one of a thing would make wrong."""
    for node in ast.walk(ast.parse(source)):
        parts = node.values if isinstance(node, ast.JoinedStr) else []
        for part, after in pairwise(parts):
            if isinstance(part, ast.FormattedValue) and isinstance(after, ast.Constant):
                shown, said = ast.unparse(part.value), COUNTABLE.match(str(after.value))
                bound = re.search(r"\b[A-Z_]{3,}\b", shown)
                if said and not bound and shown not in NEVER_ONE:
                    yield f"{{{shown}}}{said[0]}"


def test_no_sentence_counts_without_the_helper():
    assert list(bare_counts('say(f"{count} pictures")')) == ["{count} pictures"]
    files = sorted(Path(module.__file__).parents[1].rglob("*.py"))
    found = {str(file): wrong for file in files if (wrong := [*bare_counts(file.read_text())])}
    assert found == {}


def test_no_page_counts_without_the_helper():
    places = sorted(Path(module.__file__).parents[1].rglob("*.html"))
    bare = re.compile(r"(?:length|count|images|pictures)\)? *\}\}" + COUNTABLE.pattern)
    found = {str(file): said for file in places if (said := bare.findall(file.read_text()))}
    assert found == {}


ODD_NAME = "a\nimpasto: all is well\r\x1b[2J\u2028b\u202ec.png"


def test_a_name_with_a_line_end_is_one_line_of_results(capsys):
    tell(Path(ODD_NAME), "and this")
    assert capsys.readouterr().out == (
        "a\\nimpasto: all is well\\r\x1b[2J\u2028b\u202ec.png\nand this\n"
    )


def test_on_a_terminal_nothing_of_it_is_obeyed_either(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdout", Terminal())
    tell(ODD_NAME)
    said = sys.stdout.getvalue()
    assert obeyed(said) == []
    assert said.count("\n") == 1


def test_a_bar_of_something_with_a_line_end_stays_one_line():
    bar = progress_bar()
    bar.add_task(ODD_NAME, total=3)
    console = Console(file=io.StringIO(), width=200, soft_wrap=True)
    console.print(bar.get_renderable())
    assert console.file.getvalue().rstrip().count("\n") == 0


def test_no_verb_prints_results_past_the_one_helper():
    """JSON is of one line, and texts of our own are what they are."""
    own = re.compile(r"json\.dumps|model_dump_json|library\.text|__version__|forecast\(|\(\s*$")
    lines = [
        line.strip()
        for file in (Path(module.__file__).parents[1] / "cli").glob("*.py")
        if file.name != "recipes.py"
        for line in file.read_text().splitlines()
        if "typer.echo(" in line
    ]
    assert [line for line in lines if not own.search(line)] == []

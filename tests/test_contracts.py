"""What others rely on: public names, the import contract, the README's commands."""

import ast
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import impasto
from impasto.cli import app

ROOT = Path(__file__).parent.parent
BLOCKS = re.compile(r"```(?:sh|bash|console)\n(.*?)```", re.DOTALL)


def commands_of(page: Path) -> list[list[str]]:
    """The `impasto …` command lines of a page's code blocks, comments removed."""
    lines = "\n".join(BLOCKS.findall(page.read_text(encoding="utf-8"))).splitlines()
    split = [shlex.split(line, comments=True) for line in lines]
    return [words for words in split if words and words[0] == "impasto"]


def partition(words: list[str], mark: str) -> tuple[list[str], list[str], list[str]]:
    """Like `str.partition`, for words."""
    at = words.index(mark) if mark in words else len(words)
    return words[:at], words[at : at + 1], words[at + 1 :]


def test_public_names_are_these():
    submodules = {name.split(".")[1] for name in sys.modules if name.startswith("impasto.")}
    public = {name for name in vars(impasto) if name[0] != "_"} - submodules
    assert public - {"TYPE_CHECKING"} == set()  # imported only when asked for
    assert set(impasto.__all__) == {"Generator", "ImpastoError", "load"}
    assert re.fullmatch(r"\d+\.\d+\.\d+", impasto.__version__)
    declared = re.search(r'^version = "(.*)"$', (ROOT / "pyproject.toml").read_text(), re.M)
    assert declared
    assert declared[1] == impasto.__version__


def imports_of(file: Path) -> Iterator[tuple[str, bool]]:
    """Each package that a file imports, and whether that happens as soon as the file is read."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for name in names:
            yield name.partition(".")[0], node in tree.body


COMES_WITH = {
    "markdown_it": "rich",
    "httpcore2": "httpx2",
    "markupsafe": "jinja2",
    "botocore": "s3fs",
}
"""Parts of packages, which these always bring along."""


def test_everything_that_is_imported_is_installed_with_impasto():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    always = {canonical(wish) for wish in project["dependencies"]}
    asked = {canonical(wish) for name, wanted in extras.items() if name != "dev" for wish in wanted}
    packages = packages_distributions()
    for file in (ROOT / "src").rglob("*.py"):
        for name, at_once in imports_of(file):
            if name in sys.stdlib_module_names or name == "impasto":
                continue
            known = {canonical(found) for found in packages.get(name, [name])}
            known |= {COMES_WITH[name]} if name in COMES_WITH else set()
            at_once = (
                at_once and "studio" not in file.parts
            )  # itself imported where it is asked for
            assert known & (always if at_once else always | asked), f"{file} imports {name}"


def canonical(wish: str) -> str:
    return re.split(r"[^\w.-]", wish)[0].lower().replace("_", "-")


def test_verbs_are_these():
    assert set(typer.main.get_command(app).commands) == {
        "augment-preview",
        "collect",
        "compare",
        "demo",
        "evaluate",
        "explore",
        "export",
        "film",
        "generate",
        "kit",
        "paint",
        "prepare",
        "print",
        "recipes",
        "repaint",
        "strokes",
        "studio",
        "train",
        "upscale",
    }


def test_every_verb_has_its_page():
    for verb in typer.main.get_command(app).commands:
        assert (ROOT / "docs" / f"{verb}.md").is_file(), verb


def test_a_function_of_the_command_line_fits_a_screen():
    for file in (ROOT / "src" / "impasto" / "cli").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                assert length <= 60, f"{file.name}: {node.name} has {length} lines"


def test_a_file_of_code_has_at_most_four_hundred_lines():
    for file in (ROOT / "src").rglob("*.py"):
        length = len(file.read_text(encoding="utf-8").splitlines())
        assert length <= 400, f"{file} has {length} lines"


def test_imports_run_downwards_only():
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{p.name}" for p in ROOT.glob("docs/*.md"))])
def test_commands_on_every_page_name_verbs_and_options_that_exist(page):
    root = typer.main.get_command(app)
    for words in commands_of(ROOT / page):
        verb, *rest = [word for word in words[1:] if word not in ("|", ">")]
        if verb.startswith("--"):
            continue
        command = root.commands[verb]
        while isinstance(command, typer.core.TyperGroup):
            verb, *rest = rest
            command = command.commands[verb]
        known = {name for parameter in command.params for name in parameter.opts}
        used = {word.partition("=")[0] for word in rest if re.match(r"--[a-z]", word)}
        assert used <= known | {"--help"}, f"{page}: {shlex.join(words)}"


def test_the_readmes_commands_run(paintings, tmp_path, monkeypatch):
    """Each command line of the README, in order, on a small folder and with a short length."""
    from tests.conftest import TINY_OPTIONS

    monkeypatch.chdir(tmp_path)
    paintings.rename(tmp_path / "my-paintings")
    done = []
    for words in commands_of(ROOT / "README.md"):
        verb = words[1]
        if verb == "demo":
            continue  # has a test of its own
        arguments, _, target = (list(part) for part in partition(words[1:], ">"))
        if verb == "train":
            at = arguments.index("--minutes")
            arguments[at : at + 2] = ["--images", "16", *TINY_OPTIONS]
        if verb == "prepare":  # where the next line looks for it, as small as it is trained
            arguments += ["--size", "32", "--out", "prepared/my-paintings-64"]
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0, f"{shlex.join(words)}: {result.stderr} {result.exception}"
        for file in target:
            Path(file).write_text(result.stdout)
        done.append(verb)
    assert {"train", "generate", "recipes"} <= set(done)


def test_the_readmes_two_commands_are_targets_of_make():
    readme, makefile = (ROOT / "README.md").read_text(), (ROOT / "Makefile").read_text()
    for target in re.findall(r"^make (\w+)", "\n".join(BLOCKS.findall(readme)), re.M):
        assert re.search(rf"^{target}:", makefile, re.M), target
    assert "make demo" in readme
    assert "make test" in readme
    assert "make test" in (ROOT / ".ci/run").read_text()


@pytest.mark.parametrize(
    "page", ["README.md", "CHANGELOG.md", *(f"docs/{p.name}" for p in ROOT.glob("docs/*.md"))]
)
def test_links_and_pictures_of_every_page_exist(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)|src=\"([^\"]+)\"", text):
        link = target[0] or target[1]
        if link in ("reference/commands.md", "reference/knobs.md"):
            continue  # written by `make docs`
        if not link.startswith(("http:", "https:", "data:")):
            assert ((ROOT / page).parent / link).exists(), f"{page}: {link}"

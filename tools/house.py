"""How the house stands: python tools/house.py [--walk].

Counts what a newcomer suffers from: small rooms (modules with one importer), long files and
functions, one name for several things, untyped dictionaries, sentences that tests pin. With --walk
it also trains a few steps on a folder painted for it and says how many calls lie between the verb
and `.backward()`, and how often one command opens the files of DATA and RUN and lists DATA's
folder. A minute.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "impasto"
TESTS = ROOT / "tests"
MOST = 12
"""Rows of a list."""

WALKED = ("recipe.yaml", "dataset.json", "pictures.npy", "index.csv", "source.json", "model.json",
          "from.json", "stats.jsonl", "metrics.jsonl")  # fmt: skip
"""Files of DATA and RUN that are counted."""


def modules() -> dict[str, tuple[Path, ast.Module]]:
    """Every module by its dotted name."""
    found = {}
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = path, ast.parse(path.read_text(encoding="utf-8"))
    return found


def importers(known: dict[str, tuple[Path, ast.Module]]) -> dict[str, set[str]]:
    """Who imports each module."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, (_, tree) in known.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    inner = f"{node.module}.{alias.name}"
                    found[inner if inner in known else node.module].add(name)
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    found[alias.name].add(name)
    return found


def functions(tree: ast.Module) -> list[ast.FunctionDef]:
    """All, methods and nested ones as well."""
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def print_untested(known: dict[str, tuple[Path, ast.Module]]) -> None:
    """Modules without a test file of their name, the longest first: see tests/test_mirror.py."""
    places = [path.relative_to(SOURCE) for path, _ in known.values() if path.stem[0] != "_"]
    alone = [each for each in places if not (TESTS / each.parent / f"test_{each.name}").exists()]
    print(f"\nwithout a test file of their name: {len(alone)} modules, the longest:")
    length = {each: len((SOURCE / each).read_text().splitlines()) for each in alone}
    for each in sorted(alone, key=length.__getitem__)[: -MOST - 1 : -1]:
        print(f"  {length[each]:4}  {each}")


def print_pinned() -> None:
    """Texts of six words or more that tests compare with what is said: better words break them."""
    count: Counter[Path] = Counter()
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Assert):
                told: ast.AST = node.test
            elif isinstance(node, ast.keyword) and node.arg == "match":
                told = node.value
            elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "parametrize":
                told = node
            else:
                continue
            for each in ast.walk(told):
                if isinstance(each, ast.Constant) and isinstance(each.value, str):
                    words = [word for word in each.value.split() if word.strip(".,;:()'").isalpha()]
                    count[path] += len(words) >= 6 and "\n" not in each.value
    print(f"\nsentences that tests pin: {sum(count.values())}, most of them in")
    for path, number in count.most_common(4):
        print(f"  {number:4}  {path.relative_to(TESTS)}")


def walk() -> None:
    """Train, go on, and paint, each in a process of its own that counts."""
    with tempfile.TemporaryDirectory() as work:
        place = Path(work)
        paint_folder(place / "data")
        small = ["--recipe", "impasto-64", "--set", "training.batch=8", "--device", "cpu"]
        labels = ["train", "data", *small, "--out", "run", "--conditional", "--images"]
        alone = ["train", "set", "--images", "16", "--out"]
        for title, words in (
            ("train FOLDER --conditional", [*labels, "64"]),
            ("the same, going on", [*labels, "128"]),
            ("train SET", [*alone, "other", *small]),
            ("train SET --from RUN", [*alone, "third", "--from", "other"]),
            ("generate RUN", ["generate", "run", "--count", "2"]),
            ("evaluate RUN", ["evaluate", "run", "--count", "50"]),
            ("paint RUN", ["paint", "run", "--strokes", "20", "--size", "64"]),
            ("export RUN", ["export", "run", "--hub", "hub"]),
        ):
            if words[1] == "set" and not Path(work, "set").exists():
                made = next(file.parent for file in place.rglob("pictures.npy"))
                shutil.copytree(made, place / "set")
            print(f"\n{title}:")
            child = [sys.executable, __file__, "--counted", *words]
            done = subprocess.run(child, cwd=place, capture_output=True, text=True)
            counted = [line for line in done.stdout.splitlines() if line.startswith("  ")]
            print("\n".join(counted or done.stderr.splitlines()[-3:]))


def paint_folder(folder: Path) -> None:
    """Sixty colour fields in three sub-folders."""
    from PIL import Image

    from impasto.data import colourfield

    for seed in range(60):
        file = folder / "abc"[seed % 3] / f"{seed}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(colourfield.paint(seed, 96)).save(file)


def counted(words: list[str]) -> None:
    """Run one command and print, indented, what was opened, and the way to `.backward()`."""
    opened: Counter[str] = Counter()
    data = Path("data").absolute()

    def watch(event: str, given: tuple[object, ...]) -> None:
        if event == "open" and isinstance(given[0], str | bytes | os.PathLike):
            reads = not isinstance(given[1], str) or "r" in given[1]
            name = Path(os.fsdecode(given[0])).name
            if name in WALKED and reads and not (given[2] or 0) & (os.O_WRONLY | os.O_CREAT):  # type: ignore[operator]
                opened[name] += 1
        elif event in ("os.scandir", "os.listdir") and given[0] is not None:
            opened["DATA listed"] += Path(os.fsdecode(given[0])).absolute() == data  # type: ignore[arg-type]

    import torch

    way: list[str] = []
    backward = torch.Tensor.backward

    def noted(self: torch.Tensor, *args: object, **more: object) -> None:
        if not way:
            frame = sys._getframe(1)
            while frame is not None:
                if "/impasto/" in frame.f_code.co_filename:
                    way.insert(0, frame.f_code.co_name)
                frame = frame.f_back
        backward(self, *args, **more)

    torch.Tensor.backward = noted  # type: ignore[assignment]
    sys.addaudithook(watch)
    from impasto.cli import main

    sys.argv[1:] = words
    try:
        main()
    except SystemExit as end:
        if end.code not in (0, None):
            raise
    if way:
        way = way[way.index("train") :]
        print(
            f"  calls from the verb to .backward(): {len(way)} ({' → '.join([*way, 'backward'])})"
        )
    print("  opened: " + ", ".join(f"{name} {n}×" for name, n in sorted(opened.items()) if n))


def main() -> None:
    """Print it all."""
    known = modules()
    used = importers(known)
    lines = {name: len(path.read_text().splitlines()) for name, (path, _) in known.items()}
    print(f"{len(known)} modules, {sum(lines.values()):,} lines")
    alone = [name for name in known if len(used[name]) == 1 and known[name][0].stem != "__init__"]
    verbs = [name for name in alone if name.startswith("impasto.cli.")]
    print(f"\nmodules with one importer: {len(alone)}, of them {len(verbs)} verbs in cli/")
    for name in sorted(set(alone) - set(verbs), key=lines.__getitem__):
        print(f"  {lines[name]:4}  {name.removeprefix('impasto.')} ← {min(used[name])[8:]}")
    print("\nfiles per folder:")
    folders = Counter(str(path.parent.relative_to(SOURCE)) for path, _ in known.values())
    print("  " + ", ".join(f"{folder} {count}" for folder, count in sorted(folders.items())))
    print("\nlongest files:")
    for name in sorted(lines, key=lines.__getitem__)[: -MOST - 1 : -1]:
        print(f"  {lines[name]:4}  {name.removeprefix('impasto.')}")
    print("\nlongest functions:")
    every = [
        ((node.end_lineno or 0) - node.lineno + 1, f"{name.removeprefix('impasto.')}:{node.name}")
        for name, (_, tree) in known.items()
        for node in functions(tree)
    ]
    for length, name in sorted(every)[: -MOST - 1 : -1]:
        print(f"  {length:4}  {name}")
    print("\none name, several things (public functions and classes in several modules):")
    places: dict[str, set[str]] = defaultdict(set)
    for name, (_, tree) in known.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name[0] != "_":
                places[node.name].add(name.removeprefix("impasto."))
    several = {name: where for name, where in places.items() if len(where) > 2}
    print(f"  {len([1 for where in places.values() if len(where) > 1])} in two or more modules")
    for name, where in sorted(several.items(), key=lambda item: (-len(item[1]), item[0]))[:MOST]:
        print(f"  {len(where):4}  {name}: {', '.join(sorted(where)[:6])}")
    text = {name: path.read_text(encoding="utf-8") for name, (path, _) in known.items()}
    for kind in ("dict[str, Any]", "dict[str, object]"):  # unchecked; JSON, which is not read again
        print(f"untyped: {kind} {sum(each.count(kind) for each in text.values())}")
    family = re.compile(r"architecture\s*(==|!=|in\b)\s*[(\"']|match \w+\.architecture")
    asks = [name.removeprefix("impasto.") for name, it in text.items() if family.search(it)]
    print(f"asks which family it is: {len(asks)} modules: {', '.join(asks)}")
    print_untested(known)
    print_pinned()
    if "--walk" in sys.argv:
        walk()


if __name__ == "__main__":
    if "--counted" in sys.argv:
        counted(sys.argv[sys.argv.index("--counted") + 1 :])
    else:
        main()

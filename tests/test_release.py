"""`tools/release.py`: what it removes before it builds."""

import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def release(monkeypatch):
    spec = importlib.util.spec_from_file_location("release", ROOT / "tools/release.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "release", module)  # for its dataclass
    spec.loader.exec_module(module)
    return module


def test_a_build_replaces_earlier_archives_of_ours_and_nothing_else(release, tmp_path, monkeypatch):
    kept = ["thesis.txt", "photographs/a.jpg", "numpy-2.0-py3-none-any.whl", "backup.tar.gz"]
    for name in (*kept, "impasto-0.0.1-py3-none-any.whl", "impasto-0.0.1.tar.gz"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("mine")

    def run(command):
        raise SystemExit(" ".join(command[:2]))  # as if the build failed

    monkeypatch.setattr(release, "run", run)
    monkeypatch.setattr(sys, "argv", ["release", "--out", str(tmp_path)])
    with pytest.raises(SystemExit, match="uv build"):
        release.main()
    left = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    assert left == set(kept)

"""Every piece of Python in the documentation runs as it stands."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import impasto
from impasto.data.colourfield import paint
from impasto.export.graph import write_onnx
from impasto.generate.artefact import load_generator
from tests.export.conftest import write

ROOT = Path(__file__).parent.parent
PAGES = [
    page.relative_to(ROOT).as_posix()
    for page in [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/*.md"),
        *ROOT.glob("src/impasto/weights/*/*.md"),
    ]
    if re.search(r"^```python$", page.read_text(encoding="utf-8"), re.M)
]


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A folder with what the pages speak of: a run, and its export."""
    folder = tmp_path_factory.mktemp("here")
    run = write(folder / "runs/impressionists", latent=128)
    write_onnx(load_generator(run), folder / "impressionists.onnx")
    return folder


@pytest.fixture
def answering_hub(monkeypatch) -> None:
    """A Hub that takes what is pushed and gives what is asked for."""
    load = impasto.load
    pushed = lambda self, name: None  # noqa: E731
    monkeypatch.setattr("impasto.api.Generator.push_to_hub", pushed)
    monkeypatch.setattr("impasto.load", lambda name: load(name.replace("someone/", "runs/")))


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.usefixtures("answering_hub")
def test_python_on_every_page_runs(page, place, monkeypatch):
    monkeypatch.chdir(place)
    names = {"pictures": np.stack([paint(seed) for seed in range(40)])}
    for cell in re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text(), re.M | re.S):
        exec(compile(cell, page, "exec"), names)
    if page == "docs/python.md":
        with Image.open("circle.webp") as film:
            assert film.n_frames == 48
        assert bool(names["latent"].grad.abs().sum() > 0)

"""Make the pictures of docs/upscale.md and docs/export.md again, on a trained generator.

    python docs/pictures/remake_sharing.py --run runs/impressionists --seeds 3,17

Needs `pip install 'impasto[upscale,export,browser]'` and Chromium.
"""

import argparse
import shutil
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import impasto
from impasto.core.images import grid, save
from impasto.export.web import find_directions, write_web
from impasto.generate.artefact import load_generator
from impasto.generate.asked import parse_seeds
from impasto.upscale.networks import load_enlarger
from impasto.upscale.picture import Settings, enlarge

HERE = Path(__file__).parent


def enlarged(run: Path, seeds: list[int]) -> NDArray[np.uint8]:
    """A row for each seed: as it is, its pixels repeated; `fast`; `quality`; all four times."""
    generator = impasto.load(run)
    networks = [Settings(load_enlarger(model), 4) for model in ("fast", "quality")]
    row: list[NDArray[np.uint8]] = []
    for seed in seeds:
        (picture,) = generator.sample(1, seed)
        row.append(picture.repeat(4, 0).repeat(4, 1))
        row += [enlarge(picture, settings) for settings in networks]
    return grid(np.stack(row), columns=3, gap=4)


def photograph(run: Path, seeds: list[int]) -> NDArray[np.uint8]:
    """The page as Chromium shows it, some paintings kept."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        painter = load_generator(run)
        page_file = write_web(painter, Path(scratch), run.name, find_directions(painter, run)).index
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1200, "height": 1000})
        page.goto(page_file.as_uri())
        page.wait_for_selector("body[data-state=ready]", timeout=120_000)
        for seed in seeds:
            page.fill("#seed", str(seed))
            page.press("#seed", "Enter")
            page.wait_for_function(f"seed === {seed}n && !busy")
            page.click("#keep")
        page.click("summary")
        shot = Path(scratch) / "page.png"
        page.screenshot(path=shot)
        browser.close()
        with Image.open(shot) as image:
            return np.asarray(image.convert("RGB"))


def main() -> None:
    """Make both."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--run", type=Path, required=True)
    options.add_argument("--seeds", default="3,17")
    options.add_argument("--only", choices=["upscale", "export"])
    chosen = options.parse_args()
    seeds = parse_seeds(chosen.seeds)
    if chosen.only != "export":
        save(enlarged(chosen.run, seeds), HERE / "upscale.webp")
    if chosen.only != "upscale":
        save(photograph(chosen.run, seeds), HERE / "export-page.webp")


if __name__ == "__main__":
    main()

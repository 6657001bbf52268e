"""Make the pictures of a page again, by the very commands that the page shows.

    python docs/pictures/remake.py --run runs/mine --picture photo.jpg --early 20000

Each `sh` block whose last line ends in `# → FILE`, and which a picture follows, is run in a
scratch folder; FILE (the newest, if it is a pattern) becomes that picture.
"""

import argparse
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from impasto.core.console import say
from impasto.core.files import read_json
from impasto.core.images import FILTER, save
from impasto.core.runs import Run
from impasto.generate.artefact import Artefact

HERE = Path(__file__).parent
BLOCK = re.compile(r"```sh\n(.*?)```(?:\n\n!\[[^\]]*\]\(pictures/([\w.-]+)\))?", re.DOTALL)
WIDEST = 1000


def main() -> None:
    """Run every command of the page, in order."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--page", type=Path, default=HERE.parent / "after-training.md")
    options.add_argument("--run", type=Path, required=True, help="stands for runs/impressionists")
    options.add_argument("--early", required=True, help="a kept checkpoint; stands for EARLY")
    options.add_argument("--picture", type=Path, required=True, help="stands for my-picture.jpg")
    options.add_argument("--data", type=Path, help="the originals' prepared set, if it has moved")
    options.add_argument("--only", default="", help="names of pictures: film,circle")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        (place / "runs/impressionists").mkdir(parents=True)
        for part in chosen.run.iterdir():
            if part.name not in ("generated", "explore"):  # made anew
                (place / "runs/impressionists" / part.name).symlink_to(part.resolve())
        shutil.copy(chosen.picture, place / "my-picture.jpg")
        originals = Artefact(chosen.run).originals(chosen.data).folder.resolve()
        (place / "runs/prepared").mkdir()
        (place / "runs/prepared" / named_folder(chosen.run)).symlink_to(originals)
        for commands, picture in BLOCK.findall(chosen.page.read_text(encoding="utf-8")):
            if any(part in picture for part in chosen.only.split(",")):
                result = run_block(commands.replace("EARLY", chosen.early), place)
                if picture and result is not None:
                    keep(result, HERE / picture)


def named_folder(run: Path) -> str:
    """What the run calls the folder of its originals."""
    return Path(read_json(Run(run).dataset, "a run's dataset.json")["folder"]).name


def run_block(commands: str, place: Path) -> Path | None:
    """Run the lines of a block; the file that its last line names."""
    for line in commands.splitlines():
        words = shlex.split(line, comments=True)
        say(shlex.join(words))
        subprocess.run([sys.executable, "-m", *words], cwd=place, check=True)  # noqa: S603 -- our page
    pattern = commands.partition("# → ")[2].strip()
    found = sorted(place.glob(pattern), key=lambda file: file.stat().st_mtime) if pattern else []
    return found[-1] if found else None


def keep(result: Path, picture: Path) -> None:
    """Copy a film as it is; make a drawing or a sheet a WebP of a page's width."""
    if result.suffix == ".webp":
        shutil.copy(result, picture)
        return
    drawn = result.suffix in (".svg", ".html")
    image = photograph(result) if drawn else Image.open(result).convert("RGB")
    if image.width > WIDEST:
        image = image.resize((WIDEST, round(image.height * WIDEST / image.width)), FILTER)
    save(np.asarray(image), picture, quality=85)
    say(f"  → {picture} ({picture.stat().st_size // 1024} kB)")


def photograph(drawing: Path) -> Image.Image:
    """An SVG, or the page of `impasto export --web`, as Chromium shows it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        program = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.goto(drawing.resolve().as_uri())
        shot = drawing.with_suffix(".shot.png")
        if drawing.suffix == ".svg":
            page.locator("svg").first.screenshot(path=shot)
        else:
            page.wait_for_selector("body[data-state=ready]", timeout=120_000)
            page.screenshot(path=shot)
        browser.close()
    return Image.open(shot).convert("RGB")


if __name__ == "__main__":
    main()

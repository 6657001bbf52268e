"""Pictures of the studio's screens, for its page in the docs.

    python tools/studio_pictures.py                    # needs Chromium, about two minutes
    python tools/studio_pictures.py --run runs/mine    # Train shows this run

A workspace is made for it in a temporary folder: a generator's picture, painted by strokes, and a
minute's training on built-in paintings, or a copy of a run.
"""

import argparse
import io
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

SIZE = {"width": 1180, "height": 780}
SETTLED, PATIENCE = 3_000, 240_000
"""Milliseconds until pictures are there, and until a generator is prepared for the browser."""


def impasto(folder: Path, *words: str) -> None:
    """Run a verb in the workspace."""
    subprocess.run([sys.executable, "-m", "impasto", *words], cwd=folder, check=True)


def fill(folder: Path, run: Path | None = None) -> None:
    """What an artist might have made already."""
    impasto(folder, "generate", "impressionists-256", "--seeds", "7,12", "--out", "pictures")
    for picture in sorted((folder / "pictures").glob("*.png")):
        impasto(folder, "paint", str(picture), "--strokes", "800", "--size", "512")
    if run is None:
        impasto(folder, "train", "colourfield:200", "--minutes", "1", "--out", "runs/fields")
    else:
        without = shutil.ignore_patterns("checkpoints", ".*")
        shutil.copytree(run, folder / "runs" / run.name, ignore=without)


def fill_rooms(folder: Path) -> None:
    """Pictures with something to leave out, a set, a blind wall and a folder for the Hub."""
    seeds = ",".join(map(str, range(30)))
    impasto(folder, "generate", "impressionists-256", "--seeds", seeds, "--out", "pictures/garden")
    garden = folder / "pictures" / "garden"
    pictures = sorted(garden.glob("*.png"))
    for label, some in (("meadows", pictures[:9]), ("water", pictures[9:18])):
        (garden / label).mkdir()
        for picture in some:
            picture.rename(garden / label / picture.name)
    with Image.open(pictures[20]) as picture:
        picture.resize((140, 140)).save(garden / "small copy.png")
        picture.crop((0, 100, 256, 130)).save(garden / "strip.png")
    shutil.copy(pictures[21], garden / "the same again.png")
    impasto(folder, "prepare", "pictures/garden", "--size", "128")
    name = "impressionists-64"
    against = ("--against", "pictures/garden", "--count", "12")
    impasto(folder, "evaluate", name, *against, "--blind", "--no-serve")
    impasto(folder, "export", name, "--hub", f"shared/{name}-hub")


def shoot_rooms(page: Page, address: str, out: Path) -> None:
    """Pictures, Judge and Share."""
    page.set_default_timeout(PATIENCE)
    page.goto(address.replace("/?", "/pictures?"))
    page.locator("#sets a").first.click()
    page.locator("#review .card").first.wait_for()
    page.mouse.wheel(0, 200)
    keep(page, out / "studio-pictures.webp")
    page.goto(page.url.partition("/pictures")[0] + "/judge")
    page.locator("#pages button").first.click()
    keep(page, out / "studio-judge.webp")
    page.goto(page.url.partition("/judge")[0] + "/share")
    page.locator("#shares li").first.wait_for()
    keep(page, out / "studio-share.webp")


def shoot(page: Page, address: str, out: Path) -> None:
    """Each screen with something on it."""
    page.set_default_timeout(PATIENCE)
    page.goto(address)  # takes the token
    keep(page, out / "studio-home.webp")
    home = page.url
    page.get_by_text("seed-000012").click()
    keep(page, out / "studio-paint.webp")
    page.goto(home)
    page.locator("#cards a[href*='/train?run']").first.click()
    keep(page, out / "studio-train.webp")
    page.goto(address.replace("/?", "/play?"))
    page.click("#ready")
    page.locator("#wall canvas[data-painted]").nth(23).wait_for()
    for number in (1, 4):
        page.locator("#wall li > button:first-child").nth(number).focus()
        page.keyboard.press("s")
    keep(page, out / "studio-play.webp")


def keep(page: Page, file: Path) -> None:
    """A picture of the page as it is."""
    page.wait_for_timeout(SETTLED)
    Image.open(io.BytesIO(page.screenshot())).convert("RGB").save(file, quality=80, method=6)


def main() -> None:
    """Fill a workspace, serve it, look at it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"))
    parser.add_argument("--rooms", action="store_true", help="only Pictures, Judge and Share")
    parser.add_argument("--run", type=Path, help="a run for Train, instead of a minute's training")
    wanted = parser.parse_args()
    out = wanted.out.resolve()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "studio"
        folder.mkdir()
        fill_rooms(folder)
        if not wanted.rooms:
            fill(folder, wanted.run)
        command = [sys.executable, "-m", "impasto", "studio", str(folder), "--no-browser"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
            assert server.stderr is not None
            address = next(line.strip() for line in server.stderr if "token=" in line)
            with sync_playwright() as driver:
                browser = driver.chromium.launch(
                    executable_path=shutil.which("chromium"), args=["--no-sandbox"]
                )
                page = browser.new_page(viewport=SIZE)
                shoot_rooms(page, address, out)
                if not wanted.rooms:
                    shoot(page, address, out)
                browser.close()
            server.send_signal(signal.SIGINT)


if __name__ == "__main__":
    main()

"""Pictures of the studio's screens, for its page in the docs.

    python tools/studio_pictures.py            # needs Chromium, about two minutes

A workspace is made for it in a temporary folder: a generator's picture, painted by strokes, and a
minute's training on built-in paintings.
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


def fill(folder: Path) -> None:
    """What an artist might have made already."""
    impasto(folder, "generate", "impressionists-256", "--seeds", "7,12", "--out", "pictures")
    for picture in sorted((folder / "pictures").glob("*.png")):
        impasto(folder, "paint", str(picture), "--strokes", "800", "--size", "512")
    impasto(folder, "train", "colourfield:200", "--minutes", "1", "--out", "runs/fields")


def shoot(page: Page, address: str, out: Path) -> None:
    """Each screen with something on it."""
    page.set_default_timeout(PATIENCE)
    page.goto(address)  # takes the token
    keep(page, out / "studio-home.webp")
    home = page.url
    page.get_by_text("seed-000012").click()
    keep(page, out / "studio-paint.webp")
    page.goto(home)
    page.get_by_text("fields", exact=True).click()
    keep(page, out / "studio-train.webp")
    page.goto(address.replace("/?", "/play?"))
    page.click("#ready")
    page.locator("#wall canvas[data-painted]").nth(23).wait_for()
    for number in (1, 4):
        page.locator("#wall button").nth(number).focus()
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
    out = parser.parse_args().out.resolve()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "studio"
        folder.mkdir()
        fill(folder)
        command = [sys.executable, "-m", "impasto", "studio", str(folder), "--no-browser"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
            assert server.stderr is not None
            address = next(line.strip() for line in server.stderr if "token=" in line)
            with sync_playwright() as driver:
                browser = driver.chromium.launch(
                    executable_path=shutil.which("chromium"), args=["--no-sandbox"]
                )
                shoot(browser.new_page(viewport=SIZE), address, out)
                browser.close()
            server.send_signal(signal.SIGINT)


if __name__ == "__main__":
    main()

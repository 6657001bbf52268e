"""A film of thirty seconds of the studio, for the README: docs/pictures/studio.webp.

    python tools/studio_film.py                        # fills a workspace first, some minutes
    python tools/studio_film.py --run runs/mine        # with this run instead of a minute's
    python tools/studio_film.py --workspace my-studio  # one with a painting, a run, a generator

Frames are pictures of the page, each shown as long as its scene wants; so a slow machine makes the
same film as a quick one.
"""

import argparse
import io
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright
from studio_pictures import PATIENCE, fill

SIZE = {"width": 1180, "height": 760}
WIDTH = 820
"""Pixels of the film; the page is larger, so that its words stay legible."""

MOVING, STANDING = 120, 1_600
"""Milliseconds that a frame is shown, in a movement and where one reads."""

LENGTH = 30_000
"""Milliseconds of the whole film, whatever a workspace had to show."""


@dataclass
class Film:
    """Frames, and how long each is shown."""

    page: Page
    frames: list[Image.Image] = field(default_factory=list)
    times: list[int] = field(default_factory=list)

    def take(self, milliseconds: int = MOVING) -> None:
        """The page as it is."""
        picture = Image.open(io.BytesIO(self.page.screenshot())).convert("RGB")
        height = round(picture.height * WIDTH / picture.width)
        self.frames.append(picture.resize((WIDTH, height), Image.Resampling.LANCZOS))
        self.times.append(milliseconds)

    def slide(self, selector: str, start: float, end: float, steps: int, wait: int = 60) -> None:
        """A slider on its way."""
        for step in range(steps + 1):
            value = start + (end - start) * step / steps
            self.page.locator(selector).evaluate(
                "(range, value) => { range.value = value; range.oninput({ target: range }); }",
                value,
            )
            self.page.wait_for_timeout(wait)
            self.take()

    def last(self, length: int) -> None:
        """Make the film so many milliseconds long: frames where one reads stand longer, or less."""
        reading = [at for at, time in enumerate(self.times) if time >= STANDING]
        read = sum(self.times[at] for at in reading)
        share = (length - sum(self.times) + read) / read
        for at in reading:
            self.times[at] = max(MOVING, round(share * self.times[at]))

    def save(self, path: Path) -> None:
        """As an animated WebP without end."""
        first, *rest = self.frames
        first.save(path, save_all=True, append_images=rest, duration=self.times, loop=0,
                   quality=50, method=4)  # fmt: skip


def shoot(film: Film, address: str) -> None:
    """The storyboard: home, a photograph painted, a wall, its children, the bench, a training."""
    page = film.page
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    home = page.url
    page.locator("#cards img").first.wait_for()
    page.wait_for_function("() => [...document.images].every((each) => each.complete)")
    film.take(3_500)
    painting(film)
    play(film, home)
    page.goto(home)
    page.locator("#cards a[href*='/train?run']").first.click()
    page.locator("#sheet").wait_for()
    page.wait_for_timeout(2_000)
    last = int(page.locator("#scrub").get_attribute("max") or 0)
    film.slide("#scrub", 0, last, min(last, 12) or 1, 500)
    film.take(3_000)


def painting(film: Film) -> None:
    """It grows; then the photograph beside it."""
    page = film.page
    page.locator("#cards a[href*='/paint?painting']").first.click()
    page.locator("#looks").wait_for()
    page.wait_for_timeout(1_500)
    film.take(STANDING)
    if page.locator("#see-film").is_visible():
        page.click("#see-film")
        page.click("#play")  # it stands, and is led by hand
        film.slide("#scrub", 0, 1, 30, 250)
        film.take(STANDING)
    page.click("#see-painting")
    film.take(STANDING)
    if page.locator("#see-compare").is_visible():
        page.click("#see-compare")
        film.slide("#compare", 100, 20, 12)


def play(film: Film, home: str) -> None:
    """A wall, two stars, their children, one of them on the bench, the family."""
    page = film.page
    page.goto(f"{home.rstrip('/')}/play")
    page.locator("#generator option").first.wait_for(state="attached")
    page.wait_for_timeout(1_000)
    if page.locator("#ready").is_visible():
        page.click("#ready")
    tiles = page.locator("#wall canvas[data-painted]")
    for number in (3, 9, 15, 17):
        tiles.nth(number).wait_for()
        film.take(300)
    stars = page.locator("#wall li > button:first-child")
    for count, number in enumerate((2, 5)):
        stars.nth(number).click()
        page.locator("#favourites li").nth(count).wait_for()
        film.take(700)
    for number in (1, 0):
        page.locator("#favourites .choose").nth(number).click()
    film.take(900)
    page.click("#children")
    for number in (3, 11, 17):
        tiles.nth(number).wait_for()
        film.take(400)
    film.take(2_400)
    stars.nth(3).click()
    page.locator("#favourites li").nth(2).wait_for()
    page.locator("#wall .look").nth(3).click()
    page.locator("#canvas[data-painted]").wait_for()
    page.wait_for_timeout(1_500)
    film.take(900)
    film.slide("#directions input[type=range] >> nth=0", 0, 3, 12, 500)
    film.slide("#directions input[type=range] >> nth=1", 0, -3, 12, 500)
    page.click("#bench-star")
    page.locator("#favourites li").nth(3).wait_for()
    page.click("#see-family")
    page.wait_for_function("() => [...document.images].every((each) => each.complete)")
    film.take(3_000)


def main() -> None:
    """Serve a workspace, and film it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("docs/pictures/studio.webp"))
    parser.add_argument("--workspace", type=Path, help="one that has something in it")
    parser.add_argument("--run", type=Path, help="a run, instead of a minute's training")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = wanted.workspace or Path(made) / "studio"
        if wanted.workspace is None:
            folder.mkdir()
            fill(folder, wanted.run)
        command = [sys.executable, "-m", "impasto", "studio", str(folder), "--no-browser"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
            assert server.stderr is not None
            address = next(line.strip() for line in server.stderr if "token=" in line)
            with sync_playwright() as driver:
                browser = driver.chromium.launch(
                    executable_path=shutil.which("chromium"), args=["--no-sandbox"]
                )
                film = Film(browser.new_page(viewport=SIZE))
                shoot(film, address)
                film.last(LENGTH)
                film.save(wanted.out)
                browser.close()
            server.send_signal(signal.SIGINT)
    size = wanted.out.stat().st_size / 2**20
    print(f"{wanted.out}: {sum(film.times) / 1000:.1f} s, {len(film.frames)} frames, {size:.1f} MB")


if __name__ == "__main__":
    main()

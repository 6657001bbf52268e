"""How quick and how light the studio is, beside what was promised. Two minutes on a quiet machine.

    python bench/studio.py                    # all figures
    python bench/studio.py --pictures 200     # fewer thumbnails, to try it

A workspace with generated pictures is made in a temporary folder; two generators that come along
are prepared for the browser first. Beside the clock's time stands the processor's where it can be
had, as other programs cannot spoil it. Needs Linux and Chromium.
"""

import argparse
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from impasto.core.images import save
from impasto.data.colourfield import paint
from impasto.studio.runs import memory_of
from impasto.studio.workspace import identity

PAINTINGS = 40
"""Different ones; the rest of a wall are copies, which costs the studio the same."""

STARTS = 3
PLAYED = {"impressionists-64": 20, "impressionists-128": 10}
"""Generators, and how many pictures a second were promised."""

WALL = 96
"""Pictures that are painted for a figure."""


@dataclass(frozen=True)
class Figure:
    """A row of the table."""

    what: str
    found: float
    promised: float
    unit: str
    more: str = ""
    least: bool = False
    """Whether it is to be at least what was promised; else at most."""

    def __str__(self) -> str:
        met = self.found >= self.promised if self.least else self.found <= self.promised
        bound = f"{'≥' if self.least else '≤'} {self.promised:g} {self.unit}"
        found = f"{self.found:.3g} {self.unit}"
        return f"{self.what:<36}{found:>14}  {bound:<14}{'met' if met else 'MISSED':<8}{self.more}"


def processor(process: int) -> float:
    """Seconds of processor that a process has used, its ended children included."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / 100


def fill(folder: Path, count: int) -> None:
    """A folder of pictures, and generators that are ready to play."""
    album = folder / "pictures" / "album"
    for seed in range(min(count, PAINTINGS)):
        save(paint(seed, 96), album / f"{seed:05}.png")
    for number in range(PAINTINGS, count):
        shutil.copyfile(album / f"{number % PAINTINGS:05}.png", album / f"{number:05}.png")
    export = [sys.executable, "-m", "impasto", "export"]
    places = {name: f".studio/generators/{identity('generator', name)}" for name in PLAYED}
    begun = [
        subprocess.Popen(
            [*export, name, f"--web={place}"],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for name, place in places.items()
    ]
    if any(process.wait() for process in begun):
        sys.exit("A generator could not be prepared for the browser: impasto export failed.")


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, int, float]]:
    """A studio: its address with the token, its process, and the seconds that it took."""
    begun = time.monotonic()
    command = [sys.executable, "-m", "impasto", "studio", str(folder), "--no-browser"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        address = next(line.strip() for line in server.stderr if "token=" in line)
        try:
            yield address, server.pid, time.monotonic() - begun
        finally:
            server.send_signal(signal.SIGINT)


def main() -> None:
    """Start it, browse it, play."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pictures", type=int, default=5_000)
    wanted = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        fill(folder, wanted.pictures)
        starts = []
        for _ in range(STARTS - 1):
            with served(folder) as (_, _, seconds):
                starts.append(seconds)
        with served(folder) as (address, process, seconds):
            used = processor(process)
            torch = "libtorch" in Path(f"/proc/{process}/maps").read_text()
            loaded = f"{used:.2f} s of processor; torch is {'' if torch else 'not '}loaded"
            middle = statistics.median([*starts, seconds])
            print(Figure("up, the middle of three starts", middle, 1.5, "s", loaded), flush=True)
            print(pages(address, process), flush=True)
            print(walk(address, process, wanted.pictures), flush=True)
            for figure in played(address):
                print(figure, flush=True)
    print(f"{time.monotonic() - began:.0f} s in all")


def pages(address: str, server: int) -> Figure:
    """The first page with its script, style and data, as a browser asks for them."""
    base = address.partition("?")[0]
    before, begun = processor(server), time.monotonic()
    ask = opener(address)  # the page itself, by its token
    for path in ("static/studio.css", "static/base.js", "static/home.js", "texts.js"):
        ask(base + path)
    ask(f"{base}api/home")
    passed = time.monotonic() - begun
    used = processor(server) - before
    return Figure("first page, all of it", passed, 0.3, "s", f"{used:.2f} s of processor")


def walk(address: str, server: int, count: int) -> Figure:
    """All thumbnails of a folder."""
    ask, base = opener(address), address.partition("?")[0]
    album = identity("pictures", "pictures/album")
    before, begun, most = processor(server), time.monotonic(), 0
    for number in range(count):
        ask(f"{base}api/folders/{album}/{number}?side=160")
        if number % 100 == 0:
            most = max(most, memory_of(server) or 0)
    more = f"{time.monotonic() - begun:.0f} s, {processor(server) - before:.0f} s of processor"
    return Figure(f"the server's memory, {count:,} thumbnails", most / 2**20, 200, "MB", more)


def opener(address: str) -> Callable[[str], bytes]:
    """Opens the page, and asks with the cookie that the token became."""
    jar = urllib.request.HTTPCookieProcessor()
    asker = urllib.request.build_opener(jar)
    asker.open(address).read()
    return lambda path: bytes(asker.open(path).read())


def played(address: str) -> Iterator[Figure]:
    """Pictures a second in Chromium, and frames of a large wall."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1200, "height": 2400})
        page.set_default_timeout(600_000)
        for name, promised in PLAYED.items():
            generator = identity("generator", name)
            page.goto(address.replace("/?", f"/play?generator={generator}&"))
            page.select_option("#count", str(WALL))
            painted(page)
            page.click("#next")  # what is compiled on the way is compiled
            painted(page)
            before, begun = renderers(browser), time.monotonic()
            page.click("#next")
            painted(page)
            used, passed = renderers(browser) - before, time.monotonic() - begun
            more = f"{1000 * used / WALL:.0f} ms of processor each"
            yield Figure(f"play, {name}", WALL / passed, promised, "/s", more, least=True)
        yield frames(page)
        browser.close()


FRAMES = 120
SCROLL = f"""() => new Promise((done) => {{
  let left = {FRAMES};
  const begun = performance.now();
  const step = () => {{
    scrollBy(0, 60);
    if (left--) requestAnimationFrame(step); else done(performance.now() - begun);
  }};
  step();
}})"""


def frames(page: Page) -> Figure:
    """How a wall of 2,000 scrolls, and what a frame costs the page's thread."""
    page.set_viewport_size({"width": 1200, "height": 900})
    page.select_option("#generator", label="impressionists-64")
    page.select_option("#count", "2000")
    page.locator("#wall li[aria-setsize='2000'] canvas[data-painted]").nth(11).wait_for()
    page.wait_for_timeout(1_000)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = busy(session)
    passed = page.evaluate(SCROLL)
    used = busy(session) - before
    more = f"{1000 * used / FRAMES:.1f} ms of its thread a frame"
    return Figure("a wall of 2,000, scrolled", 1000 * FRAMES / passed, 59, "/s", more, least=True)


def busy(session: CDPSession) -> float:
    """Seconds of processor that the page's own thread has used."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(each["value"] for each in metrics if each["name"] == "TaskDuration"))


def painted(page: Page) -> None:
    """Wait for a whole wall."""
    page.wait_for_function(
        f"() => document.querySelectorAll('#wall canvas[data-painted]').length >= {WALL}"
    )


def renderers(browser: Browser) -> float:
    """Seconds of processor that all pages have used."""
    session = browser.new_browser_cdp_session()
    found = session.send("SystemInfo.getProcessInfo")["processInfo"]
    return float(sum(each["cpuTime"] for each in found if each["type"] == "renderer"))


if __name__ == "__main__":
    main()

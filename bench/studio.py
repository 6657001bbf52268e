"""How quick and how light the studio is; in processor time too, which other programs cannot spoil.

    python bench/studio.py                 # start, first page, thumbnails
    python bench/studio.py --play DIR      # and a wall; DIR holds what `impasto export --web` wrote

A workspace with generated pictures is made in a temporary folder. Needs Chromium.
"""

import argparse
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from impasto.core.images import save
from impasto.core.shipped import names
from impasto.data.colourfield import paint
from impasto.studio.runs import memory_of
from impasto.studio.workspace import identity

PAINTINGS = 40
"""Different ones; the rest of a wall are copies, which costs the studio the same."""


def processor(process: int) -> float:
    """Seconds of processor that a process has used, its ended children included."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / 100


def fill(folder: Path, count: int) -> None:
    """A folder of pictures."""
    album = folder / "pictures" / "album"
    for seed in range(min(count, PAINTINGS)):
        save(paint(seed, 96), album / f"{seed:05}.png")
    for number in range(PAINTINGS, count):
        shutil.copyfile(album / f"{number % PAINTINGS:05}.png", album / f"{number:05}.png")


def main() -> None:
    """Start it, browse it, play."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pictures", type=int, default=5_000)
    parser.add_argument("--play", type=Path, help="a folder that impasto export --web wrote")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        fill(folder, wanted.pictures)
        generator = lend(wanted.play, folder) if wanted.play else ""
        begun = time.monotonic()
        command = [sys.executable, "-m", "impasto", "studio", str(folder), "--no-browser"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
            assert server.stderr is not None
            address = next(line.strip() for line in server.stderr if "token=" in line)
            up = time.monotonic() - begun
            report("up", up, processor(server.pid))
            loaded = Path(f"/proc/{server.pid}/maps").read_text()
            print("torch is loaded" if "libtorch" in loaded else "torch is not loaded")
            pages(address, server.pid)
            walk(address, server.pid, wanted.pictures)
            if generator:
                play(address, generator)
            server.send_signal(signal.SIGINT)


def report(what: str, seconds: float, used: float) -> None:
    """One figure."""
    print(f"{what:<34} {seconds:7.2f} s   {used:7.2f} s of processor", flush=True)


def pages(address: str, server: int) -> None:
    """The first page with its script, style and data, as a browser asks for them."""
    ask = opener(address)
    base = address.partition("?")[0]
    before, begun = processor(server), time.monotonic()
    for path in ("", "static/studio.css", "static/base.js", "static/home.js", "texts.js"):
        ask(base + path)
    ask(f"{base}api/home")
    report("first page, all of it", time.monotonic() - begun, processor(server) - before)


def walk(address: str, server: int, count: int) -> None:
    """All thumbnails of a folder."""
    ask, base = opener(address), address.partition("?")[0]
    album = identity("pictures", "pictures/album")
    before, begun, most = processor(server), time.monotonic(), 0
    for number in range(count):
        ask(f"{base}api/folders/{album}/{number}?side=160")
        if number % 100 == 0:
            most = max(most, memory_of(server) or 0)
    report(f"{count:,} thumbnails", time.monotonic() - begun, processor(server) - before)
    print(f"most memory of the server: {most / 2**20:.0f} MB")


def opener(address: str) -> Callable[[str], bytes]:
    """Asks with the cookie that the token became."""
    jar = urllib.request.HTTPCookieProcessor()
    asker = urllib.request.build_opener(jar)
    asker.open(address).read()
    return lambda path: bytes(asker.open(path).read())


def lend(page: Path, folder: Path) -> str:
    """Take a generator that was exported already, as preparing one takes a minute; its id."""
    about = (page / "generator.js").read_text().partition("\n")[0]
    name = json.loads(about.removeprefix("const GENERATOR = ").rstrip(";"))["name"]
    assert name in names(), f"{page} is none of {', '.join(names())}"
    place = folder / ".studio" / "generators" / identity("generator", name)
    place.mkdir(parents=True)
    shutil.copyfile(page / "generator.js", place / "generator.js")
    return identity("generator", name)


def play(address: str, generator: str) -> None:
    """Pictures a second in Chromium, by the wall's clock and by the renderer's processor time."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1200, "height": 2400})
        page.set_default_timeout(600_000)
        page.goto(address.replace("/?", f"/play?generator={generator}&"))
        page.select_option("#count", "96")
        painted(page, 96)
        page.click("#next")
        painted(page, 96)
        before, begun = renderers(browser), time.monotonic()
        page.click("#next")
        painted(page, 96)
        used, passed = renderers(browser) - before, time.monotonic() - begun
        print(f"play: {96 / passed:.1f} pictures a second, {1000 * used / 96:.1f} ms of processor "
              f"each: {96 / used:.0f} a second on a core of its own")  # fmt: skip
        frames(page)
        browser.close()


def frames(page: Page) -> None:
    """What a frame costs the page's thread while it is scrolled through a wall of 2,000."""
    page.select_option("#count", "2000")
    page.wait_for_function("() => document.querySelectorAll('#wall canvas').length === 2000")
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = busy(session)
    page.evaluate(SCROLL)
    used = busy(session) - before
    print(f"wall of 2,000: {1000 * used / FRAMES:.1f} ms of its thread a frame")


FRAMES = 120
SCROLL = f"""() => new Promise((done) => {{
  let left = {FRAMES};
  const step = () => {{ scrollBy(0, 60); if (left--) requestAnimationFrame(step); else done(); }};
  step();
}})"""


def busy(session: CDPSession) -> float:
    """Seconds of processor that the page's own thread has used."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(each["value"] for each in metrics if each["name"] == "TaskDuration"))


def painted(page: Page, count: int) -> None:
    """Wait for a whole wall."""
    page.wait_for_function(
        f"() => document.querySelectorAll('#wall canvas[data-painted]').length >= {count}"
    )


def renderers(browser: Browser) -> float:
    """Seconds of processor that all pages have used."""
    session = browser.new_browser_cdp_session()
    found = session.send("SystemInfo.getProcessInfo")["processInfo"]
    return float(sum(each["cpuTime"] for each in found if each["type"] == "renderer"))


if __name__ == "__main__":
    main()

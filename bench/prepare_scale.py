"""What `prepare` takes for very many pictures: seconds a step, memory, size of what it writes.

    python bench/prepare_scale.py 100000 [--twins 1000] [--exact-copies-only]

Facts and thumbnails are generated, as a million pictures would not fit on this disk; all else is
the real thing: listing, facts on disk, the search for copies, verdicts, the set, tables and pages.
"""

import argparse
import json
import resource
import tempfile
import threading
import time
from pathlib import Path

from duplicates_scale import Clouds
from impasto.prepare import pipeline
from impasto.prepare.examine import Examined, Facts, Settings
from impasto.prepare.rules import Thresholds
from impasto.prepare.store import FOLDER, Workbench

SIDE = 16


def generate(out: Path, count: int, clouds: Clouds | None) -> Path:
    """A list of addresses that nobody asks, and a workbench that knows them already."""
    source = out.parent / "list.txt"
    out.mkdir()
    names = [f"p{number:08}.png" for number in range(count)]
    source.write_text("".join(f"https://127.0.0.1:1/{name}\n" for name in names))
    with Workbench(out, Settings(SIDE, SIDE), textured=False) as bench:
        for start in range(0, count, 256):
            batch = []
            for number in range(start, min(start + 256, count)):
                facts = Facts(names[number], 0, 0, sha256=f"{number:064x}", width=600, height=500)
                facts.spread, facts.clutter, facts.crops, facts.weight = 40.0, 0.4, 1, 50_000
                if clouds is None:
                    facts.row = facts.first_crop = number
                    batch.append(Examined(facts))
                else:
                    thumb = clouds[number]
                    batch.append(Examined(facts, thumb[None], None, [thumb[::4, ::4]]))
            bench.add(batch, None)
    if clouds is None:  # nobody looks at these: holes take no room
        for name, size in (("thumbs.u8", 64 * 64), ("pictures.u8", SIDE**2), ("textures.f16", 683)):
            with (out / FOLDER / name).open("r+b") as file:
                file.truncate(3 * size * count)
    return source


class Memory(threading.Thread):
    """The most memory that is this process's own, by step: pages of files do not count."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most: dict[str, int] = {}
        self.seconds: dict[str, float] = {}
        self.step, self.begun = "listing", time.time()

    def enter(self, step: str) -> None:
        now = time.time()
        self.seconds[self.step] = self.seconds.get(self.step, 0) + now - self.begun
        self.step, self.begun = step, now

    def run(self) -> None:
        while True:
            text = Path("/proc/self/status").read_text()
            own = int(text.partition("RssAnon:")[2].split()[0]) // 1024
            self.most[self.step] = max(self.most.get(self.step, 0), own)
            time.sleep(0.1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("--twins", type=int, default=1000)
    parser.add_argument(
        "--exact-copies-only", action="store_true", help="no search: as with --duplicate 2"
    )
    parser.add_argument("--folder", type=Path, help="where; a temporary folder if not given")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as place:
        out = Path(place) / "out"
        plain = arguments.exact_copies_only
        clouds = None if plain else Clouds(arguments.count, arguments.twins)
        source = generate(out, arguments.count, clouds)
        memory = Memory()
        memory.start()
        track = vars(pipeline)["track"]

        def tracked(items, what, *rest, **more):  # type: ignore[no-untyped-def]
            memory.enter(what)
            return track(items, what, *rest, **more)

        setattr(pipeline, "track", tracked)  # noqa: B010
        for name in ("judge", "write_decisions", "write_report", "note_review"):
            function = getattr(pipeline, name)

            def timed(*words, name=name, function=function):  # type: ignore[no-untyped-def]
                memory.enter(name)
                found = function(*words)
                memory.enter(f"after {name}")
                return found

            setattr(pipeline, name, timed)
        busy = time.process_time()
        report = pipeline.prepare(
            source, out, size=SIDE, thresholds=Thresholds(duplicate=2.0 if plain else 0.6)
        )
        memory.enter("end")
        sizes = {
            name: (out / name).stat().st_size
            for name in ("report.html", "decisions.csv", "index.csv", f"{FOLDER}/review.json")
        }
        result = {
            "count": arguments.count,
            "examined": report.examined,
            "dropped": report.reasons,
            "cpu_seconds": round(time.process_time() - busy, 1),
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            "own_mb": memory.most,
            "seconds": {step: round(each, 1) for step, each in memory.seconds.items()},
            "bytes": sizes,
        }
        print(json.dumps(result))


if __name__ == "__main__":
    main()

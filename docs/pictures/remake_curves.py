"""Draw `docs/pictures/quality-curves*.svg` from `docs/measured/curves-64.json`, one a judge.

    python docs/pictures/remake_curves.py [RUN …] [--size 128]

KID against minutes, as each run was judged while it trained. RUN is added to the file first, or
takes the place of an older one of its name: measurements outlive the machine they were made on.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from impasto.core.curves import curves
from impasto.core.runs import Run, read_lines

HERE = Path(__file__).parent
MEASURED = HERE.parent / "measured"


def judged(run: Run) -> dict[str, object]:
    """The judge, and minutes and KID of every judgement of a run."""
    told = [(row["images"], row["minutes"]) for row in read_lines(run.stats)]
    images, minutes = zip(*told, strict=True)
    rows = read_lines(run.metrics)
    at = np.interp([row["images"] for row in rows], images, minutes)
    return {
        "judge": rows[-1]["judge"],
        "minutes": [round(minute, 1) for minute in at.tolist()],
        "kid": [round(row["kid"], 3) for row in rows],
    }


def main() -> None:
    """Add the runs, draw them all."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("runs", type=Path, nargs="*")
    options.add_argument("--size", type=int, default=64)
    chosen = options.parse_args()
    file = MEASURED / f"curves-{chosen.size}.json"
    known = json.loads(file.read_text()) if file.exists() else {}
    for folder in chosen.runs:
        name = folder.name.removesuffix("-seed0").replace("-seed", ", seed ")
        known[name] = judged(Run(folder))
    lines = (f"  {json.dumps(name)}: {json.dumps(run)}" for name, run in sorted(known.items()))
    file.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    end = "" if chosen.size == 64 else f"-{chosen.size}"
    for judge in {run["judge"] for run in known.values()}:
        series = {
            name: (run["minutes"], run["kid"])
            for name, run in known.items()
            if run["judge"] == judge
        }
        svg = str(curves(series, "minutes"))
        standalone = svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
        network = judge.removeprefix("KID-").partition("@")[0]
        (HERE / f"quality-curves{end}-{network}.svg").write_text(standalone)


if __name__ == "__main__":
    main()

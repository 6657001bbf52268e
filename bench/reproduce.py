"""Run the published projects to their own length, night after night, and show what came out.

    nice -n 5 python bench/reproduce.py run --out runs/reproduce --hours 8 \
        --impressionists FOLDER --paintings FOLDER
    python bench/reproduce.py run chinese-64 --out runs/reproduce --hours 8 --paintings FOLDER
    python bench/reproduce.py page --out runs/reproduce

One training after the other, the shortest first; each goes on from its checkpoints, and the last is
stopped (and saved) when the hours are over. `page` writes what there is: `index.html`, a sheet for
each project, and `reproduced.json`. Where a source's set is known by its size, ours shows as many
images; elsewhere as many passes. `OMP_NUM_THREADS=1` keeps it to one core.
"""

import argparse
import html
import json
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from impasto import recipes
from impasto.config import change
from impasto.core.files import read_json, write_json, write_text
from impasto.core.images import grid
from impasto.core.runs import Run, read_lines
from impasto.generate.artefact import load_generator
from impasto.generate.sampler import paint_seeds
from impasto.train.session import length_of

SAMPLES = 36

GRACE = 600
"""Seconds that a training has to finish its step and save, before it is ended."""


@dataclass(frozen=True)
class Reproduction:
    """One published training."""

    recipe: str
    data: str
    """What ours learns: `impressionists`, `paintings` or a built-in set."""

    shown: str
    """What the source shows and says."""

    images: int | None = None
    """The source's length in images, where its set is known; else the recipe's, in passes."""

    def command(self, out: Path, data: str) -> list[str]:
        """What a user would type; the same again goes on."""
        words = [sys.executable, "-m", "impasto", "train", data, "--recipe", self.recipe]
        length = ["--images", str(self.images)] if self.images else []
        unjudged = ["--set", "training.judge_every=null"]  # `impasto evaluate` judges the end
        return [*words, *length, *unjudged, "--out", str(out / self.recipe)]


COLLAPSED = "Theirs ended in mode collapse; they show it, and both nets' losses against iterations."

PLAN = (
    Reproduction(
        "paint-by-numbers-64",
        "impressionists",
        "A grid of the same latents every 20 epochs, 100 epochs in an hour and a half on an MX350. "
        "They wished for 1024×1024 and longer runs.",
    ),
    Reproduction("artists-dcgan-128", "paintings", COLLAPSED, images=314 * 128),
    Reproduction(
        "artists-wgan-128",
        "paintings",
        "A Wasserstein game with clipped gradients; it collapsed as well. They wished for one that "
        "works.",
        images=314 * 128,
    ),
    Reproduction(
        "colour-field-4",
        "colourfield:276",
        "Model 2 on 1,656 pictures of solid blocks, four hours; enlarged four times by ESRGAN, "
        "each beside its nearest originals.",
        images=150 * (1656 // 128) * 64,
    ),
    Reproduction(
        "dcgan-tutorial-64",
        "paintings",
        "200,000 faces of celebrities, five passes.",
        images=5 * 200_000,
    ),
    Reproduction(
        "chinese-64",
        "paintings",
        "Weights of epochs 600, 650 and 850, of which the user picks one and generates.",
        images=300 * 91 * 64,
    ),
    Reproduction(
        "chinese-64-notebook",
        "paintings",
        "As chinese-64; the notebook's own rates.",
        images=300 * 91 * 64,
    ),
    Reproduction(
        "colour-field-1", "colourfield:922", "The baseline; about two days.", images=150 * 43 * 64
    ),
    Reproduction(
        "colour-field-2", "colourfield:922", "About a day and a half.", images=150 * 43 * 64
    ),
    Reproduction(
        "colour-field-3",
        "colourfield:922",
        "The discriminator's loss falls to 0 after about 3 epochs; nothing is learnt after that.",
        images=150 * 43 * 64,
    ),
    Reproduction(
        "paint-by-numbers-128",
        "impressionists",
        "200 epochs in 14.7 hours on an MX350.",
    ),
    Reproduction(
        "chinese-128", "paintings", "They wished it clearer.", images=300 * 91 * 64
    ),
    Reproduction(
        "chinese-128-notebook",
        "paintings",
        "As chinese-128; the notebook's own rates.",
        images=300 * 91 * 64,
    ),
)  # fmt: skip


def reached(plan: Reproduction, out: Path) -> dict[str, object] | None:
    """How far a run has come, and how near to the originals its judge saw it; None if not begun."""
    run = Run(out / plan.recipe)
    marks = run.checkpoints()
    if not marks:
        return None
    about = read_json(run.dataset, "a run's dataset.json")
    config = recipes.load(str(run.recipe))
    if plan.images:
        config = change(config, {"training.images": plan.images})
    wanted = length_of(config, about["count"]).images
    judged = read_lines(run.metrics)
    return {
        "recipe": plan.recipe,
        "data": about["name"],
        "pictures": about["count"],
        "images": int(marks[-1].stem),
        "wanted": wanted,
        "judged": judged[-1] if judged else None,
        "shown": plan.shown,
    }


def is_done(plan: Reproduction, out: Path) -> bool:
    """Whether it has its published length."""
    found = reached(plan, out)
    return found is not None and int(str(found["images"])) >= int(str(found["wanted"]))


def run(chosen: argparse.Namespace) -> None:
    """Train, one after the other, until the hours are over."""
    end = time.monotonic() + chosen.hours * 3600
    folders = {"impressionists": chosen.impressionists, "paintings": chosen.paintings}
    for plan in [each for each in PLAN if not chosen.names or each.recipe in chosen.names]:
        data = str(folders.get(plan.data) or "") if plan.data in folders else plan.data
        if not data:
            sys.stdout.write(f"{plan.recipe}: left out, it needs --{plan.data} FOLDER.\n")
        elif is_done(plan, chosen.out):
            sys.stdout.write(f"{plan.recipe}: has its length.\n")
        elif time.monotonic() >= end:
            sys.stdout.write(f"{plan.recipe}: no time left.\n")
        else:
            train(plan.command(chosen.out, data), end)


def train(command: list[str], end: float) -> None:
    """One training, asked to stop and save when its time is over."""
    sys.stdout.write(" ".join(command[1:]) + "\n")
    sys.stdout.flush()
    process = subprocess.Popen(command)
    try:
        process.wait(max(1.0, end - time.monotonic()))
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
        process.wait(GRACE)
    except BaseException:  # Ctrl-C, or whoever ends us: the training saves first
        process.send_signal(signal.SIGINT)
        process.wait(GRACE)
        raise


def page(chosen: argparse.Namespace) -> None:
    """Write the sheets, the page and the numbers."""
    found = []
    for plan in PLAN:
        about = reached(plan, chosen.out)
        if about is None:
            continue
        painter = load_generator(chosen.out / plan.recipe, "last")
        sheet = np.asarray(grid(paint_seeds(painter, range(SAMPLES))))
        name = f"reproduced-{plan.recipe}.webp"
        Image.fromarray(sheet).save(chosen.out / name, quality=80, method=6)
        found.append(about | {"sheet": name})
    write_json(chosen.out / "reproduced.json", found)
    write_text(chosen.out / "index.html", as_page(found))
    sys.stdout.write(f"{chosen.out / 'index.html'}\n")


def as_page(found: list[dict[str, object]]) -> str:
    """Each project: what its source shows and says, what ours shows, what differs."""
    parts = []
    for row in found:
        name = str(row["recipe"])
        images, wanted = int(str(row["images"])), int(str(row["wanted"]))
        judged = json.dumps(row["judged"])
        texts = {
            "What its source shows and says": str(row["shown"]),
            "What ours did": f"{images:,} of {wanted:,} images ({images / wanted:.0%}), on "
            f"{int(str(row['pictures'])):,} pictures of {row['data']}; last judged: {judged}",
            "What differs": recipes.part(name, "What differs"),
        }
        told = "".join(f"<p><b>{key}.</b> {html.escape(text)}</p>" for key, text in texts.items())
        picture = f'<img src="{row["sheet"]}" alt="36 samples of {name}">'
        parts.append(f"<section><h2>{name}</h2>{told}{picture}</section>")
    style = "body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Reproduced</title>'
        f"<style>{style}img{{max-width:100%}}</style><h1>Reproduced</h1>{''.join(parts)}</html>"
    )


def main() -> None:
    """Read the command line."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    verbs = options.add_subparsers(required=True, dest="verb")
    for name, verb, words in (
        ("run", run, "train until the hours are over"),
        ("page", page, "show what has come out so far"),
    ):
        parser = verbs.add_parser(name, help=words)
        parser.set_defaults(do=verb)
        parser.add_argument("--out", type=Path, default=Path("runs/reproduce"))
        if name == "run":
            every = [plan.recipe for plan in PLAN]
            parser.add_argument("names", nargs="*", help="recipes; all of the plan if none")
            parser.add_argument("--hours", type=float, default=8.0)
            parser.add_argument("--impressionists", type=Path, help="a folder of paintings")
            parser.add_argument("--paintings", type=Path, help="a larger folder of paintings")
    chosen = options.parse_args()
    unknown = sorted(set(getattr(chosen, "names", [])) - {plan.recipe for plan in PLAN})
    if unknown:
        options.error(f"not in the plan: {', '.join(unknown)}; it has {', '.join(every)}")
    chosen.out.mkdir(parents=True, exist_ok=True)
    chosen.do(chosen)


if __name__ == "__main__":
    main()

"""The long verbs: each with a small input, and what of its results is the same each time."""

import io
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from PIL import Image

from impasto.data.colourfield import paint
from tests.fuzz.corpus import RECIPE


@dataclass(frozen=True)
class Verb:
    """The words of a command that writes to `out`, and the files in there that are compared."""

    words: str
    compared: tuple[str, ...]

    def command(self) -> list[str]:
        """What is run, in a folder beside the inputs."""
        given = {"RECIPE": RECIPE, "NAME": RECIPE[1:2], "KNOBS": RECIPE[2:]}
        return [word for each in self.words.split() for word in given.get(each, [each])]


_LAST = "--checkpoint last --out out"

VERBS = {
    "prepare": Verb("prepare ../pictures --size 32 --no-features --out out",
                    ("pictures.npy", "index.csv", "decisions.csv")),
    "unpack": Verb("prepare ../few.zip --size 32 --no-features --out out",
                   ("pictures.npy", "index.csv", "decisions.csv")),
    "collect": Verb("collect urls ../addresses.txt --any-licence --rate 10 --out out", ("*.jpg",)),
    "augment-preview": Verb("augment-preview ../set --out out/augmentation.png", ("*.png",)),
    "train": Verb("train ../set RECIPE --set training.checkpoint_minutes=0.005 --images 400 "
                  "--out out",
                  ("checkpoints/000000400.pt", "best/generator.safetensors", "samples/*.png")),
    "compare": Verb("compare ../set --recipes NAME KNOBS --images 24 --count 30 "
                    "--networks lite0 --out out",
                    ("*/checkpoints/000000024.pt",)),
    "generate": Verb(f"generate ../run --count 100 {_LAST}", ("**/*.png",)),
    "best": Verb(f"generate ../run --count 40 --best 5 --contact-sheet {_LAST}", ("**/*.png",)),
    "film": Verb(f"film ../run --count 4 --seconds 1 --as webp {_LAST}", ("*.webp",)),
    "evaluate": Verb("evaluate ../run --against ../small --count 12 --networks lite0 "
                     + _LAST,
                     ("metrics.json", "evaluation.html")),
    "blind": Verb(f"evaluate ../run --count 12 --blind --no-serve {_LAST}", ("*.html",)),
    "directions": Verb(f"explore directions ../run --count 3 {_LAST}", ("directions.*", "*.png")),
    "project": Verb("explore project ../run ../pictures/0.png --starts 2 --steps 100 " + _LAST,
                    ("*.png",)),
    "mix": Verb(f"explore mix ../run 3 17 --count 30 {_LAST}", ("*.png", "lineage.json")),
    "blend": Verb("explore blend ../run ../child --other-checkpoint last " + _LAST,
                  ("*.png", "*.safetensors")),
    "neighbours": Verb(f"explore neighbours ../run --count 4 -k 2 {_LAST}", ("*.png",)),
    "export": Verb("export ../run --onnx out/made.onnx --hub out/hub --web out/web "
                   "--checkpoint last --weights fp32",
                   ("made.onnx", "hub/*.safetensors", "web/*.png", "web/*.onnx", "web/*.bin")),
    "upscale": Verb("upscale ../trio --scale 2 --out out", ("*.png",)),
    "brushwork": Verb("upscale ../few/0.png ../few/1.png --paint-from ../pictures --size 96 "
                      "--out out", ("*.png",)),
    "paint": Verb("paint ../pictures/0.png --strokes 40 --size 64 --film-as webp --film-seconds 1 "
                  "--svg --ora --out out", ("**/*.png", "strokes.json", "*.svg", "*.webp")),
    "several": Verb("paint ../trio --strokes 30 --size 64 --out out",
                    ("**/*.png", "**/strokes.json")),
    "clip": Verb("paint ../clip.mp4 --strokes 30 --size 64 --film-as webp --film-seconds 1 "
                 "--out out", ("**/*.webp", "**/*.png", "**/strokes.json")),
    "painted-run": Verb(f"paint ../run --count 3 --strokes 20 --size 64 {_LAST}",
                        ("**/*.png", "**/strokes.json")),
    "plots": Verb("paint ../pictures/0.png --strokes 40 --size 64 --plot out/plot --out out",
                  ("**/*.png", "**/*.svg", "**/*.gcode", "**/*.hpgl", "strokes.json")),
    "hand": Verb("paint ../pictures/0.png --strokes 40 --size 64 --opaque --sheets A4 --out out",
                 ("**/*.png", "strokes.json")),
    "repaint": Verb("repaint ../painted/strokes.json --size 160 --film-as webp --film-seconds 1 "
                    "--svg --plot out/plot --out out",
                    ("**/*.png", "**/*.svg", "**/*.gcode", "*.webp")),
    "kit": Verb("kit ../pictures/0.png --no-faces --out out", ("kit.json", "*.png", "*.svg")),
    "print": Verb("print ../pictures/0.png --paper A4 --format tiff --out out", ("*.tif*",)),
    "strokes-make": Verb("strokes make --count 300 --out out", ("*.npz",)),
    "strokes-import": Verb("strokes import ../shards --out out", ("*.npy", "*.json")),
    "strokes-train": Verb("strokes train ../shards --set generator.images=2000 "
                          "--set checkpoint_minutes=0.005 --out out",
                          ("generator/checkpoints/*2000.pt", "generator/checkpoints/*2016.pt",
                           "generator/best/generator.safetensors")),
    "strokes-show": Verb("strokes show ../shards --count 40 --out out/sheet.png", ("*.png",)),
}  # fmt: skip
"""All that work for more than a moment, but for `demo`, which is measured by the clock, and
`studio`, whose jobs are these."""


def make_inputs(root: Path, site: str) -> None:
    """The pictures, the set, the runs and the strokes that verbs begin from."""
    for name, count in (("pictures", 260), ("few", 24), ("trio", 3)):  # 260: worker processes
        (root / name).mkdir()
        for number in range(count):
            Image.fromarray(paint(number, 48)).save(root / f"{name}/{number}.png")
    shutil.make_archive(str(root / "few"), "zip", root / "few")
    (root / "addresses.txt").write_text("".join(f"{site}/{n}.jpg\n" for n in range(8)))
    _write_clip(root / "clip.mp4")
    small = ["--size", "32", "--no-features"]
    for words in (
        ["prepare", "pictures", "--out", "set", *small],
        ["prepare", "few", "--out", "small", *small],
        ["train", "set", *RECIPE, "--images", "24", "--out", "run"],
        ["train", "set", *RECIPE, "--images", "48", "--from", "run", "--out", "child"],
        ["strokes", "make", "--count", "200", "--out", "shards"],
        ["paint", "pictures/0.png", "--strokes", "40", "--size", "96", "--out", "painted"],
    ):
        command = [sys.executable, "-m", "impasto", *words]
        done = subprocess.run(command, cwd=root, check=False, capture_output=True)
        assert not done.returncode, done.stderr.decode()


def _write_clip(file: Path) -> None:
    with av.open(str(file), "w") as film:
        stream = film.add_stream("libx264", rate=4)
        stream.width = stream.height = 48
        for number in range(4):
            frame = av.VideoFrame.from_ndarray(np.roll(paint(1, 48), number, axis=1))
            film.mux(stream.encode(frame))
        film.mux(stream.encode())


def results(verb: Verb, place: Path) -> dict[str, bytes]:
    """What came out, by name."""
    out = place / "out"
    files = sorted({file for pattern in verb.compared for file in out.glob(pattern)})
    return {str(file.relative_to(out)): _content(file) for file in files}


_TIMED = re.compile(rb'"(seconds|minutes)": [\d.]+')


def _content(file: Path) -> bytes:
    """Of a checkpoint the weights, of an archive of arrays the arrays, of a PNG the pixels."""
    if file.suffix == ".pt":
        import torch

        saved = torch.load(file, weights_only=True)
        return repr(_plain([saved[key] for key in ("networks", "optimisers", "averages")])).encode()
    if file.suffix == ".npz":
        with np.load(file) as arrays:
            return b"".join(arrays[name].tobytes() for name in sorted(arrays.files))
    if file.suffix == ".png":
        with Image.open(io.BytesIO(file.read_bytes())) as picture:
            return picture.tobytes()
    return _TIMED.sub(b"", file.read_bytes())


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if hasattr(value, "numpy"):
        return value.numpy().tobytes()
    return value

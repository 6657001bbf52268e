"""How long enlarging takes, how near it is to the reference runtime, and whether tiles show.

    python bench/upscaling.py --picture photo.jpg
    python bench/upscaling.py --picture photo.jpg --models fast quality --sides 128 512 --seams

Needs `pip install 'impasto[upscale]' ncnn`. Prints JSON. CPU-seconds are those of all threads:
they say what the work costs where other programs run as well; wall seconds say what one waits.
"""

import argparse
import importlib.util
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from impasto.core.device import keep_freed_memory
from impasto.core.images import FILTER
from impasto.upscale.networks import PACKAGE, PRETRAINED, Enlarger, load_enlarger
from impasto.upscale.tiles import enlarge_by_tiles

REFERENCE_SIDE = 48
SEAM_SIDE = 96


def crop(path: Path, side: int) -> NDArray[np.uint8]:
    """The middle of the picture as a square of this side, shrunk to it."""
    with Image.open(path) as image:
        shorter = min(image.size)
        left, top = (image.width - shorter) // 2, (image.height - shorter) // 2
        square = image.convert("RGB").crop((left, top, left + shorter, top + shorter))
        return np.asarray(square.resize((side, side), FILTER))


def speed(enlarger: Enlarger, picture: NDArray[np.uint8], bf16: bool) -> dict[str, Any]:
    """One picture, after a small one has warmed the kernels up."""
    enlarge_by_tiles(picture[:32, :32], enlarger, bf16=bf16)
    wall, spent = time.perf_counter(), time.process_time()
    result = enlarge_by_tiles(picture, enlarger, bf16=bf16)
    return {
        "from": picture.shape[0],
        "to": result.shape[0],
        "bf16": bf16,
        "seconds": round(time.perf_counter() - wall, 2),
        "cpu_seconds": round(time.process_time() - spent, 2),
    }


def to_reference(model: str, enlarger: Enlarger, picture: NDArray[np.uint8]) -> float:
    """The largest difference to ncnn, in [0, 1], before anything is clamped."""
    import ncnn

    found = importlib.util.find_spec(PACKAGE)
    assert found is not None
    assert found.submodule_search_locations is not None
    stem = Path(found.submodule_search_locations[0]) / "models" / PRETRAINED[model]
    network = ncnn.Net()
    network.opt.use_vulkan_compute = False
    for option in ("use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic"):
        setattr(network.opt, option, False)
    network.load_param(f"{stem}.param")
    network.load_model(f"{stem}.bin")
    values = np.ascontiguousarray(picture.transpose(2, 0, 1), dtype=np.float32) / 255
    runner = network.create_extractor()
    runner.input("data", ncnn.Mat(values).clone())
    _, theirs = runner.extract("output")
    network_here: Any = enlarger.network
    with torch.inference_mode():
        ours = network_here.model(torch.from_numpy(values)[None])[0].numpy()
    return float(np.abs(ours - np.array(theirs)).max())


def seams(enlarger: Enlarger, picture: NDArray[np.uint8]) -> dict[str, Any]:
    """Cut into four tiles against uncut: the largest and the mean difference, of 255."""
    side = picture.shape[0]
    whole = enlarge_by_tiles(picture, enlarger, tile=side).astype(int)
    difference = np.abs(enlarge_by_tiles(picture, enlarger, tile=side // 2) - whole)
    near = side * enlarger.scale // 2 + np.arange(-8, 8)
    return {
        "context": enlarger.context,
        "largest": int(difference.max()),
        "mean_at_the_seams": round(float(difference[near].mean()), 4),
        "mean_anywhere": round(float(difference.mean()), 4),
    }


def main() -> None:
    """Parse, measure, print JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--picture", type=Path, required=True)
    parser.add_argument("--models", nargs="+", choices=list(PRETRAINED), default=["fast"])
    parser.add_argument("--sides", nargs="+", type=int, default=[128, 512])
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--reference", action="store_true", help="compare with ncnn")
    parser.add_argument("--seams", action="store_true", help="compare tiles with the whole")
    options = parser.parse_args()
    keep_freed_memory()
    report: list[dict[str, Any]] = []
    for model in options.models:
        begun = time.perf_counter()
        enlarger = load_enlarger(model)
        row: dict[str, Any] = {"model": model, "threads": torch.get_num_threads()}
        row["load_seconds"] = round(time.perf_counter() - begun, 2)
        row["speed"] = []
        for side in options.sides:
            row["speed"].append(speed(enlarger, crop(options.picture, side), options.bf16))
            print(model, row["speed"][-1], file=sys.stderr)
        if options.reference:
            small = crop(options.picture, REFERENCE_SIDE)
            row["to_reference"] = to_reference(model, enlarger, small)
        if options.seams:
            row["seams"] = seams(enlarger, crop(options.picture, SEAM_SIDE))
        report.append(row)
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()

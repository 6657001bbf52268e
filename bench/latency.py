"""How long one picture takes: PyTorch as it is, compiled, and as ONNX.

    python bench/latency.py runs/mine
    python bench/latency.py --architecture dcgan --size 64 --latent 100

Needs `pip install 'impasto[export]'`. Prints JSON, milliseconds a picture: the median of all, and
CPU-milliseconds of all threads together, which other programs do not disturb.
"""

import argparse
import copy
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from impasto.config import Model
from impasto.core.device import has_fast_bf16, keep_freed_memory
from impasto.export.graph import to_onnx
from impasto.generate.artefact import load_generator
from impasto.generate.sampler import LoadedGenerator, latents_of
from impasto.models.build import build_generator

Paint = Callable[[torch.Tensor], Any]


def timed(paint: Paint, latents: torch.Tensor, count: int) -> dict[str, float]:
    """Median and CPU time of single pictures, after a few to warm up."""
    for row in latents[:5]:
        paint(row[None])
    spent, times = time.process_time(), []
    for number in range(count):
        begun = time.perf_counter()
        paint(latents[number % len(latents)][None])
        times.append(time.perf_counter() - begun)
    return {
        "milliseconds": round(1e3 * statistics.median(times), 2),
        "cpu_milliseconds": round(1e3 * (time.process_time() - spent) / count, 2),
    }


def ways(painter: LoadedGenerator, compiled: bool) -> dict[str, Paint]:
    """Each way to paint one picture, made ready."""
    import onnxruntime

    network: nn.Module = painter.network
    fast = copy.deepcopy(network).to(memory_format=torch.channels_last)
    found: dict[str, Paint] = {"eager fp32": network, "eager fp32, channels last": fast}
    bf16 = has_fast_bf16("cpu")

    def half(latents: torch.Tensor) -> Any:
        with torch.autocast("cpu", torch.bfloat16):
            return fast(latents)

    if bf16:
        found["eager bf16, channels last"] = half
    if compiled:
        found["compiled fp32"] = torch.compile(network, dynamic=False)
        if bf16:
            found["compiled bf16, channels last"] = torch.compile(half, dynamic=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(
        to_onnx(painter).SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    found["ONNX Runtime fp32"] = lambda z: session.run(None, {"latents": z.numpy()})
    return found


def main() -> None:
    """Parse, measure, print JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run", type=Path, nargs="?", help="a trained generator; or describe one:")
    parser.add_argument("--architecture", default="dcgan")
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--latent", type=int, default=100)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--no-compile", action="store_true")
    options = parser.parse_args()
    keep_freed_memory()
    if options.run:
        painter = load_generator(options.run)
    else:
        described: dict[str, Any] = {
            "architecture": options.architecture,
            "size": options.size,
            "latent": options.latent,
            "generator_width": options.width,
        }
        network = build_generator(Model(**described)).eval().requires_grad_(False)
        painter = LoadedGenerator(network, options.latent, "untrained", None)
    latents, rows = latents_of(range(32), painter.latent), {}
    with torch.inference_mode():
        for name, paint in ways(painter, not options.no_compile).items():
            rows[name] = timed(paint, latents, options.count)
            print(name, rows[name], file=sys.stderr)
    print(json.dumps({"threads": torch.get_num_threads(), **rows}, indent=2))


if __name__ == "__main__":
    main()

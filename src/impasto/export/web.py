"""A web page that paints: the generator in the browser, in a folder for any static host.

All data lies in scripts, as base64, so that the page works when `index.html` is opened from a
disk as well; browsers let such a page read nothing else. The runtime (ONNX Runtime Web, MIT) comes
with Impasto: no host of scripts, no npm, no network.
"""

import base64
import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from impasto.core.files import refuse_others, write_text
from impasto.core.pages import render
from impasto.errors import ImpastoError
from impasto.explore.search import by_weights
from impasto.export.graph import Weights, compact, compare, to_onnx
from impasto.generate.conditions import Conditioned
from impasto.generate.directions import Direction, read_directions
from impasto.generate.layers import layers_by_side
from impasto.generate.sampler import LoadedGenerator, latents_of

if TYPE_CHECKING:
    import onnx

STATIC = ("page.css", "chance.js", "page.js")
RUNTIME, GENERATOR, INDEX = "runtime.js", "generator.js", "index.html"
LICENCES = "onnxruntime-licences.txt"
_BEGINS = "const GENERATOR = "
"""As the script begins that is written first, and tells a page of ours from another one."""
LARGEST_WEIGHTS = 256 * 2**20
"""Bytes beyond which browsers are likely to give up on one script."""


REACH = 4.0
"""Strength at a slider's ends; latents have a standard deviation of 1 along a direction."""

FEW = 6
"""Directions found on the spot for a run that has none of its own."""

LEVELS = 4
"""Of 255: how far a pixel may be off for weights of one byte to be taken."""


@dataclass(frozen=True)
class Page:
    """What was written."""

    index: Path
    bytes: int
    """Of all files together."""

    difference: float
    """The largest to PyTorch's pictures, which lie in [−1, 1]."""

    weights: Weights
    """How the weights are stored."""


def write_web(
    generator: LoadedGenerator,
    folder: Path,
    title: str,
    directions: Sequence[Direction] = (),
    weights: Weights | None = None,
) -> Page:
    """Write the page into `folder`, each file atomically; `index.html` comes last.

    Args:
        generator: the generator.
        folder: made if missing; an earlier page is replaced.
        title: the page's heading.
        directions: become sliders.
        weights: how weights are stored; if not given, in one byte where that moves no pixel by
            more than `LEVELS`, or else in two.

    Raises:
        ImpastoError: the generator cannot be exported, or is too large for a browser, or the folder
            holds files of these names that are no earlier page.
    """
    names = (GENERATOR, RUNTIME, LICENCES, *STATIC, INDEX)
    refuse_others(folder, names, _is_page(folder), "--web")
    levels = layers_by_side(Conditioned(generator, _any_label(generator)), generator.latent)
    whole = to_onnx(generator, list(levels.values()))
    graph, difference, chosen = _chosen(whole, generator, weights)
    content = graph.SerializeToString()
    if len(content) > LARGEST_WEIGHTS:
        way = "export it with --onnx" if chosen == "int8" else "use --weights int8, or --onnx"
        raise ImpastoError(
            f"This generator takes {len(content) / 2**20:.0f} MB, too much for a web page; {way}."
        )
    about = describe(generator, title, directions) | {"levels": list(levels)}
    runtime = {
        "source": _packed("ort.wasm.min.js"),
        "glue": _packed("ort-wasm-simd-threaded.mjs"),
        "wasm": _packed("ort-wasm-simd-threaded.wasm"),
    }
    written = {
        GENERATOR: f"{_BEGINS}{json.dumps(about)};\n"
        f"const WEIGHTS = {json.dumps(_base64(gzip.compress(content, 9, mtime=0)))};\n",
        RUNTIME: f"const RUNTIME = {json.dumps(runtime)};\n",
        LICENCES: gzip.decompress(_vendored(LICENCES)).decode(),
        **{name: (_page() / name).read_text(encoding="utf-8") for name in STATIC},
        INDEX: _index(title),
    }
    for name, text in written.items():
        write_text(folder / name, text)
    size = sum((folder / name).stat().st_size for name in written)
    return Page(folder / INDEX, size, difference, chosen)


def _is_page(folder: Path) -> bool:
    """Whether a page of ours lies there, or what a broken-off export left of one."""
    try:
        with (folder / GENERATOR).open("rb") as file:
            return file.read(len(_BEGINS)) == _BEGINS.encode()
    except OSError:
        return False


def find_directions(generator: LoadedGenerator, folder: Path) -> list[Direction]:
    """Those that `impasto explore directions` left in a run, or else a few found on the spot."""
    explored = folder / "explore"
    if (explored / "directions.json").is_file():
        return read_directions(explored, generator.latent)
    return by_weights(Conditioned(generator, _any_label(generator)), generator.latent, FEW)


def _any_label(generator: LoadedGenerator) -> str | None:
    return generator.labels[0] if generator.labels else None


def _chosen(
    whole: "onnx.ModelProto", generator: LoadedGenerator, weights: Weights | None
) -> tuple["onnx.ModelProto", float, Weights]:
    wishes: tuple[Weights, ...] = (weights,) if weights else ("int8", "fp16")
    for wish in wishes:
        graph = compact(whole, wish)
        difference = compare(graph, generator)
        if difference <= LEVELS / 127.5:
            break
    return graph, difference, wish


@torch.inference_mode()
def _heeds_length(generator: LoadedGenerator) -> bool:
    """Whether a shorter latent paints another picture; some generators put it on a sphere first."""
    latents = latents_of([0], generator.latent)
    given = (torch.zeros(1, dtype=torch.long),) if generator.labels else ()
    pictures = [generator.network(factor * latents, *given) for factor in (1.0, 0.5)]
    return bool((pictures[0] - pictures[1]).abs().max() > 1e-3)


def describe(
    generator: LoadedGenerator, title: str, directions: Sequence[Direction]
) -> dict[str, object]:
    """What the page must know besides the weights."""
    return {
        "name": "".join(c if c.isalnum() or c in "-_" else "-" for c in title).strip("-") or "art",
        "origin": generator.origin[:1].upper() + generator.origin[1:] + ".",
        "generator": generator.about(),
        "latent": generator.latent,
        "labels": list(generator.labels),
        "directions": [
            {
                "name": direction.name,
                "reach": REACH,
                "values": [round(value, 6) for value in direction.vector.tolist()],
            }
            for direction in directions
        ],
        "truncates": _heeds_length(generator),
    }


def _index(title: str) -> str:
    return render("index.html", ("impasto.export", "page"), title=title)


def _page() -> Any:
    return files("impasto.export") / "page"


def _vendored(name: str) -> bytes:
    return bytes((files("impasto.export") / "vendor" / f"{name}.gz").read_bytes())


def _packed(name: str) -> str:
    return _base64(_vendored(name))


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()

"""The search for near sketches: cells in numpy beside faiss and usearch, on the same sketches.

    python bench/near_sketches.py 10000 [--asked 500] [--libraries FOLDER]

Sketches of generated thumbnails (`duplicates_scale.py`), whitened. `--asked` pictures, planted
copies first, each in eight positions and nine parts, look for what correlates more than
`CANDIDATE`. Told are processor seconds to build and to ask, memory, and the share of an exact
search's pairs that is found. `--libraries`: where faiss and usearch lie, if not here.
"""

import argparse
import importlib
import json
import resource
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from duplicates_scale import Clouds
from impasto.prepare import sketches
from impasto.prepare.sketch_index import MOST, PROBES, Cells
from impasto.prepare.sketches import CANDIDATE, TURNS, VIEWS

Floats = NDArray[np.float32]
Pairs = set[tuple[int, int]]
Rows = tuple[NDArray[np.int64], NDArray[np.int64]]
Find = Callable[[Floats], Rows]


def own_mb() -> int:
    """Memory of this process's own, now."""
    return int(Path("/proc/self/status").read_text().partition("RssAnon:")[2].split()[0]) // 1024


def ask(queries: Floats, asked: NDArray[np.int64], find: Find) -> Pairs:
    """Pairs (asked, found) beyond the threshold; `find` gives rows of queries and of pictures."""
    pairs: Pairs = set()
    for first in range(0, len(queries), 2**14):
        rows, hits = find(queries[first : first + 2**14])
        one = asked[(first + np.asarray(rows)) // len(VIEWS) % len(asked)]
        pairs |= {
            (a, b) for a, b in zip(one.tolist(), np.asarray(hits).tolist(), strict=True) if a != b
        }
    return pairs


def best_rows(scores: Floats, numbers: NDArray[np.int64]) -> Rows:
    rows, places = np.nonzero(scores > CANDIDATE)
    return rows, numbers[rows, places]


def sketched(clouds: Clouds, count: int, asked: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Sketches of all pictures, and those that the asked ones look with in every position."""
    whole = np.stack([sketches.sketch(clouds[n], VIEWS[:1])[0] for n in range(count)])
    white = sketches.whitening(whole)
    whole = np.ascontiguousarray(sketches.whitened(whole, white), np.float32)
    mine = np.stack([sketches.sketch(clouds[int(n)]) for n in asked])
    turned = [
        sketches.whitened(sketches.turned_sketches(mine, turn), white).reshape(-1, whole.shape[1])
        for turn in range(len(TURNS))
    ]
    return whole, np.concatenate(turned).astype(np.float32)


def with_all(whole: Floats) -> Find:
    def find(some: Floats) -> Rows:
        rows, hits = np.nonzero(some @ whole.T > CANDIDATE)
        return rows, hits

    return find


def with_cells(whole: Floats) -> Find:
    cells = Cells(whole.copy())

    def find(some: Floats) -> Rows:
        found = list(cells.within(some, CANDIDATE))
        rows, hits = (np.concatenate([each[at] for each in found]) for at in (0, 1))
        return rows, hits

    return find


def with_faiss(faiss: Any, centres: int, probes: int, whole: Floats) -> Find:
    quantiser = faiss.IndexFlatIP(whole.shape[1])
    index = faiss.IndexIVFFlat(quantiser, whole.shape[1], centres, faiss.METRIC_INNER_PRODUCT)
    index.train(whole)
    index.add(whole)
    index.nprobe = probes
    return lambda some: best_rows(*index.search(some, MOST))


def with_usearch(usearch: Any, effort: int, whole: Floats) -> Find:
    index = usearch.index.Index(
        ndim=whole.shape[1], metric="ip", dtype="f32", expansion_search=effort
    )
    index.add(np.arange(len(whole)), whole, threads=1)

    def find(some: Floats) -> Rows:
        found = index.search(some, MOST, threads=1)
        return best_rows(1 - found.distances, found.keys.astype(np.int64))

    return find


def measured(
    name: str, build: Callable[[Floats], Find], whole: Floats, queries: Floats,
    asked: NDArray[np.int64], exact: Pairs,
) -> None:  # fmt: skip
    """Print what a search costs and finds; the first one is exact, and fills `exact`."""
    before, busy = own_mb(), time.process_time()
    find = build(whole)
    built, memory = time.process_time() - busy, own_mb() - before
    busy = time.process_time()
    pairs = ask(queries, asked, find)
    took = time.process_time() - busy
    if not exact:
        exact.update(pairs)
    row = {
        "name": name, "count": len(whole), "build_s": round(built, 2), "memory_mb": memory,
        "ask_us_a_query": round(1e6 * took / len(queries), 1),
        "all_s": round(built + took * len(whole) / len(asked), 1),
        "recall": round(len(exact & pairs) / max(1, len(exact)), 5), "exact": len(exact),
    }  # fmt: skip
    print(json.dumps(row), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("--asked", type=int, default=500)
    parser.add_argument("--libraries")
    options = parser.parse_args()
    count = options.count
    asked = np.arange(count - options.asked, count)
    whole, queries = sketched(Clouds(count, count // 20), count, asked)
    centres = 2 ** max(4, round(np.log2(4 * np.sqrt(count))))
    exact: Pairs = set()

    def tell(name: str, build: Callable[[Floats], Find]) -> None:
        measured(name, build, whole, queries, asked, exact)

    tell("each with each", with_all)
    tell(f"cells, {centres} of them, {PROBES} looked into", with_cells)
    if options.libraries:
        sys.path.append(options.libraries)
    faiss = importlib.import_module("faiss")
    usearch = importlib.import_module("usearch")
    importlib.import_module("usearch.index")
    faiss.omp_set_num_threads(1)
    for probes in (PROBES, 2 * PROBES):
        name = f"faiss {faiss.__version__} IVFFlat, {probes} looked into"
        tell(name, partial(with_faiss, faiss, centres, probes))
    for effort in (64, 256):
        name = f"usearch {usearch.__version__}, effort {effort}"
        tell(name, partial(with_usearch, usearch, effort))
    print(json.dumps({"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))


if __name__ == "__main__":
    main()

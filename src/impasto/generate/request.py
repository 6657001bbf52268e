"""What `impasto generate` was asked for, painted: pictures, sheets, ways."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from impasto.core.console import counted, say
from impasto.core.helping import Job, Jobs
from impasto.core.runs import Run
from impasto.core.shipped import locate, workplace
from impasto.errors import ImpastoError
from impasto.generate.artefact import load_generator
from impasto.generate.asked import KEYS, PICTURES, Request, check, parse_seeds
from impasto.generate.conditions import painter, resampled, seeded
from impasto.generate.directions import move, read_directions
from impasto.generate.film import film_walk
from impasto.generate.gallery import MOST_ON_A_SHEET, paint_files, paint_sheet, writer
from impasto.generate.interpolate import circle, journey
from impasto.generate.latents import Latent, read_latents, stack
from impasto.generate.sampler import LoadedGenerator
from impasto.generate.stored import LONGEST_NAME
from impasto.generate.truncation import truncation_sheet

MOST_FRAMES, MOST_TO_CHOOSE_FROM = 100_000, 20_000
"""Latents of a whole way, and pictures to choose from, are in memory together."""

SEEDS_IN_A_NAME = 8
"""Up to so many seeds are written into the name of a film or a sheet."""


def fulfil(request: Request) -> tuple[str, list[Path]]:
    """Paint what is asked.

    Returns:
        Which generator painted it, for people, and the files.

    Raises:
        ImpastoError: the options do not go together, or something they name is not there.
    """
    check(request)
    generator = load_generator(request.run, request.checkpoint)
    return generator.origin, _fulfilled(request, generator)


def helping(request: Request) -> Jobs:
    """What other processes do for the one that fulfils the request."""
    generator = load_generator(request.run, request.checkpoint)
    return {
        "files": writer(generator, request.folder, request.paper),
        "latents": painter(generator),
        Job.LOOK: _look,
    }


def _look(part: Any) -> Any:
    from impasto.metrics.features import look  # feature networks take a second to import

    return look(part)


def _fulfilled(request: Request, generator: LoadedGenerator) -> list[Path]:
    """The files."""
    count, latents = chosen(request, generator)
    check_count(request, count)
    if request.is_walk:
        return [_walk(request, generator, list(latents))]
    say(f"Painting {count} with {generator.origin}.", style="dim")
    if request.truncation_sheet:
        shown, by = list(latents), request.truncation_by
        path = request.folder / f"truncation-{by}-{_together(generator, shown)}.png"
        return [truncation_sheet(generator, shown, path, by)]
    if request.best is not None:
        latents = iter(_best(request, generator, list(latents)))
        count = request.best
    if not request.grid and not request.contact_sheet:
        return _files(request, generator, latents, count)
    shown = list(latents)
    files = _files(request, generator, shown, count) if request.contact_sheet else []
    name = f"{'contact-' if request.contact_sheet else ''}{_sheet_name(generator, shown)}.png"
    numbers, paper = request.numbers, request.paper
    sheet = paint_sheet(
        generator, shown, count, request.folder / name, numbers=numbers, paper=paper
    )
    return [*files, sheet]


def _files(
    request: Request, generator: LoadedGenerator, latents: Iterable[Latent], count: int
) -> list[Path]:
    """One file each; a word is said of others that the folder holds."""
    before = set(request.folder.glob("*.png"))
    files = paint_files(generator, latents, count, request.folder, request.paper)
    if others := len(before - set(files)):
        say(
            f"{counted(others, 'other picture')} in {request.folder} will stay there; "
            "another --out keeps what one call made apart.",
            style="dim",
        )
    return files


def check_count(request: Request, count: int) -> None:
    """Refuse what would not fit into memory before any of it is made.

    Raises:
        ImpastoError: more pictures or frames than what is asked for can hold.
    """
    frames = request.steps * (max(count, 4) if request.circle else count)
    if request.is_walk and frames > MOST_FRAMES:
        raise ImpastoError(
            f"This film would have about {frames:,} frames; at most {MOST_FRAMES:,} "
            "are possible; choose fewer pictures, --seconds or --fps."
        )
    if request.best is not None and count > MOST_TO_CHOOSE_FROM:
        raise ImpastoError(f"--best: choose from at most {MOST_TO_CHOOSE_FROM:,} pictures at once.")
    sheet = request.grid or request.contact_sheet
    if sheet and not request.is_walk and (request.best or count) > MOST_ON_A_SHEET:
        raise ImpastoError(
            f"A sheet, of --grid or --contact-sheet, holds at most {MOST_ON_A_SHEET:,} pictures."
        )


def chosen(request: Request, generator: LoadedGenerator) -> tuple[int, Iterator[Latent]]:
    """The latents that are asked for: those in files, then those of seeds.

    Returns:
        How many, and they themselves, each made when its turn comes.

    Raises:
        ImpastoError: a file holds no latents of this generator.
    """
    kept = [
        z
        for file in request.files
        for z in read_latents(file, generator.latent, generator.fingerprint)
    ]
    if request.seeds is not None:
        seeds: Sequence[int] = parse_seeds(request.seeds)
    elif kept and request.count is None:
        seeds = ()
    else:
        default = (3 if request.radius < 1 else 2) if request.circle else KEYS
        many = request.count or (default if request.is_walk else PICTURES)
        seeds = range(request.seed, request.seed + many)
    label = request.label
    if label is None and request.is_walk and generator.labels:  # a way keeps to one
        label = kept[0].label if kept else seeded(generator, seeds[0]).label
    place = Run(workplace(request.run))
    directions = read_directions(place.explore, generator.latent) if request.moves else []
    whole = chain(kept, (_drawn(request, seed, generator, label) for seed in seeds))
    placed = (_conditioned(request, move(z, directions, request.moves)) for z in whole)
    return len(kept) + len(seeds), placed


def _drawn(request: Request, seed: int, generator: LoadedGenerator, label: str | None) -> Latent:
    latent = seeded(generator, seed, label)
    if request.truncation_by == "shrink" or request.truncation_sheet:
        return latent
    numbers = resampled(seed, generator.latent, request.truncation)
    name = f"{latent.name}-within-{request.truncation:g}"
    return replace(latent, name=name, values=numbers, seed=None)


def _conditioned(request: Request, latent: Latent) -> Latent:
    """The latent under the options' label and truncation; its name tells of the latter."""
    if request.label is not None:
        latent = replace(latent, label=request.label, name=f"{latent.name}-{slug(request.label)}")
    if request.truncation_by == "shrink" and request.truncation != 1:
        name = f"{latent.name}-truncated-{request.truncation:g}"
        latent = replace(latent, truncation=request.truncation, name=name)
    return replace(latent, name=latent.name[:LONGEST_NAME])


def slug(text: str) -> str:
    """A text as a part of a file's name: letters, digits, and hyphens for all else."""
    return re.sub(r"\W+", "-", text).strip("-")[:40] or "x"


def _best(request: Request, generator: LoadedGenerator, latents: list[Latent]) -> list[Latent]:
    from impasto.generate.select import choose_best  # feature networks take a second to import

    assert request.best is not None
    run = Run(locate(request.run))
    choices, judge = choose_best(generator, latents, request.best, run, request.data, request.judge)
    say(f"The best {len(choices)} of {len(latents)} by {judge}, chosen to differ.", style="dim")
    # Ranks in front, so that a folder that is sorted by name keeps the order.
    digits = len(str(len(choices)))
    return [
        replace(latent, name=f"best-{rank:0{digits}}-{latent.name}"[:LONGEST_NAME])
        for rank, (latent, _) in enumerate(choices, 1)
    ]


def _walk(request: Request, generator: LoadedGenerator, keys: list[Latent]) -> Path:
    walk = way(request, stack(keys))
    kind = "circle" if request.circle else request.interpolate
    name = f"{kind}{'-loop' if request.loop else ''}-{_together(generator, keys)}"
    if len({(key.label, key.truncation) for key in keys}) > 1:
        raise ImpastoError("A film has one label and one truncation; these pictures differ.")
    say(f"{counted(len(walk), 'frame')} through {len(keys)} by {generator.origin}.", style="dim")
    if request.grid:
        path = request.folder / f"{name}.png"
        frames = [
            replace(keys[0], name=f"step-{n}", values=z, seed=None)
            for n, z in enumerate(_legs(request, walk))
        ]
        return paint_sheet(generator, frames, len(frames), path, columns=request.steps + 1)
    path = request.folder / f"{name}.{request.film}"
    return film_walk(generator, walk, keys, path, request.fps, request.side)


def way(request: Request, keys: Tensor) -> Tensor:
    """The latents of a film: (K, L) → (frames, L).

    Raises:
        ImpastoError: too few keys, or too many for a circle.
    """
    if request.interpolate is not None:
        return journey(keys, request.steps, request.interpolate, request.loop, request.easing)
    wanted = 3 if request.radius < 1 else 2
    if len(keys) != wanted:
        raise ImpastoError(
            f"--circle goes through {wanted} pictures, not {len(keys)}: two to go through, and "
            "with --radius below 1 the one to stay near before them."
        )
    centre = keys[0] if request.radius < 1 else None
    return circle(keys[-2], keys[-1], 4 * request.steps, centre, request.radius)


def _legs(request: Request, walk: Tensor) -> Tensor:
    """A way as rows that each lead from one key to the next, with both of them in the row."""
    closed = request.loop or request.circle
    whole = torch.cat([walk, walk[:1]]) if closed else walk
    starts = range(0, len(whole) - 1, request.steps)
    return torch.cat([whole[start : start + request.steps + 1] for start in starts])


def _sheet_name(generator: LoadedGenerator, latents: list[Latent]) -> str:
    first, last = latents[0].seed, latents[-1].seed
    in_a_row = first is not None and [one.seed for one in latents] == [
        first + step for step in range(len(latents))
    ]
    if in_a_row and all(_is_plain(generator, latent) for latent in latents):
        return f"sheet-{first}-{last}-of-{len(latents)}"
    return f"sheet-{_together(generator, latents)}"


def _together(generator: LoadedGenerator, latents: list[Latent]) -> str:
    """A name for these latents in this order, so that others do not take the place of the file."""
    few = len(latents) <= SEEDS_IN_A_NAME
    if few and all(_is_plain(generator, latent) for latent in latents):
        return "-".join(str(latent.seed) for latent in latents)
    digest = hashlib.sha256()
    for latent in latents:
        digest.update(f"{latent.label}\n{latent.truncation}\n".encode())
        digest.update(latent.values.numpy().tobytes())
    return f"{latents[0].name}-of-{len(latents)}-{digest.hexdigest()[:6]}"


def _is_plain(generator: LoadedGenerator, latent: Latent) -> bool:
    """Whether its seed alone says everything."""
    if latent.seed is None or latent.truncation != 1:
        return False
    return latent.label == seeded(generator, latent.seed).label

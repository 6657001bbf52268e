"""`impasto evaluate --blind`: samples and originals shuffled, for a person to tell apart.

The page is whole in one file and works without the server; the server only saves what was said.
"""

import base64
import hashlib
import json
import secrets
import webbrowser
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from impasto.core.console import counted, say
from impasto.core.files import atomic_writer, write_json
from impasto.core.images import Picture, data_uri
from impasto.core.local_page import LocalPage
from impasto.core.pages import render
from impasto.errors import ImpastoError
from impasto.evaluate.blind import (
    KEY,
    LEAST,
    MOST,
    Key,
    Outcome,
    Shown,
    Sitting,
    next_answers,
    read_outcome,
    shortened,
)
from impasto.evaluate.subject import Subject

PAGE = "blind.html"

SAMPLES = 40
"""Samples on a wall unless told otherwise, and as many originals: some five minutes."""


def hang_wall(subject: Subject, out: Path, count: int, seed: int) -> Key:
    """Write the page and its key to `out`; earlier answers to another wall no longer count.

    Samples are the first of the subject, so nobody chose them; originals are drawn from those
    kept from the training where there are enough, else from all.

    Args:
        subject: what is judged, and its originals.
        out: the folder for both files.
        count: samples, and as many originals.
        seed: which originals, and the order.

    Raises:
        ImpastoError: there are too few pictures.
    """
    chance = np.random.default_rng(seed)
    pool = np.arange(len(subject.reals))
    if subject.held_out is not None and len(subject.held_out) >= count:
        pool = subject.held_out
    most = min(len(subject.fakes), len(pool), MOST)
    if most < LEAST:
        raise ImpastoError(
            f"--blind needs at least {LEAST} samples and {LEAST} originals, and there are "
            f"{len(subject.fakes)} and {len(pool)}; add pictures, or name others."
        )
    if not LEAST <= count <= most:
        raise ImpastoError(
            f"--blind --count {count}: {counted(len(subject.fakes), 'sample')} and "
            f"{counted(len(pool), 'original')} are there; show from {LEAST} to {most}."
        )
    originals = np.sort(chance.choice(pool, count, replace=False))
    pictures: list[tuple[Shown, Picture]] = [
        (Shown(name=shortened(subject.label(row)), generated=True), subject.fakes[row])
        for row in range(count)
    ]
    pictures += [
        (Shown(name=f"original {row}", generated=False), subject.reals.pictures[row])
        for row in originals
    ]
    pictures = [pictures[place] for place in chance.permutation(len(pictures))]
    shown = tuple(each for each, _ in pictures)
    digest = hashlib.sha256()
    for each, picture in pictures:
        digest.update(each.name.encode() + np.ascontiguousarray(picture).tobytes())
    key = Key(wall=digest.hexdigest()[:16], origin=shortened(subject.origin), shown=shown)
    out.mkdir(parents=True, exist_ok=True)
    write_json(out / KEY, key.model_dump())
    here = secrets.token_hex(16)  # no name can hold it
    page = render(
        "blind.html",
        name=subject.name,
        wall=key.wall,
        # Not a secret, only out of sight: who reads the page's source spoils their own sitting.
        truth=_hidden([[each.generated, each.name] for each in shown]),
        count=len(pictures),
        pictures=here,
    )
    with atomic_writer(out / PAGE) as file:  # picture by picture: all of them are hundreds of MB
        before, _, behind = page.partition(here)
        file.write(before.encode())
        for _, picture in pictures:
            # Lossless, both kinds alike: a codec's traces would be a second sign to tell them by.
            file.write(f'"{data_uri(np.asarray(picture), "png")}",\n'.encode())
        file.write(behind.encode())
    return key


def sit(out: Path, key: Key, browser: bool = True) -> Outcome | None:
    """Serve the wall in `out` until a person is through; returns what all sittings said of it."""

    def save(said: Any) -> dict[str, object] | None:
        try:
            sitting = Sitting.model_validate(said)
        except ValidationError:
            return None
        if sitting.wall != key.wall or len(sitting.said) != len(key.shown):
            return None
        try:
            write_json(next_answers(out), sitting.model_dump())
        except OSError as error:
            raise ImpastoError(f"{out} cannot be written to: {error.strerror}.") from error
        server.finish()
        return {}

    server = LocalPage((out / PAGE).read_bytes, {"save": save})
    say(f"Say which are real at {server.address} (Ctrl-C ends it).")
    if browser:
        webbrowser.open(server.address)
    if not server.serve():
        say(f"Nothing was saved; {out / PAGE} can be opened again.")
    return read_outcome(out)


def _hidden(value: Any) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()

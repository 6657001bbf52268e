"""Files, folders and runs, enlarged; one broken picture does not stop the rest."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.core.console import progress_bar, say
from impasto.core.images import save
from impasto.core.notes import NOTHING, Notes, latents_in, mark, own_file, read_notes
from impasto.core.runs import Run
from impasto.core.shipped import WORKPLACE, workplace
from impasto.data.decode import FORMATS
from impasto.data.files import list_files
from impasto.errors import ImpastoError
from impasto.upscale.method import Job, Method

SUFFIXES = {"png": ".png", "jpeg": ".jpg", "webp": ".webp"}


def plan(
    inputs: Sequence[Path], out: Path | None, model: str, much: str, kind: str = "png"
) -> list[Job]:
    """Which file becomes which.

    A picture becomes `NAME-MUCH.png` (`NAME-x4.png`) beside it. The pictures of a folder go, under
    their own names,
    to `FOLDER-x4-MODEL`, those that a run has generated to `RUN/enlarged-x4-MODEL`.

    Args:
        inputs: pictures, folders of pictures, runs.
        out: the folder for all of it; for a single picture, a file may be named.
        model: goes into the names of folders, so that two models do not meet in one.
        much: how large, for the names: `x4`, `1024`, or what it is printed on.
        kind: `png`, `jpeg` or `webp`.

    Raises:
        ImpastoError: an input is missing or holds no pictures, two would become one file, or one
            would take its source's place.
    """
    named = out is not None and out.suffix.lower() in (".png", ".jpg", ".jpeg", ".webp")
    if named and (len(inputs) != 1 or inputs[0].is_dir()):
        raise ImpastoError(f"--out {out} names one file for several pictures; name a folder.")
    jobs: list[Job] = []
    for given in map(_meant, inputs):
        if given.is_dir():
            jobs += _of_folder(given, out, f"{much}-{model}", SUFFIXES[kind])
        elif not given.exists():
            raise ImpastoError(f"There is no picture or folder {given}.")
        elif out is not None and named:
            jobs.append(Job(given, out))
        else:
            name = f"{given.stem}-{much}{SUFFIXES[kind]}"
            jobs.append(Job(given, own_file((out or given.parent) / name, given)))
    seen: dict[Path, Path] = {}
    for job in jobs:
        if job.target.resolve() == job.source.resolve():
            raise ImpastoError(
                f"{job.source} would be replaced by its enlargement; name another --out."
            )
        if (other := seen.setdefault(job.target, job.source)) != job.source:
            raise ImpastoError(
                f"{other} and {job.source} would both become {job.target}; enlarge them apart."
            )
    return jobs


def _meant(given: Path) -> Path:
    """Of a generator that comes with Impasto, the pictures that it has painted here."""
    where = workplace(given)
    if where == given or not where.is_relative_to(WORKPLACE):
        return where
    place = where / "generated"
    if not place.is_dir():
        raise ImpastoError(
            f"{given} has not painted anything here yet; start with: impasto generate {given}."
        )
    return place


def _of_folder(folder: Path, out: Path | None, mark: str, suffix: str) -> list[Job]:
    run = Run(folder)
    if run.recipe.is_file() or (run.best / "model.json").is_file():
        source = folder / "generated"
        if not source.is_dir():
            raise ImpastoError(
                f"{folder} has not painted anything yet; start with: impasto generate {folder}."
            )
        target = out or folder / f"enlarged-{mark}"
    else:
        source, target = (
            folder,
            out or folder.resolve().with_name(f"{folder.resolve().name}-{mark}"),
        )
    files, _ = list_files(source, target)
    stems = Counter(file.with_suffix("") for file in files)
    jobs = []
    for file in files:
        if file.suffix.lower() in (".mp4", ".webm"):
            continue
        # Where `a.png` lies beside `a.jpg`, they become `a.png.png` and `a.jpg.png`.
        alone = stems[file.with_suffix("")] == 1
        name = file.stem + suffix if alone else file.name + suffix
        place = (target / file).with_name(name)
        jobs.append(Job(source / file, own_file(place, source / file, unmarked=True)))
    return jobs


@dataclass
class Outcome:
    """What became of the jobs."""

    made: list[Path]
    kept: list[Path]
    """Was there already, newer than its source."""

    refused: dict[Path, str]
    """What could not be read or held, and why."""


def run(jobs: Sequence[Job], method: Method, again: bool = True, quality: int = 95) -> Outcome:
    """Do the jobs, with progress over all tiles; each result is complete or not there.

    Args:
        jobs: what to enlarge.
        method: how.
        again: also what is already there and newer than its source.
        quality: of JPEG and WebP, 1–100.
    """
    outcome = Outcome([], [], {})
    open_jobs = []
    for job in jobs:
        if not again and _is_done(job, method):
            outcome.kept.append(job.target)
        else:
            open_jobs.append(job)
    with progress_bar() as progress:
        total = sum(_work(job.source, method) for job in open_jobs)
        task = progress.add_task("enlarging", total=total)
        for job in open_jobs:
            progress.update(task, description=job.source.name)
            try:
                notes = _notes(job, method)
                result = method.make(job, lambda much: progress.advance(task, much))
                write(result, job.target, quality, notes)
            except ImpastoError as error:
                outcome.refused[job.source] = str(error)
                say(str(error), style="yellow")
                continue
            outcome.made.append(job.target)
    return outcome


def _is_done(job: Job, method: Method) -> bool:
    """Whether it lies there, newer than its source, and made of this very content so.

    What an earlier version enlarged does not say what it was made of; there the time decides.
    """
    try:
        if job.target.stat().st_mtime < job.source.stat().st_mtime:
            return False
        return read_notes(job.target).source in (None, _origin(job.source, method))
    except (OSError, ImpastoError):
        return False


def _origin(source: Path, method: Method) -> str:
    """From which file, of which content, an enlargement is made, and how."""
    how = method.key.encode("utf-8", "surrogateescape")
    with source.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.sha256(how))
    return f"{mark(source)}-{digest.hexdigest()[:16]}"


def _notes(job: Job, method: Method) -> Notes:
    """What the enlargement carries: a latent if its source does, its origin, its resolution."""
    try:
        return Notes(latents_in(job.source), _origin(job.source, method), method.dpi)
    except OSError:  # `read_picture` will say what is wrong
        return NOTHING


def _work(path: Path, method: Method) -> int:
    """By the file's header; 1 for what cannot be read, which is found out later."""
    try:
        with Image.open(path, formats=FORMATS) as image:
            return method.work(image.width, image.height)
    except Exception:  # codecs raise anything
        return 1


def write(picture: NDArray[np.uint8], path: Path, quality: int, notes: Notes = NOTHING) -> None:
    """Write a picture; JPEG knows no transparency and gets white instead.

    Raises:
        ImpastoError: the format cannot hold a picture as large.
    """
    most = {".jpg": 65_535, ".jpeg": 65_535, ".webp": 16_383}.get(path.suffix.lower())
    if most and max(picture.shape[:2]) > most:
        raise ImpastoError(f"{path}: this format holds at most {most:,} pixels a side; use .png.")
    if picture.shape[2] == 4 and path.suffix.lower() in (".jpg", ".jpeg"):
        alpha = picture[..., 3:].astype(np.float32) / 255
        mixed = picture[..., :3] * alpha + 255 * (1 - alpha)
        picture = np.rint(mixed).astype(np.uint8)
    save(picture, path, quality, notes)

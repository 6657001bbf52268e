"""Files, folders and runs, enlarged; one broken picture does not stop the rest."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.core.console import progress_bar, say
from impasto.core.images import save
from impasto.core.notes import NOTHING, Notes, latents_in, made_from, mark, read_notes
from impasto.core.runs import Run
from impasto.core.shipped import WORKPLACE, find, workplace
from impasto.data.decode import FORMATS
from impasto.data.files import PAINT, list_files
from impasto.data.names import names_apart
from impasto.errors import ImpastoError
from impasto.upscale.method import Job, Method, is_map, maps_of

SUFFIXES = {"png": ".png", "jpeg": ".jpg", "webp": ".webp"}


def plan(
    inputs: Sequence[Path],
    out: Path | None,
    model: str,
    much: str,
    kind: str = "png",
    *,
    called: Callable[[Path], str] | None = None,
    mapped: bool = False,
) -> list[Job]:
    """Which file becomes which.

    A picture becomes `NAME-MUCH.png` (`NAME-x4.png`) beside it. The pictures of a folder go, under
    their own names,
    to `FOLDER-x4-MODEL`, those that a run has generated to `RUN/enlarged-x4-MODEL`. Where a file
    of that name was not made from the same picture, a number follows: `NAME-x4-2.png`. Only in the
    last two folders, which are our own, what carries no mark is an earlier version's result.

    Args:
        inputs: pictures, folders of pictures, runs.
        out: the folder for all of it; for a single picture, a file may be named.
        model: goes into the names of folders, so that two models do not meet in one.
        much: how large, for the names: `x4`, `1024`, or what it is printed on.
        kind: `png`, `jpeg` or `webp`.
        called: says of one picture how large it becomes, for its name; `much` if not given.
        mapped: whether a map of whose paint is where goes beside each result; its two files
            (`maps_of`) take nobody's place either.

    Raises:
        ImpastoError: an input is missing or holds no pictures, two would become one file, or one
            would take its source's place, or a map that of another file.
    """
    named = out is not None and out.suffix.lower() in (".png", ".jpg", ".jpeg", ".webp")
    if named and (len(inputs) != 1 or holds_several(inputs[0])):
        raise ImpastoError(f"--out {out} names one file for several pictures; name a folder.")
    jobs: list[Job] = []
    for given in map(_meant, inputs):
        if given.is_dir():
            jobs += _of_folder(given, out, f"{much}-{model}", SUFFIXES[kind], mapped)
        elif not given.exists():
            raise ImpastoError(f"There is no picture or folder {given}.")
        elif out is not None and named:
            if mapped and not _has_room_for_map(out):
                raise ImpastoError(
                    f"--out {out}: the map beside it would replace {maps_of(out)[0]}, which "
                    "Impasto did not write; name another file."
                )
            jobs.append(Job(given, out))
        else:
            name = f"{given.stem}-{called(given) if called else much}{SUFFIXES[kind]}"
            jobs.append(Job(given, _own((out or given.parent) / name, given, mapped=mapped)))
    _check_apart(jobs, mapped)
    return jobs


def holds_several(given: Path) -> bool:
    """Whether it is a folder or a generator, also one given by its name, and no single picture."""
    return (find(given) or given).is_dir()


def _check_apart(jobs: Sequence[Job], mapped: bool) -> None:
    """Refuse two sources for one place, and a source that would be replaced."""
    seen: dict[Path, Path] = {}
    for job in jobs:
        if job.target.resolve() == job.source.resolve():
            raise ImpastoError(
                f"{job.source} would be replaced by its enlargement; name another --out."
            )
        for place in (job.target, *(maps_of(job.target) if mapped else ())):
            if (other := seen.setdefault(place, job.source)) != job.source:
                verb = "write" if mapped else "become"
                raise ImpastoError(
                    f"{other} and {job.source} would both {verb} {place}; enlarge them apart."
                )


def _own(wanted: Path, source: Path, *, unmarked: bool = False, mapped: bool = False) -> Path:
    """As `own_file`, and with room for a map beside it if there is going to be one."""
    if wanted.resolve() == source.resolve():
        return wanted  # which is refused
    path, number = wanted, 1
    while (path.exists() and not made_from(path, source, unmarked)) or (
        mapped and not _has_room_for_map(path)
    ):
        number += 1
        path = wanted.with_stem(f"{wanted.stem}-{number}")
    return path


def _has_room_for_map(target: Path) -> bool:
    """Whether a map beside this result would take the place of an earlier one at most."""
    picture, description = maps_of(target)
    return is_map(description) or not (picture.exists() or description.exists())


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


def _of_folder(folder: Path, out: Path | None, mark: str, suffix: str, mapped: bool) -> list[Job]:
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
    jobs = []
    # Where `a.png` lies beside `a.jpg`, they become `a.png.png` and `a.jpg.png`.
    for file, name in names_apart(files, PAINT if mapped else "").items():
        if file.suffix.lower() in (".mp4", ".webm"):
            continue
        place = (target / name).with_name(name.name + suffix)
        own = _own(place, source / file, unmarked=out is None, mapped=mapped)
        jobs.append(Job(source / file, own))
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
    `plan` names such a file only in a folder that is our own.
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

"""`project` with files at either end: a picture in; a painting, its course and numbers out."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from impasto.core.files import write_json
from impasto.core.images import Picture, save
from impasto.core.notes import Notes, mark, own_file
from impasto.data.crop import fit_picture, size_before_fit
from impasto.data.picture import read_subject
from impasto.explore.project import Projection, project
from impasto.generate.conditions import Conditioned
from impasto.generate.latents import Latent, save_picture
from impasto.generate.request import slug
from impasto.generate.sampler import Painter, sample
from impasto.generate.strips import labelled
from impasto.sizes import Fit


def project_picture(
    painter: Painter,
    path: Path,
    folder: Path,
    label: str | None,
    starts: int,
    steps: int,
    seed: int,
    fit: Fit,
) -> dict[str, Any]:
    """Project a picture file; write the painting with its latent, the course, and the numbers.

    Returns:
        The distances, and the files that were written.

    Raises:
        ImpastoError: the file is no picture with something to see, or the descent failed.
    """
    network = Conditioned(painter, label)
    with torch.no_grad():
        height, width = network(torch.zeros(1, painter.latent)).shape[2:]
    target = read_target(path, width, height, fit)
    found = project(network, painter.latent, target, starts, steps, seed)
    painting = own_file(folder / f"{slug(path.stem)}-projected.png", path)
    name = painting.stem
    latent = Latent(name, found.latent, label=label)
    painted = sample(network, found.latent[None], torch.device("cpu"))[0]
    save_picture(painted, painting, latent, painter.about(), Notes(source=mark(path)))
    course, numbers = folder / f"{name}-course.png", folder / f"{name}-distances.json"
    save(course_sheet(target, found), course)
    result = {
        "picture": str(path),
        **asdict(found.distances),
        "best_of_random": found.course[0],
        "starts": found.all_distances,
        "files": [str(painting), str(course)],
    }
    write_json(numbers, result | {"course": found.course})
    return result


def course_sheet(target: Picture, found: Projection) -> Picture:
    """The picture, then the painting at moments of the descent, with their distances."""
    columns = ["the picture"] + [
        f"step {step}: {found.course[step]:.3f}" if step else f"start: {found.course[0]:.3f}"
        for step in found.steps
    ]
    row = np.concatenate([target[None], found.shots])
    return labelled(row[None], [""], columns)


def read_target(path: Path, width: int, height: int, fit: Fit) -> Picture:
    """Read a picture file at a generator's size.

    Returns:
        (height, width, 3), uint8; transparent parts are white.

    Raises:
        ImpastoError: it is not there, no picture, fully transparent or too small.
    """
    decoded = read_subject(
        path, "project", lambda across, down: size_before_fit(across, down, width, height, fit)
    )
    return np.asarray(fit_picture(decoded.image, width, height, fit))

"""A picture's place in the latent space: the latent whose painting is nearest to it.

Optimisation-based inversion (Zhu et al. 2016, "Generative Visual Manipulation on the Natural Image
Manifold"; Karras et al. 2020, appendix D): descend from several starts, on a perceptual distance
and on the pixels. What comes out is the nearest that this generator can paint, not the picture.
`project_picture` does it with files at either end.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from impasto.core.console import progress_bar
from impasto.core.files import write_json
from impasto.core.images import Picture, save
from impasto.core.notes import Notes, mark, own_file
from impasto.core.threads import THREADS
from impasto.data.crop import fit_picture, size_before_fit
from impasto.data.loader import to_pictures, to_tensor
from impasto.data.picture import read_subject, say_if_animated
from impasto.errors import ImpastoError
from impasto.generate.conditions import Conditioned
from impasto.generate.latents import Latent, save_picture
from impasto.generate.request import slug
from impasto.generate.sampler import LoadedGenerator, sample
from impasto.generate.strips import labelled
from impasto.models.pretrained import efficientnet_lite
from impasto.sizes import Fit

CANDIDATES = 256
"""Latents that are tried before the best of them become starts."""

LOOK_AT = 128
"""Smaller pictures are enlarged to this side before the feature network looks at them."""

STAGES = (0, 1, 2, 3)
"""Maps at 1/2, 1/4, 1/8 and 1/16 of the side: edges to objects, where they stand included."""

PIXELS = 1.0
"""Weight of the mean squared difference of pixels against the features' distance."""

SHELL = 0.1
"""Weight of (‖z‖²/L − 1)²: latents of another length were not trained on."""

RATE, WARM, COOL = 0.1, 0.05, 0.5
"""Adam's rate, and the shares of the steps in which it rises and falls."""

SHOTS = 8
"""How many moments of the descent are kept for the progress picture."""


@dataclass(frozen=True)
class Distances:
    """How far a painting is from the picture; lower is nearer, but for `psnr`."""

    loss: float
    features: float
    """Of EfficientNet-Lite0's maps: 0 for the same, 1 where no direction is shared."""

    pixels: float
    """Mean squared difference, of values in [−1, 1]."""

    psnr: float
    """The same in dB of 8-bit values; higher is nearer."""


class Projected(TypedDict):
    """What `NAME-distances.json` and `--json` tell of a projection."""

    picture: str
    loss: float
    features: float
    pixels: float
    psnr: float
    at_its_start: float
    starts: list[float]
    files: list[str]


@dataclass(frozen=True)
class Projection:
    """Where the descent ended."""

    latent: Tensor
    """(L,)."""

    distances: Distances
    all_distances: list[float]
    """The final loss of every start, the best first."""

    steps: list[int]
    """At which steps the shots were taken."""

    shots: NDArray[np.uint8]
    """(shots, H, W, 3): the best start's painting at these steps."""

    course: list[float]
    """The best start's loss at every step."""


def project(
    network: nn.Module,
    size: int,
    picture: Picture,
    starts: int = 4,
    steps: int = 300,
    seed: int = 0,
) -> Projection:
    """Find the latent whose painting is nearest to a picture.

    Args:
        network: latents (N, size) → pictures (N, 3, H, W) in [−1, 1], its weights frozen.
        size: how many numbers a latent has.
        picture: (H, W, 3), uint8, of the generator's own size.
        starts: how many descents, side by side; the best of `CANDIDATES` latents begin them.
        steps: of Adam.
        seed: of the candidates.

    Raises:
        ImpastoError: the picture has another size than the generator's, or a number is not finite.
    """
    target = to_tensor(picture[None].copy(), torch.device("cpu"))
    with torch.no_grad():
        wanted = network(torch.zeros(1, size)).shape
    if target.shape != wanted:
        raise ImpastoError(f"The picture must have {wanted[3]}×{wanted[2]} pixels, as it paints.")
    measure = distance_to(target)
    z = _starts(network, size, measure, starts, seed).requires_grad_(True)
    optimiser = torch.optim.Adam([z], lr=RATE, betas=(0.9, 0.99))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _rate(step, steps))
    taken = sorted({round(steps * (n / (SHOTS - 1)) ** 2) for n in range(SHOTS)})
    paintings, course = [], []
    with progress_bar() as bar:
        task = bar.add_task("projecting", total=steps)
        for step in range(steps + 1):
            THREADS.adjust()
            painted = network(z)
            features, pixels = measure(painted)
            losses = features + PIXELS * pixels
            course.append(losses.detach())
            if step in taken:
                paintings.append(to_pictures(painted))
            if step == steps:
                break
            optimiser.zero_grad()
            total = losses.sum() + SHELL * _off_shell(z).sum()  # each start has its own
            total.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
            bar.advance(task)
    history = torch.stack(course)  # (steps + 1, starts)
    best = int(history[-1].nan_to_num(math.inf).argmin())
    if not torch.isfinite(history[-1, best]):
        raise ImpastoError("The projection became NaN; try another --seed.")
    return Projection(
        latent=z[best].detach().clone(),
        distances=_distances(features[best].item(), pixels[best].item()),
        all_distances=sorted(history[-1].tolist()),
        steps=taken,
        shots=np.stack([shot[best] for shot in paintings]),
        course=history[:, best].tolist(),
    )


Measure = Callable[[Tensor], tuple[Tensor, Tensor]]
"""Paintings (N, 3, H, W) in [−1, 1] → distances of features (N,), of pixels (N,)."""


def distance_to(target: Tensor) -> Measure:
    """How far paintings are from one picture (1, 3, H, W) in [−1, 1].

    Features are compared as by Zhang et al. 2018 (LPIPS, eq. 1) without learnt weights: at every
    position the channels' vector is brought to length 1, squared differences are averaged.
    """
    network = efficientnet_lite("lite0")
    scale = max(1.0, LOOK_AT / min(target.shape[2:]))

    def extract_features(pictures: Tensor) -> list[Tensor]:
        if scale > 1:
            pictures = F.interpolate(pictures, scale_factor=scale, mode="bilinear")
        return [F.normalize(found, dim=1) for found in network.stages(pictures, STAGES)]

    with torch.no_grad():
        wanted = extract_features(target)

    def measure(paintings: Tensor) -> tuple[Tensor, Tensor]:
        parts = [
            (a - b).square().sum(1).mean((1, 2)) / 2
            for a, b in zip(extract_features(paintings), wanted, strict=True)
        ]
        return torch.stack(parts).mean(0), (paintings - target).square().mean((1, 2, 3))

    return measure


def _starts(network: nn.Module, size: int, measure: Measure, count: int, seed: int) -> Tensor:
    """The nearest `count` of many latents: a descent from far away ends far away."""
    chance = torch.Generator().manual_seed(seed)
    candidates = torch.randn(max(CANDIDATES, count), size, generator=chance)
    with torch.no_grad():
        losses = []
        for part in torch.split(candidates, 16):
            features, pixels = measure(network(part))
            losses.append(features + PIXELS * pixels)
    return candidates[torch.cat(losses).argsort()[:count]].clone()


def _off_shell(z: Tensor) -> Tensor:
    return (z.square().mean(1) - 1).square()


def _rate(step: int, steps: int) -> float:
    """Up within the first share, level, down along a cosine within the last (Karras et al.)."""
    at = step / max(1, steps)
    falling = min(1.0, (1 - at) / COOL)
    return min(1.0, (at + 1 / max(1, steps)) / WARM) * (0.5 - 0.5 * math.cos(math.pi * falling))


def _distances(features: float, pixels: float) -> Distances:
    psnr = 10 * math.log10(4 / max(pixels, 1e-12))
    return Distances(features + PIXELS * pixels, features, pixels, psnr)


def project_picture(
    generator: LoadedGenerator,
    path: Path,
    folder: Path,
    label: str | None,
    starts: int,
    steps: int,
    seed: int,
    fit: Fit,
) -> Projected:
    """Project a picture file; write the painting with its latent, the course, and the numbers.

    Returns:
        The distances, and the files that were written.

    Raises:
        ImpastoError: the file is no picture with something to see, or the descent failed.
    """
    network = Conditioned(generator, label)
    with torch.no_grad():
        height, width = network(torch.zeros(1, generator.latent)).shape[2:]
    target = read_target(path, width, height, fit)
    found = project(network, generator.latent, target, starts, steps, seed)
    painting = own_file(folder / f"{slug(path.stem)}-projected.png", path)
    name = painting.stem
    latent = Latent(name, found.latent, label=label)
    painted = sample(network, found.latent[None], torch.device("cpu"))[0]
    save_picture(painted, painting, latent, generator.about(), Notes(source=mark(path)))
    course, numbers = folder / f"{name}-course.png", folder / f"{name}-distances.json"
    save(course_sheet(target, found), course)
    result: Projected = {
        "picture": str(path),
        "loss": found.distances.loss,
        "features": found.distances.features,
        "pixels": found.distances.pixels,
        "psnr": found.distances.psnr,
        "at_its_start": found.course[0],
        "starts": found.all_distances,
        "files": [str(painting), str(course)],
    }
    write_json(numbers, {**result, "course": found.course})
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
    say_if_animated(path, decoded)
    return np.asarray(fit_picture(decoded.image, width, height, fit))

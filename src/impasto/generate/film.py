"""Films of a walk through the latent space."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from torch import Tensor

from impasto.core.console import track
from impasto.core.images import Picture
from impasto.core.video import check_film, write_film
from impasto.generate.conditions import paint
from impasto.generate.latents import Latent, save_latents
from impasto.generate.sampler import BATCH, LoadedGenerator
from impasto.generate.strips import enlarge


def film_walk(
    generator: LoadedGenerator,
    walk: Tensor,
    keys: Sequence[Latent],
    path: Path,
    fps: float,
    side: int | None = None,
) -> Path:
    """Paint a walk and write it as a film, with the pictures it leads through as JSON beside it.

    Args:
        generator: the generator.
        walk: (frames, L).
        keys: the chosen latents, all under the one label and truncation of the film.
        path: ends in .mp4, .gif or .webp.
        fps: frames a second.
        side: pixels of the shorter side; doubled to 256 or more if not given.

    Returns:
        The film's path.

    Raises:
        ImpastoError: no such film.
    """
    check_film(path, fps)
    write_film(path, _frames(generator, walk, keys[0], side), fps)
    save_latents(path.with_name(path.name + ".json"), keys, generator.about())
    return path


def _frames(
    generator: LoadedGenerator, walk: Tensor, like: Latent, side: int | None
) -> Iterator[Picture]:
    latents = [
        Latent(f"frame-{number}", values, None, like.label, like.truncation)
        for number, values in enumerate(walk)
    ]
    parts = -(-len(latents) // BATCH)
    for pictures in track(paint(generator, latents), "filming", total=parts):
        for picture in pictures:
            yield enlarge(picture, side)

"""Impasto from Python: `impasto.load(…).sample(16, seed=0)`."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from huggingface_hub import ModelHubMixin
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from impasto.core.shipped import locate
from impasto.errors import ImpastoError
from impasto.generate.artefact import load_generator
from impasto.generate.conditions import paint, seeded
from impasto.generate.latents import Latent, of_seed
from impasto.generate.sampler import LoadedGenerator

MOST_TRUNCATION = 4
"""As for `impasto generate`."""

_REPOSITORY = re.compile(r"[\w.-]{1,96}/[\w.-]{1,96}")


def load(source: str | Path, checkpoint: str = "best") -> "Generator":
    """Open a trained generator.

    Args:
        source: a run of `impasto train`; a folder with `generator.safetensors` and `model.json`,
            or with `model.safetensors` and `config.json`; the name of a generator that comes
            with Impasto; or one on the Hugging Face Hub, `user/name`, which is downloaded once.
            What exists on the disk is taken first.
        checkpoint: of a run: `best`, `last`, or the number of images of a kept one.

    Raises:
        ImpastoError: there is no such generator, or it is malformed. Nothing in it is executed.
    """
    folder = Path(source).expanduser()
    if not folder.exists() and _REPOSITORY.fullmatch(str(source)):
        folder = _download(str(source))
    return Generator(load_generator(folder, checkpoint), run=locate(folder))


class Generator(
    ModelHubMixin,
    library_name="impasto",
    pipeline_tag="unconditional-image-generation",
    tags=["gan", "painting"],
):
    """A trained generator: seeds or latents in, pictures out.

    `push_to_hub("user/name")`, `save_pretrained(folder)` and `from_pretrained(…)` are those of
    `huggingface_hub.ModelHubMixin`; the repository is the one that `impasto export --hub` writes.
    """

    # Not to be taken from the constructor's arguments, which are no JSON.
    _hub_mixin_config: dict[str, object] = {}  # noqa: RUF012 -- never changed

    def __init__(self, generator: LoadedGenerator, run: Path | None = None) -> None:
        """Use `load` instead; `run` is where a recipe may lie that is shared with the weights."""
        self._generator, self._run = generator, run

    def __repr__(self) -> str:
        """Where it comes from and what it paints."""
        return f"<impasto.Generator: {self.origin}>"

    @property
    def origin(self) -> str:
        """Recipe, data and snapshot, for people to read."""
        return self._generator.origin

    @property
    def latent(self) -> int:
        """How many numbers a picture is made from."""
        return self._generator.latent

    @property
    def labels(self) -> tuple[str, ...]:
        """What may be asked for with `label=`; empty for most generators."""
        return self._generator.labels

    @property
    def network(self) -> torch.nn.Module:
        """Latents (N, latent) → pictures (N, 3, H, W) in [−1, 1]; in `eval` mode, on the CPU.

        Where there are labels, their numbers (N,) are a second argument.
        """
        return self._generator.network

    def latents(self, seeds: Iterable[int]) -> NDArray[np.float32]:
        """The latent of each seed: (N, latent), from N(0, 1)."""
        rows = [of_seed(seed, self.latent).values.numpy() for seed in seeds]
        return np.stack(rows) if rows else np.empty((0, self.latent), np.float32)

    def sample(
        self, n: int = 1, seed: int = 0, *, label: str | None = None, truncation: float = 1.0
    ) -> NDArray[np.uint8]:
        """Paint the seeds `seed`, `seed + 1`, …: the same ones as `impasto generate`.

        Args:
            n: how many.
            seed: of the first, from 0.
            label: one of `labels`, where there are any; if not given, each seed draws one, as
                often as it had pictures.
            truncation: 0–4; below 1, pictures nearer to the mean and less varied.

        Returns:
            (n, H, W, 3), uint8, RGB.

        Raises:
            ImpastoError: an argument is out of its range, or there is no such label.
        """
        if n < 0 or seed < 0 or seed + n > 2**63:
            raise ImpastoError(f"sample({n}, seed={seed}): both must be whole numbers from 0.")
        latents = (seeded(self._generator, number, label) for number in range(seed, seed + n))
        return self._paint(latents, truncation)

    def images(
        self, n: int = 1, seed: int = 0, *, label: str | None = None, truncation: float = 1.0
    ) -> list[Image.Image]:
        """The same as `sample`, as Pillow's images."""
        pictures = self.sample(n, seed, label=label, truncation=truncation)
        return [Image.fromarray(picture) for picture in pictures]

    def paint(
        self, latents: ArrayLike, *, label: str | None = None, truncation: float = 1.0
    ) -> NDArray[np.uint8]:
        """Paint latents of one's own making.

        Args:
            latents: (N, latent) or (latent,), finite.
            label: as for `sample`, but it is needed where there are any.
            truncation: as for `sample`.

        Returns:
            (N, H, W, 3), uint8, RGB.

        Raises:
            ImpastoError: the latents have another shape, or are not numbers.
        """
        try:
            rows = np.atleast_2d(np.asarray(latents, dtype=np.float32))
        except (TypeError, ValueError) as error:
            raise ImpastoError("latents must be an array of numbers.") from error
        if rows.ndim != 2 or rows.shape[1] != self.latent or not np.isfinite(rows).all():
            raise ImpastoError(
                f"latents must be finite and of shape (N, {self.latent}), not {rows.shape}."
            )
        given = (
            Latent(f"latent-{at}", torch.from_numpy(row), label=label)
            for at, row in enumerate(rows)
        )
        return self._paint(given, truncation)

    def _paint(self, latents: Iterable[Latent], truncation: float) -> NDArray[np.uint8]:
        if not 0 <= truncation <= MOST_TRUNCATION:
            raise ImpastoError(
                f"truncation={truncation}: choose one from 0 to {MOST_TRUNCATION}; 1 is as trained."
            )
        asked = (replace(latent, truncation=truncation) for latent in latents)
        parts: Sequence[NDArray[np.uint8]] = list(paint(self._generator, asked))
        if parts:
            return np.concatenate(parts)
        return np.empty((0, *self._shape()), np.uint8)

    def _shape(self) -> tuple[int, ...]:
        return next(iter(paint(self._generator, [seeded(self._generator, 0)]))).shape[1:]

    def _save_pretrained(self, save_directory: Path) -> None:
        from impasto.export.hub import write_hub

        write_hub(self._generator, save_directory, self._run)

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: str | Path, **options: Any) -> Self:
        """Open a folder or a repository of the Hub, as `load` does.

        The mixin's own reads `config.json` without a bound. Its options (`revision`, `token`,
        `cache_dir` …) go to `huggingface_hub.snapshot_download`.
        """
        folder = Path(pretrained_model_name_or_path)
        if not folder.is_dir():
            folder = _download(str(pretrained_model_name_or_path), **options)
        return cls(load_generator(folder), run=folder)


def _download(name: str, **options: Any) -> Path:
    """Fetch description and weights from the Hub into its cache; nothing else is taken."""
    from huggingface_hub import snapshot_download

    try:
        folder = snapshot_download(
            name, allow_patterns=["config.json", "model.safetensors"], **options
        )
    except Exception as error:  # its own, the HTTP client's, the system's
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ImpastoError(
            f"There is no folder {name}, and the Hugging Face Hub gave no such generator "
            f"({reason.rstrip('.')})."
        ) from error
    return Path(folder)

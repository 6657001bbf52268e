"""The cheap judgement during a training: is this snapshot better than the one before?

KID on EfficientNet-Lite0 features, and diversity. Features are read at 128², not at the 224² that
the network was trained at. On 64² pictures with slight faults (blur, a checkerboard, dull colour,
few different pictures, exchanged patches) it is the smallest side of those tried that sees a
checkerboard on real paintings, and takes a third of the time of 224², which sees blur better and
repetition worse. About eight CPU-seconds for 1,000 pictures. The numbers are in `docs/log.md`.

Where the discriminator itself looks through Lite0, give the judge another extractor.
"""

import numpy as np
from numpy.typing import NDArray

from impasto.errors import ImpastoError
from impasto.evaluate.distances import diversity, kid
from impasto.evaluate.features import Extractor, check_pictures, efficientnet, features_of

SIDE = 128
"""Pictures are resized to this side before the network looks, in pixels."""

LEAST = 10
"""Fewer reals or fakes than this say nothing."""


class Judge:
    """Compares generated pictures with a fixed sample of the originals.

    The features of the originals are computed once, at the first judgement. The sample is drawn
    by a generator of its own: judging never changes the course of a training.
    """

    def __init__(
        self,
        reals: NDArray[np.uint8],
        extractor: Extractor | None = None,
        count: int = 1000,
        seed: int = 0,
    ) -> None:
        """Choose the originals to compare with.

        Args:
            reals: (N, H, W, 3), uint8, RGB; a memory map is fine, `count` rows are read.
            extractor: what looks at the pictures; EfficientNet-Lite0 at `SIDE` if not given.
            count: originals that are sampled (all, if there are fewer), and the number of
                pictures that one judgement wants.
            seed: which originals.

        Raises:
            ImpastoError: too few originals, or not pictures.
        """
        check_pictures(reals)
        if min(len(reals), count) < LEAST:
            raise ImpastoError(
                f"Judging needs at least {LEAST} pictures and has {min(len(reals), count)}; "
                "add pictures, or train without it: --set training.judge_every=null."
            )
        self.extractor = extractor or efficientnet("lite0", SIDE)
        self.count = count
        self.name = f"KID-{self.extractor.name}"
        self._reals = reals
        rows = np.random.default_rng(seed).permutation(len(reals))[:count]
        self._rows = np.sort(rows)  # in order: a memory map is read forwards
        self._features: NDArray[np.float32] | None = None

    @property
    def features(self) -> NDArray[np.float32]:
        """(min(count, N), D) features of the sampled originals."""
        if self._features is None:
            sample = np.asarray(self._reals[self._rows])
            self._features = features_of(sample, self.extractor, quiet=True)
        return self._features

    def judge(self, fakes: NDArray[np.uint8]) -> dict[str, float]:
        """Measure generated pictures.

        Args:
            fakes: (N, H, W, 3), uint8, RGB; best `count` of them, so that errors compare.

        Returns:
            `kid` (lower is better, 0 is perfect), its standard error `kid_error`, and
            `diversity` (1 is that of the originals, 0 is one picture).

        Raises:
            ImpastoError: too few pictures, or not pictures.
        """
        check_pictures(fakes)
        if len(fakes) < LEAST:
            raise ImpastoError(f"Judging needs at least {LEAST} pictures, not {len(fakes)}.")
        seen = features_of(fakes, self.extractor, quiet=True)
        distance = kid(self.features, seen)
        return {
            "kid": distance.value,
            "kid_error": distance.error,
            "diversity": diversity(self.features, seen),
        }

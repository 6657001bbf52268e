"""The cheap judgement during a training: is this snapshot better than the one before?

KID on EfficientNet-Lite0 features; stamp and diversity, which are alarms; if asked for, a probe.
Features are read at 128², not at the 224² that the network was trained at. On 64² pictures with
slight faults (blur, a checkerboard, dull colour, few different pictures, exchanged patches) it is
the smallest side of those tried that sees a checkerboard on real paintings, and takes a third of
the time of 224², which sees blur better and repetition worse. About eight CPU-seconds for 1,000
pictures. The numbers are in `docs/log.md`.

Copies are looked for among all originals by their layout, without a network: half a CPU-second
once for 2,000 originals, and a fifth for 1,000 pictures.

Where the discriminator itself looks through Lite0, or the pictures are larger than 128² and
their faults too fine for that side, give the judge another extractor.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from impasto.core.images import Picture
from impasto.data.dataset import Dataset, some_rows
from impasto.errors import ImpastoError
from impasto.metrics.cache import dataset_features
from impasto.metrics.copies import COPY, Originals
from impasto.metrics.distances import diversity, kid
from impasto.metrics.features import Extractor, check_pictures, efficientnet, features_of
from impasto.metrics.pattern import stamp
from impasto.metrics.probe import halves_told_apart, told_apart
from impasto.metrics.sheet import nearest_sheet
from impasto.metrics.statistics import statistics_of

SIDE = 128
"""Pictures are resized to this side before the network looks, in pixels."""

LEAST = 10
"""Fewer reals or fakes than this say nothing."""

NOISE = 64
"""Pictures of noise that tell where a KID's scale ends."""


class Judge:
    """Compares generated pictures with a fixed sample of the originals.

    What is known of the originals is computed once, at the first judgement, and features of a
    prepared set are kept beside it. The sample is drawn by a generator of its own: judging never
    changes the course of a training.
    """

    def __init__(
        self,
        reals: Dataset | NDArray[np.uint8],
        extractor: Extractor | None = None,
        count: int = 1000,
        seed: int = 0,
        held_out: NDArray[np.intp] | None = None,
        probe: bool = False,
    ) -> None:
        """Choose the originals to compare with.

        Args:
            reals: a prepared set, or (N, H, W, 3), uint8, RGB; `count` rows are looked at.
            extractor: what looks at the pictures; EfficientNet-Lite0 at `SIDE` if not given.
            count: originals that are sampled (all, if there are fewer), and the number of
                pictures that one judgement wants.
            seed: which originals.
            held_out: rows of `reals` that are not trained on, if any; not compared with, and only
                searched for copies.
            probe: whether snapshots are chosen by how well a probe on these features and on
                formulas tells them from originals, in place of KID.

        Raises:
            ImpastoError: too few originals, or not pictures.
        """
        self._dataset = reals if isinstance(reals, Dataset) else None
        self._reals = reals.pictures if isinstance(reals, Dataset) else reals
        check_pictures(self._reals)
        # What is held out must not choose: what is measured on it later would be flattered.
        learnt = np.setdiff1d(np.arange(len(reals)), [] if held_out is None else held_out)
        if min(len(learnt), count) < LEAST:
            raise ImpastoError(
                f"Judging needs at least {LEAST} pictures and has {min(len(learnt), count)}; "
                "add pictures, or train without it: --set training.judge_every=null."
            )
        self.extractor = extractor or efficientnet("lite0", SIDE)
        self.count = count
        self.by: Literal["kid", "told_apart"] = "told_apart" if probe else "kid"
        """The number by which snapshots are chosen: the lower the better."""

        self.name = f"KID-{self.extractor.name}" + (", chosen by the probe" if probe else "")
        self.seconds = 0.0
        """Wall-clock seconds that judging has taken so far, all of it together."""
        self._rows = learnt[some_rows(len(learnt), count, seed)]
        self._held_out = held_out
        self._features: NDArray[np.float32] | None = None
        self._originals: Originals | None = None

    @property
    def features(self) -> NDArray[np.float32]:
        """(min(count, N), D) features of the sampled originals."""
        if self._features is None:
            if self._dataset is not None:
                self._features = dataset_features(
                    self._dataset, self.extractor, rows=self._rows, quiet=True
                )
            else:
                self._features = features_of(self._sample, self.extractor, quiet=True)
        return self._features

    @property
    def _sample(self) -> NDArray[np.uint8]:
        return np.asarray(self._reals[self._rows])

    @cached_property
    def _formulas(self) -> NDArray[np.float32]:
        return statistics_of(self._sample)

    def _probed(self, fakes: NDArray[np.uint8], seen: NDArray[np.float32]) -> dict[str, float]:
        share = told_apart([self.features, self._formulas], [seen, statistics_of(fakes)])
        asked = 2 * min(len(fakes), len(self._rows))
        return {
            "told_apart": share,
            "told_apart_error": float(np.sqrt(max(share * (1 - share), 0.25 / asked) / asked)),
        }

    @property
    def originals(self) -> Originals:
        """All originals, to look for copies among them."""
        if self._originals is None:
            self._originals = Originals(self._reals, self._held_out)
        return self._originals

    def judge(self, fakes: NDArray[np.uint8]) -> dict[str, float]:
        """Measure generated pictures.

        Args:
            fakes: (N, H, W, 3), uint8, RGB; best `count` of them, so that errors compare.

        Returns:
            `kid` (lower is better, 0 is perfect), its standard error `kid_error`, `diversity`
            (1 is that of the originals, 0 is one picture), `copies` (the share of pictures that
            are copies of originals), `copies_expected` (the share that would be called so if
            none was: twins among the originals), and `nearness` (median distance to the nearest
            original; 1 is as far as an original's); `stamp`, `stamp_levels` and `stamp_expected`
            (`metrics.pattern`: of the samples, and the originals' own); with the probe
            `told_apart` (0.5 is a guess) with its error.

        Raises:
            ImpastoError: too few pictures, or not pictures.
        """
        check_pictures(fakes)
        if len(fakes) < LEAST:
            raise ImpastoError(f"Judging needs at least {LEAST} pictures, not {len(fakes)}.")
        with self._clocked():
            seen = features_of(fakes, self.extractor, quiet=True)
            distance = kid(self.features, seen)
            nearest = self.originals.search(fakes, 1).distances[:, 0]
            printed, as_many = stamp(fakes), some_rows(len(self._rows), len(fakes))
            return {
                "kid": distance.value,
                "kid_error": distance.error,
                "diversity": diversity(self.features, seen),
                "copies": float((nearest < COPY).mean()),
                "copies_expected": self.originals.copies_expected[0],
                "nearness": float(np.median(nearest)),
                "stamp": printed.correlation,
                "stamp_levels": printed.levels,
                "stamp_expected": stamp(self._sample[as_many]).correlation,
                **(self._probed(fakes, seen) if self.by == "told_apart" else {}),
            }

    def nearest_sheet(self, fakes: NDArray[np.uint8]) -> Picture:
        """Some of the pictures beside their nearest originals, one sheet (H, W, 3).

        Raises:
            ImpastoError: not pictures.
        """
        with self._clocked():
            return nearest_sheet(fakes, self._reals, self.originals.search(fakes, k=2))

    @cached_property
    def scale(self) -> dict[str, float]:
        """Between what numbers lie: `kid_noise`, that of noise, and `kid_floor`, of the originals.

        The floor is the KID of one half of the sampled originals against the other: 0, give or
        take. Where there are too few for halves it is left out.
        """
        with self._clocked():
            shape = (NOISE, *self._reals.shape[1:])
            noise = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
            seen = features_of(noise, self.extractor, quiet=True)
            found = {"kid_noise": kid(self.features, seen).value}
            if len(self.features) >= 2 * LEAST:
                # Halves by chance: pictures may come in turn, and every second be of one kind.
                mixed = np.random.default_rng(0).permutation(self.features)
                found["kid_floor"] = kid(mixed[::2], mixed[1::2]).value
                if self.by == "told_apart":
                    found["told_apart_floor"] = halves_told_apart([self.features, self._formulas])
            return found

    @contextmanager
    def _clocked(self) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - began

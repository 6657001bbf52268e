"""The guard warns, with reasons, when a training is failing.

It reads the same means as `stats.jsonl` and `metrics.jsonl`, so the alarms of a finished run can be
reproduced from its log. Thresholds and what they were measured on: `docs/guard.md`.
"""

import math
from bisect import insort
from collections.abc import Mapping
from dataclasses import dataclass, field

from impasto.config import Config
from impasto.losses import GAMES

SAME = 0.3
"""Variety below this (1: as varied as the originals): the samples are a few pictures."""

WON_RATE, WON_LOSS = 0.995, 0.05
"""The discriminator has won: it ranks this share of pairs right and its loss is below this."""

VANISHED = 0.01
"""A generator's gradient below this share of its median so far has vanished."""

COPIES = 0.2
"""Excess share of samples that are copies, over the share among originals (`metrics.copies`)."""

STAMP, STAMP_LEVELS = 0.6, 1.5
"""Share of the mean's fine detail that two halves of the samples have in common, and its strength
in grey levels (`metrics.pattern`), above which all samples carry one pattern. Originals share a few
hundredths."""

SURE_RATE, SURE_LOSS = 0.995, 0.5
"""The discriminator is sure: it ranks this share of pairs right, and its loss is below this share
of the loss of guessing."""

PATIENCE_READINGS, PATIENCE_SHARE = 3, 0.05
"""A sign is certain after this many readings and this share of the images shown so far."""

GRACE_STEPS, GRACE_LEAST, GRACE_MOST = 200, 5_000, 20_000
"""Generator steps (bounded in images) before samples are expected to differ."""

SLOW = 3
"""Up to 3 × grace, low variety is reported as `not-begun`, later as `collapsed`."""


@dataclass(frozen=True)
class Alarm:
    """A failure that the guard has noticed."""

    kind: str
    """`not-begun`, `collapsed`, `won`, `vanished`, `memorised`, `stamped`, `stuck` or
    `not-a-number`."""

    since: int
    """Images shown when it began."""

    images: int
    """Images shown when it was certain."""

    words: str
    """One or two sentences: the symptom and what usually helps."""

    @property
    def is_lost(self) -> bool:
        """Whether it calls for a stop or a rescue; some kinds only warn."""
        return self.kind not in ONLY_TOLD


@dataclass
class Sign:
    """One symptom, and since when it has lasted."""

    since: int | None = None
    readings: int = 0
    told: bool = False
    ever_right: bool = False

    def see(self, images: int, wrong: bool) -> None:
        """Note a reading."""
        if not wrong:
            self.since, self.readings, self.told, self.ever_right = None, 0, False, True
            return
        self.since = images if self.since is None else self.since
        self.readings += 1

    def is_certain(self, images: int) -> bool:
        """Whether it has lasted long enough for an alarm and has raised none yet."""
        if self.since is None or self.told or self.readings < PATIENCE_READINGS:
            return False
        return images - self.since >= PATIENCE_SHARE * images


@dataclass
class Guard:
    """Watches one training."""

    config: Config
    healthy_at: int = 0
    """Images shown when nothing was wrong for the last time; a first rescue goes back to here."""

    _signs: dict[str, Sign] = field(default_factory=dict)
    _lowest: tuple[float, int] = (math.inf, 0)
    """The lowest KID so far, and its number of images."""

    _gradients: list[float] = field(default_factory=list)
    """Gradients of all lines so far, kept sorted for the median."""
    _last: dict[str, float] = field(default_factory=dict)

    @property
    def grace(self) -> int:
        """Images within which samples are expected to start to differ."""
        round_ = self.config.training.batch_size * self.config.loss.discriminator_steps
        return min(max(GRACE_STEPS * round_, GRACE_LEAST), GRACE_MOST)

    def see(self, images: int, numbers: Mapping[str, float]) -> Alarm | None:
        """Read one line of the log; return the first alarm that has become certain, if any.

        Args:
            images: real pictures shown so far.
            numbers: means since the last line; unknown ones are ignored.
        """
        self._last.update(numbers, images=images)
        wrong = {
            kind: verdict
            for kind, verdict in (
                ("not-begun", self._not_begun(images, numbers)),
                ("collapsed", self._collapsed(images, numbers)),
                ("won", self._won(numbers)),
                ("vanished", self._vanished(numbers)),
                ("memorised", self._memorised(numbers)),
                ("stamped", self._stamped(numbers)),
                ("stuck", self._stuck(images, numbers)),
            )
            if verdict is not None
        }
        for kind, verdict in wrong.items():
            self._signs.setdefault(kind, Sign()).see(images, verdict)
        lost = (sign for kind, sign in self._signs.items() if kind not in NEVER_LOST)
        if all(sign.since is None for sign in lost):
            self.healthy_at = images
        for kind, sign in self._signs.items():
            if sign.is_certain(images):
                sign.told = True
                assert sign.since is not None
                words = f"{self._words(kind, sign.since)} {self._help(kind)}"
                return Alarm(kind, sign.since, images, words)
        return None

    def raise_again(self) -> None:
        """Let a loss that was told already raise its alarm again, if the next reading shows it."""
        for kind, sign in self._signs.items():
            if kind not in ONLY_TOLD:
                sign.told = False

    def _not_begun(self, images: int, numbers: Mapping[str, float]) -> bool | None:
        if "variety" not in numbers or images < self.grace:
            return None  # at first every sample is the same grey
        waiting = not self._has_begun and images < SLOW * self.grace
        return waiting and numbers["variety"] < SAME

    def _collapsed(self, images: int, numbers: Mapping[str, float]) -> bool | None:
        if "variety" not in numbers:
            return None
        same = numbers["variety"] < SAME
        if same and not self._has_begun and images < SLOW * self.grace:
            return None
        return same

    @property
    def _has_begun(self) -> bool:
        return self._signs.setdefault("collapsed", Sign()).ever_right

    def _won(self, numbers: Mapping[str, float]) -> bool | None:
        if "win_rate" not in numbers or self.config.loss.game == "wasserstein":
            return None  # in theory a Wasserstein discriminator should always win
        return numbers["win_rate"] > WON_RATE and numbers["d_loss"] < WON_LOSS

    def _vanished(self, numbers: Mapping[str, float]) -> bool | None:
        if "g_gradient" not in numbers:
            return None
        insort(self._gradients, numbers["g_gradient"])
        return numbers["g_gradient"] < VANISHED * self._usual_gradient

    @property
    def _usual_gradient(self) -> float:
        """The median."""
        count = len(self._gradients)
        return (self._gradients[(count - 1) // 2] + self._gradients[count // 2]) / 2

    def _memorised(self, numbers: Mapping[str, float]) -> bool | None:
        if "copies" not in numbers:
            return None  # originals have near-twins as well: count only the excess
        return numbers["copies"] - numbers.get("copies_expected", 0.0) > COPIES

    def _help(self, kind: str) -> str:
        """What to try, or what the training itself will try at its end."""
        advice = HELP[kind]
        if kind == "stamped" and "noise" not in self.config.model.family.heeds:
            advice = advice.replace(OF_NOISE, "")
        if kind == "stamped" and self.config.model.flat_field:
            at_the_end = (
                "When training ends, after 8,192 images or more, it is subtracted if most samples "
                "have it (model.flat_field)."
            )
            return at_the_end if self.config.loss.stamp else f"{at_the_end} {advice}"
        return advice

    def _stamped(self, numbers: Mapping[str, float]) -> bool | None:
        if "stamp" not in numbers:
            return None
        if self._last.get("variety", 1.0) < SAME:
            return False  # collapsed samples have their own alarm
        shared = numbers["stamp"] > STAMP + max(0.0, numbers.get("stamp_expected", 0.0))
        return shared and numbers["stamp_levels"] > STAMP_LEVELS

    def _stuck(self, images: int, numbers: Mapping[str, float]) -> bool | None:
        """Whether KID no longer falls while the discriminator is sure; read at each judgement."""
        if not {"kid", "kid_error"} <= numbers.keys():
            return None
        lowest, _ = self._lowest
        better = numbers["kid"] < lowest - numbers["kid_error"]
        if better:
            self._lowest = numbers["kid"], images
        return self._is_sure and not better

    @property
    def _is_sure(self) -> bool:
        """By the newest numbers; never with a Wasserstein loss, which has no such scale."""
        guessing = GAMES[self.config.loss.game].guessing
        if not guessing or not {"win_rate", "d_loss"} <= self._last.keys():
            return False
        sure = self._last["d_loss"] < SURE_LOSS * guessing
        return sure and self._last["win_rate"] > SURE_RATE

    def _words(self, kind: str, since: int) -> str:
        last = self._last
        when = f"since image {since:,}"
        if kind == "not-begun":
            return f"After {last['images']:,} images the samples still hardly differ."
        if kind == "collapsed":
            less = 1 - last["variety"]
            when = when if self._has_begun else "and have never been more varied"
            return f"Samples are {less:.0%} less varied than your paintings, {when}."
        if kind == "won":
            return (
                f"The discriminator has won {when}: it ranks {last['win_rate']:.1%} of pairs of a "
                f"painting and a sample right, its loss is {last['d_loss']:.3f}, and the generator "
                "learns nothing more from it."
            )
        if kind == "vanished":
            return (
                f"The generator's gradient has vanished {when}: it is "
                f"{last['g_gradient'] / self._usual_gradient:.2%} of what it was."
            )
        if kind == "stamped":
            return (
                f"One fine pattern is printed on all samples, {when}: halves of them share "
                f"{last['stamp']:.0%} of their mean's detail, {last['stamp_levels']:.1f} grey "
                "levels strong."
            )
        if kind == "stuck":
            kid, at = self._lowest
            share = last["d_loss"] / GAMES[self.config.loss.game].guessing
            return (
                f"KID has not fallen below {kid:.3f} since image {at:,}, and the discriminator is "
                f"sure: it ranks {last['win_rate']:.1%} of pairs of a painting and a sample right, "
                f"at {share:.0%} of the loss of guessing. The generator cannot follow it."
            )
        return (
            f"{last['copies']:.0%} of the samples are copies of your paintings, {when}: the "
            "generator memorises them."
        )


def forewarn(config: Config) -> str | None:
    """A warning before the first step of settings that are known to fail, or None."""
    loss = config.loss
    if loss.game == "wasserstein" and loss.clip_weights is None and not loss.gradient_penalty:
        return (
            "Nothing constrains the discriminator of this Wasserstein loss, so its values mean "
            "nothing and it will probably diverge: set loss.clip_weights=0.01 or "
            "loss.gradient_penalty=10."
        )
    return None


OF_NOISE = ", model.noise=true, model.edges=replicate"
"""Advice that only some architectures can follow."""

HELP = {
    "not-begun": (
        "Some losses start late, above all Wasserstein's; if a few more sheets show nothing, what "
        "usually helps: a lower optimiser.d_lr, another seed, another loss.game."
    ),
    "collapsed": (
        "What usually helps: a lower optimiser.d_lr, "
        "augment.policy=[colour,translation,cutout], a penalty (loss.r1=1)."
    ),
    "won": (
        "What usually helps: augment.policy=[colour,translation,cutout], a lower "
        "optimiser.d_lr, a penalty (loss.r1=1)."
    ),
    "vanished": (
        "What usually helps: a lower optimiser.d_lr, a penalty (loss.r1=1), another loss.game."
    ),
    "memorised": (
        "What usually helps: augment.policy=[colour,translation,cutout], more paintings, "
        "a shorter training."
    ),
    "stamped": (
        f"What usually helps, in another run: loss.stamp=100{OF_NOISE}; more images alone seldom "
        "do."
    ),
    "stuck": (
        "What usually helps: a lower optimiser.d_lr, a penalty (loss.r1=1, loss.penalty_every=8), "
        "or starting from a generator of smaller pictures (--from)."
    ),
}
"""What to try, for each kind of alarm."""

ONLY_TOLD = ("not-begun", "stamped", "stuck")
"""Kinds that only warn: the training may still succeed."""

NEVER_LOST = ("stamped", "stuck")
"""Kinds after which a checkpoint still counts as healthy."""

MOST_RESCUES = 3
"""After this many rescues the guard only warns."""


def rescue_changes(config: Config, kind: str) -> dict[str, object]:
    """Knobs to change after an alarm, stronger if they have been changed before.

    Each rescue halves the discriminator's rate and adds differentiable augmentation if there was
    none (all of it after memorisation). Except for Wasserstein losses and separate halves it also
    adds a lazy R1 penalty, ten times as strong at each further rescue. NaN halves both rates.
    """
    changes: dict[str, object] = {"optimiser.d_lr": config.optimiser.d_lr / 2}
    if kind == "not-a-number":
        return changes | {"optimiser.g_lr": config.optimiser.g_lr / 2}
    policy = config.augment.policy
    if kind == "memorised" or not policy:
        full = dict.fromkeys((*policy, "colour", "translation", "cutout"))
        changes["augment.policy"] = list(full)
    no_penalty = config.loss.game == "wasserstein" or config.optimiser.separate_halves
    if kind == "memorised" or no_penalty:
        return changes
    if config.loss.r1:
        return changes | {"loss.r1": config.loss.r1 * 10}
    return changes | {"loss.r1": 1.0, "loss.penalty_every": 8}

"""Starting from a trained generator instead of from scratch: `impasto train --from`.

By default a new training starts from a base, a generator that comes with Impasto and has seen many
paintings, if its networks are the recipe's, at the same size or a half, a quarter, … of it.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from torch import Tensor, nn

from impasto import recipes
from impasto.config import Changes, Config, Model, change
from impasto.core import shipped
from impasto.core.checkpoints import ModelCard, artefact_files, read_card
from impasto.core.console import counted
from impasto.core.fitting import load_weights
from impasto.core.learnt import Origin
from impasto.core.runs import Run, title
from impasto.errors import ImpastoError
from impasto.families import families_with
from impasto.generate.artefact import Artefact, Kept
from impasto.generate.sampler import LoadedGenerator
from impasto.models.impasto import is_finer, made_finer, taught_labels, with_new_heads
from impasto.train.state import State

GENTLE = 3e-4
"""Default upper limit of both learning rates when both `impasto` networks are taken over whole; the
recipe's own is 1e-3, and nothing is frozen (docs/log.md, "How a base is taken over")."""

FREEZE = "optimiser.freeze_discriminator"

AUTO, NOTHING = "auto", "nothing"
"""Values of `--from` that are not names."""

BASE = "paintings-"
"""Prefix of the bases' names."""

DOUBLED = f", or with the architecture {families_with('grows')} to two, four, … times that"

OF_THE_DISCRIMINATOR = {"discriminator_width", "features_size", "features_stages"}
"""Knobs of `model` that may differ if only a generator is taken over."""

MAY_DIFFER = {"initialisation", "flat_field", "dinov2_every", "edges"}
"""Knobs of `model` that may always differ: they add or drop an optional part, or have no weight."""

OPTIONAL_PREFIXES = ("flat_field.", "things.", "noises.")
"""Prefixes of the weights of optional parts. New noise starts with strength 0."""


@dataclass(frozen=True)
class StartingPoint:
    """A trained generator, perhaps with its discriminator, to start from."""

    name: str
    generator: LoadedGenerator
    card: ModelCard
    discriminator: Kept | None
    recipe: Path
    """Its run's recipe; the file may be missing."""

    distance: float | None = None
    """KID-lite2@128 to pictures that are too far for its discriminator, which was left out."""

    is_measured: bool = True
    """False where such a distance will still decide, once the pictures are prepared."""

    def configure(self, recipe: str | None, settings: Changes) -> Config:
        """The configuration of a run that starts from this generator.

        Without a recipe, the source's own is used. Latent and widths are the source's; the size is
        the source's or two, four, … times that.

        Args:
            recipe: a name or a file, whose networks must be the source's.
            settings: knobs changed by `--set` and similar options.

        Raises:
            ImpastoError: the networks would differ, or a setting is wrong.
        """
        config = change(self._own() if recipe is None else recipes.load(recipe), settings)
        self._check(config.model)
        if not self.has_matching_discriminator(config.model):
            if config.optimiser.freeze_discriminator:
                raise ImpastoError(
                    f"--from {self.name} brings no discriminator whose layers could be frozen; "
                    f"set {FREEZE} to 0."
                )
        elif config.model.family.freezes and not self.is_smaller_version_of(config.model):
            gentle = made_gentle(config)
            config = change(config, {k: rate for k, rate in gentle.items() if k not in settings})
        return config

    def before_it_is_measured(self) -> "StartingPoint":
        """The same for pictures that are not prepared yet, so that no distance is known."""
        return replace(self, is_measured=False)

    def copy_weights_into(self, state: State, model: Model, labels: tuple[str, ...] = ()) -> None:
        """Copy the weights into a new state's networks and averages; its optimisers stay new.

        Args:
            state: made by a configuration of `configure`.
            model: that configuration's networks.
            labels: names of the data's labels, in the order of their numbers.

        Raises:
            ImpastoError: the weights do not fit, or have other labels.
        """
        if self.card.labels and self.card.labels != labels:
            raise ImpastoError(
                f"--from {self.name} has learnt the labels {_some(self.card.labels)}, and these "
                f"pictures have {_some(labels)}; name the sub-folders so, or begin from a "
                "generator without labels."
            )
        generator = self.generator.network.state_dict()
        finer = is_finer(state.networks["generator"].state_dict(), generator)
        _fill(state.networks["generator"], generator, f"The generator of {self.name}", finer)
        if "generator" in state.averages:  # new levels are the network's
            state.averages["generator"].load_state_dict(state.networks["generator"].state_dict())
        if self.discriminator is not None and self.has_matching_discriminator(model):
            what = f"{self.discriminator.where}: the discriminator"
            weights, network = self.discriminator.weights, state.networks["discriminator"]
            if model.features_stages != self.card.model.features_stages:
                weights = with_new_heads(weights, network.state_dict())
            _fill(network, weights, what, finer)

    def too_far(self, distance: float) -> "StartingPoint":
        """The generator alone, for pictures so far from its own that its discriminator misleads."""
        return replace(self, discriminator=None, distance=distance)

    def origin_for(self, model: Model) -> Origin:
        """What a run with these networks stores about its starting point."""
        card = self.card
        return Origin(
            name=self.name,
            recipe=card.recipe,
            data=card.data,
            pictures=card.pictures,
            images=card.images,
            minutes=card.minutes,
            fingerprint=self.generator.fingerprint,
            discriminator=self.has_matching_discriminator(model),
        )

    def in_words(self, config: Config) -> str:
        """The starting point as text for the user."""
        if not self.has_matching_discriminator(config.model):
            rest = "its discriminator begins from nothing"
            if self.distance is not None:
                rest += f", as these pictures are far from its own (KID-lite2 {self.distance:.2f})"
        elif kept := config.optimiser.freeze_discriminator:
            first = f"({counted(kept, 'halving')})"
            rest = f"what the discriminator's heads see first {first} stays as it is"
        else:
            rest = "all of its discriminator is trained on"
            if config.optimiser.g_lr <= GENTLE and config.model.family.freezes:
                rest += f", at the gentle rate of {config.optimiser.g_lr:g}"
            if not self.is_measured:
                rest += (
                    " (its generator alone is taken over if your pictures prove far from its own)"
                )
        if self.is_smaller_version_of(config.model):
            rest = f"what is finer than {self.card.model.size} begins from nothing; {rest}"
        return f"{self.name} ({self.generator.origin}); {rest}"

    def has_matching_discriminator(self, model: Model) -> bool:
        """Whether it has a discriminator with the same inputs to its heads as these networks."""
        return self.discriminator is not None and model.features_size == (
            self.card.model.features_size
        )

    def is_smaller_version_of(self, model: Model) -> bool:
        """Whether these networks are the source's with more levels, in the same proportions."""
        theirs = self.card.model
        times = model.width // theirs.width
        return (
            model.architecture == theirs.architecture
            and model.family.grows
            and times.bit_count() == 1
            and times > 1
            and (model.width, model.height) == (times * theirs.width, times * theirs.height)
        )

    def _own(self) -> Config:
        """The recipe that made it, with exactly its networks."""
        if self.card.recipe in recipes.names():
            base = recipes.load(self.card.recipe)
        else:
            base = recipes.load(str(self.recipe) if self.recipe.is_file() else recipes.DEFAULT)
        model = {f"model.{knob}": value for knob, value in self.card.model.model_dump().items()}
        return change(base, model, f"--from {self.name}")

    def _check(self, model: Model) -> None:
        ours, theirs = model.model_dump(), self.card.model.model_dump()
        free = MAY_DIFFER | (set() if self.discriminator else OF_THE_DISCRIMINATOR)
        free |= {knob for knob in ("labels", "noise") if not theirs[knob]}
        looked_at = theirs["features_stages"]
        if model.features_stages[: len(looked_at)] == looked_at:  # heads on coarser ones are new
            free |= {"features_stages"}
        if self.is_smaller_version_of(model):
            free |= {"size"}
            if model.features_size > theirs["features_size"]:  # its heads then halve more often
                free |= {"features_size"}
        for knob, value in theirs.items():
            if knob not in free and ours[knob] != value:
                raise ImpastoError(
                    f"--from {self.name}: model.{knob} is {value} there and {ours[knob]} here; "
                    f"set it to {value}{DOUBLED if knob == 'size' else ''}, or leave --recipe and "
                    "this setting out."
                )


def rates_of(config: Config) -> dict[str, float]:
    """Both optimisers' rates, by knob."""
    return {
        "optimiser.g_lr": config.optimiser.g_lr,
        "optimiser.d_lr": config.optimiser.d_lr,
    }


def made_gentle(config: Config) -> dict[str, float]:
    """The learning rates for networks that are taken over, by knob."""
    return {knob: min(rate, GENTLE) for knob, rate in rates_of(config).items()}


def find_source(name: str, run: Run) -> StartingPoint | None:
    """The starting point that `--from` names; None for `nothing`, `auto` and resumed runs.

    A run that was broken off before its first step has learnt nothing: with `auto` it begins again
    if a base was its beginning, which `auto` finds anew.

    Args:
        name: a shipped generator, a folder with one, `auto` or `nothing`.
        run: the training's folder, new or existing.

    Raises:
        ImpastoError: there is no such generator, or the run started from another one.
    """
    if not run.recipe.exists():
        began = run.began_from()
        if name == AUTO and began and not (began.startswith(BASE) and began in shipped.names()):
            raise ImpastoError(
                f"{run.folder} was to begin from {began} but was broken off before; name both "
                f"again (--from {began} --out {run.folder}), or choose another --out."
            )
        return None if name in (AUTO, NOTHING) else read_source(name)
    # Compare names only: the source is no longer needed and may have moved or gone.
    began = run.began_from() or NOTHING
    if name not in (AUTO, began) and title(name) != began:
        raise ImpastoError(
            f"{run.folder} was begun from {began}, not from {name}; "
            "choose another --out, or leave out --from to resume."
        )
    return None


def base_for(recipe: str, settings: Changes, model: Model) -> StartingPoint | None:
    """The base for a training: of the same size, or the next smaller one that fits.

    Args:
        recipe: a name or a file.
        settings: knobs changed by `--set` and similar options.
        model: the networks that recipe and settings give.
    """
    bases = [name for name in shipped.names() if name.startswith(BASE)]
    cards = {name: read_card(shipped.WEIGHTS / name) for name in bases}
    for name in sorted(cards, key=lambda name: cards[name].model.width, reverse=True):
        if cards[name].model.width <= model.width:
            source = read_source(name)
            with suppress(ImpastoError):  # its networks differ
                source.configure(recipe, settings)
                return source
    return None


def read_source(name: str) -> StartingPoint:
    """Read a shipped generator, a run, or a folder with a generator.

    Raises:
        ImpastoError: there is no such generator, or it is malformed.
    """
    artefact = Artefact.find(Path(name).expanduser())
    folder, run = artefact.folder, artefact.run
    has_best = any(artefact_files(place) for place in (folder, run.best))
    generator = artefact.generator("best" if has_best or not run.checkpoints() else "last")
    if generator.card is None:
        raise ImpastoError(f"--from {name}: {run.dataset} does not name its training set.")
    discriminator = next(artefact.discriminators(), None)
    return StartingPoint(title(name), generator, generator.card, discriminator, run.recipe)


def _some(labels: tuple[str, ...]) -> str:
    more = f" and {len(labels) - 4} more" if len(labels) > 4 else ""
    return ", ".join(labels[:4]) + more or "none"


def _with_parts_of(fresh: dict[str, Tensor], weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weights for exactly the new network's optional parts; a flat field is never taken over."""
    kept = {
        name: value for name, value in weights.items() if not name.startswith(OPTIONAL_PREFIXES)
    }
    for name, value in fresh.items():
        if name.startswith(OPTIONAL_PREFIXES):
            taken = name in weights and not name.startswith(OPTIONAL_PREFIXES[0])
            kept[name] = weights[name] if taken else value
    return kept


def _fill(network: nn.Module, weights: dict[str, Tensor], what: str, finer: bool) -> None:
    expected = network.state_dict()
    weights = _with_parts_of(expected, taught_labels(weights, expected))
    if finer:
        weights = made_finer(weights, expected)
    load_weights(network, weights, what)

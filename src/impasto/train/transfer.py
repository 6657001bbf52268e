"""Beginning from a trained generator instead of from nothing: `impasto train --from`.

Unless told otherwise, a new training begins from a base: a generator that comes with Impasto and
has seen many paintings, if it has the networks that the recipe asks for, or those of half the size.
"""

from contextlib import suppress
from dataclasses import dataclass
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
from impasto.models.impasto import is_finer, made_finer, taught_labels
from impasto.train.state import State

GENTLE = 3e-4
"""The highest rate of both optimisers where both networks of `impasto` are taken over whole, unless
told otherwise; the recipe's own is 1e-3, and nothing is frozen (docs/log.md, "How a base is taken
over")."""

FREEZE = "optimiser.freeze_discriminator"

AUTO, NOTHING = "auto", "nothing"
"""What `--from` may say besides a name."""

BASE = "paintings-"
"""How the names of the bases begin."""

DOUBLED = f", or with the architecture {families_with('grows')} to two, four, … times that"

OF_THE_DISCRIMINATOR = {"discriminator_width", "features_size", "features_stages"}
"""Knobs of `model` that may differ where only a generator is taken over."""

MAY_DIFFER = {"initialisation", "flat_field", "dinov2_every", "edges"}
"""Knobs of `model` that may always differ: they add or drop an optional part, or have no weight."""

OPTIONAL_PREFIXES = ("flat_field.", "things.", "noises.")
"""How the weights of optional parts are named. Fresh noise has strength 0."""


@dataclass(frozen=True)
class StartingPoint:
    """A trained generator, and perhaps its discriminator, to begin from."""

    name: str
    generator: LoadedGenerator
    card: ModelCard
    discriminator: Kept | None
    recipe: Path
    """Where its run's recipe may lie."""

    def configure(self, recipe: str | None, settings: Changes) -> Config:
        """The configuration of a run that begins here.

        Without a recipe, the source's own by its name; latent and widths are the source's, and so
        is the size, or it is two, four, … times as large.

        Args:
            recipe: a name or a file, whose networks must be the source's.
            settings: knobs changed by `--set` and its like.

        Raises:
            ImpastoError: the networks would be others, or a setting is wrong.
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

    def copy_weights_into(self, state: State, model: Model, labels: tuple[str, ...] = ()) -> None:
        """Fill a fresh state's networks and averages; its optimisers and its count stay fresh.

        Args:
            state: made by a configuration of `configure`.
            model: that configuration's networks.
            labels: names of the data's labels, in the order of their numbers.

        Raises:
            ImpastoError: the weights do not fit, or they know other labels.
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
        if "generator" in state.averages:  # its fresh levels are those of the network
            state.averages["generator"].load_state_dict(state.networks["generator"].state_dict())
        if self.discriminator is not None and self.has_matching_discriminator(model):
            what = f"{self.discriminator.where}: the discriminator"
            _fill(state.networks["discriminator"], self.discriminator.weights, what, finer)

    def origin_for(self, model: Model) -> Origin:
        """What a run with these networks keeps of where it began."""
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
        """Where a run begins, for people."""
        if not self.has_matching_discriminator(config.model):
            rest = "its discriminator begins from nothing"
        elif kept := config.optimiser.freeze_discriminator:
            first = f"({counted(kept, 'halving')})"
            rest = f"what the discriminator's heads see first {first} stays as it is"
        else:
            rest = "all of its discriminator is trained on"
            if config.optimiser.g_lr <= GENTLE and config.model.family.freezes:
                rest += f", at the gentle rate of {config.optimiser.g_lr:g}"
        if self.is_smaller_version_of(config.model):
            rest = f"what is finer than {self.card.model.size} begins from nothing; {rest}"
        return f"{self.name} ({self.generator.origin}); {rest}"

    def has_matching_discriminator(self, model: Model) -> bool:
        """Whether it brings a discriminator whose heads see what those of these networks see."""
        return self.discriminator is not None and model.features_size == (
            self.card.model.features_size
        )

    def is_smaller_version_of(self, model: Model) -> bool:
        """Whether these networks are the source's with more levels, of the same proportions."""
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
        if self.is_smaller_version_of(model):
            free |= {"size"}
            if model.features_size > theirs["features_size"]:  # then its heads halve more often
                free |= {"features_size"}
            looked_at = theirs["features_stages"]
            if model.features_stages[: len(looked_at)] == looked_at:  # coarser ones are new
                free |= {"features_stages"}
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
    """The rates at which networks that are taken over go on learning, by knob."""
    return {knob: min(rate, GENTLE) for knob, rate in rates_of(config).items()}


def find_source(name: str, run: Run) -> StartingPoint | None:
    """What a new run was told to begin from; None for nothing, for `auto`, and for a run that goes
    on: it has it already.

    Args:
        name: of a shipped generator, or a folder with one; `auto`, `nothing`.
        run: where the training will live, or lives already.

    Raises:
        ImpastoError: there is no such generator, or the run began otherwise.
    """
    if not run.recipe.exists():
        if name == AUTO and run.origin.exists():
            raise ImpastoError(
                f"{run.folder} was to begin from {run.began_from()} but was broken off before; "
                "name it again with --from, or choose another --out."
            )
        return None if name in (AUTO, NOTHING) else read_source(name)
    # By the name alone: what it began from may have moved or gone meanwhile, and is not needed.
    began = run.began_from() or NOTHING
    if name not in (AUTO, began) and title(name) != began:
        raise ImpastoError(
            f"{run.folder} was begun from {began}, not from {name}; "
            "choose another --out, or leave out --from to resume."
        )
    return None


def base_for(recipe: str, settings: Changes, model: Model) -> StartingPoint | None:
    """The base that a training may begin from: of the same size, or else the nearest below.

    Args:
        recipe: a name or a file.
        settings: knobs changed by `--set` and its like.
        model: the networks that these two ask for.
    """
    bases = [name for name in shipped.names() if name.startswith(BASE)]
    cards = {name: read_card(shipped.WEIGHTS / name) for name in bases}
    for name in sorted(cards, key=lambda name: cards[name].model.width, reverse=True):
        if cards[name].model.width <= model.width:
            source = read_source(name)
            with suppress(ImpastoError):  # other networks
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
    """As many parts as the fresh network has; a pattern belongs to what it was measured with."""
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

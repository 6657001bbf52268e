"""All settings of a training, resolved from options, recipe, data and machine."""

from contextlib import suppress
from typing import NamedTuple

from impasto.config import Changes, Config, change, refuse_unheeded
from impasto.core.console import say
from impasto.core.device import Device
from impasto.core.runs import Run
from impasto.data.dataset import Dataset, split_rows
from impasto.errors import ImpastoError
from impasto.models.vision_transformer import is_installed
from impasto.prepare.feature_network import feature_network
from impasto.prepare.source import Data, at_its_size
from impasto.recipes import DEFAULT, as_begun, load
from impasto.train import labels
from impasto.train.decide import Decision, apply, decide
from impasto.train.nearness import FAR, FEWEST, distance_to
from impasto.train.transfer import (
    AUTO,
    FREEZE,
    StartingPoint,
    base_for,
    find_source,
    made_gentle,
    rates_of,
)

CHANGEABLE_ON_RESUME = {
    "epochs", "images", "minutes", "sample_every", "log_every", "judge_every", "judge_share",
    "checkpoint_minutes", "keep",
}  # fmt: skip
"""Knobs of `training` that may change when resuming."""


CRITIC = "model.dinov2_every"
"""The knob of the second critic."""


class Resolved(NamedTuple):
    """Everything that a training needs to know before it begins."""

    config: Config
    """With no `auto` left."""

    dataset: Dataset | None
    """The prepared pictures; None if they are not to be prepared yet."""

    decisions: list[Decision]
    """Knobs that were `auto`, or that this machine cannot serve."""

    source: StartingPoint | None
    """The generator that a new run starts from."""


def resolve_config(
    recipe: str | None,
    settings: Changes,
    run: Run,
    data: Data,
    device: Device,
    begin: str = AUTO,
    conditional: bool = False,
    prepare: bool = True,
) -> Resolved:
    """Resolve every setting of a training: knobs, size, labels, batch, starting point.

    Args:
        recipe: a name or a file; None for the default, or for the run's own when resuming.
        settings: knobs changed by `--set`, `--minutes` and similar options.
        run: its folder, new or existing.
        data: the training pictures.
        device: where it will train.
        begin: the generator that a new run starts from: a name or a folder; `nothing`, or `auto`
            for a base if one fits.
        conditional: whether the labels of the data are learnt.
        prepare: whether to prepare pictures that are not prepared yet.

    Raises:
        ImpastoError: the settings contradict each other, the run or the data.
    """
    if conditional:
        settings = {**settings, "model.labels": labels.requested_count(data, run)}
    source = find_source(begin, run)
    config = configure(recipe, settings, run, data, source)
    resuming = run.recipe.exists()
    if begin == AUTO and not resuming:
        settings = {**settings, "model.size": config.model.size}
        source = base_for(recipe or DEFAULT, settings, config.model)
        if source is not None:
            config = source.configure(recipe or DEFAULT, settings)
    sides, fit, beside = (
        (config.model.width, config.model.height),
        config.data.fit,
        run.folder.parent,
    )
    if not prepare:
        count = data.count(sides, fit, beside)
        decisions = decide(config, count, device, resuming)
        if begin == AUTO and source is not None and distance_decides(config, count):
            source = source.before_it_is_measured()
        return Resolved(apply(config, decisions), None, decisions, source)
    dataset = data.open(sides, fit, beside, feature_network())
    if begin == AUTO and source is not None and distance_decides(config, len(dataset)):
        source = _as_near_as_it_is(source, dataset, config)
        config = source.configure(recipe or DEFAULT, settings)
    config = labels.match_dataset(config, dataset, run, conditional)
    decisions = decide(config, len(dataset), device, resuming)
    for each in decisions:
        if each.knob == CRITIC:
            say(f"Training without the second critic: {each.why}.")
    return Resolved(apply(config, decisions), dataset, decisions, source)


def distance_decides(config: Config, count: int | None) -> bool:
    """Whether the distance between pictures and a base decides what is taken over.

    Not for fewer than `FEWEST` that are learnt, nor where layers shall stay frozen, which must be a
    trained discriminator's. A count of None is not known yet.
    """
    enough = count is None or count - round(count * config.data.hold_out) >= FEWEST
    return enough and not config.optimiser.freeze_discriminator


def _as_near_as_it_is(source: StartingPoint, dataset: Dataset, config: Config) -> StartingPoint:
    """The base without its discriminator, if the pictures are far from what it has learnt."""
    if not source.has_matching_discriminator(config.model):
        return source
    rows, _ = split_rows(len(dataset), config.data.hold_out)
    distance = distance_to(dataset, rows, source)
    return source if distance <= FAR else source.too_far(distance)


def configure(
    recipe: str | None,
    settings: Changes,
    run: Run,
    data: Data | None = None,
    source: StartingPoint | None = None,
) -> Config:
    """The configuration of a new or resumed run.

    Args:
        recipe: a name or a file; None for the default, or for the run's own when resuming.
        settings: knobs changed by `--set`, `--minutes` and similar options.
        run: its folder, new or existing.
        data: the training pictures; a prepared set gives the size if `settings` do not.
        source: the generator that a new run starts from, if any; it grows to the set's size.

    Raises:
        ImpastoError: the run exists with other settings, or there is no such data.
    """
    if source is not None:
        if data is not None and "model.size" not in settings:
            settings = {**settings, **_grown_to(source, data)}
        config = source.configure(recipe, settings)
        refuse_unheeded(config, settings)
        return config
    begun = run.begun
    base = begun if begun is not None and recipe is None else load(recipe or DEFAULT)
    if begun is not None:
        base, settings = _without_second_critic(base, run, begun, settings)
    config = change(base, settings)
    if data is not None and "model.size" not in settings and base is not begun:
        config = at_its_size(config, data)
    if begun is not None:
        config = change(config, as_begun(recipe or "", begun, settings))
        config = change(config, _was_decided(config, begun, settings, run))
        _check_unchanged(begun, config, run)
    else:
        refuse_unheeded(config, settings)
    return config


def _grown_to(source: StartingPoint, data: Data) -> dict[str, object]:
    """A prepared set's own size, if it is one that the generator grows to."""
    config = source.configure(None, {})
    with suppress(ImpastoError):  # a size that nobody can paint
        larger = change(config, {"model.size": data.size or config.model.size})
        if source.is_smaller_version_of(larger.model):
            at_its_size(config, data)
            return {"model.size": data.size}
    return {}


def _without_second_critic(
    base: Config, run: Run, begun: Config, settings: Changes
) -> tuple[Config, Changes]:
    """Recipe and settings without the second critic, if it was switched off when the run began.

    It was, if the run has none and DINOv2's weights are still missing or the recipe asks for it.
    Once they are there, a setting that asks for it is kept, to be refused like any other change.
    """
    asked = CRITIC in settings
    if begun.model.dinov2_every or (asked and is_installed()):
        return base, settings
    if not base.model.dinov2_every and is_installed():
        return base, settings
    if base.model.dinov2_every or asked:
        say(f"{run.folder} trains without the second critic, as it began.")
    off = {CRITIC: 0, "loss.anchors": 0}
    return change(base, off), {knob: v for knob, v in settings.items() if knob not in off}


def _was_decided(config: Config, begun: Config, settings: Changes, run: Run) -> dict[str, object]:
    """What was decided when the run began, for knobs that are `auto` or not given now."""
    found: dict[str, object] = {}
    if config.training.batch == "auto":
        found["training.batch"] = begun.training.batch
    if run.origin.exists():
        if FREEZE not in settings:
            found[FREEZE] = begun.optimiser.freeze_discriminator
        gentle = {knob: rate for knob, rate in made_gentle(config).items() if knob not in settings}
        if gentle == {knob: rate for knob, rate in rates_of(begun).items() if knob not in settings}:
            found |= gentle
    return found


def _check_unchanged(old: Config, new: Config, run: Run) -> None:
    before, now = old.model_dump(), new.model_dump()
    for section, knobs in now.items():
        for knob, value in knobs.items() if isinstance(knobs, dict) else ():
            if section == "training" and knob in CHANGEABLE_ON_RESUME:
                continue
            if before[section][knob] != value:
                raise ImpastoError(
                    f"{run.folder} was begun with {section}.{knob} = {before[section][knob]}, "
                    f"not {value}; choose another --out, or keep that setting to resume."
                )

"""What a training will be: all that is asked for, found in DATA, or left to the machine."""

from typing import NamedTuple

from impasto.config import Changes, Config, change
from impasto.core.console import say
from impasto.core.device import Device
from impasto.core.runs import Run
from impasto.data.dataset import Dataset
from impasto.errors import ImpastoError
from impasto.prepare.feature_network import feature_network
from impasto.prepare.source import Data, at_its_size
from impasto.recipes import DEFAULT, as_begun, load
from impasto.train import labels
from impasto.train.decide import Decision, apply, decide
from impasto.train.transfer import (
    AUTO,
    FREEZE,
    StartingPoint,
    base_for,
    begin_from,
    made_gentle,
    rates_of,
)

HOW_LONG_AND_HOW_OFTEN = {
    "epochs", "images", "minutes", "sample_every", "log_every", "judge_every", "judge_share",
    "checkpoint_minutes", "keep",
}  # fmt: skip
"""Knobs of `training` that may change between two parts of one run: they do not change its mind."""


class Resolved(NamedTuple):
    """Everything that a training needs to know before it begins."""

    config: Config
    """With no knob left open."""

    dataset: Dataset | None
    """The prepared pictures; None where they would have to be prepared and are not wanted yet."""

    decisions: list[Decision]
    """Knobs that were left open."""

    source: StartingPoint | None
    """The generator that a new run begins from."""


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
    """Make every decision of a training: knobs, size, labels, batch, what it begins from.

    Args:
        recipe: a name or a file; None for the default, or for what the run began with.
        settings: knobs changed by `--set`, `--minutes` and their like.
        run: where it will live, or lives already.
        data: what it learns from.
        device: where it will be trained.
        begin: the generator that a new run begins from: a name or a folder; `nothing`, or `auto`
            for a base where one fits.
        conditional: whether the labels of the data are learnt.
        prepare: whether pictures are prepared if need be.

    Raises:
        ImpastoError: what is asked for does not fit together, the run, or the data.
    """
    if conditional:
        settings = {**settings, "model.labels": labels.requested_count(data, run)}
    source = begin_from(begin, run)
    config = configure(recipe, settings, run, data, source)
    goes_on = run.recipe.exists()
    if begin == AUTO and not goes_on:
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
        decisions = decide(config, count, device, goes_on)
        return Resolved(apply(config, decisions), None, decisions, source)
    dataset = data.open(sides, fit, beside, feature_network())
    config = labels.match_dataset(config, dataset, run, conditional)
    decisions = decide(config, len(dataset), device, goes_on)
    for each in decisions:
        if each.knob == "model.dinov2_every":
            say(f"Training without the second critic: {each.why}.")
    return Resolved(apply(config, decisions), dataset, decisions, source)


def configure(
    recipe: str | None,
    settings: Changes,
    run: Run,
    data: Data | None = None,
    source: StartingPoint | None = None,
) -> Config:
    """The configuration of a new run, or of a run that goes on.

    Args:
        recipe: a name or a file; None for the default, or for what the run began with.
        settings: knobs changed by `--set`, `--minutes` and their like.
        run: where it will live, or lives already.
        data: what it learns from; a prepared set has a size, if `settings` has none.
        source: the generator that a new run begins from, if not from nothing.

    Raises:
        ImpastoError: the run lives already, with other settings, or there is no such data.
    """
    if source is not None:
        return source.configure(recipe, settings)
    begun = run.begun
    base = begun if begun is not None and recipe is None else load(recipe or DEFAULT)
    config = change(base, settings)
    if data is not None and "model.size" not in settings and base is not begun:
        config = at_its_size(config, data)
    if begun is not None:
        config = change(config, as_begun(recipe or "", begun, settings))
        config = change(config, _was_decided(config, begun, settings, run))
        _same_mind(begun, config, run)
    return config


def _was_decided(config: Config, begun: Config, settings: Changes, run: Run) -> dict[str, object]:
    """Knobs that were decided when the run began and are left open now, as they were decided."""
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


def _same_mind(old: Config, new: Config, run: Run) -> None:
    before, now = old.model_dump(), new.model_dump()
    for section, knobs in now.items():
        for knob, value in knobs.items() if isinstance(knobs, dict) else ():
            if section == "training" and knob in HOW_LONG_AND_HOW_OFTEN:
                continue
            if before[section][knob] != value:
                raise ImpastoError(
                    f"{run.folder} was begun with {section}.{knob} = {before[section][knob]}, "
                    f"not {value}; choose another --out, or keep that setting to resume."
                )

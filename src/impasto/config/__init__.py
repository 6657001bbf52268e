"""Every knob of a training, frozen and checked; the string under each field documents it.

A recipe (`impasto recipes`) is one `Config` written as YAML. `--set section.knob=value` changes
a knob for one run. Nothing here needs torch, so that help and listings are instant.
"""

from impasto.config.knobs import knobs
from impasto.config.loss import Augment, Loss
from impasto.config.networks import Architecture, Model
from impasto.config.recipe import (
    OPTIONS,
    Changes,
    Config,
    change,
    parse_config,
    refuse_unheeded,
    with_current_names,
)
from impasto.config.section import Rate, Section
from impasto.config.training import LENGTHS, Data, Optimiser, Training

__all__ = [
    "LENGTHS",
    "OPTIONS",
    "Architecture",
    "Augment",
    "Changes",
    "Config",
    "Data",
    "Loss",
    "Model",
    "Optimiser",
    "Rate",
    "Section",
    "Training",
    "change",
    "knobs",
    "parse_config",
    "refuse_unheeded",
    "with_current_names",
]

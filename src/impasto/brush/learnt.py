"""A brush whose stroke network `impasto strokes train` made: the folder of that run.

The network chooses the strokes; the engine draws them by the brush that the network learnt. So a
painting needs nothing of the run once it is painted.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from impasto.brush.settings import SETTINGS
from impasto.core.files import read_json
from impasto.errors import ImpastoError
from impasto.reading import Record, validated

FORMAT: Literal["impasto-stroke-network"] = "impasto-stroke-network"
CARD, WEIGHTS = "model.json", "generator.safetensors"
"""Files of a run's `best/`."""

PLACES = ("generator/best", "adversarial/best", "best", ".")
"""Where they are looked for: in a whole run, in a stage's, in the folder itself."""

Name = Annotated[str, Field(max_length=200)]


class StrokeCard(Record):
    """What `best/model.json` says of a stroke network."""

    format: Literal["impasto-stroke-network"] = FORMAT
    version: Literal[1] = 1
    recipe: Name
    network: Name
    """The family; `strokes` can be painted with."""

    width: Annotated[int, Field(ge=1)]
    brush: Name | None = None
    """Whose strokes it learnt; the public files do not say, and are by the dry brush."""

    engine: Name | None = None
    images: Annotated[int, Field(ge=0)]
    """Strokes shown."""

    minutes: Annotated[float, Field(ge=0)]
    psnr: float
    """In dB, on strokes never shown."""

    held_out: Annotated[int, Field(ge=0)]
    second_render_psnr: float | None = None
    """What drawing those again with other chance reaches."""


@dataclass(frozen=True)
class Learnt:
    """A stroke network that can be painted with."""

    brush: str
    """The brush that comes with Impasto whose strokes it learnt."""

    weights: Path


def is_learnt(name: str) -> bool:
    """Whether a brush's name is the folder of a training, and not a brush that comes with us."""
    return bool(name) and name not in SETTINGS and Path(name).is_dir()


def find_learnt(folder: Path) -> Learnt:
    """The stroke network in a folder that `impasto strokes train` wrote.

    Args:
        folder: a run, the run of one of its stages, or its `best`.

    Raises:
        ImpastoError: there is none, or none that can be painted with.
    """
    found = next((folder / place for place in PLACES if (folder / place / CARD).exists()), None)
    if found is None:
        raise ImpastoError(
            f"{folder} holds no stroke network; --brush takes a run of `impasto strokes train` "
            f"that has reached its first measurement, or one of {', '.join(SETTINGS)}."
        )
    path = found / CARD
    values = read_json(path, "a stroke network's model.json")
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise ImpastoError(
            f"{path} is not of a stroke network; --brush takes a run of `impasto strokes train`."
        )
    card = validated(StrokeCard, values, str(path))
    if card.network != "strokes":
        raise ImpastoError(
            f"{folder} is a network {card.network!r}, which draws finished pictures of 64 pixels; "
            "only networks of the recipe `strokes` can be painted with."
        )
    brush = card.brush or next(iter(SETTINGS))
    if brush not in SETTINGS:
        raise ImpastoError(
            f"{folder} learnt the brush {brush!r}, which is not known here; paint with a network "
            f"of one of {', '.join(SETTINGS)}."
        )
    return Learnt(brush, found / WEIGHTS)

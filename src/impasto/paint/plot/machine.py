"""A machine and the words that it understands, as a YAML file that anybody can write."""

import string
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from impasto.errors import ImpastoError
from impasto.reading import Record, parse_yaml, read_text, validated

MOST_BYTES = 2**16

Positive = Annotated[float, Field(gt=0, le=100_000)]
Seconds = Annotated[float, Field(ge=0, le=86_400)]
Place = Annotated[float, Field(ge=-10_000, le=10_000)]
Template = Annotated[str, Field(max_length=4_000)]

WORDS = {
    "begin": {"width", "height", "strokes"},
    "end": {"width", "height", "strokes"},
    "travel": {"x", "y", "feed"},
    "lower": {"x", "y", "z", "seconds", "stroke"},
    "draw": {"x", "y", "z", "pressure", "feed"},
    "lift": {"x", "y", "z", "seconds", "stroke"},
    "change": {"pen", "colour", "layer", "seconds"},
    "refill": {"x", "y", "z", "lifted", "feed", "seconds", "pen", "colour"},
}
"""What may stand in braces in each template."""


class _Part(Record):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Speed(_Part):
    """In millimetres a second."""

    draw: Positive = 25.0
    travel: Positive = 75.0


class Waits(_Part):
    """Seconds that things take."""

    lower: Seconds = 0.2
    lift: Seconds = 0.2
    change: Seconds = 60.0
    refill: Seconds = 6.0


class Heights(_Part):
    """What {z} is, lifted and at the least and the most pressure."""

    lifted: Place = 5.0
    light: Place = 0.0
    full: Place = 0.0


class Refill(_Part):
    """A brush is dipped again after a distance."""

    every: Positive
    """Millimetres of drawing."""

    x: Place
    y: Place
    z: Place = 0.0


class Templates(_Part):
    """G-code for each thing that happens; words in braces are filled in."""

    begin: Template = "G21\nG90"
    travel: Template
    lower: Template
    draw: Template
    lift: Template
    change: Template = "M0 ; pen {pen}: {colour}"
    refill: Template = ""
    end: Template = "M2"

    @model_validator(mode="after")
    def known_words(self) -> Self:
        """Only words that can be filled in stand in braces."""
        for name, known in WORDS.items():
            for word in _words(name, getattr(self, name)):
                if word not in known:
                    raise ValueError(
                        f"{name} has the unknown word {{{word[:40]}}}; known words: "
                        f"{', '.join(sorted(known))}"
                    )
        return self


class Machine(_Part):
    """What draws."""

    name: Annotated[str, Field(max_length=200)] = ""
    pen: Annotated[float, Field(ge=0.05, le=50)] | None = None
    """Millimetres of a pen's line: broader strokes are hatched with it. None: a brush, whose line
    is as broad as it is pressed."""

    gap: Annotated[float, Field(ge=0.2, le=20)] = 1.0
    """Between two lines of a hatching, in widths of the pen; more where a stroke is thin paint."""

    origin: Literal["bottom", "top"] = "bottom"
    """Whether y counts from the canvas's lower or upper edge, in G-code."""

    decimals: Annotated[int, Field(ge=0, le=6)] = 3
    speed: Speed = Speed()
    seconds: Waits = Waits()
    heights: Heights = Heights()
    refill: Refill | None = None
    gcode: Templates

    @model_validator(mode="after")
    def refills_by_a_template(self) -> Self:
        """A machine that dips its brush says how."""
        if self.refill and not self.gcode.refill.strip():
            raise ValueError("refill is set, but gcode has no refill template")
        return self


def _words(name: str, template: str) -> list[str]:
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as error:
        raise ValueError(f"{name}: {error}; write {{{{ for a literal brace") from error
    if any(form or change for _, _, form, change in parts):
        raise ValueError(f"{name}: words in braces stand alone, such as {{x}}, without : or !")
    return [word for _, word, _, _ in parts if word is not None]


def machines() -> list[str]:
    """Names of the machines that come with Impasto."""
    folder = resources.files("impasto.paint.plot") / "machines"
    return sorted(file.name.removesuffix(".yaml") for file in folder.iterdir())


def load_machine(text: str) -> Machine:
    """Read `--machine`: a machine's name, or the path of a YAML file.

    Raises:
        ImpastoError: there is no such machine, or the first thing in its file that is wrong.
    """
    path = Path(text)
    if text in machines():
        path = Path(str(resources.files("impasto.paint.plot") / "machines" / f"{text}.yaml"))
    elif path.suffix.lower() not in (".yaml", ".yml"):
        raise ImpastoError(
            f"--machine {text}: there is no such machine; use {', '.join(machines())}, or a "
            "YAML file of your own."
        )
    what = "a machine's description"
    value = parse_yaml(read_text(path, what, MOST_BYTES), str(path))
    return validated(Machine, value, f"{path} is no {what.removeprefix('a ')}")

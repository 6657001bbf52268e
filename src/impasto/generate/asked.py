"""What `impasto generate` is asked for, and whether it can be: said before torch is loaded."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from impasto.core.console import counted
from impasto.core.paper import Print
from impasto.core.runs import Run
from impasto.core.shipped import workplace
from impasto.errors import ImpastoError

Way = Literal["slerp", "linear", "cubic"]
Easing = Literal["none", "in", "out", "in-out"]

MOST_SEEDS = 1_000_000
_LARGEST_SEED = 2**63 - 1

MOST_NAMED, LONGEST_NAMED = 12, 40
"""Labels that an error lists, and characters of each."""

PICTURES, KEYS = 16, 6
"""How many pictures are painted, and how many a film leads through, if nothing is said."""

STEPS_ON_A_SHEET = 8
"""Pictures from one key to the next where a way is shown as a sheet."""


@dataclass(frozen=True)
class Request:
    """Everything that one call wants: the options of `impasto generate`, by their names."""

    run: Path
    count: int | None = None
    seed: int = 0
    seeds: str | None = None
    files: tuple[Path, ...] = ()
    label: str | None = None
    truncation: float = 1.0
    truncation_by: Literal["shrink", "resample"] = "shrink"
    truncation_sheet: bool = False
    moves: tuple[str, ...] = ()
    best: int | None = None
    judge: Literal["auto", "lite0", "lite2", "dinov2-s", "discriminator"] = "auto"
    interpolate: Way | None = None
    circle: bool = False
    radius: float = 1.0
    loop: bool = False
    easing: Easing = "none"
    seconds: float = 2.0
    fps: float = 30.0
    film: Literal["mp4", "gif", "webp"] = "mp4"
    side: int | None = None
    data: Path | None = None
    out: Path | None = None
    grid: bool = False
    checkpoint: str = "best"
    contact_sheet: bool = False
    numbers: bool = True
    paper: Print | None = None

    @property
    def is_walk(self) -> bool:
        """Whether a way is wanted instead of pictures."""
        return self.circle or self.interpolate is not None

    @property
    def steps(self) -> int:
        """Frames from one key of a way to the next."""
        return STEPS_ON_A_SHEET if self.grid else max(1, round(self.seconds * self.fps))

    @property
    def folder(self) -> Path:
        """Where the results go."""
        place = Run(workplace(self.run)).generated
        other = place.with_name(f"{place.name}-{self.checkpoint}")
        return self.out or (place if self.checkpoint == "best" else other)


def check(request: Request) -> None:
    """Refuse options that contradict each other or would silently do nothing.

    Raises:
        ImpastoError: the first such pair.
    """
    _check_way(request)
    _check_seeds_and_originals(request)
    if request.judge != "auto" and request.best is None:
        raise ImpastoError("--judge needs --best; add --best COUNT, or leave out --judge.")
    if request.is_walk and (request.best or request.truncation_sheet):
        raise ImpastoError("--best and --truncation-sheet make pictures, not films; leave one out.")
    if request.truncation_sheet and (request.best or request.truncation != 1):
        raise ImpastoError("--truncation-sheet shows several truncations; give it alone.")
    if request.truncation_by == "resample" and request.files:
        raise ImpastoError("--truncation-by resample draws seeds again; --latents has none.")
    if request.truncation_by == "resample" and request.truncation_sheet and request.moves:
        raise ImpastoError("--truncation-sheet draws seeds again, and --move changes them; choose.")
    if request.paper and (request.is_walk or request.truncation_sheet):
        raise ImpastoError("--print is for pictures and sheets, not for films; leave it out.")
    if request.contact_sheet and (request.grid or request.is_walk or request.truncation_sheet):
        raise ImpastoError("--contact-sheet goes with single files; leave it out here.")
    if request.seeds is not None and request.count is not None:
        raise ImpastoError("--seeds already sets the number; leave out --count.")
    choice = request.count or PICTURES
    if request.seeds is not None:
        choice = len(parse_seeds(request.seeds))
    if request.best is not None and not request.files and request.best > choice:
        way = "raise --count" if request.seeds is None else "name more with --seeds"
        there = counted(choice, "picture")
        raise ImpastoError(f"--best {request.best} is more than the {there} to choose from; {way}.")
    for wish in request.moves:
        parse_move(wish)
    if request.is_walk and not request.grid:
        from impasto.core.video import check_film  # its libraries take a quarter of a second

        check_film(Path(f"film.{request.film}"), request.fps)


def _check_way(request: Request) -> None:
    """Refuse options of films that contradict each other or would do nothing.

    Raises:
        ImpastoError: the first such pair.
    """
    if request.interpolate and request.circle:
        raise ImpastoError("--circle and --interpolate exclude each other; choose one.")
    if request.circle and request.loop:
        raise ImpastoError("A circle closes by itself; leave out --loop.")
    if request.circle and request.easing != "none":
        raise ImpastoError("--easing is for --interpolate, not for --circle; leave it out.")
    if request.loop and not request.interpolate:
        raise ImpastoError("--loop needs --interpolate; give that too.")
    if request.easing != "none" and not request.interpolate:
        raise ImpastoError("--easing needs --interpolate; give that too.")
    if not 0 < request.radius <= 1:  # NaN is not, either
        raise ImpastoError(f"--radius {request.radius:g}: choose from just above 0 to 1.")
    if request.radius != 1 and not request.circle:
        raise ImpastoError("--radius needs --circle; give that too.")
    for name in ("seconds", "fps", "film", "side"):
        if getattr(request, name) == getattr(Request, name):
            continue
        option = {"film": "--film-as"}.get(name, f"--{name}")
        if not request.is_walk:
            raise ImpastoError(f"{option} is for films; give --interpolate or --circle too.")
        if request.grid:
            raise ImpastoError(f"{option} is for films, and --grid makes a sheet; leave one out.")


def _check_seeds_and_originals(request: Request) -> None:
    """Refuse originals that nothing asks for, seeds that are not drawn, words without a sheet.

    Raises:
        ImpastoError: the first of these.
    """
    if request.data is not None and request.best is None:
        raise ImpastoError("--data is for --best; add --best COUNT, or leave out --data.")
    if request.data is not None and request.judge == "discriminator":
        raise ImpastoError("--judge discriminator looks at no originals; leave out --data.")
    if request.seed and request.seeds is not None:
        raise ImpastoError("--seeds already names the seeds; leave out --seed.")
    if request.seed and request.files and request.count is None:
        raise ImpastoError("--seed is for pictures beside --latents; add --count, or leave it out.")
    sheet = request.grid or request.contact_sheet
    if not request.numbers and (not sheet or request.is_walk):
        raise ImpastoError(
            "--no-numbers is for sheets of pictures; add --grid or --contact-sheet, or leave it "
            "out."
        )


def parse_seeds(text: str) -> list[int]:
    """`1,5,9-12` → [1, 5, 9, 10, 11, 12], in the order given.

    Raises:
        ImpastoError: not numbers and ranges, or more than a million.
    """
    seeds: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise ImpastoError(
                f"--seeds {text}: write numbers and ranges, such as 0-63 or 1,5,9-12."
            )
        low, high = int(first), int(last) if dash else int(first)
        if low > high or high > _LARGEST_SEED or high - low >= MOST_SEEDS - len(seeds):
            raise ImpastoError(
                f"--seeds {part.strip()}: ranges go upwards, below 2^63, and to at most "
                f"{MOST_SEEDS:,} pictures."
            )
        seeds.extend(range(low, high + 1))
    return seeds


def parse_move(wish: str) -> tuple[str, float]:
    """`warmth=-2.5` → ("warmth", −2.5).

    Raises:
        ImpastoError: it is not a name and a strength from −100 to 100.
    """
    name, equals, text = wish.partition("=")
    try:
        strength: Any = json.loads(text) if equals else None
    except (ValueError, RecursionError):
        strength = None
    if type(strength) not in (int, float) or not abs(strength) <= 100:
        raise ImpastoError(f"--move {wish}: write DIRECTION=AMOUNT, such as warmth=2.5.")
    return name, float(strength)


def label_position(label: str | None, known: Sequence[str], unlabelled: bool) -> int | None:
    """The position of a label among those that a generator knows; None if it knows none.

    "" is no label, behind the last of them, if the generator has learnt `unlabelled` pictures.

    Raises:
        ImpastoError: it knows no labels and one is given, knows some and none is, or others.
    """
    if not known:
        if label is None:
            return None
        raise ImpastoError(
            f"--label {label}: this generator was trained without labels; leave out --label."
        )
    if label in known:
        return known.index(label)
    if label == "" and unlabelled:
        return len(known)
    asked = "is missing" if label is None else f"{label[:LONGEST_NAMED]} is unknown"
    some = ", ".join(name[:LONGEST_NAMED] for name in known[:MOST_NAMED])
    more = len(known) - MOST_NAMED
    raise ImpastoError(
        f"--label {asked}; this generator knows {some}{f' and {more} more' if more > 0 else ''}."
    )

"""What a judgement says: the values of `metrics.json`, as programs read them."""

from typing import NotRequired, TypedDict


class Counts(TypedDict):
    """How many pictures were judged, and by how many originals."""

    generated: int
    originals: int
    originals_measured: int


class Copies(TypedDict):
    """What `metrics.copies.Memorisation` found."""

    copies: float
    copies_expected: float
    nearness: float
    held_out: int
    nearest_held_out: float | None
    nearest_held_out_expected: float | None
    memorised: bool
    words: str


class Neighbours(TypedDict):
    """A sample and the originals nearest to it, by their rows."""

    sample: int
    originals: list[int]
    distances: list[float]
    verdict: str


class Nearest(TypedDict):
    """Samples as they come, and those of all that are nearest to an original."""

    as_they_come: list[Neighbours]
    nearest: list[Neighbours]


class Evaluation(TypedDict):
    """Pictures against originals, as `evaluate_pictures` measures them."""

    format: str
    version: int
    pictures: Counts
    features: dict[str, str]
    """By network: what it saw, such as `lite0@128`."""

    metrics: dict[str, float]
    """`kid_lite0`, `kid_lite0_error`, `fid_lite0`, `precision_…`, `recall_…`, `density_…`,
    `coverage_…`, `diversity_…` for each network: see `metrics.measures.Measures`. Where twenty
    originals or more were held out, `kid_held_out_…`, its error and `recall_held_out_…` as well."""

    floor: dict[str, float]
    """The same of the originals' two halves; on those held out, of the other originals."""

    signs: dict[str, float]
    signs_of_originals: dict[str, float]
    memorisation: Copies
    nearest: Nearest
    words: list[str]
    """All of it in sentences."""


class Against(TypedDict):
    """A prepared set."""

    name: str
    folder: str
    fingerprint: str


class Blind(TypedDict):
    """What persons said who were shown samples and originals."""

    sittings: int
    taken_for_real: float
    taken_for_real_interval: list[float]
    originals_called_generated: float
    fooled: list[str]


class Judgement(Evaluation):
    """An evaluation, and what was judged: all of `metrics.json`."""

    subject: str
    against: Against
    seed: int
    notes: list[str]
    blind: NotRequired[Blind]

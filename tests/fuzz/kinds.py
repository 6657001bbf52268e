"""What is spoilt, and what of Impasto is then asked to read it."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from impasto.errors import ImpastoError
from tests.fuzz.corpus import RECIPE, impasto
from tests.fuzz.mutations import spoil_file


@dataclass(frozen=True)
class Kind:
    """A kind of input."""

    name: str
    takes: tuple[str, ...]
    """Of the corpus: a folder is taken whole, of `NAME/*` a few files."""

    spoils: tuple[str, ...]
    """Patterns of the files of which some are spoilt."""

    read: Callable[[Path, Random], None]
    """Asks Impasto to read what lies in a folder, which is the working directory."""

    def build(self, corpus: Path, place: Path, random: Random) -> None:
        """Lay spoilt files into `place`."""
        for take in self.takes:
            if take.endswith("/*"):
                files = sorted((corpus / take[:-2]).iterdir())
                (place / take[:-2]).mkdir()
                for file in random.sample(files, min(4, len(files))):
                    shutil.copy(file, place / take[:-2])
            elif (corpus / take).is_dir():
                shutil.copytree(corpus / take, place / take)
            else:
                shutil.copy(corpus / take, place / Path(take).name)
        files = sorted({file for pattern in self.spoils for file in place.glob(pattern)})
        for file in random.sample(files, min(len(files), random.choice((1, 1, 2, 4)))):
            spoil_file(file, random)


def refused(*calls: Callable[[], object]) -> None:
    """Each may refuse in one sentence."""
    for call in calls:
        try:
            call()
        except ImpastoError as error:
            assert "\n" not in str(error).strip()
            assert "\x1b" not in str(error)


def _pictures(place: Path, _: Random) -> None:
    from impasto.paint.picture import read_picture as painted
    from impasto.upscale.picture import read_picture as enlarged

    for file in sorted((place / "odd").iterdir()):
        refused(lambda f=file: painted(f), lambda f=file: enlarged(f))
    impasto("prepare", "odd", "--out", "out", "--size", "16", "--no-features")


def _archives(place: Path, _: Random) -> None:
    for file in sorted((place / "archives").iterdir()):
        impasto("prepare", str(file), "--out", "out", "--size", "16", "--no-features")


def _sets(place: Path, random: Random) -> None:
    from impasto.data.dataset import open_dataset, read_index

    refused(
        lambda: open_dataset(place / "set").pictures[:].sum(), lambda: read_index(place / "set")
    )
    if random.random() < 0.2:
        impasto("train", "set", *RECIPE, "--images", "4", "--out", "new")


def _decisions(place: Path, _: Random) -> None:
    impasto("prepare", "pictures", "--out", "set", "--size", "32", "--no-features")


def _checkpoints(place: Path, random: Random) -> None:
    impasto("generate", "run", "--checkpoint", "last", "--count", "1", "--out", "made")
    if random.random() < 0.4:
        impasto("train", "set", *RECIPE, "--images", "28", "--out", "run")


def _artefacts(place: Path, _: Random) -> None:
    impasto("generate", "run/best", "--count", "1", "--out", "made")


def _logs(place: Path, random: Random) -> None:
    from impasto.core.runs import Run, read_lines
    from impasto.train.report import write_report

    run = Run(place / "run")
    refused(lambda: write_report(run), lambda: read_lines(run.stats), lambda: run.began_from())
    if random.random() < 0.2:
        impasto("train", "set", *RECIPE, "--images", "28", "--out", "run")


def _recipes(place: Path, _: Random) -> None:
    from impasto.recipes import load

    refused(lambda: load(str(place / "recipe.yaml")))


def _strokes(place: Path, _: Random) -> None:
    from impasto.strokes.shards import read_shard, shards_in

    for file in sorted(place.glob("painted/**/*.json")):
        impasto("paint", str(file), "--size", "48", "--out", "again")
    refused(lambda: [list(read_shard(each)) for each in shards_in(place / "shards")])
    impasto("strokes", "import", "shards", "--out", "imported")


def _brushes(place: Path, _: Random) -> None:
    from impasto.brush.choice import known_brush

    for file in sorted((place / "brushes").iterdir()):
        refused(lambda f=file: known_brush(str(f)))


def _latents(place: Path, _: Random) -> None:
    files = [*sorted(place.glob("made/*.json")), *sorted(place.glob("made/*.png"))]
    for file in files[:4]:
        words = ["--checkpoint", "last", "--latents", str(file), "--out", "again"]
        impasto("generate", "run", *words)


KINDS = (
    Kind("pictures", ("odd/*",), ("odd/*",), _pictures),
    Kind("archives", ("archives/*",), ("archives/*",), _archives),
    Kind("sets", ("set",), ("set/*.json", "set/*.csv", "set/*.npy"), _sets),
    Kind("decisions", ("pictures", "set"), ("set/*.csv", "set/.workbench/*"), _decisions),
    Kind("checkpoints", ("set", "run"), ("run/checkpoints/*", "run/dataset.json"), _checkpoints),
    Kind("artefacts", ("run",), ("run/best/*",), _artefacts),
    Kind("logs", ("set", "run"), ("run/*.json*", "run/samples/*", "run/*.png"), _logs),
    Kind("recipes", ("run/recipe.yaml",), ("recipe.yaml",), _recipes),
    Kind("strokes", ("painted", "shards"), ("painted/**/*.json", "shards/*"), _strokes),
    Kind("brushes", ("brushes/*",), ("brushes/*",), _brushes),
    Kind("latents", ("run", "made"), ("made/*.json", "made/*.png"), _latents),
)

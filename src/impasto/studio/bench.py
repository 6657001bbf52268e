"""What the bench asks for: commands about favourites, and about pictures that jobs have made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from impasto.errors import ImpastoError
from impasto.studio.controls import checked_label, relative
from impasto.studio.favourites import Favourite, Favourites
from impasto.studio.jobs import Job
from impasto.studio.workspace import PAINTED, Item

if TYPE_CHECKING:
    from impasto.studio.actions import Actions

ENLARGED, PRINTED, GENERATED = "enlarged", "printed", "generated"
"""Folders of the workspace, beside those that commands choose by themselves."""

MOST_LEVELS = 20

PRINTABLE = (".png", ".jpg", ".webp")
"""Suffixes of what a job made that can be enlarged and printed."""


@dataclass(frozen=True)
class Bench:
    """Makes jobs of what the bench asks for."""

    actions: "Actions"
    favourites: Favourites

    def known(self) -> dict[str, Callable[[str, Mapping[str, Any]], Job]]:
        """By action."""
        return {
            "generate": partial(self._generate, "generate"),
            "film": partial(self._generate, "film"),
            "project": self._project,
            "manner": self._manner,
            "enlarge": self._enlarge,
            "strokes": self._strokes,
            "print": self._print,
        }

    def _generate(self, verb: str, subject: str, values: Mapping[str, Any]) -> Job:
        """Pictures, a sheet or a film of favourites."""
        item = self.actions.workspace.item(subject, "generator", "run")
        rest = {name: value for name, value in values.items() if name != "favourites"}
        if not (rest.get("grid") or rest.get("contact_sheet")):
            rest.pop("numbers", None)  # the form offers it beside the sheets that it is for
        options = self.actions.options(verb, rest)
        if "favourites" in values:
            chosen = self.favourites.chosen(_listed(values["favourites"]), item.id)
            options = [*self._these(chosen), *options]
        place = self.actions.place(GENERATED, item.title)
        return self.actions.add([verb, item.name, *options], item.title, item.id, place)

    def _these(self, chosen: list[Favourite]) -> list[str]:
        """Favourites as options of `impasto generate`: as seeds where that says it all."""
        conditions = {(each.truncation, each.label) for each in chosen}
        if all(each.seed is not None for each in chosen) and len(conditions) == 1:
            ((truncation, label),) = conditions
            words = [f"--seeds={','.join(str(each.seed) for each in chosen)}"]
            words += [f"--truncation={truncation:g}"] if truncation != 1 else []
            return words + ([f"--label={label}"] if label is not None else [])
        return [f"--latents={self._file(each)}" for each in chosen]

    def _file(self, favourite: Favourite) -> str:
        place = self.favourites.latents(favourite)
        if not place.is_file():
            raise ImpastoError(
                f"{favourite.name} was starred by an older studio; let it go and star it again."
            )
        return relative(self.actions.workspace.file(place), self.actions.workspace.folder)

    def _project(self, subject: str, values: Mapping[str, Any]) -> Job:
        """The nearest to one's own picture that a generator can paint."""
        item = self.actions.workspace.item(subject, "generator", "run")
        picture = self.actions.uploads.file(str(values.get("picture", "")))
        options = self._label(values)
        place = self.actions.place(GENERATED, f"{picture.stem}-projected")
        words = ["explore", "project", item.name, self._path(picture), *options]
        return self.actions.add(words, picture.stem, item.id, place)

    def _manner(self, subject: str, values: Mapping[str, Any]) -> Job:
        """The composition of one favourite with the manner of another, at each level or at some."""
        item = self.actions.workspace.item(subject, "generator", "run")
        chosen = self.favourites.chosen(_listed(values.get("favourites")), item.id)
        if len(chosen) != 2:
            raise ImpastoError("This takes two favourites: a composition, and a manner.")
        parents = [
            str(each.seed) if each.seed is not None and each.truncation == 1 and each.label is None
            else self._file(each)
            for each in chosen
        ]  # fmt: skip
        place = self.actions.place(GENERATED, f"{item.title}-manners")
        words = ["explore", "mix", item.name, *parents, "--how=layers", *_levels(values)]
        return self.actions.add(words, item.title, item.id, place)

    def _enlarge(self, subject: str, _: Mapping[str, Any]) -> Job:
        source, title, about = self._picture(subject)
        place = self.actions.place(ENLARGED, title)
        words = ["upscale", self._path(source), f"--out={place}/{Path(place).name}.png"]
        return self.actions.jobs.add(words, title, "short", about, place)

    def _print(self, subject: str, values: Mapping[str, Any]) -> Job:
        source, title, about = self._picture(subject)
        options = self.actions.options("print", values)
        kind = str(values.get("kind") or "pdf")
        place = self.actions.place(PRINTED, title)
        words = ["print", self._path(source), *options, f"--out={place}/{Path(place).name}.{kind}"]
        return self.actions.jobs.add(words, title, "short", about, place)

    def _strokes(self, subject: str, values: Mapping[str, Any]) -> Job:
        """A favourite, or a picture that a job made, painted stroke by stroke."""
        source, title, _ = self._picture(subject)
        options = self.actions.options("paint", values)
        place = self.actions.place(PAINTED, title)
        words = ["paint", self._path(source), *options]
        return self.actions.add(words, title, subject.partition(".")[0], place)

    def _picture(self, subject: str) -> tuple[Path, str, str]:
        """A picture by id (of a favourite or a painting) or by `JOB.NUMBER`: file, title, about."""
        job, dot, number = subject.partition(".")
        if dot:
            return self._of_job(job, number)
        workspace = self.actions.workspace
        painting = next((each for each in workspace.items() if each.id == subject), None)
        if painting is not None and painting.kind == "painting":
            return workspace.file(painting.path / "painting.png"), painting.title, painting.id
        favourite = self.favourites.one(subject)
        picture = self.favourites.picture(subject)
        if picture is None:
            raise ImpastoError("There is no picture of this favourite; star it again.")
        item: Item = workspace.item(favourite.generator, "generator", "run")
        return picture, f"{item.title}-{favourite.name}", item.id

    def _of_job(self, which: str, number: str) -> tuple[Path, str, str]:
        job = self.actions.jobs.job(which)
        files = self.actions.results(job)
        if not number.isdecimal() or len(number) > 6 or int(number) >= len(files):
            raise ImpastoError("This job made no such file.")
        path = self.actions.workspace.file(files[int(number)])
        if path.suffix not in PRINTABLE:
            raise ImpastoError(f"{path.name} is no picture.")
        return path, path.stem, job.about

    def _path(self, path: Path) -> str:
        return relative(path, self.actions.workspace.folder)

    @staticmethod
    def _label(values: Mapping[str, Any]) -> list[str]:
        label = checked_label(values.get("label"))
        return [] if label is None else [f"--label={label}"]


def _levels(values: Mapping[str, Any]) -> list[str]:
    """Of which levels how much, by side; none is a picture for each."""
    levels = values.get("levels")
    if not levels:
        return []
    if not isinstance(levels, dict) or len(levels) > MOST_LEVELS:
        raise ImpastoError("Levels are sides of maps, each with a share from 0 to 1.")
    for side, share in levels.items():
        known = str(side).isdecimal() and len(str(side)) < 6 and isinstance(share, int | float)
        if not known or not 0 <= share <= 1:
            raise ImpastoError("Levels are sides of maps, each with a share from 0 to 1.")
    return ["--levels=" + ",".join(f"{side}={share:g}" for side, share in levels.items())]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []

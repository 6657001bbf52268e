"""What a page may ask for: each action becomes one command, whose words are all chosen here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from impasto.errors import ImpastoError
from impasto.studio import cleaning, judging, sharing
from impasto.studio.bench import Bench
from impasto.studio.cleaning import Cleaning
from impasto.studio.controls import Control, options_of, relative
from impasto.studio.favourites import Favourites
from impasto.studio.jobs import Job, Jobs, Lane
from impasto.studio.judging import Judging
from impasto.studio.results import results
from impasto.studio.sharing import Sharing
from impasto.studio.uploads import Uploads
from impasto.studio.workspace import PAINTED, RUNS, Workspace, safe_name, unused

Verbs = Mapping[str, Mapping[str, Control]]
"""Controls by verb and name."""

PAINT = frozenset({
    *("strokes", "size", "brush", "style", "seconds", "film", "film_as", "film_seconds", "svg"),
    *("loss", "palette", "ground", "texture", "mask", "thinnest", "broadest", "even", "seed"),
    *("paper", "dpi"),
})  # fmt: skip
AGAIN = frozenset(
    {"size", "brush", "texture", "svg", "film", "film_as", "film_seconds", "paper", "dpi"}
)
TRAIN = frozenset(
    {"minutes", "size", "seed", "precision", "guard", "conditional", "settings", "epochs", "images"}
)
GENERATE = frozenset({
    *("count", "seeds", "truncation", "grid", "numbers", "contact_sheet", "paper", "dpi"),
})  # fmt: skip
FILM = frozenset({"interpolate", "loop", "easing", "seconds", "fps", "kind", "side"})
PRINT = frozenset({"paper", "dpi", "bleed", "fill", "kind"})

FORMS: Mapping[str, tuple[str, frozenset[str]]] = {
    "paint": ("paint", PAINT),
    "repaint": ("repaint", AGAIN),
    "train": ("train", TRAIN),
    "forecast": ("train", TRAIN),
    "generate": ("generate", GENERATE),
    "film": ("film", FILM),
    **cleaning.FORMS,
    **judging.FORMS,
    **sharing.FORMS,
    "print": ("print_", PRINT),
}
"""By action: the verb, and which of its options a form may set."""


@dataclass(frozen=True)
class Actions:
    """Makes jobs of what pages ask for."""

    workspace: Workspace
    jobs: Jobs
    uploads: Uploads
    verbs: Verbs
    favourites: Favourites

    def ask(self, action: str, subject: str, values: Mapping[str, Any]) -> Job:
        """Put what a page asks for into the queue.

        Args:
            action: its name.
            subject: id of the item or upload that it is about.
            values: of the form, by option.

        Raises:
            ImpastoError: there is no such action or subject, or a value does not fit.
        """
        known: dict[str, Callable[[str, Mapping[str, Any]], Job]] = {
            "paint": self._paint,
            "repaint": self._repaint,
            "train": self._train,
            "continue": self._go_on,
            "forecast": self._forecast,
            "ready": self._ready,
            **Cleaning(self).known(),
            **Judging(self).known(),
            **Sharing(self).known(),
            **Bench(self, self.favourites).known(),
        }
        if action not in known:
            raise ImpastoError("The studio knows no such action.")
        # Two tabs that ask at once must not be given one place for both.
        self.jobs.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.jobs.folder / ".asking.lock", timeout=30):
            return known[action](subject, values)

    def form(self, action: str) -> list[dict[str, object]]:
        """The controls that a page shows for an action, as its verb describes them."""
        verb, allowed = FORMS[action]
        return [each.view() for name, each in self.verbs[verb].items() if name in allowed]

    def options(self, action: str, values: Mapping[str, Any]) -> list[str]:
        """A form's values as words of its verb's command."""
        verb, allowed = FORMS[action]
        return options_of(self.verbs[verb], allowed, values, self._file)

    def _file(self, which: str) -> str:
        return relative(self.uploads.file(which), self.workspace.folder)

    def _paint(self, subject: str, values: Mapping[str, Any]) -> Job:
        photograph = self.uploads.file(subject)
        options = self.options("paint", values)
        place = self.place(PAINTED, photograph.stem)
        words = ["paint", relative(photograph, self.workspace.folder), *options]
        return self._add(words, photograph.stem, "short", subject, place)

    def _repaint(self, subject: str, values: Mapping[str, Any]) -> Job:
        item = self.workspace.item(subject, "painting")
        strokes = self.workspace.file(item.path / "strokes.json")
        options = self.options("repaint", values)
        place = self.place(PAINTED, item.title)
        words = ["repaint", relative(strokes, self.workspace.folder), *options]
        return self._add(words, item.title, "short", subject, place)

    def _train(self, subject: str, values: Mapping[str, Any]) -> Job:
        source, options, name = self._training(subject, values)
        place = self.place(RUNS, name)
        return self._add(["train", source, *options], name, "long", subject, place)

    def _go_on(self, subject: str, values: Mapping[str, Any]) -> Job:
        """The command that made a run once more, perhaps with more minutes."""
        item = self.workspace.item(subject, "run")
        made = self.jobs.latest(item.name, "train")
        if made is None:
            raise ImpastoError(
                f"{item.title} was begun in a terminal; go on there, with its own command."
            )
        if made.state() in ("waiting", "running"):
            raise ImpastoError(f"{item.title} is being trained already.")
        extra = self.options("train", values)
        given = [word for word in made.command if word != f"--out={made.place}"]
        anew = {word.partition("=")[0] for word in extra}
        given = [word for word in given if word.partition("=")[0] not in anew]
        return self._add([*given, *extra], made.title, "long", made.about, made.place)

    def _forecast(self, subject: str, values: Mapping[str, Any]) -> Job:
        source, options, name = self._training(subject, values)
        words = ["train", source, *options, "--dry-run"]
        return self._add(words, name, "short", subject)

    def _training(self, subject: str, values: Mapping[str, Any]) -> tuple[str, list[str], str]:
        """What is learnt, how, and what to call it."""
        rest = {name: value for name, value in values.items() if name != "begin"}
        options = self.options("train", rest)
        if (begin := values.get("begin")) == "nothing":
            options.append("--from=nothing")
        elif begin:
            origin = self.workspace.item(str(begin), "generator", "run")
            options.append(f"--from={origin.name}")
        if subject == "colourfield":  # the built-in set
            return subject, options, subject
        item = self.workspace.item(subject, "pictures", "set")
        return item.name, options, item.title

    def _ready(self, subject: str, _: Mapping[str, Any]) -> Job:
        """Prepare a generator for the browser."""
        item = self.workspace.item(subject, "generator", "run")
        place = f".studio/generators/{item.id}"
        words = ["export", item.name, f"--web={place}", f"--title={item.title}"]
        return self.jobs.add(words, item.title, "short", item.id, place)

    def place(self, home: str, name: str) -> str:
        """A folder that nothing has and no job is going to make."""
        folder = self.workspace.folder / home
        going = (job for job in self.jobs.unfinished() if job.state() in ("waiting", "running"))
        promised = {self.workspace.folder / job.place for job in going}
        path = unused(folder, safe_name(name, "untitled"), promised)
        return relative(path, self.workspace.folder)

    def add(self, words: list[str], title: str, about: str, place: str) -> Job:
        """A short job that writes into a folder of its own."""
        return self._add(words, title, "short", about, place)

    def results(self, job: Job) -> list[Path]:
        """Files that a job wrote and that may be handed out."""
        return results(self.workspace, job)

    def _add(self, words: list[str], title: str, lane: Lane, about: str, place: str = "") -> Job:
        out = [f"--out={place}"] if place else []
        return self.jobs.add([*words, *out], title, lane, about, place)

    def made(self) -> dict[str, str]:
        """Ids of all items, by the place that a job which makes one names."""
        return {item.name: item.id for item in self.workspace.items()}

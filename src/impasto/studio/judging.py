"""How good is it? The commands behind the screen Judge, and the pages that they wrote."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from impasto.core import shipped
from impasto.core.files import write_json
from impasto.errors import ImpastoError
from impasto.evaluate.blind import KEY, Sitting, next_answers, read_key, read_outcome
from impasto.studio.controls import relative
from impasto.studio.jobs import Job
from impasto.studio.workspace import RUNS, Item, Workspace, changed_at, identity

if TYPE_CHECKING:
    from impasto.studio.actions import Actions

COMPARISONS = "comparisons"

FORMS = {
    "evaluate": ("evaluate", frozenset({"count", "checkpoint", "networks", "seed"})),
    "blind": ("evaluate", frozenset({"count", "seed"})),
    "compare": (
        "compare",
        frozenset({"minutes", "images", "seeds", "count", "checkpoint", "networks", "size"}),
    ),
}
"""By action: the verb, and which of its options a form may set."""

Work = Callable[[str, Mapping[str, Any]], Job]


class Judging:
    """Makes jobs of what the screen Judge asks for."""

    def __init__(self, actions: "Actions") -> None:
        self.actions = actions

    def known(self) -> dict[str, Work]:
        """What may be asked, by action."""
        return {"evaluate": self._evaluate, "blind": self._blind, "compare": self._compare}

    def _evaluate(self, subject: str, values: Mapping[str, Any]) -> Job:
        item, words, place = self._judged(subject, "evaluate", values)
        return self.actions.jobs.add(words, item.title, "long", item.id, place)

    def _blind(self, subject: str, values: Mapping[str, Any]) -> Job:
        item, words, place = self._judged(subject, "blind", values)
        words += ["--blind", "--no-serve"]
        return self.actions.jobs.add(words, item.title, "short", item.id, place)

    def _judged(
        self, subject: str, form: str, values: Mapping[str, Any]
    ) -> tuple[Item, list[str], str]:
        item = self.actions.workspace.item(subject, "run", "generator")
        rest = {name: value for name, value in values.items() if name != "against"}
        words = ["evaluate", item.name, *self.actions.options(form, rest)]
        if against := values.get("against"):
            words.append(f"--against={self._originals(str(against))[0]}")
        elif item.kind == "generator":
            raise ImpastoError(
                f"{item.title} comes without the pictures that it learnt from; choose originals."
            )
        return item, words, f"{_workplace(item)}/evaluation"

    def _compare(self, subject: str, values: Mapping[str, Any]) -> Job:
        source, title = self._originals(subject)
        recipes = values.get("recipes")
        known = self.recipes()
        if not isinstance(recipes, list) or not 1 <= len(recipes) <= len(known):
            raise ImpastoError("Choose the recipes that are to be compared.")
        if unknown := [each for each in recipes if each not in known]:
            raise ImpastoError(f"There is no recipe {str(unknown[0])[:60]!r}.")
        rest = {name: value for name, value in values.items() if name != "recipes"}
        options = self.actions.options("compare", rest)
        place = self.actions.place(COMPARISONS, title)
        words = ["compare", source, f"--recipes={','.join(recipes)}", *options, f"--out={place}"]
        return self.actions.jobs.add(words, title, "long", subject, place)

    def _originals(self, which: str) -> tuple[str, str]:
        """What a command calls them, and a person."""
        if which == "colourfield":  # the built-in set
            return which, which
        item = self.actions.workspace.item(which, "pictures", "set")
        return item.name, item.title

    @staticmethod
    @cache
    def recipes() -> dict[str, str]:
        """The recipes that come along: by name, what each says of itself in a line."""
        from impasto import recipes

        return {name: recipes.load(name).summary for name in recipes.names()}


@dataclass(frozen=True)
class Page:
    """A page that a verb wrote into the workspace."""

    id: str
    kind: str
    """evaluation, blind, comparison or report."""

    path: Path
    about: str
    """What it tells of, in words of the workspace."""

    item: str
    """Id of the run or generator, empty for others."""

    changed: float


_IN_RUNS = (
    ("evaluation*/evaluation.html", "evaluation"),
    ("evaluation*/blind.html", "blind"),
    ("report.html", "report"),
)


def pages(workspace: Workspace) -> list[Page]:
    """All pages of runs, generators and comparisons; newest first."""
    return sorted(_found(workspace), key=lambda page: -page.changed)


def _found(workspace: Workspace) -> Iterator[Page]:
    for item in workspace.items():
        if item.kind in ("run", "generator"):
            home = workspace.folder / _workplace(item)
            for pattern, kind in _IN_RUNS:
                for path in sorted(home.glob(pattern)):
                    yield from _page(workspace, path, kind, item.title, item.id)
    for path in sorted((workspace.folder / COMPARISONS).glob("*/comparison.html")):
        yield from _page(workspace, path, "comparison", path.parent.name, "")


def _page(workspace: Workspace, path: Path, kind: str, about: str, item: str) -> Iterator[Page]:
    inside = path.resolve().is_relative_to(workspace.folder)
    if inside and path.is_file():
        name = identity("page", relative(path, workspace.folder))
        yield Page(name, kind, path, about, item, changed_at(path))


def page(workspace: Workspace, which: str) -> Page:
    """The page of an id.

    Raises:
        ImpastoError: there is none.
    """
    found = next((each for each in _found(workspace) if each.id == which), None)
    if found is None:
        raise ImpastoError("This page is not in the workspace any more.")
    return found


def view(workspace: Workspace, each: Page) -> dict[str, object]:
    """What the screen shows of a page."""
    words = ""
    with suppress(ImpastoError):  # one damaged wall hides no other page
        words = _words(workspace, each) if each.kind == "blind" else ""
    return {
        "id": each.id,
        "kind": each.kind,
        "about": each.about,
        "item": each.item,
        "changed": each.changed,
        "words": words,
    }


def _words(workspace: Workspace, each: Page) -> str:
    """What all said of a wall; its files must be its own."""
    for path in each.path.parent.glob("blind-*.json"):
        workspace.file(path)
    outcome = read_outcome(each.path.parent)
    return outcome.words if outcome else ""


def answer(workspace: Workspace, which: str, said: Any) -> str:
    """Write down what a person said in front of a blind wall; returns what all said, in words.

    Raises:
        ImpastoError: it is no answer to this wall.
    """
    found = page(workspace, which)
    if found.kind != "blind":
        raise ImpastoError("This page asks nothing.")
    key = read_key(workspace.file(found.path.parent / KEY))
    try:
        sitting = Sitting.model_validate(said)
    except ValidationError as error:
        raise ImpastoError("What the page sent is no answer to a wall.") from error
    if sitting.wall != key.wall or len(sitting.said) != len(key.shown):
        raise ImpastoError("The wall was hung anew meanwhile; reload the page.")
    write_json(next_answers(found.path.parent), sitting.model_dump())
    return _words(workspace, found)


def _workplace(item: Item) -> str:
    """Where `impasto evaluate` writes by itself, relative to the workspace."""
    if item.kind == "run":
        return item.name
    return f"{RUNS}/{shipped.WORKPLACE.name}/{item.name}"

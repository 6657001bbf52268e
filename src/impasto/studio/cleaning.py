"""Pictures from museums, and sets made of folders: the commands behind the screen Pictures."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from impasto.errors import ImpastoError
from impasto.studio.controls import relative
from impasto.studio.jobs import Job
from impasto.studio.preview import settings_of
from impasto.studio.workspace import PICTURES, PREPARED, Item, safe_name

if TYPE_CHECKING:
    from impasto.studio.actions import Actions

MUSEUMS = ("met", "chicago", "cleveland", "commons", "wikiart")

FORMS = {
    "prepare": ("prepare", frozenset({
        *("size", "fit", "matte", "keep_borders", "enlarge", "lose", "spread", "duplicate"),
        *("photograph", "odd", "calm", "busy", "multiply", "features"),
    })),
    "collect": ("collect", frozenset({
        *("query", "artist", "limit", "any_licence", "all_kinds", "by_artist", "contact", "rate"),
    })),
}  # fmt: skip
"""By action: the verb, and which of its options a form may set."""

Work = Callable[[str, Mapping[str, Any]], Job]


class Cleaning:
    """Makes jobs of what the screen Pictures asks for."""

    def __init__(self, actions: "Actions") -> None:
        self.actions = actions

    def known(self) -> dict[str, Work]:
        """What may be asked, by action."""
        return {
            "prepare": self._prepare,
            "prepare-again": self._again,
            "collect": self._collect,
            "collect-more": self._more,
        }

    def _prepare(self, subject: str, values: Mapping[str, Any]) -> Job:
        """Into the set that was made of the same folder before, if there is one of this size."""
        from impasto.prepare.store import source_of

        item = self.actions.workspace.item(subject, "pictures")
        options = self.actions.options("prepare", values)
        sides, _ = settings_of(values)
        size = "-".join(map(str, sorted({sides["width"], sides["height"]}, reverse=True)))
        name = f"{item.title}-{size}"
        path = self.actions.workspace.folder / PREPARED / safe_name(name, "set")
        mine = source_of(path) == item.path.resolve()
        place = relative(path, self.actions.workspace.folder) if mine else ""
        place = place or self.actions.place(PREPARED, name)
        return self._queue(["prepare", item.name, *options], item.title, item.id, place)

    def _again(self, subject: str, _: Mapping[str, Any]) -> Job:
        """The command that made a set once more: what was decided by hand is heeded."""
        item = self.actions.workspace.item(subject, "set")
        made = self._made(item, "prepare")
        words = [word for word in made.command if word != f"--out={made.place}"]
        return self._queue(words, made.title, made.about, made.place)

    def _collect(self, subject: str, values: Mapping[str, Any]) -> Job:
        """A museum's pictures into a new folder."""
        if subject not in MUSEUMS:
            raise ImpastoError("Choose one of the museums.")
        rest = {name: value for name, value in values.items() if name != "name"}
        options = self.actions.options("collect", rest)
        title = safe_name(str(values.get("name") or rest.get("query") or "")[:60], subject)
        place = self.actions.place(PICTURES, title)
        return self._queue(["collect", subject, *options], title, subject, place)

    def _more(self, subject: str, values: Mapping[str, Any]) -> Job:
        """The command that collected a folder once more, with another limit."""
        item = self.actions.workspace.item(subject, "pictures")
        made = self._made(item, "collect")
        limit = self.actions.options("collect", {"limit": values.get("limit")})
        kept = (f"--out={made.place}", "--limit=")
        words = [word for word in made.command if not word.startswith(kept)]
        return self._queue([*words, *limit], made.title, made.about, made.place)

    def _made(self, item: Item, verb: str) -> Job:
        """The last job that made an item.

        Raises:
            ImpastoError: there is none, or it is at it.
        """
        made = self.actions.jobs.latest(item.name, verb)
        if made is None:
            raise ImpastoError(
                f"{item.title} was made in a terminal; what you decided is kept: give the same "
                "command again there."
            )
        if made.state() in ("waiting", "running"):
            raise ImpastoError(f"{item.title} is being made already.")
        return made

    def _queue(self, words: list[str], title: str, about: str, place: str) -> Job:
        """A short job: it must not wait for a training of hours."""
        return self.actions.jobs.add([*words, f"--out={place}"], title, "short", about, place)

"""`impasto prepare --review`: a page on this machine where a person keeps and drops pictures."""

import json
import threading
import webbrowser
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from impasto.core.console import counted, say
from impasto.core.images import encode
from impasto.core.local_page import LocalPage, Part
from impasto.core.pages import render
from impasto.core.texts import as_module, texts
from impasto.prepare.doubtful import KEPT, Review, read_review
from impasto.prepare.report import shrunk
from impasto.prepare.reviewer import ACTIONS, Reviewer
from impasto.prepare.store import alone

_SMALL, _LARGE = 320, 1600
"""Pixels of a picture's longer side, on its card and zoomed."""

_AT_ONCE = 2
"""Pictures decoded at a time: memory stays bounded however fast a person turns pages."""

_KINDS = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
_FILES = ("base.css", "dark.css", "review.css", "review.js", "wall.js")


def review(out: Path, browser: bool = True) -> bool:
    """Serve the page until the person is done; returns whether anything was decided."""
    with alone(out):  # another run would write over what is clicked meanwhile
        return _ask(out, browser)


def _ask(out: Path, browser: bool) -> bool:
    shown = read_review(out)
    opened = ReviewPage(out, shown)
    if not any(row.asked for row in shown.rows):
        say("Nothing is doubtful.")
    count = counted(sum(row.reason != KEPT for row in shown.rows), "picture")
    say(f"Review {count} at {opened.page.address} (Done there, or Ctrl-C here, ends it).")
    if browser:
        webbrowser.open(opened.page.address)
    if not opened.page.serve():
        say("Review ended; what was decided is kept.")
    return opened.reviewer.close()


class ReviewPage:
    """The page of one review, served on this machine."""

    def __init__(self, out: Path, shown: Review) -> None:
        self.reviewer = Reviewer(out, shown)
        self._decoding = threading.Semaphore(_AT_ONCE)
        actions = {what: partial(self._act, what) for what in ACTIONS}
        self.page = LocalPage(
            lambda: render("review.html", r=texts()["review"]), actions, self._part
        )

    def _act(self, what: str, said: Any) -> dict[str, object] | None:
        told = self.reviewer.act(what, said)
        if what == "done" and told is not None:
            self.page.finish()
        return told

    def _part(self, name: str) -> Part | None:
        """What the page asks for: its files, the rows, and `picture/NUMBER` or `…/NUMBER/large`."""
        if name in _FILES:
            file = resources.files("impasto.core") / "templates" / name
            return Part(file.read_bytes(), _KINDS[Path(name).suffix])
        if name == "texts.js":
            return Part(as_module(texts()["review"]).encode(), _KINDS[".js"])
        if name == "rows":
            return Part(json.dumps(self.reviewer.told()).encode(), "application/json")
        what, _, rest = name.partition("/")
        wanted = self.reviewer.picture(rest) if what == "picture" else None
        if wanted is None:
            return None
        path, large = wanted
        with self._decoding:
            image = shrunk(path, _LARGE if large else _SMALL)
            if image is None:
                return None
            content = encode(np.asarray(image), "webp", quality=82)
        return Part(content, "image/webp", lasting=True)

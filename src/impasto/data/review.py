"""`impasto prepare --review`: a page on this machine where a person clicks keep or drop.

Every click is written to `decisions.csv` at once, under the file's SHA-256, and "Done" writes the
rest as it is marked: the next run asks nothing twice, wherever the file has moved.
"""

import hmac
import json
import secrets
import sys
import threading
import webbrowser
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from impasto.core.console import counted, say
from impasto.core.pages import render
from impasto.data.decisions import (
    DROPPED_BY_HAND,
    FILE,
    KEPT_BY_HAND,
    Decision,
    read_decisions,
    write_decisions,
)
from impasto.data.doubtful import Question, questions
from impasto.data.report import thumbnail
from impasto.data.workbench import alone
from impasto.errors import ImpastoError

_LONGEST_REQUEST = 65_536


def review(out: Path, browser: bool = True) -> bool:
    """Serve the page until the person is done; returns whether anything was decided."""
    with alone(out):  # another run would write over what is clicked meanwhile
        return _ask(out, browser)


def _ask(out: Path, browser: bool) -> bool:
    asked = questions(out)
    if not asked:
        say("Nothing is doubtful.")
        return False
    server = Reviewer(out, asked)
    say(f"Review {counted(len(asked), 'picture')} at {server.address} (Ctrl-C ends it).")
    if browser:
        webbrowser.open(server.address)
    try:
        server.serve_forever(poll_interval=0.2)
    except KeyboardInterrupt:
        say("Review ended; what was clicked is kept.")
    finally:
        server.server_close()
    return bool(server.decided)


class Reviewer(ThreadingHTTPServer):
    """Listens on this machine only, behind a secret in the address."""

    daemon_threads = True

    def __init__(self, out: Path, asked: list[Question]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.out, self.asked = out, {each.file: each for each in asked}
        self.secret = secrets.token_urlsafe(16)
        self.decided: set[str] = set()
        self._lock = threading.Lock()

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.server_port}/{self.secret}/"

    def decide(self, file: str, keep: bool) -> bool:
        """Write one decision down; False if nobody asked about that file.

        Raises:
            ImpastoError: the decisions cannot be read or written; they stay as they are.
        """
        if file not in self.asked:
            return False
        self._write({file: keep})
        return True

    def agree(self) -> None:
        """The person has seen them all: what was not clicked stays as marked, by hand."""
        self._write({f: each.keep for f, each in self.asked.items() if f not in self.decided})

    def _write(self, words: dict[str, bool]) -> None:
        with self._lock:
            decisions = read_decisions(self.out)
            missing = words.keys() - {decision.file for decision in decisions}
            if missing:  # what is written replaces the table: without its rows it stays
                raise ImpastoError(
                    f"{self.out / FILE} cannot be read, or has no row for {min(missing)}; it was "
                    "left as it is. End this with Ctrl-C and give the same command again."
                )
            for decision in decisions:
                if decision.file in words and not decision.away:
                    _by_hand(decision, words[decision.file])
            try:
                write_decisions(self.out, decisions)
            except OSError as error:
                raise ImpastoError(f"{self.out / FILE} cannot be written: {error}.") from error
            self.decided |= words.keys()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hangs up is no fault; another is said in a line."""
        error = sys.exception()
        if not isinstance(error, OSError):
            say(f"The review page could not be served: {type(error).__name__}: {error}.")


def _by_hand(decision: Decision, keep: bool) -> None:
    decision.verdict = "keep" if keep else "reject"
    decision.reason = KEPT_BY_HAND if keep else DROPPED_BY_HAND
    decision.twin = ""


class _Handler(BaseHTTPRequestHandler):
    server: Reviewer
    timeout = 30

    def do_GET(self) -> None:
        """The page."""
        if self._allowed() == "":
            rows = [(each, thumbnail(Path(each.path))) for each in self.server.asked.values()]
            self._answer(HTTPStatus.OK, render("review.html", rows=rows), "text/html")

    def do_POST(self) -> None:
        """A click."""
        what = self._allowed()
        try:
            if what == "done":
                self.server.agree()
                self._reply(HTTPStatus.OK)
                threading.Thread(target=self.server.shutdown, daemon=True).start()
            elif what == "decide":
                body = self._body()
                fits = isinstance(body, dict) and isinstance(body.get("keep"), bool)
                done = fits and self.server.decide(str(body.get("file")), body["keep"])
                self._reply(HTTPStatus.OK if done else HTTPStatus.BAD_REQUEST)
            elif what is not None:
                self._answer(HTTPStatus.NOT_FOUND, "", "text/plain")
        except ImpastoError as error:
            self._reply(HTTPStatus.CONFLICT, error=str(error))

    def _allowed(self) -> str | None:
        """What is asked for, below the secret; None, already answered, for a stranger.

        The host is checked too: a page elsewhere may name this address, not this host.
        """
        host = self.headers.get("Host", "")
        _, secret, what = [*self.path.split("/", 2), "", ""][:3]
        same = hmac.compare_digest(secret.encode(), self.server.secret.encode())
        if host != f"127.0.0.1:{self.server.server_port}" or not same:
            self._answer(HTTPStatus.FORBIDDEN, "", "text/plain")
            return None
        return what

    def _body(self) -> Any:
        try:
            length = int(self.headers.get("Content-Length", "0"))
            if not 0 < length <= _LONGEST_REQUEST:
                return None
            return json.loads(self.rfile.read(length))
        except (ValueError, RecursionError):
            return None

    def _reply(self, status: HTTPStatus, **values: str) -> None:
        self._answer(status, json.dumps(values), "application/json")

    def _answer(self, status: HTTPStatus, text: str, kind: str) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Security-Policy", _POLICY)
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the terminal belongs to the progress bar."""


_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "connect-src 'self'; frame-ancestors 'none'"
)

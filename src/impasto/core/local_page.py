"""A page that this machine serves to itself, and what its buttons send back.

Listens on the loopback address only, behind a secret in the path. The host is checked too: a page
elsewhere may name this address, but not this host.
"""

import hmac
import json
import secrets
import sys
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from impasto.core.console import say
from impasto.errors import ImpastoError

_LONGEST_REQUEST = 65_536

_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "connect-src 'self'; frame-ancestors 'none'"
)

Action = Callable[[Any], bool]
"""What a button does with the JSON that it sent; False if that makes no sense.

`ImpastoError` reaches the page as its sentence."""


class LocalPage(ThreadingHTTPServer):
    """One page and its actions, served until an action calls `finish`."""

    daemon_threads = True

    def __init__(self, page: Callable[[], str], actions: Mapping[str, Action]) -> None:
        """Listen, at once.

        Args:
            page: makes the page's HTML, each time it is asked for.
            actions: by the path that the page posts to.
        """
        super().__init__(("127.0.0.1", 0), _Handler)
        self.page, self.actions = page, actions
        self.secret = secrets.token_urlsafe(16)

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.server_port}/{self.secret}/"

    def serve(self) -> bool:
        """Serve until `finish` or Ctrl-C; returns whether it was finished."""
        try:
            self.serve_forever(poll_interval=0.2)
        except KeyboardInterrupt:
            return False
        finally:
            self.server_close()
        return True

    def finish(self) -> None:
        """End `serve` once the answer that is being given is out."""
        threading.Thread(target=self.shutdown, daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hangs up is no fault; another is said in a line."""
        error = sys.exception()
        if not isinstance(error, OSError):
            say(f"The page could not be served: {type(error).__name__}: {error}.")


class _Handler(BaseHTTPRequestHandler):
    server: LocalPage
    timeout = 30

    def do_GET(self) -> None:
        """The page."""
        what = self._allowed()
        if what == "":
            self._answer(HTTPStatus.OK, self.server.page(), "text/html")
        elif what is not None:
            self._answer(HTTPStatus.NOT_FOUND, "", "text/plain")

    def do_POST(self) -> None:
        """A button."""
        what = self._allowed()
        if what is None:
            return
        action = self.server.actions.get(what)
        if action is None:
            self._answer(HTTPStatus.NOT_FOUND, "", "text/plain")
            return
        try:
            self._reply(HTTPStatus.OK if action(self._body()) else HTTPStatus.BAD_REQUEST)
        except ImpastoError as error:
            self._reply(HTTPStatus.CONFLICT, error=str(error))

    def _allowed(self) -> str | None:
        """What is asked for, below the secret; None, already answered, for a stranger."""
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

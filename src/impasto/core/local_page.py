"""A local web page, and the actions of its buttons.

The server listens on the loopback address only, under a secret path. It also checks the `Host`
header, since a foreign page can link to this address but not forge that header.
"""

import hmac
import json
import secrets
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from impasto.core.console import say
from impasto.errors import ImpastoError

_LONGEST_REQUEST = 2**20

_WHOLE = "img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
_OF_PARTS = "img-src 'self' data:; style-src 'self'; script-src 'self'"
_POLICY = (
    "default-src 'none'; {}; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)

Action = Callable[[Any], Any]
"""An action: gets the button's JSON and returns the answer as JSON, or None for a bad request. The
page shows an `ImpastoError` as its sentence."""


@dataclass(frozen=True)
class Part:
    """A further file of a page: a script, a style, a picture, its data."""

    content: bytes
    kind: str
    """Its MIME type."""
    lasting: bool = False
    """Whether the browser may cache it while the page is served."""


class LocalPage(ThreadingHTTPServer):
    """One page and its actions, served until an action calls `finish`."""

    daemon_threads = True
    request_queue_size = 64  # a wall of pictures requests all of them at once

    def __init__(
        self,
        page: Callable[[], str | bytes],
        actions: Mapping[str, Action],
        part: Callable[[str], Part | None] | None = None,
    ) -> None:
        """Start to listen.

        Args:
            page: makes the page's HTML for every request.
            actions: by the path that the page posts to.
            part: finds a further file by the rest of its address, which must not be used as a
                path; None if there is none. A page with parts may not run inline scripts. Called
                from several threads.
        """
        super().__init__(("127.0.0.1", 0), _Handler)
        self.page, self.actions = page, actions
        self.part = part or (lambda _: None)
        self.policy = _POLICY.format(_WHOLE if part is None else _OF_PARTS)
        self.secret = secrets.token_urlsafe(16)
        self.acting = threading.Lock()
        """Held during an action until its answer is sent, so that actions run one at a time."""

    @property
    def address(self) -> str:
        """The page's address."""
        return f"http://127.0.0.1:{self.server_port}/{self.secret}/"

    def serve(self) -> bool:
        """Serve until `finish` or Ctrl-C; return whether `finish` was called."""
        try:
            self.serve_forever(poll_interval=0.2)
        except KeyboardInterrupt:
            return False
        finally:
            self.server_close()
        return True

    def finish(self) -> None:
        """End `serve` once the current answer is sent."""
        threading.Thread(target=self._shut, daemon=True).start()

    def _shut(self) -> None:
        with self.acting:  # otherwise the process may end before the answer is sent
            pass
        self.shutdown()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a browser that hangs up; report other errors in a line."""
        error = sys.exception()
        if not isinstance(error, OSError):
            say(f"The page could not be served: {type(error).__name__}: {error}.")


_HTML, _JSON = "text/html; charset=utf-8", "application/json"
_NOTHING = Part(b"", "text/plain; charset=utf-8")


class _Handler(BaseHTTPRequestHandler):
    server: LocalPage
    timeout = 30

    def do_GET(self) -> None:
        """Answer with the page or a part of it."""
        what = self._allowed()
        if what == "":
            page = self.server.page()
            content = page.encode() if isinstance(page, str) else page
            self._answer(HTTPStatus.OK, Part(content, _HTML))
        elif what is not None:
            part = self.server.part(what)
            self._answer(HTTPStatus.OK if part else HTTPStatus.NOT_FOUND, part or _NOTHING)

    def do_POST(self) -> None:
        """Run a button's action."""
        what = self._allowed()
        if what is None:
            return
        action = self.server.actions.get(what)
        if action is None:
            self._answer(HTTPStatus.NOT_FOUND, _NOTHING)
            return
        said = self._body()
        with self.server.acting:
            try:
                told = action(said)
            except ImpastoError as error:
                self._reply(HTTPStatus.CONFLICT, {"error": str(error)})
            else:
                status = HTTPStatus.BAD_REQUEST if told is None else HTTPStatus.OK
                self._reply(status, {} if told is None else told)

    def _allowed(self) -> str | None:
        """The requested path below the secret; None, after an answer, for a foreign request."""
        host = self.headers.get("Host", "")
        _, secret, what = [*self.path.split("/", 2), "", ""][:3]
        same = hmac.compare_digest(secret.encode(), self.server.secret.encode())
        if host != f"127.0.0.1:{self.server.server_port}" or not same:
            self._answer(HTTPStatus.FORBIDDEN, _NOTHING)
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

    def _reply(self, status: HTTPStatus, told: Any) -> None:
        self._answer(status, Part(json.dumps(told).encode(), _JSON))

    def _answer(self, status: HTTPStatus, part: Part) -> None:
        self.send_response(status)
        self.send_header("Content-Type", part.kind)
        self.send_header("Content-Length", str(len(part.content)))
        self.send_header("Content-Security-Policy", self.server.policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "private, max-age=86400" if part.lasting else "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(part.content)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: the terminal belongs to the progress bar."""

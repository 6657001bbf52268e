"""Who may ask: the gate in front of every answer. The threat model is in docs/threats.md.

A page elsewhere in the same browser, another name for this address (DNS rebinding), another user
of this machine who has not been given the cookie: each is turned away before anything is read.
"""

import hmac
import ipaddress
import secrets
import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from impasto.core.files import read_json, write_bytes
from impasto.errors import ImpastoError

POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; "
    "style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""No inline script, no inline style, nothing from elsewhere."""

INNER_PAGE = (
    "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)
"""Of a page that a verb wrote, shown inside one of ours: an origin of its own, and no scripts."""

ASKING_PAGE = INNER_PAGE.replace("sandbox;", "sandbox allow-scripts allow-downloads;").replace(
    "default-src 'none';", "default-src 'none'; script-src 'unsafe-inline';"
)
"""Of a blind wall, whose script asks; it can tell what was said to the page around it, no more."""

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), interest-cohort=()",
}

SAFE_METHODS = ("GET", "HEAD")
HTTP = 80
"""The port that an address without one means."""

TOKEN = "token"  # noqa: S105 -- the parameter's name
_LONGEST = 256

NOT_INVITED = (
    "The studio does not know this browser. Open the address that `impasto studio` printed in the "
    "terminal; it ends in ?token=…"
)


def token_of(own: Path) -> str:
    """The workspace's token, made at the first start: an open tab outlives a new start.

    Args:
        own: the studio's folder in the workspace; readable for this user only.

    Raises:
        ImpastoError: nothing can be written there.
    """
    place = own / "token.json"
    with suppress(ImpastoError):
        known = read_json(place, "the studio's token", 1024)
        if isinstance(known, str) and 20 <= len(known) <= _LONGEST and known.isascii():
            return known
    token = secrets.token_urlsafe(24)
    try:
        own.mkdir(parents=True, exist_ok=True)
        own.chmod(0o700)
        write_bytes(own / ".gitignore", b"*\n")  # a workspace may be a repository
        write_bytes(place, f'"{token}"\n'.encode())
        place.chmod(0o600)
    except OSError as error:
        raise ImpastoError(
            f"The studio cannot write to {own.parent} ({error.strerror}); make room there, or name "
            "a folder that you may write to: impasto studio FOLDER."
        ) from error
    return token


class Gate:
    """Lets in who holds the token, under a name that is ours, from a page that is ours."""

    def __init__(self, app: ASGIApp, token: str, host: str, port: int) -> None:
        """Stand in front of an application.

        Args:
            app: what lies behind.
            token: who shows it gets the cookie.
            host: the address that is listened on.
            port: its port.
        """
        self.app, self.token, self.port = app, token, port
        self.names = {"localhost", host.lower()}
        self.loopback = is_loopback(host)
        if not self.loopback:
            mine = socket.gethostname().lower()
            self.names |= {mine, f"{mine}.local"}
        # Cookies know no ports: every port of this address is sent the cookie. The name keeps
        # studios apart; it is no defence against whoever listens there (docs/threats.md).
        self.cookie = f"impasto-studio-{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        if refusal:
            await self._wrapped(PlainTextResponse(refusal, 403), scope, receive, send)
            return
        shown = parse_qs(scope["query_string"].decode("latin-1")).get(TOKEN, [""])[-1]
        if scope["method"] == "GET" and self._same(shown):
            await self._wrapped(self._invited(scope), scope, receive, send)
        elif self._same(Request(scope).cookies.get(self.cookie, "")):
            await self._wrapped(self.app, scope, receive, send)
        else:
            await self._wrapped(PlainTextResponse(NOT_INVITED, 403), scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> str:
        """Why nobody may ask like this; empty if it is well."""
        host = headers.get("host", "")
        if len(headers.getlist("host")) != 1 or not self._is_ours(host):
            return "The studio is not called so; open the address that it printed."
        origin = headers.get("origin")
        if origin is not None and origin != f"http://{host}":
            return "Another site asked for this; the studio answers its own pages only."
        site = headers.get("sec-fetch-site", "none")
        reading = scope["method"] in SAFE_METHODS
        navigated = reading and headers.get("sec-fetch-mode") == "navigate"
        if site not in ("same-origin", "none") and not navigated:
            return "Another site asked for this; the studio answers its own pages only."
        # A browser names the origin of whatever changes something.
        if not reading and origin is None and "sec-fetch-site" in headers and site == "none":
            return "The studio answers its own pages only."
        return ""

    def _is_ours(self, host: str) -> bool:
        name, colon, port = host.rpartition(":")
        if self.port == HTTP and (not colon or host.endswith("]")):
            name, port = host, str(HTTP)  # which browsers leave out
        if not port.isdecimal() or port != str(self.port):
            return False
        name = name.lower()
        if name in self.names:
            return True
        with suppress(ValueError):  # rebinding needs a name; an address is the machine itself
            address = ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
            return address.is_loopback or not self.loopback
        return False

    def _same(self, shown: str) -> bool:
        return hmac.compare_digest(shown[:_LONGEST].encode(), self.token.encode())

    def _invited(self, scope: Scope) -> RedirectResponse:
        """The same address without the token, which becomes a cookie."""
        query = parse_qs(scope["query_string"].decode("latin-1"))
        rest = urlencode({name: values for name, values in query.items() if name != TOKEN}, True)
        path = "/" + scope["path"].lstrip("/\\")  # never another host's
        answer = RedirectResponse(f"{path}?{rest}" if rest else path, 303)
        answer.set_cookie(self.cookie, self.token, httponly=True, samesite="strict",
                          max_age=400 * 86_400)  # fmt: skip
        return answer

    async def _wrapped(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)  # a page in a sandbox has its own policy
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await app(scope, receive, with_headers)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens there."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

"""Listen, say where, and open the browser."""

import socket
import webbrowser
from contextlib import suppress
from pathlib import Path

import uvicorn

from impasto.core.console import say
from impasto.errors import ImpastoError
from impasto.studio.actions import Verbs
from impasto.studio.app import Studio, gated
from impasto.studio.security import is_loopback

USUAL_PORT = 8188


def serve(folder: Path, verbs: Verbs, host: str, port: int | None, browser: bool) -> None:
    """Serve the studio of a workspace until Ctrl-C; jobs that run go on without it.

    Raises:
        ImpastoError: the port is taken, or the address is none of this machine's.
    """
    listener = _listen(host, port)
    number: int = listener.getsockname()[1]
    gate, token = gated(Studio.of(folder, verbs), host, number)
    reached = host if not is_any(host) else socket.gethostname()
    shown = f"[{reached}]" if ":" in reached else reached
    address = f"http://{shown}:{number}/?token={token}"
    if not is_loopback(host):
        say(
            "Others in this network can reach the studio now. Whoever has the address below can "
            "use it; nothing is encrypted on the way.",
            style="bold yellow",
        )
    say(f"The studio of {folder.resolve()} is at")
    say(f"  {address}")
    say("Ctrl-C closes it; what is being made goes on.", style="dim")
    if browser:
        webbrowser.open(address)
    settings = uvicorn.Config(
        gate,
        log_level="critical",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=30,
        lifespan="on",
    )
    with suppress(KeyboardInterrupt):
        uvicorn.Server(settings).run(sockets=[listener])


def is_any(host: str) -> bool:
    """Whether it means every address of this machine."""
    return host in ("0.0.0.0", "::", "")  # noqa: S104 -- compared, not bound


def _listen(host: str, port: int | None) -> socket.socket:
    """A listening socket; where no port is asked for, the usual one or any that is free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    wanted = [port] if port is not None else [*range(USUAL_PORT, USUAL_PORT + 10), 0]
    reason = ""
    for each in wanted:
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, each))
            listener.listen(128)
        except OSError as error:
            listener.close()
            reason = error.strerror or str(error)
        else:
            listener.set_inheritable(False)
            return listener
    raise ImpastoError(
        f"The studio cannot listen at {host}{'' if port is None else f', port {port}'} ({reason}); "
        "choose another --port or --host."
    )

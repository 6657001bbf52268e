"""A web site on this machine that answers as the real ones document, and fails as they do."""

import io
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from hypothesis import HealthCheck, settings
from PIL import Image

LOOPBACK = ("127.0.0.1",)

PATIENT = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
"""For property tests: the machine may be busy with a training."""


@dataclass
class Answer:
    body: bytes = b""
    status: int = 200
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    missing: int = 0
    """Bytes that are promised in Content-Length and never sent."""
    wait: float = 0.0


def as_json(value: Any, status: int = 200, **headers: str) -> Answer:
    return Answer(json.dumps(value).encode(), status, headers=headers)


def as_page(text: str = "<!DOCTYPE html><title>Hello</title>", status: int = 200) -> Answer:
    return Answer(text.encode(), status, "text/html")


def as_redirect(target: str) -> Answer:
    return Answer(status=302, headers={"Location": target})


def painting(seed: int = 0, size: tuple[int, int] = (40, 30), format: str = "JPEG") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, (seed * 37 % 256, 120, seed * 91 % 256)).save(buffer, format)
    return buffer.getvalue()


def as_picture(seed: int = 0) -> Answer:
    return Answer(painting(seed), kind="image/jpeg")


@dataclass
class Asked:
    path: str
    query: dict[str, str]
    headers: dict[str, str]


Handler = Callable[[Asked], Answer]


class Site:
    """Paths and what they answer; a list of answers is given one by one, the last for ever."""

    def __init__(self, address: str = "127.0.0.1") -> None:
        self.answers: dict[str, Handler | list[Answer]] = {}
        self.asked: list[Asked] = []
        site = self

        class Web(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(parts.path, dict(parse_qsl(parts.query)), headers)
                site.asked.append(asked)
                self.reply(site.answer(asked))

            def reply(self, answer: Answer) -> None:
                time.sleep(answer.wait)
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.kind)
                self.send_header("Content-Length", str(len(answer.body) + answer.missing))
                for name, value in answer.headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                self.wfile.write(answer.body)
                if answer.missing:
                    self.close_connection = True

            def log_message(self, *arguments: Any) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                pass  # clients that hang up are part of the tests

        self._server = Quiet((address, 0), Web)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        self.base = f"http://{address}:{self._server.server_port}"

    def answer(self, asked: Asked) -> Answer:
        found = self.answers.get(asked.path)
        if found is None:
            return as_page("<title>Not found</title>", 404)
        if isinstance(found, list):
            return found.pop(0) if len(found) > 1 else found[0]
        return found(asked)

    def times_asked(self, path: str) -> int:
        return sum(asked.path == path for asked in self.asked)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.sleeps: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds

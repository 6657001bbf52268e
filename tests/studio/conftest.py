"""A studio in a folder of its own: asked in this process, or served by a real one."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from impasto.cli.describe import verbs_of_the_studio
from impasto.core.images import save
from impasto.data.colourfield import paint as colourfield
from impasto.export.web import find_directions, write_web
from impasto.generate.artefact import load_generator

pytest.importorskip("starlette")


from impasto.studio.app import Studio, gated
from impasto.studio.jobs import Jobs
from impasto.studio.workspace import identity
from tests.conftest import write_conditional

PORT = 8188
HOST = f"127.0.0.1:{PORT}"
VERBS = verbs_of_the_studio()


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)


@dataclass
class Client:
    """Asks an application as a browser would, in this process."""

    app: Any
    headers: dict[str, str] = field(default_factory=dict)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | dict[str, Any] = b"",
        headers: dict[str, str] | None = None,
    ) -> Reply:
        content = json.dumps(body).encode() if isinstance(body, dict) else body
        return asyncio.run(self._ask(method, path, content, {**self.headers, **(headers or {})}))

    def get(self, path: str, **more: Any) -> Reply:
        return self.ask("GET", path, **more)

    def post(self, path: str, body: bytes | dict[str, Any] = b"{}", **more: Any) -> Reply:
        return self.ask("POST", path, body, **more)

    async def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Reply:
        parts = urlsplit(path)
        given = {"host": HOST, "content-length": str(len(body)), **headers}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": parts.path,
            "raw_path": quote(parts.path).encode(),
            "query_string": parts.query.encode(),
            "root_path": "",
            "headers": [(k.encode(), v.encode("latin-1")) for k, v in given.items() if v],
            "client": ("127.0.0.1", 5),
            "server": ("127.0.0.1", PORT),
        }
        sent: list[dict[str, Any]] = []
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            if not waiting:
                await asyncio.Event().wait()  # the browser stays
            return waiting.pop()

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        start = sent[0]
        found = {k.decode().lower(): v.decode() for k, v in start["headers"]}
        return Reply(start["status"], found, b"".join(m.get("body", b"") for m in sent[1:]))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace beside something that is nobody's business."""
    (tmp_path / "secret.txt").write_text("nobody's business")
    (tmp_path / "workspace").mkdir()
    return tmp_path / "workspace"


@pytest.fixture
def studio(folder: Path) -> Iterator[Studio]:
    """A studio whose queue does not run by itself."""
    studio = Studio.of(folder, VERBS)
    yield studio
    studio.pictures.close()


@pytest.fixture
def stranger(studio: Studio) -> Client:
    """Somebody who has no cookie."""
    return Client(gated(studio, "127.0.0.1", PORT)[0])


@pytest.fixture
def client(studio: Studio) -> Client:
    """The artist's browser."""
    gate, token = gated(studio, "127.0.0.1", PORT)
    return Client(gate, {"cookie": f"{gate.cookie}={token}"})


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    """Something to paint."""
    save(colourfield(3, 96)[:80], tmp_path / "a photograph.png")
    return tmp_path / "a photograph.png"


@dataclass
class Served:
    """A studio that a real process serves."""

    folder: Path
    process: "subprocess.Popen[str]"
    address: str
    """With the token."""

    @property
    def base(self) -> str:
        return self.address.partition("?")[0].rstrip("/")

    def stop(self) -> str:
        """Ctrl-C; what it said."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.communicate(timeout=30)[1]


@pytest.fixture
def serve(folder: Path) -> Iterator[Callable[..., Served]]:
    """Start `impasto studio` as a user does; its jobs are ended with the test."""
    begun: list[Served] = []

    def start(*options: str) -> Served:
        command = [sys.executable, "-m", "impasto", "studio", str(folder), "--no-browser", *options]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        address = ""
        for line in process.stderr:
            if "token=" in line:
                address = line.strip()
            if "Ctrl-C" in line:
                break
        begun.append(Served(folder, process, address))
        return begun[-1]

    yield start
    for each in begun:
        each.stop()
    for started in folder.glob(".studio/jobs/*/started.json"):
        if not (started.parent / "ended.json").exists():
            with_number = json.loads(started.read_text())["process"]
            try:
                os.kill(with_number, signal.SIGKILL)
            except ProcessLookupError:
                continue


@pytest.fixture
def jobs(folder):
    return Jobs(folder / ".studio" / "jobs")


ALBUM = identity("pictures", "pictures/album")
SET = identity("set", "prepared/album-32")


@pytest.fixture
def album(folder):
    """Eight pictures under two labels, and one without."""
    place = folder / "pictures" / "album"
    for seed in range(8):
        save(colourfield(seed, 64), place / ("a <b>" if seed % 2 else "monet") / f"{seed}.png")
    save(colourfield(9, 64), place / "top.png")
    return place


@pytest.fixture
def prepared(album, folder):
    """The set that these and a strip make, of which the strip is left out."""
    from impasto.prepare.pipeline import prepare

    save(colourfield(1, 300)[:20], album / "long.png")
    prepare(album, folder / "prepared" / "album-32", size=32)
    return folder / "prepared" / "album-32"


def drop(client, content: bytes, name: str = "a.png", folder: str = "") -> "Reply":
    """Drop a file on the page."""
    return client.post(f"/api/uploads?name={quote(name)}&folder={folder}", content)


KINDS = {"Klee": 30, "Marc": 10}


@pytest.fixture
def kinds(folder) -> str:
    """A small generator that knows two labels; its id."""
    run = folder / "runs" / "kinds"
    write_conditional(run / "best", KINDS)
    save(colourfield(1, 32), run / "samples" / "000000100.png")
    return identity("run", "runs/kinds")


@pytest.fixture(scope="session")
def page_of_kinds(tmp_path_factory) -> Path:
    """What "Get it ready" makes of `kinds`: half a minute, once for all tests that play with it."""
    pytest.importorskip("onnx")
    folder = tmp_path_factory.mktemp("kinds")
    painter = load_generator(write_conditional(folder / "best", KINDS))
    write_web(painter, folder / "page", "kinds", find_directions(painter, folder))
    return folder / "page"


@pytest.fixture
def ready(folder, kinds, page_of_kinds) -> str:
    """`kinds`, ready for the browser."""
    place = folder / ".studio" / "generators" / kinds
    shutil.copytree(page_of_kinds, place, copy_function=shutil.copy)  # newer than the generator
    return kinds

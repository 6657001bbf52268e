"""Servers on this machine that stand for those elsewhere, and shards as others write them."""

import io
import json
import socket
import tarfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from PIL import Image

from tests.prepare.messy import strokes


def png(seed: int) -> bytes:
    packed = io.BytesIO()
    Image.fromarray(strokes(seed, 60, 50)).save(packed, "PNG")
    return packed.getvalue()


@contextmanager
def served(files: dict[str, bytes | int], status: int = 200) -> Iterator[tuple[str, list[dict]]]:
    """A web server, its address and the headers of each request; also speaks S3's listing.

    A number instead of a file is the status that it answers with.
    """
    asked: list[dict] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            asked.append({"path": self.path, **dict(self.headers)})
            if status != 200:
                self._answer(status, b"<Error><Code>AccessDenied</Code></Error>")
            elif "list-type" in parse_qs(parts.query):
                self._answer(200, _s3_listing(files, parts.path.strip("/"), parts.query))
            elif isinstance(found := files.get(parts.path), int):
                self._answer(found, b"no")
            elif found is not None:
                self._answer(200, found)
            else:
                self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")

        do_HEAD = do_GET  # noqa: N815

        def _answer(self, status: int, content: bytes) -> None:
            first, last = 0, len(content) - 1
            if status == 200 and (part := self.headers.get("Range")):
                begin, _, end = part.removeprefix("bytes=").partition("-")
                first, last = int(begin), min(int(end or last), last)
                status = 206
            self.send_response(status)
            self.send_header("Content-Length", str(last + 1 - first))
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(content)}")
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content[first : last + 1])

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def spoken(*pieces: bytes, pause: float = 0.0) -> Iterator[str]:
    """The address of a server that answers with these bytes, slowly."""

    def speak() -> None:
        with suppress(OSError), listening.accept()[0] as line:
            line.recv(4096)
            for piece in pieces:
                line.sendall(piece)
                time.sleep(pause)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=speak, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/a.png"


def _s3_listing(files: dict[str, bytes], bucket: str, query: str) -> bytes:
    prefix = parse_qs(query).get("prefix", [""])[0]
    keys = [path.removeprefix(f"/{bucket}/") for path in files if path.startswith(f"/{bucket}/")]
    rows = "".join(
        f"<Contents><Key>{key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
        f"<ETag>&quot;{key}&quot;</ETag><Size>{len(files[f'/{bucket}/{key}'])}</Size></Contents>"
        for key in keys
        if key.startswith(prefix)
    )
    return (
        '<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<Name>{bucket}</Name><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>"
    ).encode()


def webdataset(path: Path, seeds: range, labels: tuple[str, ...] = ()) -> None:
    """A shard: KEY.png, KEY.json and, where there are labels, KEY.cls."""
    members = []
    for seed in seeds:
        members += [(f"{seed:04}.png", png(seed)), (f"{seed:04}.json", b"{}")]
        if labels:
            members.append((f"{seed:04}.cls", labels[seed % len(labels)].encode()))
    packed(path, members)


def packed(path: Path, members: list[tuple[str, bytes]]) -> None:
    """A TAR of these, in order."""
    with tarfile.open(path, "w") as file:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))


def parquet(path: Path, seeds: range, group: int = 4) -> None:
    """As `datasets` writes pictures with a class."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    image = [{"bytes": png(seed), "path": f"{seed}.png"} for seed in seeds]
    table = pa.table({"image": image, "label": [seed % 2 for seed in seeds]})
    features = {
        "image": {"_type": "Image"},
        "label": {"_type": "ClassLabel", "names": ["calm", "wild"]},
    }
    about = {"huggingface": json.dumps({"info": {"features": features}})}
    pq.write_table(table.replace_schema_metadata(about), path, row_group_size=group)

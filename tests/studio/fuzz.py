"""Odd requests to every address of the studio: no crash, and nothing outside the workspace.

    python -m tests.studio.fuzz --count 10000 --seed 1

A workspace with one of everything, hostile names and links that lead out of it, is asked in this
process. The suite asks a few hundred; a request that fails is printed and ends it.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from impasto.core.files import write_json
from impasto.core.images import encode
from impasto.core.shipped import names
from impasto.data.colourfield import paint as colourfield
from impasto.evaluate.blind import Key, Shown
from impasto.prepare.pipeline import prepare
from impasto.studio.api import routes
from impasto.studio.app import Studio, gated
from impasto.studio.favourites import Favourite
from impasto.studio.workspace import identity
from tests.studio.conftest import PORT, VERBS, Client

SECRET = "nobody's business"
HOSTILE = "<img src=x onerror=alert(1)>"
JOB = "20260101000000-00000000"
FINE = (200, 304, 403, 404, 405, 409)

_watched: list[Path] = []
_opened: list[str] = []


def _audit(event: str, given: tuple[Any, ...]) -> None:
    if event == "open" and _watched and isinstance(given[0], str | bytes):
        name = given[0] if isinstance(given[0], str) else given[0].decode("utf-8", "replace")
        if name.startswith(str(_watched[0])):
            _opened.append(name)


sys.addaudithook(_audit)


@contextmanager
def nothing_is_opened(outside: Path):
    """Fails where this process opens a file below a folder."""
    _watched.append(outside)
    try:
        yield
    finally:
        _watched.clear()
        opened = list(_opened)
        _opened.clear()
    assert not opened, f"opened {opened}"


def furnish(folder: Path, outside: Path) -> list[str]:
    """One of everything, and links that lead out; returns the ids."""
    outside.mkdir()
    (outside / "secret.txt").write_text(SECRET)
    (outside / "secret.png").write_bytes(encode(colourfield(99, 32)) + SECRET.encode())
    album = folder / "pictures" / "album"
    for number in range(6):
        place = album / (HOSTILE if number % 2 else "monet") / f"{number}{HOSTILE}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(encode(colourfield(number, 40)))
    (album / "link.png").symlink_to(outside / "secret.png")
    (album / "elsewhere").symlink_to(outside)
    (album / "provenance.csv").write_text(f"file,title,licence\n1.png,{HOSTILE},CC0\n")
    photograph = folder / "pictures" / "photographs" / "photo.png"
    photograph.parent.mkdir()
    photograph.write_bytes(encode(colourfield(7, 40)))
    (photograph.parent / "link.png").symlink_to(outside / "secret.png")
    prepare(album, folder / "prepared" / "album-32", size=32)
    run = folder / "runs" / "mine"
    for name in ("samples/1.png", "reals.png", "best/generator.safetensors"):
        (run / name).parent.mkdir(parents=True, exist_ok=True)
        (run / name).write_bytes(encode(colourfield(3, 40)))
    (run / "samples" / "2.png").symlink_to(outside / "secret.png")
    (run / "report.html").symlink_to(outside / "secret.txt")
    shown = [Shown(name=HOSTILE, generated=True), Shown(name="original", generated=False)]
    write_json(run / "evaluation" / "blind-key.json",
               Key(wall="w", origin="mine", shown=shown).model_dump())  # fmt: skip
    (run / "evaluation" / "blind.html").write_text(HOSTILE)
    painting = folder / "painted" / "photo"
    painting.mkdir(parents=True)
    (painting / "painting.png").write_bytes(encode(colourfield(5, 40)))
    (painting / "painting.svg").symlink_to(outside / "secret.txt")
    shared = folder / "shared" / "mine-hub"
    shared.mkdir(parents=True)
    (shared / "README.md").write_text(f"# {HOSTILE}\n[x](javascript:alert(1))\n")
    (shared / "samples.png").symlink_to(outside / "secret.png")
    (folder / "shared" / "link").symlink_to(outside)
    trap = folder / "pictures" / "trap"
    trap.mkdir()
    (trap / "provenance.csv").symlink_to(outside / "secret.txt")
    stolen = folder / "prepared" / "stolen-32"
    shutil.copytree(folder / "prepared" / "album-32", stolen)
    (stolen / "index.csv").unlink()
    (stolen / "index.csv").symlink_to(outside / "secret.txt")
    wall = folder / "runs" / "mine" / "evaluation-last"
    wall.mkdir()
    (wall / "blind.html").write_text(HOSTILE)
    (wall / "blind-key.json").symlink_to(outside / "secret.txt")
    job = folder / ".studio" / "jobs" / JOB
    job.mkdir(parents=True)
    about = {"command": ["generate", "runs/mine", "--out=generated/mine"], "title": HOSTILE}
    more = {"lane": "short", "about": identity("run", "runs/mine"), "created": 1.0}
    write_json(job / "job.json", about | more | {"place": "generated/mine"})
    write_json(job / "ended.json", {"status": 0, "at": 2.0})
    made = folder / "generated" / "mine"
    made.mkdir(parents=True)
    (made / "a.png").write_bytes(encode(colourfield(8, 40)))
    (made / "b.png").symlink_to(outside / "secret.png")
    (made / "c.json").symlink_to(outside / "secret.txt")
    starred = Favourite(
        generator=identity("generator", names()[0]), seed=3, latent=[0.5], note=HOSTILE
    )
    favourites = folder / ".studio" / "favourites"
    favourites.mkdir()
    write_json(folder / ".studio" / "favourites.json", [starred.model_dump()])
    write_json(favourites / f"{starred.id}.json", starred.as_latents())
    (favourites / f"{starred.id}.png").symlink_to(outside / "secret.png")
    again = [
        _again(folder, *each)
        for each in (("pictures", "pictures", "album"), ("set", "prepared", "album-32"),
                     ("run", "runs", "mine"), ("painting", "painted", "photo"),
                     ("share", "shared", "mine-hub"))
    ]  # fmt: skip
    return [
        *(JOB, f"{JOB}.0", f"{JOB}.1", starred.id, *again),
        *(identity("page", f"runs/mine/evaluation-last/{name}.html") for name in ("blind",)),
        *(identity("pictures", "pictures/trap"), identity("set", "prepared/stolen-32")),
        *(identity("generator", name) for name in names()),
        *(identity("pictures", f"pictures/{name}") for name in ("album", "photographs")),
        *(identity("set", "prepared/album-32"), identity("run", "runs/mine")),
        *(identity("painting", "painted/photo"), identity("share", "shared/mine-hub")),
        identity("page", "runs/mine/evaluation/blind.html"),
        identity("upload", "pictures/photographs/photo.png"),
        *(identity("picture", f"pictures/album/monet/{n}{HOSTILE}.png") for n in (0, 2, 4)),
    ]


def _again(folder: Path, kind: str, home: str, name: str) -> str:
    """The same under a name that is no Unicode, with a folder of such a name inside; its id."""
    place = folder / home / f"{name}-{LATIN}"
    shutil.copytree(folder / home / name, place, symlinks=True)
    (place / LATIN).mkdir()
    (place / LATIN / f"{LATIN}.png").write_bytes(encode(colourfield(6, 40)))
    return identity(kind, f"{home}/{place.name}")


LATIN = os.fsdecode(b"caf\xe9" if sys.platform == "linux" else b"cafe")
"""As an old archive names its files; the disks of other systems take Unicode only."""

ACTIONS = (
    *("paint", "repaint", "train", "continue", "forecast", "ready", "prepare", "prepare-again"),
    *("collect", "collect-more", "evaluate", "blind", "compare", "share-web", "share-hub"),
    *("share-onnx", "generate", "film", "project", "manner", "enlarge", "strokes", "print"),
)
ODD = st.sampled_from([
    *("..", "%2e%2e", "%2f", "%00", "secret.txt", "0", "-1", "9" * 30, "svg", "sheet", "paint"),
    *("recipes", "é", "a b", "%ff", ".studio", "token.json", "model", "preview", "prepare", "rows"),
    *("decide", "undo", "done", "0/large", "1", "card.html", "../../secret.txt"),
    *("colourfield", "met", "urls", "answer", "names", "latents", *ACTIONS),
]) | st.text(alphabet="abcdef0123456789./\\%", max_size=24)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | ODD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=5,
)
OPTIONS = st.sampled_from([
    *("strokes", "minutes", "seeds", "size", "fit", "limit", "query", "artist", "recipes"),
    *("against", "count", "title", "weights", "begin", "name", "settings", "enlarge", "features"),
    *("favourites", "levels", "paper", "bleed", "kind", "label", "picture", "mask", "style"),
])  # fmt: skip
KEYS = st.sampled_from([
    *("subject", "values", "name", "at_once", "generator", "seed", "picture", "labels", "keep"),
    *("drop", "seen", "text", "wall", "said", "format", "latent", "truncation", "note"),
    *("direction", "parents"),
])  # fmt: skip


def requests(ids: list[str]) -> st.SearchStrategy[tuple[str, str, bytes | dict[str, Any]]]:
    """Method, address and body, some of them nearly right."""
    part = ODD | st.sampled_from(ids)
    every = [route for route in routes() if "events" not in route.path]

    @st.composite
    def request(draw: Any) -> tuple[str, str, bytes | dict[str, Any]]:
        route = draw(st.sampled_from(every))
        path = route.path
        for name in route.param_convertors:
            number = draw(st.integers(0, 10**20).map(str))
            word = draw(part)
            path = path.replace(f"{{{name}:int}}", number).replace(f"{{{name}:path}}", word)
            path = path.replace(f"{{{name}}}", word)
        query = draw(st.dictionaries(
            st.sampled_from(["side", "name", "folder", "save", "light"]), part, max_size=2
        ))  # fmt: skip
        if query:
            path += "?" + "&".join(f"{key}={quote(value)}" for key, value in query.items())
        forms = st.dictionaries(OPTIONS, VALUES | part, max_size=3)
        labels = st.dictionaries(part, part, max_size=3)
        objects = st.dictionaries(KEYS, part | VALUES | forms | labels, max_size=4)
        body = draw(st.binary(max_size=40) | objects)
        method = draw(st.sampled_from(sorted(route.methods)))
        return method, path, body

    return request()


SECOND = ("0", "1", "sheet", "painting", "svg", "a.png", "rows", "paint", "0/large")
"""What stands behind an id in addresses of two parts."""


def sweep(ids: list[str]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every address with every id in it, and every action about every id."""
    for route in sorted(routes(), key=lambda each: "DELETE" in each.methods):
        if "events" in route.path:
            continue
        first, *rest = route.param_convertors or [""]
        for which in [*ids, *SECOND] if first else [""]:
            for more in SECOND if rest else [""]:
                path = route.path
                for name, word in zip([first, *rest], [which, more], strict=False):
                    number = word if word.isdecimal() else "0"
                    path = path.replace(f"{{{name}:int}}", number)
                    path = path.replace(f"{{{name}:path}}", word).replace(f"{{{name}}}", word)
                yield sorted(route.methods - {"HEAD"})[0], path, {}
    for which in ids:
        for action in ACTIONS:
            yield "POST", f"/api/ask/{action}", {"subject": which, "values": {}}


def ask(client: Client, root: Path, outside: Path, asked: tuple[str, str, Any]) -> None:
    """Ask once, and look that all is well."""
    before = sorted(each.name for each in root.iterdir())
    with nothing_is_opened(outside):
        answer = client.ask(*asked)
    assert answer.status in FINE, (asked, answer.status, answer.content[:300])
    assert SECRET.encode() not in answer.content, asked
    if answer.status == 200:
        assert str(root).encode() not in answer.content, asked
    assert sorted(each.name for each in root.iterdir()) == before, asked
    assert sorted(each.name for each in outside.iterdir()) == ["secret.png", "secret.txt"], asked
    assert (outside / "secret.txt").read_text() == SECRET, asked


def main() -> None:
    """Ask as often as is wanted, and say how it went."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        root = Path(made).resolve() / "root"
        root.mkdir()
        folder, outside = root / "workspace", root / "outside"
        folder.mkdir()
        ids = furnish(folder, outside)
        studio = Studio.of(folder, VERBS)
        gate, token = gated(studio, "127.0.0.1", PORT)
        client = Client(gate, {"cookie": f"{gate.cookie}={token}"})
        done = [0]

        @seed(wanted.seed)
        @settings(
            max_examples=wanted.count,
            deadline=None,
            database=None,
            derandomize=False,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        @given(requests(ids))  # fmt: skip
        def trial(asked: tuple[str, str, Any]) -> None:
            ask(client, root, outside, asked)
            done[0] += 1

        began = time.monotonic()
        for each in sweep(ids):
            ask(client, root, outside, each)
            done[0] += 1
        trial()
        studio.pictures.close()
        sys.stdout.write(f"{done[0]} requests, {time.monotonic() - began:.0f} s: all well.\n")


if __name__ == "__main__":
    main()

"""A disk that takes no more is told in a sentence, and what was there stays whole."""

import contextlib

import pytest

from impasto.core.images import encode, save
from impasto.data.colourfield import paint as colourfield
from impasto.prepare.pipeline import prepare
from impasto.studio.workspace import identity

resource = pytest.importorskip("resource")

SET = identity("set", "prepared/album-32")
HUB = identity("share", "shared/mine-hub")


@contextlib.contextmanager
def full(most: int = 64):
    """No file may grow beyond so many bytes: a real refusal of the system's."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_nothing_is_lost_and_the_reason_is_told(client, folder):
    album = folder / "pictures" / "album"
    for seed in range(3):
        save(colourfield(seed, 64), album / f"{seed}.png")
    prepare(album, folder / "prepared" / "album-32", size=32)
    card = folder / "shared" / "mine-hub" / "README.md"
    card.parent.mkdir(parents=True)
    card.write_text("# Mine")
    decided = folder / "prepared" / "album-32" / "decisions.csv"
    before = decided.read_bytes()
    picture, number = encode(colourfield(5, 64)), {"drop": [0]}
    client.get(f"/api/sets/{SET}/review/rows")  # what is loaded for it is loaded
    asked = [
        ("/api/uploads?name=a.png", picture),
        ("/api/archives?name=a.zip", picture),
        (f"/api/sets/{SET}/review/decide", number),
        (f"/api/shares/{HUB}/card", {"text": "# Other" * 50}),
        ("/api/ask/prepare", {"subject": identity("pictures", "pictures/album"), "values": {}}),
    ]
    with full():
        answers = [client.post(address, body) for address, body in asked]
    for (address, _), answer in zip(asked, answers, strict=True):
        assert answer.status in (409, 507), (address, answer.content)
        assert "too large" in answer.json["error"].lower(), (address, answer.content)
    assert decided.read_bytes() == before
    assert card.read_text() == "# Mine"
    assert not list((folder / "pictures").glob("photographs/*"))
    assert client.post(f"/api/sets/{SET}/review/decide", number).status == 200

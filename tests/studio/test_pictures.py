"""Pictures: archives, labels, what cleaning would do, and a review; hostile ones get a sentence."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from impasto.core.images import save
from impasto.data.colourfield import paint as colourfield
from impasto.errors import ImpastoError
from impasto.studio.pictures import Pictures
from impasto.studio.workspace import identity
from tests.pestering import pestered


def test_a_museum_is_asked_by_a_command_and_for_more_by_the_same(client, folder, studio):
    values = {"query": "--out=/etc; rm", "artist": ["Claude Monet"], "limit": 12}
    job = client.post("/api/ask/collect", {"subject": "met", "values": values}).json
    assert job["command"].startswith("impasto collect met '--query=--out=/etc; rm' '--artist=Claud")
    assert client.post("/api/ask/collect", {"subject": "urls", "values": {}}).status == 409
    assert client.post(
        "/api/ask/collect", {"subject": "met", "values": {"query": "a\nb"}}
    ).status == 409  # fmt: skip
    place = folder / studio.jobs.all()[0].place
    place.mkdir(parents=True)
    (place / "provenance.csv").write_text("file,title,licence\n1.jpg,<b>x,CC0\n2.jpg,y,CC0\n")
    which = identity("pictures", f"pictures/{place.name}")
    assert client.get(f"/api/albums/{which}").json["collected"]["licences"] == [["CC0", 2]]
    studio.jobs.all()[0].cancel()
    more = client.post("/api/ask/collect-more", {"subject": which, "values": {"limit": 50}}).json
    assert "--limit=50" in more["command"]
    assert "--limit=12" not in more["command"]


@pytest.mark.skipif(sys.platform == "win32", reason="blocks no signal")
def test_ctrl_c_leaves_the_decoding_process_to_the_studio(tmp_path, monkeypatch):
    save(colourfield(3, 64), tmp_path / "a.png")
    pictures = Pictures(tmp_path / "thumbnails")
    with pestered(monkeypatch):
        assert pictures.thumbnail(tmp_path / "a.png", 160).is_file()
    pictures.close()


def test_the_studio_ends_in_the_middle_of_work(tmp_path):
    pictures = Pictures(tmp_path / "thumbnails")
    with ThreadPoolExecutor() as others, pytest.raises(ImpastoError, match="broke"):
        work = others.submit(pictures.work, time.sleep, 60)
        time.sleep(0.5)
        pictures.close()
        work.result(30)


def test_what_takes_too_long_is_called_that(tmp_path):
    pictures = Pictures(tmp_path / "thumbnails")
    with pytest.raises(ImpastoError, match=r"a\.png took longer than 0\.5 seconds"):
        pictures.work(time.sleep, 60, name="a.png", seconds=0.5)
    pictures.close()


def test_thumbnails_do_not_wait_for_an_archive(tmp_path, monkeypatch):
    save(colourfield(3, 64), tmp_path / "a.png")
    pictures = Pictures(tmp_path / "thumbnails")
    monkeypatch.setattr("impasto.studio.pictures.unpacked", slowly)
    with ThreadPoolExecutor() as others:
        work = others.submit(pictures.unpack, tmp_path / "a.zip", tmp_path / "out", 60)
        assert pictures.thumbnail(tmp_path / "a.png", 160).is_file()
        assert not work.done()
        (tmp_path / "go").touch()
        assert work.result(30) == 7
    pictures.close()


def slowly(archive: str, _: str) -> tuple[int, str]:
    """Unpacks nothing, until it is told."""
    while not (Path(archive).parent / "go").exists():
        time.sleep(0.02)
    return 7, ""

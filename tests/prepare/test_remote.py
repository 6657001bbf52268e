"""Pictures at addresses."""

import gzip
import io
import socket

import pytest

from impasto.errors import ImpastoError
from impasto.prepare import remote
from impasto.prepare.listing import title_of
from impasto.prepare.pipeline import prepare
from tests.prepare.elsewhere import served, spoken


def test_a_host_that_says_nothing_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr(remote, "SILENCE", 0.3)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/list.txt"
        with pytest.raises(ImpastoError, match="does not answer"):
            prepare(address, tmp_path / "out", size=32)
    with pytest.raises(ImpastoError, match="cannot be reached"):
        prepare(address, tmp_path / "out", size=32)


def test_a_store_that_waits_for_ever_is_left(monkeypatch):
    monkeypatch.setattr(remote, "ANSWER", 0.1)
    with pytest.raises(ImpastoError, match="does not answer"), remote.told("s3://a"):
        remote._within("s3://a", lambda: __import__("time").sleep(5))


def test_a_library_that_is_missing_is_named(monkeypatch):
    def missing(address):
        raise ImportError("Install gcsfs to access Google Storage")

    monkeypatch.setattr(remote, "_store", missing)
    with pytest.raises(ImpastoError, match=r"pip install 'impasto\[remote\]'"):
        remote.tree("gs://bucket/in")


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("http://[::1", "not written as addresses"),
        ("https://[a]b/x.tar", "not written as addresses"),
        ("http://host:99999/x.tar", "host and port"),
        ("https://", "names no host"),
        ("s3://", "names no place"),
        ("hf://", "names no place"),
        ("hf://nope", "hf://datasets/OWNER/NAME"),
    ],
)
def test_addresses_that_are_none_are_one_sentence(tmp_path, address, sentence):
    with pytest.raises(ImpastoError, match=sentence):
        title_of(address)
        prepare(address, tmp_path / "out", size=32)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("line", ["http://[::1/a.png", "https://host:99999/a.png"])
@pytest.mark.parametrize("where", ["mine.txt", "https://host/list.txt"])
def test_a_line_that_is_no_address_is_named(line, where):
    with pytest.raises(ImpastoError, match=r"list|mine.*, line 2 "):
        remote.listed_in(f"https://host/a.png\n{line}", where)


def test_a_web_page_is_no_list(tmp_path):
    page = "\ufeff\n <!DOCTYPE html>\n<p>Log in</p>".encode()
    with served({"/gallery": page}) as (at, _), pytest.raises(ImpastoError, match="web page"):
        prepare(f"{at}/gallery", tmp_path / "out", size=32)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n"


def test_a_server_that_drips_is_left(monkeypatch):
    monkeypatch.setattr(remote, "PATIENCE", 0.2)
    with (
        spoken(HEAD + b"\r\n", *[b"x"] * 100, pause=0.05) as address,
        pytest.raises(remote.AwayError, match="too slow"),
    ):
        remote.download(address, io.BytesIO(), 10**7)


def test_a_server_whose_headers_drip_is_left(monkeypatch):
    monkeypatch.setattr(remote, "ANSWER", 0.3)
    drops = (HEAD[at : at + 1] for at in range(len(HEAD)))
    with (
        spoken(*drops, pause=0.05) as address,
        pytest.raises(remote.AwayError, match="does not answer"),
    ):
        remote.download(address, io.BytesIO(), 10**7)


def test_what_is_unpacked_on_the_way_is_bounded():
    packed = gzip.compress(bytes(10**6))
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
    with (
        spoken(head % len(packed) + packed) as address,
        pytest.raises(remote.TooLargeError, match="more than 100,000 bytes"),
    ):
        remote.download(address, io.BytesIO(), 10**5)

"""Pictures at addresses."""

import socket

import pytest

from impasto.errors import ImpastoError
from impasto.prepare import remote
from impasto.prepare.pipeline import prepare


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
    with pytest.raises(ImpastoError, match="does not answer"), remote._told("s3://a"):
        remote._within("s3://a", lambda: __import__("time").sleep(5))


def test_a_library_that_is_missing_is_named(monkeypatch):
    def missing(address):
        raise ImportError("Install gcsfs to access Google Storage")

    monkeypatch.setattr(remote, "_store", missing)
    with pytest.raises(ImpastoError, match=r"pip install 'impasto\[remote\]'"):
        remote.tree("gs://bucket/in")

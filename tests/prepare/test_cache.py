"""Files that were fetched."""

import pytest

from impasto.prepare import cache
from impasto.prepare.cache import Cache
from impasto.prepare.pipeline import prepare
from tests.prepare.elsewhere import webdataset
from tests.prepare.test_listing import put


def test_shards_in_a_store_are_fetched_within_bounds(tmp_path, memory, plain, monkeypatch):
    webdataset(tmp_path / "a.tar", range(6))
    webdataset(tmp_path / "b.tar", range(6, 12))
    put(memory, {f"in/{name}": (tmp_path / name).read_bytes() for name in ("a.tar", "b.tar")})
    monkeypatch.setattr(cache, "MOST_BYTES", 3 * (tmp_path / "a.tar").stat().st_size)
    report = prepare("memory://bucket/in", tmp_path / "out", size=32)
    assert report.fingerprint == plain.fingerprint


def test_the_cache_keeps_to_its_bounds(tmp_path):
    store = Cache(tmp_path, most=1000)
    for number in range(50):
        path = store.get(f"k{number}", lambda file: file.write(b"x" * 100))
        assert path.read_bytes() == b"x" * 100
        assert sum(each.stat().st_size for each in tmp_path.iterdir()) <= 1000
    assert store.get("k49", lambda file: pytest.fail("it is there")) == path

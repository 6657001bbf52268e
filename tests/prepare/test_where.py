"""Where a picture lies, as one text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impasto.data.decode import Unreadable
from impasto.errors import ImpastoError
from impasto.prepare import remote, where
from impasto.prepare.cache import Cache
from impasto.prepare.where import NotFetched, fetch, fetched_ahead, open_where
from tests.prepare.elsewhere import parquet, png, served


def test_parquet_rows_are_taken_in_any_order(tmp_path):
    pytest.importorskip("pyarrow")
    parquet(tmp_path / "a.parquet", range(9), group=3)
    store = Cache(tmp_path / "cache")
    for row in (0, 1, 7, 2, 8, 8, 3):
        where = f"row:{row}:image.bytes:{tmp_path / 'a.parquet'}"
        assert open_where(where, store).read() == png(row)


@given(place=st.text(max_size=40))
def test_a_place_that_anything_names_is_found_or_refused(tmp_path_factory, place):
    store = Cache(tmp_path_factory.getbasetemp() / "cache")
    if not remote.is_remote(place):
        try:
            fetch(place, store)
        except (ImpastoError, OSError) as error:
            assert str(error)


def test_a_picture_elsewhere_is_no_larger_than_one_here(tmp_path, monkeypatch):
    monkeypatch.setattr(where, "_MOST_BYTES", 100)
    with served({"/a.png": png(1)}) as (address, _), pytest.raises(Unreadable) as refused:
        open_where(f"{address}/a.png", Cache(tmp_path / "cache"))
    assert (refused.value.reason, "100 bytes" in refused.value.detail) == ("too large", True)


def test_a_row_that_only_names_a_file_says_so(tmp_path):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    rows = [{"bytes": None, "path": "a/1.png"}, {"bytes": None, "path": None}]
    pq.write_table(pa.table({"image": rows}), tmp_path / "a.parquet")
    reasons = []
    for row in range(2):
        with pytest.raises(Unreadable) as refused:
            place = f"row:{row}:image.bytes:{tmp_path / 'a.parquet'}"
            open_where(place, Cache(tmp_path / "cache"))
        reasons.append(refused.value)
    assert (reasons[0].reason, "a/1.png" in reasons[0].detail) == ("not in its shard", True)
    assert reasons[1].reason == "empty file"


def test_what_was_asked_for_in_vain_is_not_asked_for_again(tmp_path):
    store = Cache(tmp_path / "cache")
    with served({"/a": 404, "/b": 503, "/c.png": png(1)}) as (at, asked):
        items = [(name, f"{at}/{name}", None) for name in ("a", "b", "c.png")]
        (_, gone, _), (_, away, _), (_, there, _) = fetched_ahead(iter(items), store)
        assert open_where(there, store).read() == png(1)
        for place, others_too in ((gone, False), (away, True)):
            with pytest.raises(NotFetched, match=at) as refused:
                open_where(place, store)
            assert refused.value.away == others_too
    assert len(asked) == 3

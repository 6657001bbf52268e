"""Where a picture lies, as one text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impasto.errors import ImpastoError
from impasto.prepare import remote
from impasto.prepare.cache import Cache
from impasto.prepare.where import fetch, open_where
from tests.prepare.elsewhere import parquet, png


def test_parquet_rows_are_taken_in_any_order(tmp_path):
    pytest.importorskip("pyarrow")
    parquet(tmp_path / "a.parquet", range(9), group=3)
    store = Cache(tmp_path / "cache")
    for row in (0, 1, 7, 2, 8, 8, 3):
        where = f"row:{row}:image.bytes:{tmp_path / 'a.parquet'}"
        assert open_where(where, store).read() == png(row)


@given(st.text(max_size=40))
def test_a_place_that_anything_names_is_found_or_refused(tmp_path_factory, where):
    store = Cache(tmp_path_factory.getbasetemp() / "cache")
    if not remote.is_remote(where):
        try:
            fetch(where, store)
        except (ImpastoError, OSError) as error:
            assert str(error)

"""The pictures that the tests of sets paint."""

import pytest

from impasto.prepare.pipeline import prepare
from tests.data.conftest import painter  # noqa: F401
from tests.prepare.elsewhere import png


@pytest.fixture
def plain(tmp_path):
    """What a folder of the same twelve pictures gives."""
    folder = tmp_path / "plain"
    folder.mkdir()
    for seed in range(12):
        (folder / f"{seed:04}.png").write_bytes(png(seed))
    return prepare(folder, tmp_path / "of-plain", size=32)


@pytest.fixture
def memory():
    store = pytest.importorskip("fsspec").filesystem("memory")
    yield store
    store.rm("/", recursive=True)

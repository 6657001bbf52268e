"""The strokes that tests of networks learn from."""

import pytest

from impasto.strokes.making import make_shards
from impasto.strokes.stroke_set import StrokeSet, import_shards


@pytest.fixture(scope="module")
def strokes(tmp_path_factory) -> StrokeSet:
    folder = tmp_path_factory.mktemp("strokes")
    make_shards(48, "impasto", "ink", folder)
    return import_shards(folder, folder / "set")

"""Stroke data as a training reads it."""

import io
import tracemalloc
import zipfile

import numpy as np
import pytest

from impasto.errors import ImpastoError
from impasto.strokes.shards import compose, recover
from impasto.strokes.stroke_set import import_shards
from tests.strokes.test_shards import some, write


def test_public_files_are_used_as_they_are(tmp_path):
    """Double actions, several files, no description; numbered beyond nine."""
    for number in (0, 2, 10):
        actions, alphas = some(5, number)
        strokes = compose(actions, alphas)
        write(tmp_path / f"episodes_{number}.npz", strokes=strokes, actions=actions.astype("f8"))
    found = import_shards(tmp_path, tmp_path / "imported")
    assert len(found.actions) == 15 - found.about.left_out
    first, _ = some(5, 0)
    _, known = recover(first, compose(first, some(5, 0)[1]))
    assert np.allclose(found.actions[: known.sum()], first[known])


def test_a_folder_without_shards_says_how_to_make_some(tmp_path):
    with pytest.raises(ImpastoError, match="impasto strokes make"):
        import_shards(tmp_path, tmp_path / "set")


def test_a_claim_of_millions_of_strokes_costs_neither_memory_nor_disk(tmp_path):
    claims = {
        "actions.npy": ("<f8", (5_000_000, 12)),
        "strokes.npy": ("|u1", (5_000_000, 64, 64, 3)),
    }
    (tmp_path / "in").mkdir()
    with zipfile.ZipFile(tmp_path / "in/episodes_0.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (kind, shape) in claims.items():
            header = io.BytesIO()
            about = {"descr": kind, "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(header, about)
            archive.writestr(name, header.getvalue() + bytes(10 * int(np.prod(shape[1:]))))
    tracemalloc.start()
    try:
        with pytest.raises(ImpastoError, match=r"episodes_0\.npz is not"):
            import_shards(tmp_path / "in", tmp_path / "out")
        assert tracemalloc.get_traced_memory()[1] < 100 * 2**20
    finally:
        tracemalloc.stop()
    assert sum(path.stat().st_blocks * 512 for path in tmp_path.glob("out/**/*")) < 2**20

"""Stroke data: made, read from strangers, unpacked."""

import io
import zipfile
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto.brush.actions import random_actions
from impasto.errors import ImpastoError
from impasto.strokes.making import make_shards
from impasto.strokes.shards import compose, read_shard, recover
from impasto.strokes.stroke_set import import_shards, open_set


def some(count: int = 12, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    actions = random_actions(count, np.random.default_rng(seed))
    alphas = np.random.default_rng(seed).integers(0, 256, (count, 64, 64), dtype=np.uint8)
    return actions, alphas


def write(path, **arrays) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **arrays)


@given(st.integers(0, 2**31))
@settings(max_examples=10, deadline=None)
def test_opacity_is_recovered_from_the_stroke_on_paper(seed):
    actions, alphas = some(6, seed)
    found, known = recover(actions, compose(actions, alphas))
    errors = np.abs(found.astype(int) - alphas)[known]
    assert errors.max(initial=0) <= 4


def test_a_stroke_on_paper_is_its_colour_where_it_covers_and_white_elsewhere():
    actions, alphas = some(1)
    alphas[0, 0, 0], alphas[0, 0, 1] = 255, 0
    picture = compose(actions, alphas)[0]
    assert np.allclose(picture[0, 0], actions[0, 6:9] * 255, atol=1)
    assert np.all(picture[0, 1] == 255)


def bad_shards() -> dict[str, dict[str, np.ndarray]]:
    actions, alphas = some(4)
    strokes = compose(actions, alphas)
    nan = actions.copy()
    nan[1, 1] = np.nan
    return {
        "pickled objects": {"actions": np.array([{}] * 4), "strokes": strokes},
        "no strokes": {"actions": actions},
        "other sizes": {"actions": actions, "strokes": strokes[:, :32]},
        "fewer strokes": {"actions": actions, "strokes": strokes[:2]},
        "floats": {"actions": actions, "strokes": strokes.astype(np.float32)},
        "too few numbers": {"actions": actions[:, :11], "strokes": strokes},
        "whole numbers": {"actions": actions.astype(int), "strokes": strokes},
        "not a number": {"actions": nan, "strokes": strokes},
        "beyond one": {"actions": actions * 40, "strokes": strokes},
        "none": {"actions": actions[:0], "strokes": strokes[:0]},
    }


@pytest.mark.parametrize("kind", bad_shards())
def test_a_bad_shard_is_one_sentence(kind, tmp_path):
    write(tmp_path / "episodes_0.npz", **bad_shards()[kind])
    with pytest.raises(ImpastoError, match=r"episodes_0\.npz is not"):
        import_shards(tmp_path, tmp_path / "set")
    assert not (tmp_path / "set" / "strokes.json").exists()


def test_a_header_that_promises_too_much_costs_no_memory(tmp_path):
    content = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        content, {"descr": "<f8", "fortran_order": False, "shape": (2**40, 12)}
    )
    with zipfile.ZipFile(tmp_path / "episodes_0.npz", "w") as archive:
        archive.writestr("actions.npy", content.getvalue())
        archive.writestr("strokes.npy", content.getvalue())
    with pytest.raises(ImpastoError, match="1,099,511,627,776 strokes"):
        next(read_shard(tmp_path / "episodes_0.npz"))


@pytest.mark.filterwarnings("ignore:Reading `.npy`")  # NumPy's second try, on old headers
@pytest.mark.parametrize(
    "header", [b"{'descr': '<f8', (", b"{'descr': '<f8' 'x' 4}", b"{", b"\xff"]
)
def test_a_malformed_header_is_one_sentence(header, tmp_path):
    line = header.ljust(117) + b"\n"
    array = b"\x93NUMPY\x01\x00" + len(line).to_bytes(2, "little") + line
    with zipfile.ZipFile(tmp_path / "episodes_0.npz", "w") as archive:
        archive.writestr("actions.npy", array)
    with pytest.raises(ImpastoError, match="cannot be read"):
        next(read_shard(tmp_path / "episodes_0.npz"))


@given(st.binary(max_size=200))
@settings(max_examples=30, deadline=None)
def test_any_bytes_are_refused(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("bytes") / "episodes_0.npz"
    path.write_bytes(content)
    with pytest.raises(ImpastoError, match="is not a shard"):
        next(read_shard(path))


def test_a_torn_file_is_refused_and_the_set_is_not_begun(tmp_path):
    make_shards(4, "impasto", "ink", tmp_path)
    shard = tmp_path / "episodes_0.npz"
    shard.write_bytes(shard.read_bytes()[:-300])
    with pytest.raises(ImpastoError, match="cannot be read"):
        import_shards(tmp_path, tmp_path / "set")
    assert make_shards(4, "impasto", "ink", tmp_path) == [shard]  # made anew
    assert len(import_shards(tmp_path, tmp_path / "set").actions) > 0


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    (shard,) = make_shards(4, "impasto", "ink", tmp_path_factory.mktemp("made"))
    return shard.read_bytes()


@given(changed=st.dictionaries(st.integers(0, 2**20), st.integers(0, 255), min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_a_damaged_shard_is_read_or_refused_in_one_sentence(made, tmp_path_factory, changed):
    content = bytearray(made)
    for place, byte in changed.items():
        content[place % len(content)] = byte
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "episodes_0.npz").write_bytes(content)
    with suppress(ImpastoError):
        import_shards(folder, folder / "set")


def test_a_set_that_was_cut_short_is_refused(tmp_path):
    make_shards(4, "impasto", "ink", tmp_path)
    found = import_shards(tmp_path, tmp_path / "set")
    alphas = found.folder / "alphas.bin"
    alphas.write_bytes(alphas.read_bytes()[:100])
    with pytest.raises(ImpastoError, match="not complete"):
        open_set(found.folder)

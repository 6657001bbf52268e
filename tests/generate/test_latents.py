"""Latents that are kept: the same to the bit, and closed to what is not one."""

import json
import struct
import zlib

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from impasto.errors import ImpastoError
from impasto.generate.latents import (
    FORMAT,
    VERSION,
    Latent,
    describe,
    of_seed,
    parse_latents,
    read_latents,
    save_latents,
    save_picture,
)

PICTURE = np.arange(8 * 6 * 3, dtype=np.uint8).reshape(8, 6, 3)
MAKER = {"origin": "a test", "fingerprint": "0" * 16}


def same(a: Latent, b: Latent) -> bool:
    rest = ("name", "seed", "label", "truncation", "parents")
    return torch.equal(a.values, b.values) and all(getattr(a, n) == getattr(b, n) for n in rest)


def test_a_picture_carries_its_latent_and_has_it_beside_it(tmp_path):
    latent = Latent("ève-1", torch.randn(16), 3, "Marc", 0.7, ("seed-000001", "seed-000002"))
    save_picture(PICTURE, tmp_path / "a.png", latent, MAKER)
    assert same(read_latents(tmp_path / "a.png", 16)[0], latent)
    assert same(read_latents(tmp_path / "a.json", 16)[0], latent)
    with Image.open(tmp_path / "a.png") as image:
        assert np.array_equal(np.asarray(image), PICTURE)
    assert json.loads((tmp_path / "a.json").read_text())["generator"] == MAKER


@given(st.lists(st.floats(-1e5, 1e5, width=32), min_size=1, max_size=20))
def test_numbers_come_back_to_the_bit(numbers):
    latent = Latent("x", torch.tensor(numbers, dtype=torch.float32))
    written = json.loads(json.dumps(describe([latent], MAKER)))
    assert torch.equal(parse_latents(written, len(numbers), "here")[0].values, latent.values)


def test_many_latents_in_one_file_keep_their_order(tmp_path):
    latents = [of_seed(seed, 4) for seed in (5, 3, 9)]
    save_latents(tmp_path / "three.json", latents, MAKER)
    found = read_latents(tmp_path / "three.json", 4)
    assert [z.seed for z in found] == [5, 3, 9]
    assert all(same(a, b) for a, b in zip(found, latents, strict=True))


def test_a_latent_of_another_generator_is_refused(tmp_path):
    save_latents(tmp_path / "a.json", [of_seed(1, 4)], MAKER)
    with pytest.raises(ImpastoError, match=r"4 numbers .* 8"):
        read_latents(tmp_path / "a.json", 8)


def test_files_that_hold_no_latents_are_one_sentence(tmp_path):
    Image.fromarray(PICTURE).save(tmp_path / "plain.png")
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "torn.png").write_bytes((tmp_path / "plain.png").read_bytes()[:20])
    for name, words in [
        ("plain.png", "carries no latent"),
        ("list.json", "holds no latents"),
        ("torn.png", "damaged"),
        ("missing.json", "is missing"),
        (".", "is a folder"),
    ]:
        with pytest.raises(ImpastoError, match=words):
            read_latents(tmp_path / name, 4)


def png_with(tmp_path, text: bytes):
    """A PNG of one pixel whose `impasto` chunk unpacks to `text`."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    words = chunk(b"iTXt", b"impasto\0\1\0\0\0" + zlib.compress(text))
    pixels = chunk(b"IDAT", zlib.compress(b"\0\0\0\0"))
    path = tmp_path / "sent.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + words + pixels + chunk(b"IEND", b""))
    return path


def test_a_text_chunk_that_unpacks_to_gigabytes_or_nonsense_is_refused(tmp_path):
    good = json.dumps(describe([of_seed(1, 4)], MAKER)).encode()
    assert read_latents(png_with(tmp_path, good), 4)[0].seed == 1
    for text in (b" " * 50_000_000, b"{", b"[" * 100_000, b"\xff\xfe", b"9" * 5_000):
        with pytest.raises(ImpastoError):
            read_latents(png_with(tmp_path, text), 4)


GOOD = {"name": "x", "values": [0.5, 1, -2]}


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "../x"},
        {"name": "/etc/x"},
        {"name": ".x"},
        {"name": ""},
        {"name": "x" * 101},
        {"name": "a\0b"},
        {"name": "a\nb"},
        {"name": 3},
        {"values": [1, 2]},
        {"values": [1, 2, float("nan")]},
        {"values": [1, 2, float("inf")]},
        {"values": [1, 2, 10**400]},
        {"values": [1, 2, True]},
        {"values": [1, 2, "3"]},
        {"values": "123"},
        {"seed": -1},
        {"seed": 1.5},
        {"seed": 2**63},
        {"label": 3},
        {"label": "x" * 201},
        {"truncation": -1},
        {"truncation": "1"},
        {"truncation": float("nan")},
        {"parents": "ab"},
        {"parents": ["../x"]},
        {"parents": ["a"] * 65},
    ],
)
def test_what_a_stranger_might_send_is_one_sentence(wrong):
    whole = {"format": FORMAT, "version": VERSION, "latents": [GOOD]}
    assert parse_latents(whole, 3, "here")[0].values.tolist() == [0.5, 1.0, -2.0]
    with pytest.raises(ImpastoError, match="here: latent 0"):
        parse_latents(whole | {"latents": [GOOD | wrong]}, 3, "here")


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@settings(max_examples=200)
@given(PLAIN, PLAIN, PLAIN)
def test_any_plain_values_are_latents_or_one_sentence(whole, entries, values):
    for found in (
        whole,
        {"format": FORMAT, "version": VERSION, "latents": entries},
        {"format": FORMAT, "version": VERSION, "latents": [{"name": "x", "values": values}]},
        {"format": FORMAT, "version": whole, "latents": [GOOD]},
    ):
        try:
            assert parse_latents(found, 3, "here")
        except ImpastoError as error:
            assert str(error).startswith("here")

"""How a sound file is spoilt: bytes anywhere, values inside JSON, tensors inside a checkpoint."""

import io
import json
import struct
from pathlib import Path
from random import Random
from typing import Any

NASTY: list[Any] = [
    None, True, [], {}, "", "\x1b]0;title\x07\x1b[2J", "../../../escaped",
    "/tmp/impasto-fuzz-escape",
    "=1+1", -1, 0, 2**31, 2**63, 2**64, -(2**63) - 1, 10**400, 0.5, 1e308, -0.0,
    float("nan"), float("inf"), [[[[[]]]]], ["a", 1, None], "\ud800", "x" * 70_000, "2020-01-01",
]  # fmt: skip
"""Values of other types and sizes than any reader wants."""

TEXTS = [
    b"null", b"-1", b"1e999", b"NaN", b"9" * 5000, b"[" * 3000, b"{" * 50, b"\xff\xfe", b"\x00",
    b"\xef\xbb\xbf", b";", b"\r\n", b'"', b"*a", b"&a [*a, *a]", b"!!python/object:os.system",
    b"2020-01-01", b"\x1b[2J",
]  # fmt: skip
"""What may stand anywhere in a text."""


def spoil(content: bytes, suffix: str, random: Random) -> bytes:
    """Spoil a file's content in a way that suits its kind, or in any."""
    if suffix in (".json", ".jsonl") and random.random() < 0.6:
        return _json(content, random)
    if suffix == ".safetensors" and random.random() < 0.5:
        return _safetensors(content, random)
    if suffix == ".pt" and random.random() < 0.7:
        return _checkpoint(content, random)
    for _ in range(random.choice((1, 1, 2, 5))):
        content = _bytes(content, suffix in (".json", ".jsonl", ".yaml", ".csv"), random)
    return content


def _bytes(content: bytes, text: bool, random: Random) -> bytes:
    at = random.randrange(len(content) + 1)
    near = random.choice((at, min(at, 64), max(0, len(content) - 64)))
    length = random.choice((1, 2, 4, 16, 256, len(content) // 3))
    kind = random.randrange(7)
    if kind == 0:
        return content[:at]
    if kind == 1:  # a hole
        return content[:at] + bytes(length) + content[at + length :]
    if kind == 2:
        return content[:at] + content[at + length :]
    if kind == 3:  # twice
        return content[:at] + content[near : near + length] + content[at:]
    if kind == 4 and text:
        return content[:at] + random.choice(TEXTS) + content[at:]
    if kind == 5:  # a number of a header
        number = random.choice((0, 1, 0x7F, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF))
        size = random.choice((1, 2, 4))
        order = random.choice(("little", "big"))
        packed = (number & (1 << 8 * size) - 1).to_bytes(size, order)
        return content[:near] + packed + content[near + size :]
    changed = bytearray(content)
    for _ in range(random.choice((1, 3, 30))):
        if changed:
            changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def _json(content: bytes, random: Random) -> bytes:
    lines = content.splitlines() if content.count(b"\n{") else [content]
    at = random.randrange(len(lines) or 1)
    try:
        lines[at] = json.dumps(replaced(json.loads(lines[at]), random)).encode()
    except (ValueError, IndexError):
        return _bytes(content, True, random)
    return b"\n".join(lines) + b"\n"


def _safetensors(content: bytes, random: Random) -> bytes:
    (size,) = struct.unpack("<Q", content[:8])
    header = json.dumps(replaced(json.loads(content[8 : 8 + size]), random)).encode()
    return struct.pack("<Q", len(header)) + header + content[8 + size :]


def _checkpoint(content: bytes, random: Random) -> bytes:
    import torch

    saved = torch.load(io.BytesIO(content), weights_only=True)
    out = io.BytesIO()
    try:
        torch.save(replaced(saved, random), out)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        return _bytes(content, False, random)
    return out.getvalue()


def replaced(value: Any, random: Random) -> Any:
    """A copy with one value deep inside replaced, left out or renamed."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(
        value, list | tuple
    ) else []  # fmt: skip
    if not keys or random.random() < 0.1:
        return _other(value, random)
    key = random.choice(keys)
    changed: Any = dict(value) if isinstance(value, dict) else list(value)
    if random.random() < 0.1:
        del changed[key]
    elif random.random() < 0.1 and isinstance(value, dict):
        changed[random.choice(("", "\x1b[2J", "../x", "a" * 5000))] = changed.pop(key)
    else:
        changed[key] = replaced(changed[key], random)
    return changed


def _other(value: Any, random: Random) -> Any:
    if not hasattr(value, "shape"):
        return random.choice(NASTY)
    import torch

    kinds = (torch.float64, torch.int8, torch.bool, torch.complex64, torch.bfloat16)
    return random.choice(
        [value.flatten()[:1], value.flatten(), value.to(random.choice(kinds)), value * float("nan"),
         torch.zeros(()), torch.zeros(0), value[None], None, "tensor"]
    )  # fmt: skip


def spoil_file(path: Path, random: Random) -> None:
    """Spoil a file in its place."""
    path.write_bytes(spoil(path.read_bytes(), path.suffix, random))

"""The rank of this process among several, from PyTorch's launcher; needs no torch.

Rank 0 leads: it prints, writes and judges. The others help and print nothing.
"""

import os


def launched() -> bool:
    """Whether `torchrun` has started this process."""
    return "TORCHELASTIC_RUN_ID" in os.environ and count() > 1


def count() -> int:
    """Number of processes that train together."""
    return _number("WORLD_SIZE", 1)


def rank() -> int:
    """The rank of this process, from 0."""
    return _number("RANK", 0)


def here() -> int:
    """Its rank among the processes on this machine, from 0: the number of its GPU."""
    return _number("LOCAL_RANK", 0)


def patience() -> float:
    """Timeout in seconds for messages from the others: two minutes, or `IMPASTO_PATIENCE`."""
    return float(max(1, _number("IMPASTO_PATIENCE", 120)))


def leads() -> bool:
    """Whether this process prints and writes."""
    return not launched() or rank() == 0


def _number(name: str, otherwise: int) -> int:
    text = os.environ.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() else otherwise

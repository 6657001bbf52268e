"""Which of several processes this is, as PyTorch's launcher says; without torch.

One of them leads: it speaks, writes and judges. The others work along, and say nothing.
"""

import os


def launched() -> bool:
    """Whether this process is one of those that `torchrun` has started."""
    return "TORCHELASTIC_RUN_ID" in os.environ and count() > 1


def count() -> int:
    """How many processes train together."""
    return _number("WORLD_SIZE", 1)


def rank() -> int:
    """Which of them this is, from 0."""
    return _number("RANK", 0)


def here() -> int:
    """Which of those on this machine it is, from 0: the number of its GPU."""
    return _number("LOCAL_RANK", 0)


def patience() -> float:
    """Seconds in which a process must hear of the others: two minutes, or `IMPASTO_PATIENCE`."""
    return float(max(1, _number("IMPASTO_PATIENCE", 120)))


def leads() -> bool:
    """Whether this one speaks and writes."""
    return not launched() or rank() == 0


def _number(name: str, otherwise: int) -> int:
    text = os.environ.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() else otherwise

"""Choices that several verbs offer, as types that say themselves in --help."""

from enum import StrEnum


class DeviceName(StrEnum):
    """Where to train."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"
    mps = "mps"


class PrecisionName(StrEnum):
    """How precisely to multiply."""

    auto = "auto"
    fp32 = "fp32"
    bf16 = "bf16"

"""Choices that several verbs offer, as types that say themselves in --help."""

from enum import StrEnum

from impasto.core.shipped import names

SHIPPED = f", or a name: {', '.join(names())}" if names() else ""
"""Behind "a run, a folder with a generator": the generators that come with Impasto."""

GENERATOR = f"A run of `impasto train`, a folder with generator.safetensors{SHIPPED}."


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

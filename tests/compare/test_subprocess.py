"""A command as a child: what cannot work on a system is told."""

import sys

import pytest

from impasto.compare.subprocess import run_child
from impasto.errors import ImpastoError


def test_windows_is_told_what_to_use_instead(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(ImpastoError, match=r"impasto compare.*Windows.*impasto train"):
        run_child(["--version"])

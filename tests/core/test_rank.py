"""Which of several processes this is."""

import pytest

from impasto.core import rank


def test_alone_a_process_leads(monkeypatch):
    monkeypatch.delenv("TORCHELASTIC_RUN_ID", raising=False)
    monkeypatch.setenv("RANK", "3")
    assert rank.leads()
    assert not rank.launched()


@pytest.mark.parametrize(("mine", "leads"), [("0", True), ("1", False)])
def test_of_several_the_first_leads(monkeypatch, mine, leads):
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "one")
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", mine)
    assert rank.launched()
    assert rank.leads() == leads


@pytest.mark.parametrize("text", ["", "two", "-1", "²"])
def test_what_is_no_number_counts_as_unset(monkeypatch, text):
    monkeypatch.setenv("WORLD_SIZE", text)
    assert rank.count() == 1

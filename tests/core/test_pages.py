"""What strangers call their pictures is shown on our pages, never obeyed."""

import pytest

from impasto.core import pages
from impasto.core.pages import render

HOSTILE = "<b>\u202egnp.exe\x1b[31m\u2066\ud800 é\n"


@pytest.fixture
def page(tmp_path, monkeypatch):
    from jinja2 import DictLoader

    sources = {"a.html": "{{ name }} ü\u202d", "a.md": "{{ name }}"}
    monkeypatch.setattr(pages, "PackageLoader", lambda *_: DictLoader(sources))
    monkeypatch.setattr(pages, "_templates", pages._templates.__wrapped__)  # keeps nothing
    return lambda template: render(template, name=HOSTILE)


def test_names_are_shown_and_never_obeyed(page):
    shown = page("a.html")
    assert shown.startswith(r"&lt;b&gt;\u202egnp.exe\x1b[31m\u2066\ud800 é")
    assert shown.endswith(" ü\u202d")  # our own words are left alone
    assert page("a.md") == r"<b>\u202egnp.exe\x1b[31m\u2066\ud800 é" + "\n"

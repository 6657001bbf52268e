"""Whatever a page says is a text of `texts/en.json`: none is missing, reviews have none over."""

import re
from pathlib import Path

import pytest

import impasto
from impasto.core.pages import Templates
from impasto.core.texts import texts

HOME = Path(impasto.__file__).parent
STUDIO, TEMPLATES = HOME / "studio" / "page", HOME / "core" / "templates"
SHARED = {"base", "review", "print"}
FOR_ALL = ("base", "form", "taking", "print")
"""Scripts that several screens use."""


def asked(name: str, *files: Path) -> set[str]:
    """What a script or template asks of its texts: `s.title` asks for `title`."""
    content = "\n".join(file.read_text() for file in files)
    return set(re.findall(rf"(?<![\w.$]){name}\.([a-z_]+)\b", content))


def test_a_review_says_what_is_written_for_it_and_all_of_that():
    script = asked("t", TEMPLATES / "review.js")
    parts = asked("r", TEMPLATES / "review_parts.html")
    assert script | parts == set(texts()["review"])


def test_a_text_may_be_called_as_a_dictionarys_method_is(tmp_path):
    said = Templates().from_string(
        "{{ t.keys }} {{ t.copy }} {% for k, v in t.items() %}{{ v }}{% endfor %}"
    )
    assert said.render(t={"keys": "Keys", "copy": "Copy"}) == "Keys Copy KeysCopy"


@pytest.mark.parametrize("screen", sorted(set(texts()) - SHARED))
def test_a_screen_has_every_text_that_it_asks_for(screen):
    static = STUDIO / "static"
    files = [static / f"{screen}.js", *(static / screen).glob("*.js")]
    wanted = asked("s", *files, STUDIO / "templates" / f"{screen}.html")
    assert wanted
    assert wanted <= set(texts()[screen])
    shared = [static / f"{name}.js" for name in FOR_ALL]
    assert asked("t", *shared, *files) <= set(texts()["base"])


def test_every_folder_of_the_workspace_has_its_words():
    from impasto.studio.sharing import PARTS, PLACES

    assert set(PLACES) == set(texts()["share"]["places"])
    assert set(PARTS) == set(texts()["share"]["parts"])


def asked_anyhow(name: str, *files: Path) -> set[str]:
    """As `asked`, with what templates ask for by `s['or']`."""
    content = "\n".join(file.read_text() for file in files)
    return asked(name, *files) | set(re.findall(rf"\b{re.escape(name)}\['([a-z_]+)'\]", content))


@pytest.mark.parametrize("screen", sorted(set(texts()) - {"review"}))
def test_every_text_is_used(screen):
    scripts, templates = sorted((STUDIO / "static").rglob("*.js")), STUDIO / "templates"
    used = asked_anyhow(f"texts.{screen}", *scripts)
    if screen == "base":
        used |= asked("t", *scripts) | asked(r"t\.base", *templates.iterdir())
    elif screen == "print":
        used |= asked(r"t\.print", *templates.iterdir())
    else:
        mine = [STUDIO / "static" / f"{screen}.js", *(STUDIO / "static" / screen).glob("*.js")]
        used |= asked_anyhow("s", *mine, templates / f"{screen}.html", templates / "base.html")
    assert set(texts()[screen]) - used == set()

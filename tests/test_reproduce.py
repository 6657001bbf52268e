"""`bench/reproduce.py`: what is planned exists, and the page says what there is."""

import importlib.util
import sys
from pathlib import Path

import pytest

from impasto import recipes

FILE = Path(__file__).parents[1] / "bench/reproduce.py"


@pytest.fixture(scope="module")
def reproduce():
    spec = importlib.util.spec_from_file_location("reproduce", FILE)
    module = importlib.util.module_from_spec(spec)
    sys.modules["reproduce"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["reproduce"]


def test_each_projects_recipes_are_planned_at_their_sources_length(reproduce):
    planned = {plan.recipe: plan for plan in reproduce.PLAN}
    projects = ("paint-by-numbers", "artists", "chinese", "colour-field")
    ours = {name for name in recipes.names() if name.startswith(projects)}
    assert set(planned) == ours | {"dcgan-tutorial-64"}  # short enough for a night as well
    assert planned["chinese-64"].images == 300 * 91 * 64
    assert planned["colour-field-2"].images == 6450 * 64
    assert planned["paint-by-numbers-64"].images is None  # the recipe's epochs
    command = planned["artists-dcgan-128"].command(Path("runs"), "folder")
    assert command[command.index("--images") + 1] == str(314 * 128)


def test_a_project_that_has_not_begun_is_not_done(reproduce, tmp_path):
    assert not reproduce.is_done(reproduce.PLAN[0], tmp_path)


def test_the_page_tells_how_far_and_what_differs(reproduce):
    row = {
        "recipe": "chinese-64", "data": "mine", "pictures": 50, "images": 30, "wanted": 120,
        "judged": None, "shown": "Weights & <words>.", "sheet": "a.webp",
    }  # fmt: skip
    page = reproduce.as_page([row])
    assert "30 of 120 images (25%)" in page
    assert "Weights &amp; &lt;words&gt;." in page
    assert "stretch" not in page
    assert "Runs begun when this recipe had the notebook" in page

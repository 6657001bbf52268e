"""Recipes that were put right."""

import pytest

from impasto import recipes
from impasto.config import change
from impasto.core.files import write_text
from impasto.core.runs import Run
from impasto.recipes.amended import FORMERLY
from impasto.train.resolve import configure


@pytest.mark.parametrize("name", sorted(FORMERLY))
def test_a_run_begun_before_a_recipe_was_put_right_goes_on_as_it_began(name, tmp_path):
    now = recipes.load(name)
    then = change(now, FORMERLY[name])
    assert then != now, "nothing was amended"
    run = Run(tmp_path)
    write_text(run.recipe, recipes.dump(then))
    assert configure(name, {}, run) == then
    assert configure(None, {}, run) == then
    longer = configure(name, {"training.images": 9_000}, run)
    assert (longer.training.images, longer.training.epochs) == (9_000, None)
    assert longer.model == then.model

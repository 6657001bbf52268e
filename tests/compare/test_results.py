"""Results: written, read back, averaged over seeds, and put in order."""

import json

import pytest

from impasto.compare.results import Result, as_json, read_results, summary
from impasto.compare.table import cells, headings
from impasto.errors import ImpastoError
from impasto.evaluate.evaluation import NETWORKS


def result(recipe: str, seed: int, kid: float, **other) -> Result:
    metrics = {"kid_lite0": kid, "kid_lite0_error": 0.01, "kid_lite2": kid, "kid_lite2_error": 0.02}
    return Result(
        recipe, seed, f"out/{recipe}-seed{seed}", "impasto train", metrics=metrics, **other
    )


def test_seeds_are_averaged_and_their_spread_is_told():
    rows = summary([result("a", 0, 0.4), result("b", 0, 0.1), result("a", 1, 0.2)])
    assert [row.recipe for row in rows] == ["b", "a"]
    assert rows[1].numbers["kid_lite2"] == pytest.approx(0.3)
    assert rows[1].numbers["kid_lite2_spread"] == pytest.approx(0.2)
    shown = dict(zip(headings(NETWORKS), cells(rows[1]), strict=True))
    assert shown["KID-lite2"] == "0.300 ± 0.020 (0.200)"


def test_trainings_that_failed_move_no_mean():
    failed = result("a", 0, 9.0, images=0, failure="broken off", parameters=(0.0, 0.0))
    whole = result("a", 1, 0.2, images=1000, parameters=(2.0, 1.0))
    (row,) = summary([failed, whole])
    assert row.numbers["kid_lite2"] == 0.2
    assert row.numbers["images"] == 1000
    assert row.parameters == (2.0, 1.0)
    assert (row.seeds, row.failures) == (2, ["broken off"])
    (alone,) = summary([failed])
    assert alone.numbers["kid_lite2"] == 9.0


def test_the_probe_orders_where_a_distance_would_not():
    """On an art that no training saw KID called the worse one better."""
    rows = summary(
        [
            Result("near", 0, "", "", metrics={"kid_lite2": 0.01, "told_apart": 0.9}),
            Result("real", 0, "", "", metrics={"kid_lite2": 0.09, "told_apart": 0.6}),
        ]
    )
    assert [row.recipe for row in rows] == ["real", "near"]
    names = headings(NETWORKS)
    assert names.index("taken for real") < names.index("told apart") < names.index("KID-lite2")
    assert "diversity" not in names


def test_alarms_are_counted_by_training():
    rows = summary([result("a", 0, 0.4, alarms=["x", "y"]), result("a", 1, 0.2)])
    assert rows[0].alarms == 1


def test_results_are_read_back(tmp_path):
    results = [result("a", 0, 0.4)]
    (tmp_path / "c.json").write_text(as_json(results))
    assert read_results(tmp_path / "c.json")[0].metrics == results[0].metrics
    (tmp_path / "d.json").write_text('{"results": [{"nonsense": 1}]}')
    with pytest.raises(ImpastoError, match="not a comparison"):
        read_results(tmp_path / "d.json")


@pytest.mark.parametrize(
    "change",
    [{"metrics": 3}, {"alarms": {}}, {"images": "many"}, {"curve": [[1]]}, {"parameters": None}],
)
def test_results_of_other_types_are_one_sentence(tmp_path, change):
    rows = json.loads(as_json([result("a", 0, 0.4)]))["results"]
    (tmp_path / "c.json").write_text(json.dumps({"results": [rows[0] | change]}))
    with pytest.raises(ImpastoError, match=rf"c\.json is not a comparison.*{next(iter(change))}"):
        read_results(tmp_path / "c.json")

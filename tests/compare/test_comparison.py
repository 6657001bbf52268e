"""Recipes in turn: trained as a user would, judged alike, never twice; one failure is only one."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from impasto import recipes
from impasto.cli import app
from impasto.compare.comparison import Plan, _note_cost, run_comparison
from impasto.compare.results import read_results
from impasto.compare.subprocess import Ending
from impasto.config import change
from impasto.core.files import write_json, write_text
from impasto.core.images import save
from impasto.core.runs import Run
from impasto.data.colourfield import paint
from impasto.data.dataset import DatasetWriter, open_dataset
from impasto.errors import ImpastoError
from impasto.evaluate.blind import ANSWERS, KEY, Key, Shown, Sitting
from impasto.generate.artefact import load_generator
from tests.children import until
from tests.conftest import TINY

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("compare")
    for seed in range(24):
        save(paint(seed, 40), folder / f"paintings/{seed}.png")
    for name, changes in {"good": {}, "bad": {"loss.r1": 1e38}}.items():
        config = change(recipes.load("dcgan-tutorial-64"), TINY | changes)
        write_text(folder / f"{name}.yaml", recipes.dump(config.model_copy(update={"name": name})))
    return folder


@pytest.fixture(scope="module")
def compared(folder):
    """Both recipes, one of which ends in numbers that are none."""
    return compare(folder, f"{folder}/good.yaml,{folder}/bad.yaml")


def compare(folder: Path, names: str, *more: str):
    arguments = ["compare", f"{folder}/paintings", "--recipes", names, "--images", "16"]
    arguments += ["--out", f"{folder}/out", "--precision", "fp32", "--json", *more]
    return CliRunner().invoke(app, arguments)


def test_a_failed_recipe_costs_nothing_of_the_others(compared, folder):
    assert compared.exit_code == 1, compared.output  # the failure shows to programs too
    found = json.loads(compared.stdout)
    good, bad = found["results"]
    assert good["images"] == 16
    assert good["failure"] is None
    assert {"kid_lite2", "kid_dinov2-s", "kid_lite2_error", "recall_lite2"} <= good[
        "metrics"
    ].keys()
    assert {"told_apart", "stamp", "lattice", "lines"} <= good["metrics"].keys()
    assert good["networks"] == ["lite2", "dinov2-s"]
    assert good["memory"] > 0.1
    assert good["processor_minutes"] > 0
    assert good["command"].startswith("impasto train ")
    assert "status 1" in bad["failure"]
    assert "NaN" in bad["failure"]  # the reason, not only that there is one
    assert [row["recipe"] for row in found["summary"]] == ["good", "bad"]


def test_the_page_shows_grids_and_failures_and_needs_nothing_else(compared, folder):
    page = (folder / "out/comparison.html").read_text()
    assert page.count("data:image/webp;base64") >= 2
    assert "ended with status 1" in page
    assert "http://" not in page
    assert (folder / "out/grids/good-seed0.png").exists()


def test_asked_again_nothing_is_trained_or_judged_again(compared, folder):
    run, judged = folder / "out/good-seed0", folder / "out/good-seed0/evaluation.json"
    before = (run / "stats.jsonl").read_bytes(), judged.stat().st_mtime_ns
    again = compare(folder, f"{folder}/good.yaml")
    assert again.exit_code == 0
    assert ((run / "stats.jsonl").read_bytes(), judged.stat().st_mtime_ns) == before
    first, second = json.loads(compared.stdout), json.loads(again.stdout)
    assert first["results"][0]["metrics"] == second["results"][0]["metrics"]


def test_what_cannot_be_judged_costs_nothing_of_the_others(compared, folder, monkeypatch):
    out = folder / "out"
    shutil.copytree(out / "good-seed0", out / "torn-seed0")
    (out / "torn-seed0/evaluation.json").unlink()
    (out / "torn-seed0/reals.png").unlink()
    write_text(folder / "torn.yaml", (folder / "good.yaml").read_text())

    def load(run: Path, checkpoint: str):
        if (
            run.name == "torn-seed0"
        ):  # say, killed before its first judgement, with --checkpoint best
            raise ImpastoError(f"{run} has no snapshot yet.")
        return load_generator(run, checkpoint)

    monkeypatch.setattr("impasto.compare.comparison.load_generator", load)
    both = compare(folder, f"{folder}/torn.yaml,{folder}/good.yaml")
    assert both.exit_code == 1, both.output
    torn, good = json.loads(both.stdout)["results"]
    assert "no snapshot yet" in torn["failure"]
    assert not torn["metrics"]
    assert good["metrics"]
    assert 'alt="originals"' in (out / "comparison.html").read_text()


def test_two_recipes_of_one_name_would_share_a_folder(folder):
    (folder / "mine").mkdir()
    write_text(folder / "mine/good.yaml", (folder / "good.yaml").read_text())
    found = compare(folder, f"{folder}/good.yaml,{folder}/mine/good.yaml")
    assert isinstance(found.exception, ImpastoError)
    assert "same name" in str(found.exception)


def test_other_options_belong_into_another_folder(compared, folder):
    other = compare(folder, f"{folder}/good.yaml", "--set", "optimiser.g_lr=0.1")
    assert isinstance(other.exception, ImpastoError)
    assert "choose another --out" in str(other.exception)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--recipes", ","], "--recipes"),
        (["--recipes", "nobody"], "no recipe 'nobody'"),
        (["--recipes", "chinese-64,chinese-128"], "--size 64"),
        (["--recipes", "chinese-64", "--minutes", "1", "--images", "2"], "one budget"),
    ],
)
def test_a_mistake_is_one_sentence_before_anything_is_trained(arguments, sentence, tmp_path):
    found = CliRunner().invoke(
        app, ["compare", "colourfield:30", "--out", str(tmp_path), *arguments]
    )
    assert isinstance(found.exception, ImpastoError)
    assert sentence in str(found.exception)


def test_what_blind_eyes_said_leads_the_table(compared, folder):
    run = folder / "out/good-seed0"
    key = Key(
        wall="w",
        origin=load_generator(run, "last").origin,
        shown=tuple(Shown(name=f"{n}", generated=n < 4) for n in range(8)),
    )
    write_json(run / "evaluation-last" / KEY, key.model_dump())
    said = Sitting(wall="w", said=("real", *["generated"] * 3, *["real"] * 4))
    write_json(run / "evaluation-last" / ANSWERS.format(1), said.model_dump())
    try:
        found = json.loads(compare(folder, f"{folder}/good.yaml").stdout)["results"][0]
        assert found["metrics"]["taken_for_real"] == 0.25
        assert '<td class="number">25%</td>' in (folder / "out/comparison.html").read_text()
        earlier = key.model_copy(update={"origin": "an earlier snapshot"})
        write_json(run / "evaluation-last" / KEY, earlier.model_dump())
        found = json.loads(compare(folder, f"{folder}/good.yaml").stdout)["results"][0]
        assert "taken_for_real" not in found["metrics"]
    finally:
        shutil.rmtree(run / "evaluation-last")


def test_a_judge_that_there_is_not_is_said_before_anything_is_trained(folder, tmp_path):
    arguments = ["compare", f"{folder}/paintings", "--recipes", "impasto-64", "--out"]
    found = CliRunner().invoke(app, [*arguments, str(tmp_path), "--networks", "lite9"])
    assert "--networks lite9" in str(found.exception)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", ["[1]", '{"memory": "much"}', '{"processor_seconds": 1e999}'])
def test_a_cost_of_another_type_is_one_sentence(tmp_path, content):
    (tmp_path / "cost.json").write_text(content)
    with pytest.raises(ImpastoError, match=r"cost\.json"):
        _note_cost(tmp_path, Ending(0, 1.0, 1.0, False))


@pytest.mark.parametrize("spoilt", ["[]", '{"key": 1}', "KEY", "{"])
def test_a_damaged_judgement_and_foreign_lines_are_passed_over(compared, folder, spoilt):
    run = Run(folder / "out/good-seed0")
    kept = {
        path: path.read_bytes()
        for path in (run.folder / "evaluation.json", run.metrics, run.stats, run.alarms)
        if path.exists()
    }
    evaluation = run.folder / "evaluation.json"
    if spoilt == "KEY":  # the key is right, what it vouches for is not
        known = json.loads(kept[evaluation])
        spoilt = json.dumps(known | {"evaluation": {"metrics": [1], "floor": {}}})
    evaluation.write_text(spoilt)
    for path in (run.metrics, run.stats, run.alarms):
        with path.open("a") as file:
            file.write('{"images": 16}\n')
    try:
        again = compare(folder, f"{folder}/good.yaml")
        assert again.exit_code == 0, again.output
        first, second = (json.loads(each.stdout)["results"][0] for each in (compared, again))
        assert first["metrics"] == second["metrics"]
    finally:
        run.alarms.unlink()
        for path, content in kept.items():
            path.write_bytes(content)


def test_every_training_begins_untrained(tmp_path):
    plan = Plan("set", ("impasto-64",), tmp_path)
    command = plan.command(plan.entries()[0])
    assert command[command.index("--from") + 1] == "nothing"


@pytest.fixture
def originals(tmp_path):
    with DatasetWriter(tmp_path / "set", 32, 32) as writer:
        for number in range(24):
            writer.add(paint(number, 32), f"{number}.png")
        writer.finish("set")
    return open_dataset(tmp_path / "set")


def never(*_):
    raise AssertionError("it was trained first")


def test_a_comparison_that_began_from_a_base_is_not_gone_on_with(tmp_path, originals, monkeypatch):
    monkeypatch.setattr("impasto.compare.comparison._train", never)
    plan = Plan("set", ("quick-64", "impasto-64"), tmp_path / "out", networks=("lite0",))
    origin = {"name": "paintings-64", "recipe": "impasto-64", "images": 880_000}
    write_json(Run(tmp_path / "out/impasto-64-seed0").origin, origin)
    with pytest.raises(ImpastoError, match=r"impasto-64-seed0 was begun from paintings-64.*--out"):
        run_comparison(plan, originals, 20)
    assert not (tmp_path / "out/plan.json").exists()


def test_a_judge_that_is_not_installed_is_said_first(tmp_path, originals, monkeypatch):
    monkeypatch.setattr("impasto.compare.comparison._train", never)
    monkeypatch.setitem(sys.modules, "torch_fidelity", None)
    plan = Plan("set", ("quick-64",), tmp_path / "out", networks=("lite0", "inception"))
    with pytest.raises(ImpastoError, match=r"impasto\[inception\]"):
        run_comparison(plan, originals, 20)
    assert not (tmp_path / "out").exists()


def test_every_recipe_comes_before_the_second_seed(tmp_path):
    plan = Plan("set", ("a", "b"), tmp_path, seeds=2)
    assert [(entry.recipe, entry.seed) for entry in plan.entries()] == [
        ("a", 0), ("b", 0), ("a", 1), ("b", 1),
    ]  # fmt: skip


@pytest.mark.parametrize("how", ["terminal", "kill", "kill -9"])
def test_whoever_stops_it_stops_the_training_which_saves_and_goes_on(how, folder, tmp_path):
    out = tmp_path / "out"
    command = [sys.executable, "-m", "impasto", "compare", f"{folder}/paintings"]
    command += ["--recipes", f"{folder}/good.yaml", "--images", "4000", "--out", str(out)]
    run = Run(out / "good-seed0")
    process = subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)
    until(lambda: run.stats.exists())
    if how == "terminal":  # to all of the group, as Ctrl-C does
        os.killpg(process.pid, signal.SIGINT)
    elif how == "kill":  # to this process alone, as a script or a cluster does
        process.terminate()
    else:
        process.kill()
    assert process.wait(timeout=60) == (-signal.SIGKILL if how == "kill -9" else 130)
    until(lambda: "Stopped" in run.log.read_text())
    assert run.log.read_text().count("Stopped") == 1
    (kept,) = run.checkpoints()
    assert 0 < int(kept.stem) < 4000
    again = [*command, "--images", str(int(kept.stem) + 8)]
    assert subprocess.run(again, check=False, capture_output=True).returncode == 0
    assert "Resuming good" in run.log.read_text()
    assert read_results(out / "comparison.json")[0].images == int(kept.stem) + 8


def test_too_few_pictures_to_judge_by_are_said_before_anything_is_trained(tmp_path):
    found = CliRunner().invoke(
        app, ["compare", "colourfield:15", "--recipes", "quick-64", "--out", str(tmp_path)]
    )
    assert isinstance(found.exception, ImpastoError)
    assert "15 pictures" in str(found.exception)
    assert not list(tmp_path.glob("quick-64*"))

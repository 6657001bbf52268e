"""`impasto evaluate` as a user calls it, on tiny pictures and one network."""

import json

import pytest
from typer.testing import CliRunner

from impasto import recipes
from impasto.cli import app
from impasto.cli.options import parse_networks
from impasto.config import change
from impasto.core.checkpoints import LAYOUTS
from impasto.core.files import alone_in, write_json
from impasto.core.images import save
from impasto.data.colourfield import paint
from impasto.data.dataset import DatasetWriter
from impasto.errors import ImpastoError
from impasto.evaluate.evaluation import in_words
from impasto.evaluate.page import MEASURES
from impasto.generate.seeds import EVALUATED

ONE = ["--networks", "lite0", "--count", "12"]


def evaluate(*arguments):
    result = CliRunner().invoke(app, ["evaluate", *map(str, arguments)])
    if isinstance(result.exception, ImpastoError):
        raise result.exception
    assert result.exit_code == 0, f"{result.stderr} {result.exception!r}"
    return result


def test_a_run_is_judged_by_what_it_learnt_from(place):
    result = evaluate(place / "run", *ONE)
    out = place / "run/evaluation"
    assert result.stdout.strip() == str(out / "evaluation.html")
    found = json.loads((out / "metrics.json").read_text())
    assert found["against"]["name"] == "fields"  # found from the folder above the run
    assert found["pictures"]["generated"] == 12
    assert found["pictures"]["originals"] == 24
    assert "kid_lite0" in found["metrics"]
    assert found["memorisation"]["held_out"] == 0
    page = (out / "evaluation.html").read_text()
    assert f"seed {EVALUATED}" in page
    assert page.count("data:image/webp") == 2 + 12 * (1 + 3)
    for measure in (each for each in MEASURES if not each.key.endswith("held_out")):
        assert measure.name in page
        assert measure.name in result.stderr  # the table
    for sentence in found["words"]:
        assert sentence in " ".join(result.stderr.split())


def test_a_folder_of_pictures_is_judged_as_well(place):
    result = evaluate(place / "painted", "--against", place / "set", "--json", *ONE[:2])
    found = json.loads(result.stdout)
    assert found["pictures"]["generated"] == 14
    notes = " ".join(found["notes"])
    assert "torn.png" in notes
    assert "6 of 14" in notes
    nearest = {entry["sample"]: entry for entry in found["nearest"]["as_they_come"]}
    for copied in range(8):
        assert nearest[copied]["verdict"] == "copy"
        assert nearest[copied]["originals"][0] == copied
    assert found["memorisation"]["memorised"]
    page = (place / "painted/evaluation/evaluation.html").read_text()
    assert page.count('class="copy"') == 8
    assert "00.png" in page
    # The results lie in the folder itself, and are not judged the next time.
    again = evaluate(place / "painted", "--against", place / "set", "--json", *ONE[:2])
    assert json.loads(again.stdout)["metrics"] == found["metrics"]


def test_a_folder_for_the_hub_is_a_generator_not_pictures(place, tmp_path):
    for ours, theirs in zip(*LAYOUTS, strict=True):
        (tmp_path / theirs).write_bytes((place / "run/best" / ours).read_bytes())
    save(paint(0, 64), tmp_path / "samples.png")
    evaluate(tmp_path, "--against", place / "set", *ONE)
    found = json.loads((tmp_path / "evaluation/metrics.json").read_text())
    assert found["pictures"]["generated"] == 12
    assert "tiny" in found["subject"]


def test_other_originals_are_named_as_such(place, tmp_path):
    with DatasetWriter(tmp_path / "others", 32, 32) as writer:
        for number in range(20):
            writer.add(paint(900 + number, 32), f"{number}.png")
        writer.finish("others")
    result = evaluate(place / "run", "--against", tmp_path / "others", "--json", *ONE)
    assert (
        "not the pictures that it learnt from (24 of fields)"
        in json.loads(result.stdout)["notes"][0]
    )


def test_held_out_pictures_of_the_recipe_are_used(place):
    config = change(recipes.load("quick-64"), {"data.hold_out": 0.25})
    (place / "run/recipe.yaml").write_text(recipes.dump(config))
    result = evaluate(place / "run", "--json", *ONE)
    (place / "run/recipe.yaml").unlink()
    found = json.loads(result.stdout)
    assert found["memorisation"]["held_out"] == 6
    assert "held out of the training" in found["words"][-1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "no folder"),
        (["painted"], "--against"),
        (["painted", "--checkpoint", "last"], "has no snapshots"),
        (["run", "--networks", "vgg"], "--networks vgg: .*lite0"),
        (["run", "--checkpoint", "99"], "no checkpoints"),
        (["painted", "--against", "nowhere"], "neither a folder nor"),
    ],
)
def test_what_cannot_be_judged_is_said_in_a_sentence(place, monkeypatch, arguments, said):
    monkeypatch.chdir(place)
    with pytest.raises(ImpastoError, match=said):
        evaluate(*arguments)
    assert not (place / "nowhere").exists()


def test_a_run_whose_pictures_are_gone_says_so(place, tmp_path):
    write_json(tmp_path / "dataset.json", {"folder": "gone/away", "fingerprint": "x"})
    (tmp_path / "best").mkdir()
    for file in (place / "run/best").iterdir():
        (tmp_path / "best" / file.name).write_bytes(file.read_bytes())
    with pytest.raises(ImpastoError, match=r"not in gone/away any more; .* --against"):
        evaluate(tmp_path)


@pytest.mark.parametrize("missing", ["inception", "lite0,dinov2-s"])
def test_a_judge_that_is_not_installed_is_said_before_anything_is_painted(
    place, monkeypatch, missing
):
    def absent(network, side):
        if network in ("inception", "dinov2-s"):
            raise ImpastoError(f"{network} is not installed")

    def painted(*_):
        raise AssertionError("the pictures were painted first")

    monkeypatch.setattr("impasto.evaluate.pipeline.extractor_of", absent)
    monkeypatch.setattr("impasto.evaluate.pipeline.subject_of", painted)
    with pytest.raises(ImpastoError, match="is not installed"):
        evaluate(place / "run", "--networks", missing)


def test_inception_that_cannot_be_had_is_one_sentence(place, monkeypatch):
    import torch

    from impasto.metrics import inception

    pytest.importorskip("torch_fidelity")

    def offline(address, **options):
        assert options["weights_only"]
        assert options["check_hash"]
        raise OSError("Name or service not known")

    inception._network.cache_clear()
    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", offline)
    with pytest.raises(ImpastoError, match=r"could not be had \(Name or service not known\); save"):
        evaluate(place / "run", "--networks", "inception", "--count", "12")


def test_networks_are_named_once_each():
    assert parse_networks("lite2, lite0,lite2") == ("lite2", "lite0")
    with pytest.raises(ImpastoError, match="--networks ,: give one or more of lite0"):
        parse_networks(",")


def test_words_say_which_way_it_goes():
    same = {"kid_a": 0.001, "kid_a_error": 0.001, "precision_a": 0.6, "recall_a": 0.6}
    floor = {"kid_a": 0.0, "kid_a_error": 0.001, "precision_a": 0.6, "recall_a": 0.6}
    words = in_words(same | {"diversity_a": 0.99}, floor, ["a"])[0]
    assert "finds no clear difference" in words
    assert "varied" not in words  # fifty originals repeated are as varied: no praise
    bad = in_words(same | {"kid_a": 0.1, "diversity_a": 0.29}, floor, ["a"])[0]
    assert "tells samples and originals apart" in bad
    assert "71 % less varied" in bad


def test_of_two_who_look_at_one_wall_the_second_is_refused(place, tmp_path):
    wall = ["--blind", "--no-serve", "--count", "10", "--out", tmp_path / "wall"]
    evaluate(place / "run", *wall)
    with (
        alone_in(tmp_path / "wall", "evaluate --blind"),
        pytest.raises(ImpastoError, match="--out"),
    ):
        evaluate(place / "run", *wall)

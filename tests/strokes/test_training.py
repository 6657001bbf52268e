"""A stage from its first step to its last."""

import pytest
import torch

from impasto.core.runs import Run, read_lines
from impasto.errors import ImpastoError
from impasto.strokes import config as recipes
from impasto.strokes import training, watching
from impasto.strokes.making import make_shards
from impasto.strokes.stroke_set import import_shards
from impasto.strokes.training import train_stages
from tests.strokes.test_stages import CPU, tiny


@pytest.mark.parametrize("name", recipes.names())
def test_every_recipe_trains_through_all_its_stages(name, strokes, tmp_path):
    config = tiny(name)
    outcomes = train_stages(config, strokes, tmp_path, CPU, config.stages())
    assert [outcome.stage for outcome in outcomes] == list(config.stages())
    assert all(outcome.finished for outcome in outcomes)
    last = tmp_path / config.stages()[-1]
    assert (last / "best" / "generator.safetensors").exists()
    assert (last / "samples" / "000000016.png").exists()
    assert (last / "stats.jsonl").exists()


def test_resumed_a_stage_ends_as_if_it_had_not_been_stopped(strokes, tmp_path):
    def weights(folder):
        state = torch.load(Run(folder / "generator").checkpoints()[-1], weights_only=True)
        return state["networks"]["generator"]

    whole = tiny("strokes", **{"generator.images": 32})
    train_stages(whole, strokes, tmp_path / "whole", CPU, ("generator",))
    # The rate follows the length, so the first half must know it: stop it from within.
    seen = []
    real = training.train

    def until_half(state, step, batches, hooks, length, stop):
        real(state, step, batches, hooks, length, lambda: state.images >= 16)
        seen.append(state.images)

    training.train = until_half
    try:
        (outcome,) = train_stages(whole, strokes, tmp_path / "halves", CPU, ("generator",))
    finally:
        training.train = real
    assert seen == [16]
    assert not outcome.finished
    (outcome,) = train_stages(whole, strokes, tmp_path / "halves", CPU, ("generator",))
    assert outcome.finished
    one, other = weights(tmp_path / "whole"), weights(tmp_path / "halves")
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_finished_stage_is_left_as_it_is(strokes, tmp_path, capsys):
    config, run = tiny("strokes"), Run(tmp_path / "generator")
    (first,) = train_stages(config, strokes, tmp_path, CPU, ("generator",))
    before = run.metrics.read_text(), run.stats.read_text()
    capsys.readouterr()
    (again,) = train_stages(config, strokes, tmp_path, CPU, ("generator",))
    assert again.finished and again.images == first.images
    assert (run.metrics.read_text(), run.stats.read_text()) == before
    assert "is complete" in capsys.readouterr().err


def test_a_discriminator_older_than_the_last_checkpoint_is_kept_anew(strokes, tmp_path):
    config, run = tiny("neural-painter"), Run(tmp_path / "discriminator")
    train_stages(config, strokes, tmp_path, CPU, ("generator", "discriminator"))
    kept = run.best / "discriminator.safetensors"
    last = kept.read_bytes()
    kept.write_bytes(last[:-4] + b"\1\2\3\4")  # as of an earlier stop, and killed at the end
    train_stages(config, strokes, tmp_path, CPU, ("discriminator",))
    assert kept.read_bytes() == last


def test_training_brings_the_network_nearer(strokes, tmp_path):
    config = tiny("strokes", **{"generator.images": 640, "validate_every": 320})
    train_stages(config, strokes, tmp_path, CPU, ("generator",))
    rows = read_lines(Run(tmp_path / "generator").metrics)
    assert rows[-1]["psnr"] > rows[0]["psnr"] > 5


def test_a_run_does_not_go_on_with_other_knobs_or_strokes(strokes, tmp_path):
    train_stages(tiny("strokes"), strokes, tmp_path / "run", CPU, ("generator",))
    with pytest.raises(ImpastoError, match="begun with seed = 0, not 1"):
        train_stages(tiny("strokes", seed=1), strokes, tmp_path / "run", CPU, ("generator",))
    make_shards(48, "impasto", "ink", tmp_path / "other", seed=9)
    other = import_shards(tmp_path / "other", tmp_path / "set")
    with pytest.raises(ImpastoError, match="other strokes"):
        train_stages(tiny("strokes"), other, tmp_path / "run", CPU, ("generator",))


@pytest.mark.parametrize(
    ("name", "knob"), [("strokes", "shuffle"), ("neural-painter", "as_published")]
)
def test_a_run_does_not_go_on_in_another_order_or_with_other_faults(name, knob, strokes, tmp_path):
    config = tiny(name)
    train_stages(config, strokes, tmp_path, CPU, ("generator",))
    other = config.model_copy(update={knob: not getattr(config, knob)})
    with pytest.raises(ImpastoError, match=f"begun with {knob} = {getattr(config, knob)}"):
        train_stages(other, strokes, tmp_path, CPU, ("generator",))


def test_held_out_strokes_are_drawn_again_only_where_a_generator_is_kept(
    strokes, tmp_path, monkeypatch
):
    drawn = []
    monkeypatch.setattr(watching, "second_render", lambda *_: drawn.append(1) or 20.0)
    config = tiny("neural-painter")
    train_stages(config, strokes, tmp_path, CPU, ("generator",))
    assert len(drawn) == 1
    train_stages(config, strokes, tmp_path, CPU, ("discriminator",))
    assert len(drawn) == 1


def test_too_few_strokes_are_said(strokes, tmp_path):
    config = tiny("strokes", **{"generator.batch": 64})
    with pytest.raises(ImpastoError, match="too few for batches of 64"):
        train_stages(config, strokes, tmp_path, CPU, ("generator",))

"""The best of many: real-looking ones, and different ones."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from impasto.core.files import write_json
from impasto.core.images import save
from impasto.core.runs import Run
from impasto.core.shipped import RUNS
from impasto.data.colourfield import paint
from impasto.data.dataset import DatasetWriter, open_dataset
from impasto.errors import ImpastoError
from impasto.explore.nearest import nearest_originals, yardstick
from impasto.generate.artefact import Artefact
from impasto.generate.latents import of_seed
from impasto.generate.sampler import LoadedGenerator
from impasto.generate.select import choose_best, discriminator_of, realism, spread
from impasto.models.vision_transformer import is_installed
from impasto.prepare.feature_network import feature_network
from impasto.prepare.source import Data
from tests.conftest import TINY_OPTIONS


def test_the_spread_takes_one_of_each_group_before_a_second():
    groups = np.repeat(np.eye(4, 6) * 10, 5, axis=0)
    features = (groups + np.random.default_rng(0).normal(0, 0.1, groups.shape)).astype(np.float32)
    chosen = spread(features, 4)
    assert chosen[0] == 0
    assert sorted(chosen // 5) == [0, 1, 2, 3]
    assert sorted(spread(features, 20)) == list(range(20))


def test_the_spread_of_equal_rows_is_still_so_many():
    assert sorted(spread(np.zeros((5, 3), np.float32), 5)) == [0, 1, 2, 3, 4]


def test_realism_is_as_in_the_paper_by_brute_force():
    chance = np.random.default_rng(0)
    reals, fakes = (chance.normal(size=(n, 7)).astype(np.float32) for n in (40, 9))
    apart = np.linalg.norm(reals[:, None] - reals[None], axis=2)
    radii = np.sort(apart, axis=1)[:, 3]  # the first is itself
    kept = radii <= np.median(radii)
    to_reals = np.linalg.norm(fakes[:, None] - reals[None, kept], axis=2)
    assert np.allclose(realism(fakes, reals), (radii[kept] / to_reals).max(1), rtol=1e-4)
    assert (realism(reals[kept][:3], reals) > 1e3).all()  # an original lies in its own centre
    assert (realism(fakes + 100, reals) < 0.1).all()


class Recorder(nn.Module):
    """A generator that paints originals: the latent's first number says which."""

    def __init__(self, pictures) -> None:
        super().__init__()
        self.pictures = torch.tensor(pictures).permute(0, 3, 1, 2) / 127.5 - 1

    def forward(self, latents):
        return self.pictures[latents[:, 0].abs().mul(1e4).long() % len(self.pictures)]


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    folder = tmp_path_factory.mktemp("set")
    with DatasetWriter(folder, 48, 48) as writer:
        for seed in range(12):
            writer.add(paint(seed, 48), f"painted/{seed}.png")
        writer.finish("mine")
    return open_dataset(folder)


def test_copies_are_shown_beside_their_originals(originals, tmp_path):
    network = Recorder(np.asarray(originals.pictures))
    painter = LoadedGenerator(network, 4, "a copyist", None)
    latents = [of_seed(seed, 4) for seed in range(5)]
    rows = nearest_originals(painter, latents, originals, 3, tmp_path / "sheet.png")
    for row, latent in zip(rows, latents, strict=True):
        copied = int(latent.values[0].abs().mul(1e4)) % 12
        assert row.originals[0] == f"painted/{copied}.png"
        assert row.distances[0] < 0.05
        assert list(row.distances) == sorted(row.distances)
        assert row.distances[1] > 0.3
    with pytest.raises(ImpastoError, match="1 to 12 neighbours"):
        nearest_originals(painter, latents, originals, 13, tmp_path / "x.png")


def test_originals_of_another_size_are_refused_before_all_are_looked_at(
    painter, tmp_path, monkeypatch
):
    def look(*_):
        raise AssertionError("every original was looked at first")

    monkeypatch.setattr("impasto.explore.nearest.dataset_features", look)
    with DatasetWriter(tmp_path / "wide", 40, 24) as writer:
        for number in range(3):
            writer.add(np.zeros((24, 40, 3), np.uint8), f"{number}.png")
        writer.finish("wide")
    with pytest.raises(ImpastoError, match="--size 32x32"):
        nearest_originals(
            painter, [of_seed(1, 8)], open_dataset(tmp_path / "wide"), 2, tmp_path / "x.png"
        )


def test_a_set_of_one_picture_again_and_again_has_no_yardstick():
    with pytest.raises(ImpastoError, match="duplicates"):
        yardstick(np.ones((6, 4), np.float32))
    with pytest.raises(ImpastoError, match="One original"):
        yardstick(np.ones((1, 4), np.float32))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    from typer.testing import CliRunner

    from impasto.cli import app

    run = tmp_path_factory.mktemp("runs") / "run"
    arguments = ["train", "colourfield:24", "--out", str(run), "--images", "16", *TINY_OPTIONS]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    return Run(run)


def test_without_originals_the_runs_own_discriminator_judges(trained, tmp_path):
    import shutil

    from impasto.generate.artefact import load_generator

    alone = Run(tmp_path / "alone")
    shutil.copytree(trained.folder, alone.folder)
    write_json(alone.dataset, {"folder": "gone", "fingerprint": "x"})
    painter = load_generator(alone.folder)
    score, images = discriminator_of(alone)
    assert images == 16
    latents = [of_seed(seed, painter.latent) for seed in range(24)]
    choices, judge = choose_best(painter, latents, 3, alone)
    assert judge == "the discriminator at 16 images"
    assert len({choice.latent.name for choice in choices}) == 3
    assert [c.score for c in choices] == sorted((c.score for c in choices), reverse=True)
    from impasto.generate.conditions import paint as paint_latents

    pictures = np.concatenate(list(paint_latents(painter, latents)))
    every = score(pictures, np.empty((0, 0), np.float32))
    assert min(c.score for c in choices) >= np.sort(every)[-4 * 3]


def test_the_discriminator_judges_where_it_is_asked_to(trained):
    from impasto.generate.artefact import load_generator

    painter = load_generator(trained.folder)
    latents = [of_seed(seed, painter.latent) for seed in range(12)]
    choices, judge = choose_best(painter, latents, 2, trained, chooser="discriminator")
    assert judge == "the discriminator at 16 images"
    near, by = choose_best(painter, latents, 2, trained)
    assert by == "nearness to the originals"
    assert [each.score for each in near] != [each.score for each in choices]


@pytest.mark.skipif(not is_installed(), reason="DINOv2's weights are not installed")
def test_a_named_network_judges(trained):
    from impasto.generate.artefact import load_generator

    painter = load_generator(trained.folder)
    latents = [of_seed(seed, painter.latent) for seed in range(12)]
    choices, judge = choose_best(painter, latents, 2, trained, chooser="dinov2-s")
    assert judge == "nearness to the originals (dinov2-s)"
    assert len(choices) == 2


@pytest.mark.parametrize("network", ["lite0", "dinov2-s"])
def test_what_taught_a_generator_does_not_choose_among_its_pictures(network):
    from dataclasses import replace

    from impasto.generate.artefact import load_generator

    painter = load_generator(Path("impressionists-64"))
    model = painter.card.model.model_copy(update={"dinov2_every": 3})
    taught = replace(painter, card=painter.card.model_copy(update={"model": model}))
    latents = [of_seed(seed, painter.latent) for seed in range(12)]
    with pytest.raises(ImpastoError, match=rf"--judge {network}: .*take lite2"):
        choose_best(taught, latents, 2, Run(Path("x")), chooser=network)


def test_originals_that_were_named_are_not_passed_over(trained, tmp_path):
    from impasto.generate.artefact import load_generator

    latents = [of_seed(seed, 8) for seed in range(12)]
    with pytest.raises(ImpastoError, match="nothing"):
        choose_best(load_generator(trained.folder), latents, 2, trained, tmp_path / "nothing")


def test_nearness_to_the_originals_judges_with_and_without_a_checkpoint(trained, tmp_path):
    import shutil

    from impasto.generate.artefact import load_generator

    moved = tmp_path / "elsewhere"
    shutil.copytree(trained.folder, moved / "run", ignore=shutil.ignore_patterns("checkpoints"))
    shutil.copytree(trained.folder.parent / "prepared", moved / "prepared")
    run = Run(moved / "run")
    assert discriminator_of(run) is None
    painter = load_generator(run.folder)
    latents = [of_seed(seed, painter.latent) for seed in range(12)]
    for which in (run, trained):
        choices, judge = choose_best(painter, latents, 2, which)
        assert judge == "nearness to the originals"
        assert len(choices) == 2


def test_a_folder_named_as_the_originals_is_prepared_as_the_training_did(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for seed in range(3):
        save(paint(seed, 48), tmp_path / "mine" / f"{seed}.png")
    learnt = Data.parse("mine").open(32, "crop", RUNS, feature_network())
    named = Artefact(tmp_path / "run").originals(Path("mine"), size=(32, 32))
    assert named.folder == learnt.folder
    assert len(list((RUNS / "prepared").iterdir())) == 1


def test_originals_are_found_where_they_are_and_where_they_moved_to(trained, tmp_path):
    import json
    import shutil

    assert len(Artefact(trained.folder).originals()) == 24
    moved = tmp_path / "elsewhere"
    shutil.copytree(trained.folder, moved / "run")
    about = json.loads((moved / "run/dataset.json").read_text())
    about["folder"] = f"/nowhere/{about['folder'].rpartition('/')[2]}"
    (moved / "run/dataset.json").write_text(json.dumps(about))
    with pytest.raises(ImpastoError, match="--data"):
        Artefact(moved / "run").originals()
    shutil.copytree(trained.folder.parent / "prepared", moved / "prepared")
    assert len(Artefact(moved / "run").originals()) == 24
    other = next((trained.folder.parent / "prepared").iterdir())
    assert len(Artefact(moved / "run").originals(other)) == 24
    (moved / "run/dataset.json").write_text("[]")
    with pytest.raises(ImpastoError, match="--data"):
        Artefact(moved / "run").originals()


def test_more_than_there_are_is_one_sentence(trained):
    from impasto.generate.artefact import load_generator

    painter = load_generator(trained.folder)
    with pytest.raises(ImpastoError, match="the 1 picture"):
        choose_best(painter, [of_seed(1, painter.latent)], 2, trained)

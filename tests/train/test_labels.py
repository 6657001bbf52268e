"""Training with labels: who draws them, what is remembered, and that it resumes to the bit."""

import json
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from impasto import recipes
from impasto.config import Config, change
from impasto.core.checkpoints import DISCRIMINATOR, read_card, read_checkpoint, storable
from impasto.core.device import choose_device
from impasto.core.images import save
from impasto.core.runs import Run
from impasto.data.colourfield import paint
from impasto.data.dataset import Dataset, DatasetWriter, open_dataset
from impasto.data.loader import Batches
from impasto.errors import ImpastoError
from impasto.generate.artefact import load_generator
from impasto.generate.sampler import labels_of, sample
from impasto.models.build import build_discriminator, build_generator
from impasto.train import hooks, judging, labels
from impasto.train.steps import gan_state, gan_step
from impasto.train.training import run_training
from impasto.train.transfer import read_source
from tests.cli.test_verbs import impasto, mistake
from tests.conftest import TINY, write_best
from tests.train.test_resume import assert_equal

KNOWS = TINY | {
    "model.architecture": "impasto",
    "model.initialisation": "framework",
    "model.features_size": 64,
    "loss.game": "hinge",
}
OPTIONS = [
    part
    for knob, value in KNOWS.items()
    if knob != "training.images"
    for part in ("--set", f"{knob}={'null' if value is None else value}")
]


def conditional(**changes) -> Config:
    return change(recipes.load("impasto-64"), KNOWS | {"model.labels": 2} | changes)


def write_set(folder: Path, names: list[str]) -> Dataset:
    with DatasetWriter(folder, 32, 32) as writer:
        for number, name in enumerate(names):
            writer.add(paint(number, 32), str(number), name)
        writer.finish("mine", fit="none", filter="none", source="mine", options={})
    return open_dataset(folder)


@pytest.fixture
def dataset(tmp_path) -> Dataset:
    return write_set(tmp_path / "set", ["Marc"] * 6 + ["Klee"] * 3 + [""] * 3)


@pytest.fixture
def folder(tmp_path) -> Path:
    """Two sub-folders of pictures, and none at the top."""
    for seed in range(12):
        name = "Klee" if seed < 4 else "Marc"
        save(paint(seed, 72)[: 60 + seed], tmp_path / f"mine/{name}/{seed}.png")
    return tmp_path / "mine"


def test_labels_are_numbers_in_the_order_of_their_names_and_none_is_the_last(dataset):
    assert labels.label_ids(dataset).tolist() == [1] * 6 + [0] * 3 + [2] * 3
    assert labels.counts(conditional(), dataset) == (3, 6, 3)
    assert labels.counts(change(conditional(), {"model.labels": 0}), dataset) == ()
    held = conditional(**{"data.hold_out": 0.25})
    assert sum(labels.counts(held, dataset)) == 9


def test_labels_travel_with_their_pictures(dataset):
    batches = Batches(dataset.pictures, 5, seed=1, label_ids=labels.label_ids(dataset))
    cpu = torch.device("cpu")
    for images in (0, 5, 40):
        rows = batches.rows(images)
        assert np.array_equal(batches.at(images), dataset.pictures[rows])
        assert batches.labels(images, cpu).tolist() == labels.label_ids(dataset)[rows].tolist()


def test_labels_with_few_pictures_are_told(dataset):
    (sentence,) = labels.warn_small(conditional(), dataset)
    assert "Klee (3), Marc (6)" in sentence
    assert labels.warn_small(change(conditional(), {"model.labels": 0}), dataset) == []


def test_one_label_alone_is_told(tmp_path):
    alone = write_set(tmp_path / "alone", ["Marc"] * 60)
    (sentence,) = labels.warn_small(conditional(**{"model.labels": 1}), alone)
    assert "one label, Marc" in sentence
    assert "leave out --conditional" in sentence


@pytest.mark.parametrize("changes", [{}, {"training.generator_batch": 6}], ids=str)
def test_a_step_teaches_the_labels_that_it_was_shown(changes):
    config, device = conditional(**changes), choose_device("cpu", "fp32")
    state = gan_state(config, device.device)
    shown = torch.tensor([0, 2, 0, 2])
    step = gan_step(config, device, lambda images, where: shown)
    tables = {
        "generator": lambda: [state.networks["generator"].of_label.weight],
        "discriminator": lambda: [
            each.parametrizations.weight.original
            for each in state.networks["discriminator"].projections
        ],
    }
    before = {name: [w.detach().clone() for w in table()] for name, table in tables.items()}
    reals = torch.rand(4, 3, 32, 32) * 2 - 1
    numbers = step(state, reals)
    assert all(torch.isfinite(value) for value in numbers.values())
    for name, table in tables.items():
        for old, new in zip(before[name], table(), strict=True):
            assert (old != new).any(1)[[0, 2]].all()
            if name == "generator":  # spectral norm looks at all rows of the other
                assert torch.equal(old[1], new[1])


def test_the_generator_is_asked_for_the_labels_of_the_originals(dataset, monkeypatch):
    config, device = conditional(), choose_device("cpu", "fp32")
    state = gan_state(config, device.device)
    asked, judged = [], []
    state.networks["generator"].register_forward_pre_hook(lambda _, given: asked.append(given[1]))
    heads_on = state.networks["discriminator"].heads_on
    monkeypatch.setattr(
        state.networks["discriminator"],
        "heads_on",
        lambda seen, named: (judged.append(named), heads_on(seen, named))[1],
    )
    numbers = labels.label_ids(dataset)
    batches = Batches(dataset.pictures, 4, seed=0, label_ids=numbers)
    state.images = 8
    gan_step(config, device, batches.labels)(state, batches.tensor(8, device.device))
    expected = numbers[batches.rows(8)].tolist()
    assert [each.tolist() for each in asked] == [expected]
    assert [each.tolist() for each in judged] == [expected] * 3  # reals, fakes, fakes again


def test_the_same_command_learns_labels_paints_them_and_goes_on_to_the_bit(folder, tmp_path):
    every = ["--set", "training.checkpoint_minutes=0", "--precision", "fp32"]
    every += ["--set", "optimiser.cool_from=null"]  # rates that fall follow the whole length
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    for out, lengths in ((whole, (16,)), (parts, (8, 16))):
        for images in lengths:
            length = ("--images", images, "--out", out)
            status, _, said = impasto("train", folder, "--conditional", *length, *OPTIONS, *every)
            assert status == 0, said
    log = Run(whole).log.read_text()
    assert "with 2 labels" in log
    assert "fewer than 50 pictures: Klee (4), Marc (8);" in log
    ends = [read_checkpoint(Run(out).checkpoints()[-1]) for out in (whole, parts)]
    assert_equal(*ends)
    card = read_card(Run(whole).best)
    assert card.labels == ("Klee", "Marc")
    assert card.label_counts == (4, 8, 0)
    assert card.model.labels == 2
    status, text, _ = impasto("generate", whole, "--label", "Marc", "--count", 2, "--json")
    assert status == 0
    assert [Path(file).name for file in json.loads(text)["files"]] == [
        "seed-000000-Marc.png",
        "seed-000001-Marc.png",
    ]
    assert impasto("generate", whole, "--count", 2, "--best", 1, "--checkpoint", "last")[0] == 0
    with Image.open(Run(whole).samples()[-1]) as sheet:
        assert sheet.width > 8 * 96
        assert sheet.height >= 8 * 96  # four rows a label
    assert "Klee (4), Marc (8)" in Run(whole).report.read_text()
    again = load_generator(whole, "last")
    assert (again.labels, again.label_counts) == (("Klee", "Marc"), (4, 8, 0))


def test_a_generator_is_judged_under_labels_as_often_as_in_the_data(dataset, tmp_path, monkeypatch):
    class Judge:
        name, count, by = "KID-nothing", 30, "kid"
        scale: ClassVar[dict[str, float]] = {}

        def judge(self, fakes):
            return {"kid": 0.5, "kid_error": 0.1, "diversity": 1.0}

        def nearest_sheet(self, fakes):
            return fakes[0]

    asked = []

    def watched(network, latents, device, numbers=None, batch=32, in_training=False):
        asked.append(numbers)
        return sample(network, latents, device, numbers)

    for module in (hooks, judging):  # sheets and judgements
        monkeypatch.setattr(module, "sample", watched)
    config, device = conditional(**{"training.judge_every": 16}), choose_device("cpu", "fp32")
    run_training(config, dataset, Run(tmp_path / "run"), device, judge=Judge())
    (judged,) = (numbers for numbers in asked if len(numbers) == Judge.count)
    assert judged.tolist() == labels_of(range(10**6, 10**6 + 30), (3, 6, 3)).tolist()
    assert set(judged.tolist()) == {0, 1, 2}  # those without a label as well
    assert {n for numbers in asked if numbers is not judged for n in numbers.tolist()} == {0, 1}


def test_other_labels_than_before_are_refused(dataset, tmp_path):
    run, device = Run(tmp_path / "run"), choose_device("cpu", "fp32")
    run_training(conditional(), dataset, run, device, judge=None)
    index = dataset.folder / "index.csv"
    kept = index.read_text()
    index.write_text(kept.replace(",Marc", ",x").replace(",Klee", ",Marc").replace(",x", ",Klee"))
    longer = conditional(**{"training.images": 24})
    with pytest.raises(ImpastoError, match="other pictures behind its labels"):
        run_training(longer, open_dataset(dataset.folder), run, device, judge=None)
    renamed = write_set(tmp_path / "other", ["Marc"] * 6 + ["Macke"] * 3 + [""] * 3)
    assert renamed.fingerprint == dataset.fingerprint
    with pytest.raises(ImpastoError, match="other labels"):
        run_training(longer, renamed, run, device, judge=None)
    index.write_text(kept)
    assert run_training(longer, open_dataset(dataset.folder), run, device, judge=None).finished


def test_a_generator_without_labels_is_taught_some(tmp_path):
    plain = change(conditional(), {"model.labels": 0, "model.latent": 16})
    torch.manual_seed(3)
    generator = build_generator(plain.model)
    folder = write_best(tmp_path / "plain", generator, plain.model)
    save_file(storable(build_discriminator(plain.model).state_dict()), folder / DISCRIMINATOR)
    source = read_source(str(folder))
    config = source.configure(None, {"model.labels": 2, "training.batch": 4})
    device = choose_device("cpu", "fp32")
    state = gan_state(config, device.device)
    source.copy_weights_into(state, config.model, ("Klee", "Marc"))
    taught, latents = state.networks["generator"].eval(), torch.randn(3, 16)
    expected = generator.eval()(latents)
    for label in range(3):  # it paints as before, whatever it is asked for
        assert torch.allclose(taught(latents, torch.full((3,), label)), expected, atol=1e-5)
    taught.train()
    reals, shown = torch.rand(4, 3, 32, 32) * 2 - 1, torch.tensor([0, 1, 0, 1])
    gan_step(config, device, lambda images, where: shown)(state, reals)
    pair = taught.eval()(latents[:1].expand(2, -1), torch.tensor([0, 1]))
    assert not torch.equal(pair[0], pair[1])


def test_what_labels_need_is_said_in_one_sentence(folder, paintings, tmp_path, monkeypatch, capsys):
    def said(*words) -> str:
        return mistake(monkeypatch, capsys, "train", *words, "--images", 16)

    assert "sub-folder" in said(paintings, "--conditional")
    assert "dcgan learns no labels" in said(
        folder, "--conditional", "--recipe", "dcgan-tutorial-64"
    )
    assert not (tmp_path / "prepared").exists()  # both before anything was prepared
    three = [*OPTIONS, "--set", "model.labels=3"]
    assert "as many as there are" in said(folder, "--out", tmp_path / "three", *three)
    out = ("--out", tmp_path / "plain")
    assert impasto("train", folder, "--images", 8, *out, *OPTIONS)[0] == 0
    assert "began without labels" in said(folder, "--conditional", *out, *OPTIONS)


def test_a_label_whose_pictures_are_all_dropped_is_none(folder, tmp_path):
    (folder / "Macke").mkdir()
    (folder / "Macke/broken.jpg").write_bytes(b"\xff\xd8\xff no picture")
    out = tmp_path / "run"
    status, _, said = impasto(
        "train", folder, "--conditional", "--images", 8, "--out", out, *OPTIONS
    )
    assert status == 0, said
    assert recipes.load(str(Run(out).recipe)).model.labels == 2
    assert read_card(Run(out).best).labels == ("Klee", "Marc")

"""Two processes train as one: the same numbers, the same weights, the same end."""

from pathlib import Path

import pytest
import torch

from impasto import recipes
from impasto.config import Config, change
from impasto.config.loss import CODES
from impasto.core.device import choose_device
from impasto.core.together import RANKS, Ranks
from impasto.errors import ImpastoError
from impasto.train.steps import gan_state, gan_step
from tests.children import Child, rank_variables

pytestmark = pytest.mark.slow

STEPS = 10

SMALL = {
    "model.generator_width": 8,
    "model.discriminator_width": 8,
    "training.batch": 4,
    # Adam's first steps are as long as the rate: where a gradient is about nothing, a rounding
    # turns one round. Short ones keep that small, and what several processes might forget is not.
    "optimiser.g_lr": 1e-5,
    "optimiser.d_lr": 1e-5,
}

MORE = {
    "labels": ("impasto-64", {"model.labels": 3}),
    "penalties": ("impasto-64", {"loss.r1": 1.0, "loss.r2": 1.0, "loss.penalty_every": 2}),
    "batches": ("impasto-64", {"training.generator_batch": 6, "model.labels": 2}),
    "steered": ("impasto-64", {"augment.target": 0.6, "augment.ramp_images": 200}),
    "anchors": ("impasto-64", {"loss.anchors": 6.0}),
    "mirrored": ("r3gan-64", {"augment.policy": ["dihedral", "cutout"]}),
}
"""What no recipe has, and several processes must agree on as well."""


def config_of(name: str) -> Config:
    recipe, more = MORE.get(name, (name, {}))
    config = change(recipes.load(recipe), SMALL | {"loss.warm_up": False} | more)
    if name == "colour-field-3":
        # BatchNorm in both nets over four rows of little variance: one process alone, on one
        # thread and on two, is apart by 6e-4 of a loss there; over sixteen rows by 2e-4.
        config = change(config, {"training.batch": 16})
    if config.model.width > 64:
        config = change(config, {"model.size": 64})
    if config.model.architecture == "impasto":
        config = change(config, {"model.features_size": 64})
    return config


def games() -> list[str]:
    """One of each kind: recipes that differ by size alone are the same here."""
    seen, found = set(), []
    for name in (*recipes.names(), *MORE):
        config = config_of(name).model_copy(update={"name": "x", "summary": ""})
        if (key := config.model_dump_json()) not in seen:
            seen.add(key)
            found.append(name)
    return found


Weights = dict[str, dict[str, torch.Tensor]]
"""Those that learn, by the names of networks and of weights."""


def play(name: str) -> tuple[list[dict[str, float]], Weights]:
    """The numbers of the first steps, and the networks and averages after them."""
    config, device = config_of(name), choose_device("cpu", "fp32")
    labels = torch.arange(config.training.batch_size) % 3
    state = gan_state(config, device.device)
    codes = torch.linspace(-2, 2, len(labels))[:, None].repeat(1, CODES)
    codes[1] = torch.nan  # an original without one
    step = gan_step(
        config,
        device,
        (lambda *_: labels) if config.model.labels else None,
        (lambda *_: codes) if config.loss.anchors else None,
    )
    chance, rows = torch.Generator().manual_seed(0), []
    shape = (config.training.batch_size, 3, config.model.height, config.model.width)
    for _ in range(STEPS):
        reals = torch.rand(shape, generator=chance) * 2 - 1
        numbers, *_ = RANKS.agreed(step(state, RANKS.rows(reals)), 0.0, False, False)
        rows.append({key: value.item() for key, value in numbers.items()})
        state.steps, state.images = state.steps + 1, state.images + len(reals)
    learnt: Weights = {
        name: {
            key: weight.detach()
            for key, weight in network.named_parameters()
            if weight.requires_grad
        }
        for name, network in state.networks.items()
    }
    for name, average in state.averages.items():
        averaged = dict(average.named_parameters())
        learnt[f"average of {name}"] = {key: averaged[key] for key in learnt[name]}
    return rows, learnt


SIDE = """
import sys, torch
from impasto.core.together import RANKS
from tests.core.test_together import games, play
torch.set_num_threads(1)
RANKS.join(torch.device("cpu"))
found = {name: play(name) for name in games()}
chance = torch.get_rng_state()
if RANKS.leads:
    torch.save({"played": found, "chance": chance}, sys.argv[1])
else:
    torch.save({"chance": chance}, sys.argv[1] + ".other")
"""


def launched(script: Path, *words: object, patience: int | None = None) -> list[Child]:
    """A script run by two processes as `torchrun` starts them; both have ended well."""
    both = [Child(*words, script=script, more=more) for more in rank_variables(2, patience)]
    for each in both:
        assert each.wait() == 0, each.said()[-3000:]
    return both


@pytest.fixture(scope="module")
def pair(tmp_path_factory) -> Path:
    """What two processes have played."""
    folder = tmp_path_factory.mktemp("together")
    (folder / "side.py").write_text(SIDE)
    launched(folder / "side.py", folder / "played.pt")
    return folder


@pytest.mark.parametrize("name", games())
def test_two_processes_are_one_with_the_whole_batch(pair, name):
    theirs, weights = torch.load(pair / "played.pt", weights_only=True)["played"][name]
    ours, alone = play(name)
    assert len(theirs) == len(ours) == STEPS
    for number, (together, by_itself) in enumerate(zip(theirs, ours, strict=True)):
        assert together.keys() == by_itself.keys()
        for key, value in by_itself.items():
            # Of thousands of weights; and where moments are of few rows of little variance,
            # another order of summing makes as much of a rounding in one process.
            near = 5e-3 if key == "g_gradient" else 3e-4 if name == "colour-field-3" else 1e-4
            assert together[key] == pytest.approx(value, rel=near, abs=3e-4), (number, key)
    assert weights.keys() == alone.keys()
    rates = config_of(name).optimiser
    for part, ours in alone.items():
        assert weights[part].keys() == ours.keys()
        longest = STEPS * (rates.d_lr if part == "discriminator" else rates.g_lr)
        apart = torch.cat([(ours[key] - weights[part][key]).abs().flatten() for key in ours])
        assert apart.mean() < 0.05 * longest, part


def test_their_chance_stays_the_same(pair):
    one = torch.load(pair / "played.pt", weights_only=True)["chance"]
    assert torch.equal(one, torch.load(pair / "played.pt.other", weights_only=True)["chance"])


def test_all_take_the_leaders_time(tmp_path):
    (tmp_path / "side.py").write_text(MEETING)
    launched(tmp_path / "side.py", tmp_path)
    for rank in (0, 1):
        assert (tmp_path / f"{rank}.txt").read_text() == "(True, 60.5)"


MEETING = """
import sys, torch
from pathlib import Path
from impasto.core.together import RANKS
torch.set_num_threads(1)
RANKS.join(torch.device("cpu"))
met = RANKS.meet_at(8, 60.5 if RANKS.leads else 59.0, [torch.nn.Flatten()], RANKS.leads)
Path(sys.argv[1], f"{RANKS.rank}.txt").write_text(str(met))
"""


def test_a_batch_that_cannot_be_split_evenly_is_refused():
    ranks = Ranks()
    ranks.count = 2
    ranks.check_batch(4, 0)
    with pytest.raises(ImpastoError, match=r"5 pictures .*training\.batch "):
        ranks.check_batch(5, 4)
    with pytest.raises(ImpastoError, match=r"5 pictures .*training\.generator_batch"):
        ranks.check_batch(4, 5)
    with pytest.raises(ImpastoError, match=r"4 pictures .*among 3 processes"):
        Ranks().check_batch(4, among=3)

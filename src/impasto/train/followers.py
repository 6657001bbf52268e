"""The processes that train along with the leader, without output, files or hooks.

A follower starts where the leader starts and takes the same steps on its own rows of each batch
(`core.together`). It helps while the leader judges and draws (`core.helping`), goes back to an
earlier checkpoint with the leader, and stops after the same step.
"""

from impasto.config import Config
from impasto.core.device import Device
from impasto.core.helping import help_leader, in_turn
from impasto.core.runs import Run
from impasto.core.together import RANKS
from impasto.data.dataset import Dataset
from impasto.errors import ImpastoError
from impasto.train.anchors import codes_at
from impasto.train.hooks import jobs_of_followers
from impasto.train.labels import counts
from impasto.train.loop import GoneBack, NotFiniteError, train
from impasto.train.resume import GuardMode, after_rescues, restore_again
from impasto.train.schedule import set_rates
from impasto.train.session import Outcome, batches_of, length_of
from impasto.train.shell import stop_on_signal
from impasto.train.state import State
from impasto.train.steps import gan_state, gan_step


def check_together(config: Config, dataset: Dataset) -> None:
    """Check that several processes can share this training and have the same settings and data.

    Raises:
        ImpastoError: they cannot or have not.
    """
    if RANKS.count == 1:
        return
    RANKS.check_batch(*config.training.batch_sizes)
    knobs = {
        f"{group}.{knob}": repr(value)
        for group, of in config.model_dump().items()
        if isinstance(of, dict)
        for knob, value in of.items()
    }
    RANKS.check_same({"their pictures": dataset.fingerprint, **knobs})


def follow(config: Config, dataset: Dataset, run: Run, device: Device, guard: GuardMode) -> Outcome:
    """Train along with the leader.

    Args:
        config: every knob, as the leader has it.
        dataset: the packed pictures, the leader's.
        run: the leader's folder, which is only read.
        device: where it trains, and the precision.
        guard: what the leader does when training fails.

    Raises:
        ImpastoError: a number became NaN or infinite.
    """
    batches = batches_of(config, dataset)
    length = length_of(config, len(batches.only))

    def where_the_leader_is() -> State:
        nonlocal config
        config = after_rescues(config, run)
        state = gan_state(config, device.device)
        restore_again(state, run)
        set_rates(state, config)
        return state

    with in_turn():  # after the leader has created or restored the run
        state = where_the_leader_is()
        codes = codes_at(config, dataset, batches)
    done, state.seconds = RANKS.meet_at(state.images, state.seconds, state.networks.values(), False)
    with stop_on_signal() as stop:
        while not done:
            labels = batches.labels if config.model.labels else None
            step = gan_step(config, device, labels, codes)
            jobs = jobs_of_followers(config, state, counts(config, dataset))
            try:
                train(state, step, batches, [], length, stop, jobs)
                break
            except GoneBack:
                pass
            except NotFiniteError as error:
                if guard != "rescue":
                    raise ImpastoError(f"{error} became NaN or infinite.") from error
                help_leader({})  # until the leader goes back or ends
            state = where_the_leader_is()
            # The leader's time goes on through a rescue; the checkpoint has that of before.
            _, state.seconds = RANKS.meet_at(
                state.images, state.seconds, state.networks.values(), False
            )
    return Outcome(run.folder, state.images, state.seconds / 60, length.share(state) >= 1)

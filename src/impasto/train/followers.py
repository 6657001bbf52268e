"""The processes that train along with the leader: no words, no files, no hooks.

A follower goes through the same steps on its own rows of each batch (`core.together`), begins where
the leader began, and stops after the same step.
"""

from impasto.config import Config
from impasto.core.device import Device
from impasto.core.runs import Run
from impasto.core.together import RANKS
from impasto.data.dataset import Dataset
from impasto.errors import ImpastoError
from impasto.train.loop import NotFiniteError, train
from impasto.train.resume import GuardMode, after_rescues, restore_again
from impasto.train.schedule import set_rates
from impasto.train.session import Outcome, batches_of, length_of
from impasto.train.shell import stop_on_signal
from impasto.train.steps import gan_state, gan_step


def check_together(config: Config, guard: GuardMode) -> None:
    """See whether several processes can train so.

    Raises:
        ImpastoError: they cannot.
    """
    if RANKS.count == 1:
        return
    RANKS.check_batch(config.training.batch_size, config.training.generator_batch or 0)
    if guard == "rescue":
        raise ImpastoError(
            "--guard rescue goes back in one process alone; with several use --guard warn or stop."
        )


def follow(config: Config, dataset: Dataset, run: Run, device: Device) -> Outcome:
    """Train along with the leader.

    Args:
        config: every knob, as the leader has it.
        dataset: the packed pictures, the leader's.
        run: the leader's folder, which is only read.
        device: where and how precisely.

    Raises:
        ImpastoError: numbers stopped being finite.
    """
    with RANKS.in_turn():  # the leader has written a beginning, or found where it was
        config = after_rescues(config, run)
        state = gan_state(config, device.device)
        restore_again(state, run)
        set_rates(state, config)
    batches = batches_of(config, dataset)
    length = length_of(config, len(batches.only))
    done = RANKS.meet_at(state.images, False)
    with stop_on_signal() as stop:
        if not done:
            step = gan_step(config, device, batches.labels if config.model.labels else None)
            try:
                train(state, step, batches, [], length, stop)
            except NotFiniteError as error:
                raise ImpastoError(f"{error} became NaN or infinite.") from error
    return Outcome(run.folder, state.images, state.seconds / 60, length.share(state) >= 1)

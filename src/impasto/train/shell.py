"""The shell of every training: folder lock, messages, signals, TensorBoard's log, report.

Each kind of training describes itself (`Ready`) and runs the loop inside `in_shell`:

    with in_shell(run, begin) as shell:
        if not shell.done:
            train(state, step, batches, hooks, length, shell.stop)
"""

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from torch.utils.tensorboard import SummaryWriter

from impasto.core.console import counted, say
from impasto.core.device import Device, is_out_of_memory
from impasto.core.runs import Run
from impasto.errors import ImpastoError
from impasto.train.hooks import open_events
from impasto.train.loop import Length
from impasto.train.progress import LiveLine, hms
from impasto.train.state import State


@dataclass(frozen=True)
class Ready:
    """A training that is ready to start or resume."""

    state: State
    """New, or restored from the newest checkpoint."""

    length: Length
    live: LiveLine
    device: Device
    what: str
    """Recipe and data: `impasto-64 on 60 pictures of flowers`."""

    batch: int
    """Pictures or strokes in a step."""

    fewer: str
    """How to reduce the batch if memory is short, as the end of a sentence."""

    is_kept: Callable[[], bool]
    """Whether the last snapshot was measured and the best one kept."""

    missing: Callable[[], str] = lambda: "its last snapshot is not measured yet"
    """What remains to be done if it was not, as the end of a sentence."""

    fewer_at_first: str = ""
    """`fewer` before there is a checkpoint, if it differs."""

    words: Sequence[tuple[str, str | None]] = ()
    """Further messages before it starts, each with its style."""

    report: Callable[[Run], None] | None = None
    """Writes the run's report."""

    result: Callable[[], str] = lambda: ""
    """What was reached, for the last message: `, best 24.10 dB`."""

    unit: str = "image"
    """The unit of progress."""

    def is_done(self) -> bool:
        """Whether its length is reached and nothing remains to be done."""
        return self.length.share(self.state) >= 1 and self.is_kept()

    def so_far(self) -> str:
        """`1,984 images in 1:00`."""
        return so_far(self.state, self.unit)


@dataclass
class Shell:
    """What the loop needs from its shell."""

    ready: Ready
    stop: Callable[[], bool]
    """Whether the user has asked to stop."""

    events: SummaryWriter
    done: bool
    """The training was complete before this start."""

    ended_by: str = ""
    """The last message, if neither its length nor a signal ended it."""

    @property
    def finished(self) -> bool:
        """Whether the training is complete."""
        return self.done or self.ready.is_done()


@contextmanager
def in_shell(run: Run, begin: Callable[[], Ready]) -> Iterator[Shell]:
    """Run the body, the loop of a training, with everything around it.

    Args:
        run: its folder, created if missing and locked meanwhile.
        begin: creates or restores the training; called once the folder is locked.

    Raises:
        ImpastoError: another process trains in this folder, or memory is short.
    """
    with run.locked():
        ready = begin()
        before, done = ready.state.images, ready.is_done()
        _say_what_begins(run, ready, done)
        with (
            stop_on_signal() as stop,
            open_events(run, before) as events,
            _reported(run, ready.report),
            _out_of_memory_in_words(run, ready),
        ):
            shell = Shell(ready, stop, events, done)
            if done:
                yield shell
                return
            with ready.live.progress:
                yield shell
        last = "Done" if shell.finished else "Stopped; run the same command again to resume"
        units = counted(ready.state.images - before, ready.unit)
        in_this_go = f", {units} in this go" if 0 < before < ready.state.images else ""
        run.tell(f"{shell.ended_by or last}: {ready.so_far()}{in_this_go}{ready.result()}.")


def _say_what_begins(run: Run, ready: Ready, done: bool) -> None:
    """Say what is trained or resumed, with further messages."""
    so_far = ready.so_far()
    if done:
        run.tell(
            f"{run.folder} is complete: {so_far}{ready.result()}; give a greater length to go on."
        )
    elif ready.length.share(ready.state) >= 1:
        run.tell(f"{run.folder} is trained, {so_far}; {ready.missing()}.")
    else:
        what = f"{ready.what}, {ready.device}"
        goes_on = ready.state.images > 0
        run.tell(f"Resuming {what}, from {so_far}." if goes_on else f"Training {what}.")
        for sentence, style in ready.words:
            run.tell(sentence, style=style)


def so_far(state: State, unit: str = "image") -> str:
    """`1,984 images in 1:00`: the progress of a training."""
    return f"{counted(state.images, unit)} in {hms(state.seconds)}"


@contextmanager
def _reported(run: Run, report: Callable[[Run], None] | None) -> Iterator[None]:
    """Write the report at the end, also after an error, but not after an interrupt."""
    write = report or (lambda _: None)
    try:
        yield
    except ImpastoError:
        write(run)
        raise
    write(run)


@contextmanager
def _out_of_memory_in_words(run: Run, ready: Ready) -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        where = "This machine" if ready.device.device.type == "cpu" else "The GPU"
        fewer = ready.fewer if run.checkpoints() else ready.fewer_at_first or ready.fewer
        raise ImpastoError(
            f"{where} has too little free memory for {counted(ready.batch, _plain(ready.unit))} "
            f"in a step. Close other programs there and run the same command again, or {fewer}"
        ) from error


def _plain(unit: str) -> str:
    return "picture" if unit == "image" else unit


@contextmanager
def stop_on_signal() -> Iterator[Callable[[], bool]]:
    """The first Ctrl-C (or a cluster's SIGTERM) stops after the step; the second interrupts.

    Closing the terminal (SIGHUP) also stops it, once or repeatedly: shells and session managers
    repeat the signal. Under `nohup` it is ignored.
    """
    asked: list[int] = []
    hang_up = getattr(signal, "SIGHUP", None)  # Windows has none

    def ask(number: int, _: FrameType | None) -> None:
        first = not asked
        asked.append(number)
        if first:
            say("Stopping: this step is finished and saved first; again to leave at once.")
        elif number == signal.SIGINT or (number != hang_up and number in asked[:-1]):
            raise KeyboardInterrupt

    kinds = [signal.SIGINT, signal.SIGTERM]
    if hang_up is not None and signal.getsignal(hang_up) != signal.SIG_IGN:
        kinds.append(hang_up)
    previous = {kind: signal.signal(kind, ask) for kind in kinds}
    try:
        yield lambda: bool(asked)
    finally:
        for kind, handler in previous.items():
            signal.signal(kind, handler)

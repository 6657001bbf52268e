"""The shell around every training, without a network."""

import pytest
import torch

from impasto.core.device import choose_device
from impasto.core.runs import Run
from impasto.errors import ImpastoError
from impasto.train.loop import Length
from impasto.train.progress import LiveLine
from impasto.train.shell import Ready, in_shell
from impasto.train.state import State

CPU = choose_device("cpu", "fp32")


def ready(state: State, length: int = 10, **more) -> Ready:
    whole = Length(images=length)
    given = {"what": "a recipe on strokes", "batch": 4, "fewer": "take fewer.", "unit": "stroke"}
    given |= {"is_kept": lambda: True} | more
    return Ready(state, whole, LiveLine(whole, state), CPU, **given)


@pytest.fixture
def state() -> State:
    return State(torch.device("cpu"), {}, {})


def told(run: Run) -> list[str]:
    return [line.partition("  ")[2] or line for line in run.log.read_text().splitlines()]


def test_it_says_what_begins_and_how_it_ended(tmp_path, state):
    run = Run(tmp_path)
    with in_shell(run, lambda: ready(state, words=[("Beware.", "yellow")])) as shell:
        assert not shell.done
        state.images = 10
    assert shell.finished
    first, warning, last = told(run)
    assert "Training a recipe on strokes, cpu" in first
    assert "Beware." in warning
    assert "Done: 10 strokes" in last


def test_what_goes_on_says_from_where_and_how_much_was_new(tmp_path, state):
    state.images, run = 4, Run(tmp_path)
    with in_shell(run, lambda: ready(state, result=lambda: ", best 9 dB")) as shell:
        state.images = 8
    assert not shell.finished
    first, last = told(run)
    assert "Resuming" in first and "from 4 strokes" in first
    assert last.endswith("8 strokes in 0:00, 4 strokes in this go, best 9 dB.")
    assert "run the same command again" in last


def test_what_is_complete_is_left_as_it_is(tmp_path, state):
    state.images, run = 10, Run(tmp_path)
    with in_shell(run, lambda: ready(state)) as shell:
        assert shell.done and shell.finished
    (only,) = told(run)
    assert "is complete: 10 strokes" in only


def test_what_still_owes_its_last_measurement_is_not_complete(tmp_path, state):
    state.images = 10
    with in_shell(Run(tmp_path), lambda: ready(state, is_kept=lambda: False)) as shell:
        assert not shell.done
    assert not shell.finished
    assert "its last snapshot is not measured yet" in told(Run(tmp_path))[0]


def test_what_went_back_to_before_this_start_counts_nothing_below_zero(tmp_path, state):
    state.images, run = 8, Run(tmp_path)
    with in_shell(run, lambda: ready(state)):
        state.images = 4  # rescued, then stopped
    assert told(run)[-1].endswith("resume: 4 strokes in 0:00.")


def test_short_memory_is_one_sentence_and_reported(tmp_path, state):
    written = []
    with (
        pytest.raises(ImpastoError, match=r"memory for 4 strokes .*take fewer"),
        in_shell(Run(tmp_path), lambda: ready(state, report=written.append)),
    ):
        raise torch.OutOfMemoryError("CUDA out of memory")
    assert len(written) == 1


def test_the_folder_is_locked_while_the_training_is_made(tmp_path, state):
    def begin() -> Ready:
        with pytest.raises(ImpastoError), Run(tmp_path).locked():
            pass
        return ready(state)

    with in_shell(Run(tmp_path), begin):
        pass

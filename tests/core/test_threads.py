"""One thread or all: whichever is faster, changed only for good, and never by a quiet machine."""

from collections.abc import Iterator

import pytest
import torch

from impasto.core.threads import DOUBT, EVERY, Threads, measured_gain

MOST = 4


class Machine:
    """A clock, and how much all threads gain at each time; measuring takes a hundredth."""

    def __init__(self, gains: dict[float, float]) -> None:
        self.now, self.gains, self.measured, self.said = 0.0, gains, 0, list[str]()

    def gain(self, most: int) -> float:
        assert most == MOST
        torch.set_num_threads(1)  # as the real one leaves it
        self.measured += 1
        self.now += 0.01
        return next(gain for since, gain in reversed(self.gains.items()) if since <= self.now)

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def threads(self) -> Threads:
        return Threads(0, self.gain, lambda: self.now, self.wait, self.said.append)


@pytest.fixture(autouse=True)
def all_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    before = torch.get_num_threads()
    torch.set_num_threads(MOST)
    yield
    torch.set_num_threads(before)


def used(machine: Machine, until: float) -> list[int]:
    """The numbers of threads that a piece of work of a second each is done with."""
    threads, found = machine.threads(), []
    while machine.now < until:
        threads.adjust()
        found.append(torch.get_num_threads())
        machine.now += 1
    return found


def test_a_quiet_machine_uses_all_threads_and_is_seldom_measured():
    machine = Machine({0: 1.8})
    assert set(used(machine, 100)) == {MOST}
    assert machine.measured <= 100 / EVERY + 1
    assert machine.said == []


def test_one_thread_from_the_start_beside_a_busy_program_and_a_sentence_once():
    machine = Machine({0: 0.1, 50: 1.8, 100: 0.1})
    assert used(machine, 40)[0] == 1
    assert machine.said == ["Another program is busy; using one core."]
    assert set(used(Machine({0: 0.1}), 40)) == {1}


def test_all_threads_come_back_once_the_other_program_is_done_and_are_told_no_more():
    machine = Machine({0: 0.1, 50: 1.8, 100: 0.1})
    found = used(machine, 200)
    assert found[0] == 1
    assert found[75] == MOST
    assert found[-1] == 1
    assert len(machine.said) == 1


def test_a_disturbance_of_a_moment_changes_nothing():
    machine = Machine({0: 1.8, 10: 0.1, 10 + DOUBT: 1.8})
    assert set(used(machine, 60)) == {MOST}


def test_what_is_about_as_fast_is_left_as_it_is():
    assert set(used(Machine({0: 1.05}), 60)) == {MOST}
    assert used(Machine({0: 0.1, 10: 1.05}), 60)[-1] == 1


def test_measuring_that_takes_long_becomes_rare():
    machine = Machine({0: 0.1})
    quick = machine.gain

    def slow(most: int) -> float:
        machine.now += 1
        return quick(most)

    machine.gain = slow  # type: ignore[method-assign]
    used(machine, 1000)
    assert machine.measured < 25


def test_the_number_that_a_user_or_a_program_chose_is_kept(monkeypatch):
    machine = Machine({0: 0.1})
    threads = machine.threads()
    torch.set_num_threads(1)
    threads.adjust()
    assert (torch.get_num_threads(), machine.measured) == (1, 0)
    torch.set_num_threads(MOST)
    monkeypatch.setenv("OMP_NUM_THREADS", str(MOST))
    threads.adjust()
    assert (torch.get_num_threads(), machine.measured) == (MOST, 0)


def test_a_gpu_is_not_asked():
    machine = Machine({0: 0.1})
    machine.threads().adjust("cuda")
    assert machine.measured == 0


def test_within_a_block_the_threads_are_its_own():
    machine = Machine({0: 1.8})
    threads = Threads(2, lambda most: 0.1, lambda: machine.now, machine.wait, machine.said.append)
    with threads.used():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == MOST


def test_measuring_leaves_chance_and_the_work_as_they_were():
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    with torch.inference_mode():
        assert measured_gain(2) > 0
    with torch.no_grad():
        assert measured_gain(2) > 0
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize(
    ("rounds", "expected"),
    [
        ([(1.0, 0.5), (1.0, 0.5)], 2.0),  # clearly fast twice
        ([(1.0, 0.5), (1.0, 9.0), (1.0, 9.0)], None),  # a moment between two turns of a loop
        ([(1.0, 9.0)], 1 / 9),  # clearly slow at once
    ],
)
def test_one_fast_round_is_not_believed(rounds, expected, monkeypatch):
    asked = []

    def timed(threads, x, weights):
        asked.append(threads)
        if len(asked) == 1:
            return 0.0  # the first pass prepares
        alone, together = rounds[min((len(asked) - 2) // 2, len(rounds) - 1)]
        return alone if threads == 1 else together

    monkeypatch.setattr("impasto.core.threads._timed", timed)
    gain = measured_gain(MOST)
    assert gain < 1 if expected is None else gain == pytest.approx(expected)
    assert len(asked) == 1 + 2 * len(rounds) or expected is None

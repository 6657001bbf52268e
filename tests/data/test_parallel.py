"""Results come in order, few at a time; trouble in a worker reaches the caller."""

import os

import pytest

from impasto.data.parallel import cores, map_in_order
from impasto.errors import ImpastoError


def double(number: int) -> int:
    return 2 * number


def fail_on_seven(number: int) -> int:
    if number == 7:
        raise ImpastoError("seven")
    return number


def die(number: int) -> int:
    os._exit(1)


@pytest.mark.parametrize("count", [0, 20, 600])
def test_results_are_in_order(count):
    assert list(map_in_order(double, range(count), count)) == [2 * n for n in range(count)]


@pytest.mark.parametrize("ahead", [1, 8, 32])
def test_only_a_few_are_in_flight(ahead):
    drawn = []

    def items():
        for number in range(1000):
            drawn.append(number)
            yield number

    results = map_in_order(double, items(), 100, ahead)
    next(results)
    assert len(drawn) <= ahead * cores()
    results.close()


def test_an_error_reaches_the_caller():
    with pytest.raises(ImpastoError, match="seven"):
        list(map_in_order(fail_on_seven, range(20), 20))


def test_a_killed_worker_is_one_sentence():
    with pytest.raises(ImpastoError, match="memory"):
        list(map_in_order(die, range(300), 300))

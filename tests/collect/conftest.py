"""A client that may speak to this machine, and whose waiting takes no time."""

from collections.abc import Iterator

import pytest

from impasto.collect.client import Client, Manners
from impasto.collect.gather import Bounds
from impasto.collect.pace import Pace
from tests.collect.site import LOOPBACK, Clock, Site


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pace(clock: Clock) -> Pace:
    return Pace(1.0, clock, clock.sleep)


@pytest.fixture
def client(pace: Pace) -> Iterator[Client]:
    with Client(pace, "a@b.example", Manners(), trusted=LOOPBACK, timeout=2) as client:
        yield client


@pytest.fixture
def bounds() -> Bounds:
    return Bounds(pictures=100, picture_bytes=2**20, total_bytes=2**24)

"""The chance of a brush: Knuth's lagged Fibonacci fractions, in libmypaint's short version.

libmypaint gives every new brush the same stream of fractions. With the same stream the embedded
engine lays its dabs where libmypaint lays them, so the two can be compared dab by dab.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

LONG, SHORT, BLOCK, APART = 10, 7, 19, 7
"""libmypaint's lags, fractions made at a time (of which `LONG` are used) and stream separation."""

FIRST_SEED = 1000
"""The seed that libmypaint gives to every new brush."""


def fractions(count: int, seed: int) -> NDArray[np.float64]:
    """`count` fractions in [0, 1) of the stream with `seed` (Knuth, TAOCP 2, section 3.6)."""
    state = _start(seed)
    out: list[float] = []
    while len(out) < count:
        block, state = _next_block(state, BLOCK)
        out += block[:LONG]
    return np.array(out[:count])


def _sum(a: float, b: float) -> float:
    """(a + b) mod 1; exact, since all fractions are multiples of 2⁻⁵²."""
    return (a + b) % 1.0


def _next_block(state: list[float], length: int) -> tuple[list[float], list[float]]:
    """`length` numbers of x[n] = x[n − LONG] + x[n − SHORT] mod 1, and the state after them."""
    x = state[:]
    while len(x) < length + LONG:
        x.append(_sum(x[-LONG], x[-SHORT]))
    return x[:length], x[length:]


def _start(seed: int) -> list[float]:
    """The state that the seed stands for: z to the power of the seed, modulo z¹⁰ + z⁷ + 1."""
    ulp = 2.0**-52
    u = [0.0] * (2 * LONG - 1)
    value = 2 * ulp * ((seed & 0x3FFFFFFF) + 2)
    for place in range(LONG):
        u[place] = value
        value += value
        if value >= 1.0:
            value -= 1.0 - 2 * ulp  # a cyclic shift of 51 bits
    u[1] += ulp  # only this one is odd
    bits, left = seed & 0x3FFFFFFF, APART - 1
    while left:
        for place in range(LONG - 1, 0, -1):  # square
            u[2 * place], u[2 * place - 1] = u[place], 0.0
        for place in range(2 * LONG - 2, LONG - 1, -1):
            u[place - (LONG - SHORT)] = _sum(u[place - (LONG - SHORT)], u[place])
            u[place - LONG] = _sum(u[place - LONG], u[place])
        if bits & 1:  # times z
            u[1 : LONG + 1] = u[:LONG]
            u[0] = u[LONG]
            u[SHORT] = _sum(u[SHORT], u[LONG])
        if bits:
            bits >>= 1
        else:
            left -= 1
    state = u[SHORT:LONG] + u[:SHORT]
    for _ in range(10):
        _, state = _next_block(state, 2 * LONG - 1)
    return state


@lru_cache(maxsize=64)
def table(rows: int, scattered: bool, sized: bool, seed: int) -> NDArray[np.float32]:
    """What chance gives to each dab of a stroke, in the order in which libmypaint asks.

    Args:
        rows: how many dabs.
        scattered: whether the brush scatters its dabs.
        sized: whether it varies their radius.
        seed: 0 for libmypaint's own stream, others for others.

    Returns:
        (rows, 4), float32: two near-normal offsets, a near-normal for the radius, and a fraction.
    """
    each = 8 * scattered + 4 * sized + 1
    stream = fractions(rows * each + 1, FIRST_SEED + seed).astype(np.float64)
    chance = np.zeros((rows, 4), np.float32)
    chance[:, 3] = stream[:-1:each]  # drawn after the dab before
    of_dab = stream[1:].reshape(rows, each)
    # Four fractions, moved and scaled to mean 0 and variance 1, stand for a normal number.
    sums = of_dab[:, : each - 1].reshape(rows, -1, 4).sum(2) * np.sqrt(3) - 2 * np.sqrt(3)
    if scattered:
        chance[:, :2] = sums[:, :2]
    if sized:
        chance[:, 2] = sums[:, -1]
    return chance

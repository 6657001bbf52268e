"""What the others do while one leads: shares of its work, and signs that it is alive."""

import pytest

from impasto.core import helping
from impasto.core.helping import do_together, in_turn, leading, spread
from tests.core.test_together import launched

pytestmark = pytest.mark.slow

SIDE = """
import os, signal, sys, time
import torch
from impasto.core.helping import *
from impasto.core.rank import patience
from impasto.core.together import RANKS
from impasto.errors import ImpastoError, PartedError
from impasto.models.flat_field import flatten, set_pattern, summed
from tests.models.test_flat_field import Stamped, batches

RANKS.join(torch.device("cpu"))
me = RANKS.rank

def made(part):
    if part == "full":
        raise OSError(28, "No space left on device", "a.png") if me else ValueError("mine")
    if part == "hang":
        os.kill(os.getpid(), signal.SIGSTOP)
    return part, me

total = []
painter, alone = Stamped().eval(), Stamped().eval()
jobs = {
    "flat": lambda given: summed(painter, given),
    "pattern": lambda pattern: set_pattern(painter, pattern),
    "make": made,
    "sum": jointly(lambda: total.append(RANKS.sum(torch.tensor(RANKS.rank + 1)).item())),
}
unknown = lambda part: (part, "alone")

if RANKS.leads:
    with leading(jobs):
        print([*spread("make", made, range(5))], [*spread("other", unknown, [7])])
        do_together("sum", jobs["sum"].__closure__[0].cell_contents)
        time.sleep(patience() + 5)  # longer than they wait: they hear that it is alive
        try:
            list(spread("make", made, [1, "full"]))
        except OSError as error:
            print(error.filename, error.errno)
        print([*spread("make", made, "ab")])
        flatten(painter, batches(2), batches(3), "flat")
        tell_all("pattern", painter.flat_field.pattern)
    with leading({}, then=AGAIN):
        do_together("sum", lambda: print(RANKS.count))  # nobody knows the job: all of it is here
else:
    assert help_leader(jobs) == GO_ON
    assert help_leader(jobs) == AGAIN
assert total == [3]
flatten(alone, batches(2), batches(3))  # which the other has by what it was told
assert torch.allclose(painter.flat_field.pattern, alone.flat_field.pattern, atol=1e-6)
assert alone.flat_field.pattern.abs().max() > 0.1
told = []
with in_turn({"distance": told.append}):
    if me == 0:
        tell_all("distance", 0.25)
    else:
        assert told == [0.25]  # before this one's turn
if RANKS.leads:
    began = time.monotonic()
    try:
        with RANKS.in_words(), leading(jobs):
            list(spread("make", made, [1, "hang"]))
    except PartedError as error:
        print(time.monotonic() - began < 2 * patience() + 20, error)
        os.kill(int(open(sys.argv[1]).read()), signal.SIGCONT)
else:
    open(sys.argv[1], "w").write(str(os.getpid()))
    try:
        help_leader(jobs)
    except RuntimeError:
        pass
"""


def test_two_share_the_work_of_one(tmp_path):
    (tmp_path / "side.py").write_text(SIDE)
    leader, _ = launched(tmp_path / "side.py", tmp_path / "number", patience=8)
    said = leader.told().splitlines()
    assert said[0] == "[(0, 0), (1, 1), (2, 0), (3, 1), (4, 0)] [(7, 'alone')]"
    assert said[1] == "a.png 28"  # what another could not do, the leader says
    assert said[2] == "[('a', 0), ('b', 1)]"  # and can go on
    assert said[3] == "1"
    assert said[4].startswith("True Another of the 2 processes has ended, or was silent for 8")


def test_alone_a_job_is_done_part_by_part_as_it_is_asked_for():
    done = []
    parts = spread("any", lambda part: done.append(part) or part, iter("abc"))
    assert next(parts) == "a"
    assert done == ["a"]
    assert list(parts) == ["b", "c"]
    with leading({"any": str}), in_turn():
        do_together("any", lambda: done.append("once"))
    assert done == ["a", "b", "c", "once"]


def test_a_sign_of_life_comes_before_patience_ends():
    assert helping.PATIENCE.total_seconds() / 2 > helping.BEAT


def test_what_goes_wrong_alone_is_raised_as_it_is():
    with pytest.raises(ZeroDivisionError):
        list(spread("any", lambda part: 1 // part, [0]))

"""The work on files on other machines: Dask's workers, found by their scheduler's address.

All machines see the source and the set under the same paths, and have the same Impasto.
"""

import logging
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor, Future, wait
from contextlib import contextmanager
from typing import Any

from impasto.core.console import say
from impasto.core.parallel import working_on
from impasto.core.software import software
from impasto.errors import ImpastoError

ANSWER = 15.0
"""Seconds for the scheduler to answer, and for its first worker to come."""
WITHOUT = 120.0
"""Seconds for another worker to come when all have gone."""
_LOOK = 1.0
"""Seconds of waiting for a result after which it is looked whether there are workers."""
_RETRIES = 3
"""How often a file is looked at again after an error. Workers that die over it are counted by
Dask's own `allowed-failures`: three, unless its configuration says otherwise."""
_LOGS = ("distributed", "distributed.client")
"""Dask's own words, with tracebacks; what matters of them is said in a sentence."""


@contextmanager
def cluster(address: str) -> Iterator[None]:
    """Within it the work on files is done by a scheduler's workers.

    Args:
        address: `dask://HOST:PORT`.

    Raises:
        ImpastoError: nobody answers there, no worker is there or has the same Impasto, or the last
            one has gone.
    """
    found = re.fullmatch(r"dask://([^/\s:]+|\[[0-9a-fA-F:]+\]):(\d{1,5})/?", address)
    if found is None:
        raise ImpastoError(f"--on {address}: name a scheduler as in --on dask://HOST:8786.")
    try:
        from distributed import Client
        from distributed.core import CommClosedError
        from distributed.scheduler import KilledWorker
    except ImportError as error:
        raise ImpastoError(
            "--on needs Dask, which is not installed; install it with "
            "pip install 'impasto[cluster]'."
        ) from error
    place = f"tcp://{found[1]}:{found[2]}"
    with _quiet():
        try:
            client = Client(place, timeout=ANSWER, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ImpastoError(
                f"--on {address}: no Dask scheduler answers there; start one with `dask "
                "scheduler`, or check the address."
            ) from error
        with client:
            try:
                with working_on(*_workers(client, address, place)):
                    yield
            except KilledWorker as error:
                raise ImpastoError(
                    f"--on {address}: several workers died over the same file, most often for "
                    "want of memory; give them more, and the same command again."
                ) from error
            except (CommClosedError, CancelledError) as error:
                raise ImpastoError(
                    f"--on {address}: the scheduler has gone; start it again, and the same "
                    "command goes on."
                ) from error


def _workers(client: Any, address: str, place: str) -> tuple[Executor, int]:
    """The scheduler's workers, and how many files they look at together.

    Raises:
        ImpastoError: there are none, or one has another Impasto.
    """
    try:
        client.wait_for_workers(1, timeout=ANSWER)
    except TimeoutError as error:
        raise ImpastoError(
            f"--on {address}: the scheduler has no workers; start some with `dask worker {place}`."
        ) from error
    for worker, theirs in client.run(software, on_error="return").items():
        _require_same(worker, theirs if isinstance(theirs, str) else "too old to tell which")
    return _Workers(client, address, place), sum(client.ncores().values())


def _require_same(worker: str, theirs: str) -> None:
    """Refuse a worker whose code is another: its verdicts may be, too."""
    if theirs != software():
        raise ImpastoError(
            f"The worker at {worker} has another Impasto ({theirs}) than this machine "
            f"({software()}); install the same on all, and give the same command again."
        )


def _checked(ours: str, function: Callable[[Any], Any], item: Any) -> Any:
    """Work, in a worker, that may have come later than the others were looked at."""
    if software() != ours:
        from distributed import get_worker

        raise _OtherError(get_worker().address, software())
    return function(item)


class _OtherError(Exception):
    """Raised in a worker: its address and its Impasto."""


class _Workers(Executor):
    """Dask's workers as an executor, whose results are not waited for where nobody works."""

    def __init__(self, client: Any, address: str, place: str) -> None:
        # A picture is not its name: the same item may have to be looked at anew.
        self._inner = client.get_executor(pure=False, retries=_RETRIES)
        self._client, self._address, self._place = client, address, place
        self._alone_since: float | None = None

    def submit(  # type: ignore[override]  # one argument is all that is needed
        self, function: Callable[[Any], Any], item: Any
    ) -> Future[Any]:
        """Have a function work on an item."""
        return _Result(self._inner.submit(_checked, software(), function, item), self.look)

    def look(self) -> None:
        """See whether somebody works.

        Raises:
            ImpastoError: nobody has for too long.
        """
        if self._client.ncores():
            self._alone_since = None
            return
        if self._alone_since is None:
            self._alone_since = time.monotonic()
            say(
                f"--on {self._address}: all workers have gone; waiting for another one "
                f"(dask worker {self._place})."
            )
        elif time.monotonic() - self._alone_since > WITHOUT:
            raise ImpastoError(
                f"--on {self._address}: all workers have gone, and none has come for "
                f"{WITHOUT:g} seconds; start some with `dask worker {self._place}`, and the same "
                "command goes on."
            )


class _Result(Future[Any]):
    """A result on its way; whoever waits for it looks now and then whether somebody works."""

    def __init__(self, inner: Future[Any], look: Callable[[], None]) -> None:
        super().__init__()
        self._inner, self._look = inner, look

    def result(self, timeout: float | None = None) -> Any:
        """What the work gave."""
        while not wait([self._inner], _LOOK if timeout is None else timeout).done:
            if timeout is not None:
                raise TimeoutError
            self._look()
        try:
            return self._inner.result()
        except _OtherError as error:
            _require_same(*error.args)
            raise

    def cancel(self) -> bool:
        """Have it not done."""
        return self._inner.cancel()


@contextmanager
def _quiet() -> Iterator[None]:
    """Without Dask's log."""
    before = {name: logging.getLogger(name).level for name in _LOGS}
    for name in _LOGS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)

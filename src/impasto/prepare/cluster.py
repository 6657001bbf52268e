"""The work on files on other machines: Dask's workers, found by their scheduler's address.

All machines see the source and the set under the same paths, and have the same Impasto.
"""

import re
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager

from impasto.core.parallel import working_on
from impasto.errors import ImpastoError

ANSWER = 15.0
"""Seconds for the scheduler to answer, and for its first worker to come."""
_RETRIES = 3
"""How often a file is given to another worker when one dies over it."""


@contextmanager
def cluster(address: str) -> Iterator[None]:
    """Within it the work on files is done by a scheduler's workers.

    Args:
        address: `dask://HOST:PORT`.

    Raises:
        ImpastoError: nobody answers there, no worker is there, or the last one has gone.
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
    try:
        client = Client(f"tcp://{found[1]}:{found[2]}", timeout=ANSWER, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ImpastoError(
            f"--on {address}: no Dask scheduler answers there; start one with `dask scheduler`, or "
            "check the address."
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=ANSWER)
        except TimeoutError as error:
            raise ImpastoError(
                f"--on {address}: the scheduler has no workers; start some with "
                f"`dask worker tcp://{found[1]}:{found[2]}`."
            ) from error
        slots = sum(client.ncores().values())
        try:
            # A picture is not its name: the same item may have to be looked at anew.
            with working_on(client.get_executor(pure=False, retries=_RETRIES), slots):
                yield
        except KilledWorker as error:
            raise ImpastoError(
                f"--on {address}: several workers died over the same file, most often for want of "
                "memory; give them more, and the same command again."
            ) from error
        except (CommClosedError, CancelledError) as error:
            raise ImpastoError(
                f"--on {address}: the scheduler has gone; start it again, and the same command "
                "goes on."
            ) from error

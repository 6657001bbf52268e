"""The files of one call of `prepare`, and which of them must be looked at."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from impasto.core.parallel import cores
from impasto.errors import ImpastoError
from impasto.prepare.cache import Cache
from impasto.prepare.examine import Item, Settings, unchanged
from impasto.prepare.listing import Listing
from impasto.prepare.remote import DISK_FULL, NOT_FETCHED
from impasto.prepare.store import Workbench
from impasto.prepare.where import fetch, in_state, shard_of

_AT_ONCE = 4096


class Items:
    """The files that are looked at, by number and by name."""

    def __init__(self, listing: Listing, chosen: list[int], cache: Cache) -> None:
        self._listing, self._chosen, self._cache = listing, chosen, cache
        self._numbers = {listing.names[number]: number for number in chosen}

    def __len__(self) -> int:
        return len(self._chosen)

    def __getitem__(self, number: int) -> Item:
        place = self._chosen[number]
        listing = self._listing
        state = listing.state(place) if listing.state is not None else None
        return listing.names[place], in_state(listing.locate(place), state), state

    def name(self, number: int) -> str:
        """What the file of that number is called."""
        return self._listing.names[self._chosen[number]]

    def where(self, name: str) -> str:
        """Where a file lies; empty for one that was lost on the way."""
        number = self._numbers.get(name)
        if number is None:
            return ""
        listing = self._listing
        state = listing.state(number) if listing.state is not None else None
        return in_state(listing.locate(number), state)

    def path(self, name: str) -> Path:
        """A file on this machine with the content of a file; there is none where it was lost."""
        try:
            return fetch(self.where(name) or "lost/", self._cache)
        except (ImpastoError, OSError) as error:
            if isinstance(error, OSError) and error.errno in DISK_FULL:
                raise
            return Path("lost/")

    def forget(self, name: str) -> None:
        """A file has changed: what was fetched of it is no longer it."""
        self._cache.forget(self.where(name))

    def forget_shard(self, name: str) -> None:
        """A file could not be had: the copy of the shard that it lies in may be damaged."""
        if shard := shard_of(self.where(name)):
            self._cache.forget(shard)


def changed_files(bench: Workbench, items: Items, settings: Settings) -> list[int]:
    """The numbers of the files that are not what the facts tell of."""

    def changed(number: int) -> bool:
        name = items.name(number)
        facts = bench.facts.get(name)
        if facts is None:
            return True
        state = facts.state
        if not unchanged(items[number], settings, facts):
            items.forget(name)
            if facts.reason == NOT_FETCHED:
                items.forget_shard(name)
            return True
        if facts.state != state:  # another file of the same content
            bench.facts.add([facts])
        return False

    with ThreadPoolExecutor(cores()) as pool:  # where identities differ, contents are compared
        found = list[int]()
        for start in range(0, len(items), _AT_ONCE):
            some = range(start, min(start + _AT_ONCE, len(items)))
            found += [
                number for number, new in zip(some, pool.map(changed, some), strict=True) if new
            ]
        return found

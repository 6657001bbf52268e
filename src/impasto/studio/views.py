"""Jobs as pages see them. A page that watches looks three times a second, mostly at ended ones."""

from collections.abc import Mapping

from impasto.core.files import state_of
from impasto.studio.jobs import Job
from impasto.studio.results import results
from impasto.studio.workspace import Workspace

MOST = 1_000
"""Ended jobs whose views are kept in memory."""

_OWN = ("ended.json", "cancelled", "events.jsonl")
"""Files of a job that its view depends on once it has ended."""


class Views:
    """What a page shows of each job; kept of those that have ended, until one of its files changes.

    Used from several threads.
    """

    def __init__(self) -> None:
        self._kept: dict[str, tuple[object, dict[str, object]]] = {}

    def of(self, workspace: Workspace, job: Job, made: Mapping[str, str]) -> dict[str, object]:
        """`Job.view`, with the item that it made and the names of its files.

        Args:
            workspace: of the job.
            job: any.
            made: ids of all items, by place.
        """
        return self._view(workspace, job) | {"made": made.get(job.place)}

    def _view(self, workspace: Workspace, job: Job) -> dict[str, object]:
        files = [job.folder / name for name in _OWN] + [workspace.folder / job.place]
        state = [state_of(file) for file in files]
        known = self._kept.get(job.id)
        if known is not None and known[0] == state:
            return known[1]
        names = [path.name for path in results(workspace, job)]
        view = job.view() | {"names": names}
        if state[0][0] >= 0:  # it has ended
            if len(self._kept) >= MOST:
                self._kept.clear()
            self._kept[job.id] = state, view
        return view

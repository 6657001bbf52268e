"""The verdict on a file that is no picture, and the few reasons that there are."""

NOT_READ = "a kind that is not read"
"""A sound file, perhaps, of a kind so rare or so private that its colours would be a guess."""


class Unreadable(Exception):  # noqa: N818 -- a verdict on a file, not a fault of the program
    """A file that is no picture; `reason` is short and countable, `detail` says more."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail

    def __str__(self) -> str:
        """The reason, with the detail in brackets."""
        return f"{self.reason} ({self.detail})" if self.detail else self.reason

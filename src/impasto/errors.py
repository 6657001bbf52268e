"""The one kind of error that a user is meant to read: a sentence that names the way out."""


class ImpastoError(Exception):
    """Something the user can mend; its text names the file or option and what to do.

    The command line prints it without a traceback and exits with status 1.
    Anything else that escapes is a bug in Impasto.
    """

    exit_status = 1
    """With which the command ends."""


class UnreadableError(ImpastoError):
    """A file could not be read, for a reason that need not be its content.

    The disk, too little memory, or another version of Impasto that wrote it: the file may be whole.
    """


class PartedError(ImpastoError):
    """Another of several processes is gone; the launcher may begin all again."""

    exit_status = 75  # EX_TEMPFAIL of sysexits.h: worth another try

"""What goes wrong elsewhere, each in one sentence, and whether asking again may help."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from impasto.errors import ImpastoError

_INSTALL = "pip install 'impasto[remote]'"
DISK_FULL = {errno.ENOSPC, errno.EDQUOT}
"""Errors of the disk that things are fetched to: no fault of the address."""


class RemoteError(ImpastoError):
    """Something elsewhere could not be had."""


class AwayError(RemoteError):
    """Nobody answers, or not now: whatever else lies there may fare the same."""


class TooLargeError(RemoteError):
    """There are more bytes than are taken."""


class StatusError(Exception):
    """What a web server answers instead of a file."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@contextmanager
def told(address: str) -> Iterator[None]:
    """Whatever a library raises, in one sentence; a full disk is passed on."""
    try:
        yield
    except RemoteError:
        raise
    except ImportError as error:
        raise AwayError(
            f"{address} needs a library that is not installed; install it with {_INSTALL}."
        ) from error
    except Exception as error:
        if isinstance(error, OSError) and error.errno in DISK_FULL:
            raise
        kind = AwayError if _is_away(error) else RemoteError
        raise kind(_sentence(address, error)) from error


_NO_CREDENTIAL = {"NoCredentialsError", "PartialCredentialsError", "DefaultCredentialsError"}
_NO_RIGHTS = {"GatedRepoError", "RepositoryNotFoundError", "AccessDenied"}
_SILENT = {
    *("ConnectTimeout", "ReadTimeout", "WriteTimeout", "PoolTimeout"),
    *("ConnectTimeoutError", "ReadTimeoutError", "ServerTimeoutError"),
}
_UNREACHED = {"ConnectError", "EndpointConnectionError", "ClientConnectorError", "ConnectionError"}
_BROKE_OFF = {
    *("ReadError", "WriteError", "CloseError", "RemoteProtocolError", "IncompleteRead"),
    *("ServerDisconnectedError", "ClientPayloadError", "ConnectionClosedError"),
}
_LATER = {408, 425, 429}
"""What servers answer that want to be asked again later; so do those from 500 on."""


def _is_away(error: BaseException) -> bool:
    """Whether nobody has answered, or only that it should be asked later.

    What is not there, or not for us, is an answer.
    """
    if isinstance(error, StatusError):
        return error.code >= 500 or error.code in _LATER
    if isinstance(error, (FileNotFoundError, PermissionError, IsADirectoryError)):
        return False
    kinds = {type(each).__name__ for each in _chain(error)}
    return isinstance(error, OSError) or bool(
        kinds & (_NO_CREDENTIAL | _SILENT | _UNREACHED | _BROKE_OFF)
    )


def _sentence(address: str, error: BaseException) -> str:
    kinds = {type(each).__name__ for each in _chain(error)}
    if kinds & _NO_CREDENTIAL:
        return (
            f"{address} needs a credential and none was found; set it up as the tools of that "
            "store do (AWS_ACCESS_KEY_ID, gcloud auth, HF_TOKEN)."
        )
    code = error.code if isinstance(error, StatusError) else 0
    if code in (401, 403):
        return (
            f"{address} may not be read by all, and plain addresses get no credential; name it by "
            "hf:// or s3://, or download it."
        )
    if isinstance(error, PermissionError) or kinds & _NO_RIGHTS:
        return (
            f"{address} may not be read: it wants other rights than yours, or a credential and "
            "none was found; check AWS_PROFILE, gcloud auth or HF_TOKEN."
        )
    if isinstance(error, FileNotFoundError) or code in (404, 410):
        return f"There is nothing at {address}; check the address."
    if isinstance(error, TimeoutError) or kinds & _SILENT:
        return f"{address} does not answer; try again later, or check the address and the network."
    if kinds & _UNREACHED:
        return f"{address} cannot be reached; check the address and the network."
    if code:
        later = "try again later" if _is_away(error) else "check the address"
        return f"{address} cannot be read: its server answers with status {code}; {later}."
    if "TooManyRedirects" in kinds:
        return f"{address} cannot be read: it only leads to others; check the address."
    if kinds & _BROKE_OFF:
        return f"{address} broke off; try again later."
    words = " ".join(str(error).split()) or type(error).__name__
    return f"{address} cannot be read ({words[:200]})."


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        following = error.__cause__ or error.__context__
        if following is None:
            return
        error = following

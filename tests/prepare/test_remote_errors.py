"""What goes wrong elsewhere is one sentence, and it is told from what is wrong here."""

import errno
import io

import pytest

from impasto.prepare import remote
from tests.prepare.elsewhere import served


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_not_the_address(number):
    class Full(io.BytesIO):
        def write(self, content):
            raise OSError(number, "full")

    with served({"/a.png": b"abc"}) as (address, _), pytest.raises(OSError, match="full") as told:
        remote.download(f"{address}/a.png", Full(), 100)
    assert told.value.errno == number


@pytest.mark.parametrize("status", [400, 403, 404, 410, 451, 408, 429, 500, 503])
def test_what_a_server_answers_is_no_absence(status):
    with served({"/a": status}) as (address, _), pytest.raises(remote.RemoteError) as told:
        remote.download(f"{address}/a", io.BytesIO(), 100)
    assert isinstance(told.value, remote.AwayError) == (status in (408, 429, 500, 503))
    assert "\n" not in str(told.value)
    assert "mozilla" not in str(told.value)

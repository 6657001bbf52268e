import threading
import urllib.error
import urllib.request

import pytest

from impasto.core.local_page import LocalPage


def test_the_page_is_served_and_an_unknown_path_is_not_found():
    server = LocalPage(lambda: "<p>here</p>", {})
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        with urllib.request.urlopen(server.address, timeout=5) as answer:
            assert answer.read() == b"<p>here</p>"
        with pytest.raises(urllib.error.HTTPError, match="404") as refused:
            urllib.request.urlopen(server.address + "elsewhere", timeout=5)
        refused.value.close()
    finally:
        server.finish()
        thread.join(5)

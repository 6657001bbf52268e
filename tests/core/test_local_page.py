import json
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest

from impasto.core.local_page import LocalPage, Part, _Handler


@contextmanager
def served(server):
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield server.address
    finally:
        server.finish()
        thread.join(5)


def test_parts_come_as_they_are_and_no_script_may_stand_in_the_page():
    picture = Part(b"\x00<script>", "image/webp", lasting=True)
    server = LocalPage(lambda: "page", {}, {"picture/1": picture}.get)
    with served(server) as address, urllib.request.urlopen(address + "picture/1") as answer:
        assert answer.read() == picture.content
        assert answer.headers["Content-Type"] == "image/webp"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "no-store" not in answer.headers["Cache-Control"]
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_an_action_answers_and_one_that_makes_no_sense_is_refused():
    server = LocalPage(lambda: "page", {"add": lambda said: {"sum": sum(said)} if said else None})
    with served(server) as address:
        for body, status in (([1, 2], 200), ([], 400)):
            request = urllib.request.Request(address + "add", json.dumps(body).encode())
            try:
                with urllib.request.urlopen(request, timeout=5) as answer:
                    found = answer.status, json.load(answer)
            except urllib.error.HTTPError as error:
                found = error.code, json.load(error)
                error.close()
            assert found == (status, {"sum": 3} if status == 200 else {})


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


def test_the_answer_to_the_last_action_is_out_before_the_serving_ends(monkeypatch):
    reply = _Handler._reply

    def slowly(handler, *arguments):
        time.sleep(0.5)  # a busy computer
        reply(handler, *arguments)

    monkeypatch.setattr(_Handler, "_reply", slowly)
    server = LocalPage(lambda: "page", {"done": lambda _: (server.finish(), {})[1]})
    ended, answered = [], []
    thread = threading.Thread(target=lambda: (server.serve(), ended.append(time.monotonic())))
    thread.start()
    request = urllib.request.Request(server.address + "done", b"{}")
    with urllib.request.urlopen(request, timeout=5) as answer:
        answered.append((time.monotonic(), answer.status))
    thread.join(5)
    assert answered[0][1] == 200
    assert ended[0] > answered[0][0] - 0.25

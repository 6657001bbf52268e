"""A person's word stands above every measure, is asked for once, and only from this machine."""

import http.client
import json
import socket
import struct
import threading
import time

import numpy as np
import pytest
from PIL import Image

from impasto.core.pages import render
from impasto.data.decisions import read_decisions
from impasto.data.doubtful import questions
from impasto.data.prepare import prepare
from impasto.data.review import Reviewer, review
from impasto.errors import ImpastoError
from tests.data.messy import strokes


@pytest.fixture
def prepared(tmp_path, monkeypatch):
    """Three pictures, of which the network takes the first for a photograph."""
    (tmp_path / "in").mkdir()
    for name, seed in (("<b>&.png", 1), ("b.png", 2), ("c.png", 3)):
        Image.fromarray(strokes(seed, 120, 100)).save(tmp_path / "in" / name)

    from impasto.data import verdicts

    def scores(textures):
        return np.where(textures[:, 0] == 0, 9.0, -20.0)

    monkeypatch.setattr(verdicts, "photograph_scores", scores)

    def again():
        def look(views):
            return np.repeat(np.arange(len(views), dtype=np.float32)[:, None], 1024, axis=1)

        return prepare(tmp_path / "in", tmp_path / "out", size=32, look=look)

    assert again().reasons == {"photograph, not a painting": 1}
    return tmp_path / "out", again


@pytest.fixture
def server(prepared):
    reviewer = Reviewer(prepared[0], questions(prepared[0]))
    thread = threading.Thread(target=reviewer.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield reviewer
    reviewer.shutdown()
    thread.join()
    reviewer.server_close()


def ask(server, method, what="", body=None, secret=None, host=None):
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    headers = {"Host": host} if host else {}
    path = f"/{server.secret if secret is None else secret}/{what}"
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    answer = connection.getresponse()
    content = answer.read().decode()
    connection.close()
    return answer.status, content


def test_the_page_shows_the_doubtful_and_escapes_their_names(server):
    status, page = ask(server, "GET")
    assert status == 200
    assert "&lt;b&gt;&amp;.png" in page
    assert "<b>&" not in page
    assert "b.png" not in page.replace("&lt;b&gt;&amp;.png", "")
    assert "photograph score 9.0" in page


def test_a_click_is_remembered_and_not_asked_again(server, prepared):
    out, again = prepared
    assert ask(server, "POST", "decide", {"file": "<b>&.png", "keep": True})[0] == 200
    decision = read_decisions(out)[0]
    assert (decision.verdict, decision.reason) == ("keep", "kept by hand")
    assert again().kept == 3
    assert questions(out) == []
    assert again().kept == 3


def test_a_picture_may_be_dropped_by_hand(server, prepared):
    out, again = prepared
    assert ask(server, "POST", "decide", {"file": "<b>&.png", "keep": False})[0] == 200
    assert again().reasons == {"dropped by hand": 1}
    assert questions(out) == []


@pytest.mark.parametrize(
    "body",
    [None, 3, {}, {"file": "b.png", "keep": True}, {"file": "<b>&.png"}, {"keep": "yes"}],
)
def test_what_was_not_asked_is_not_taken(server, prepared, body):
    before = (prepared[0] / "decisions.csv").read_bytes()
    assert ask(server, "POST", "decide", body)[0] == 400
    assert (prepared[0] / "decisions.csv").read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"no table\n", b"file,verdict\n\xff\xfe", None])
@pytest.mark.parametrize("what", ["decide", "done"])
def test_a_click_on_a_set_whose_decisions_cannot_be_read_is_refused(
    server, prepared, content, what
):
    table = prepared[0] / "decisions.csv"
    table.unlink()
    if content is not None:
        table.write_bytes(content)
    status, answer = ask(server, "POST", what, {"file": "<b>&.png", "keep": True})
    assert status == 409
    assert "decisions.csv" in json.loads(answer)["error"]
    assert not server.decided
    assert (table.read_bytes() if table.exists() else None) == content


@pytest.mark.parametrize("request_line", [b"GET /{}/ HTTP/1.1", b"POST /{}/decide HTTP/1.1", b""])
def test_a_browser_that_hangs_up_prints_nothing(server, request_line, capfd, monkeypatch):
    ended = threading.Event()
    shut = server.shutdown_request
    monkeypatch.setattr(server, "shutdown_request", lambda each: (shut(each), ended.set()))
    monkeypatch.setattr("impasto.data.review.render", lambda *_, **__: "x" * 2**24)
    line = request_line.replace(b"{}", server.secret.encode())
    connection = socket.create_connection(("127.0.0.1", server.server_port))
    host = f"Host: 127.0.0.1:{server.server_port}\r\nContent-Length: 90\r\n".encode()
    connection.sendall(line + b"\r\n" + host + b"\r\n" + b"{")
    linger = struct.pack("ii", 1, 0)  # closing then resets the connection
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    time.sleep(0.1)
    connection.close()
    assert ended.wait(10)
    assert capfd.readouterr() == ("", "")
    assert ask(server, "GET")[0] == 200


def test_strangers_are_refused(server):
    assert ask(server, "GET", secret="guess")[0] == 403
    assert ask(server, "GET", host="elsewhere.example")[0] == 403
    assert ask(server, "POST", "decide", {}, secret="")[0] == 403
    assert ask(server, "POST", "other", {})[0] == 404
    assert server.server_address[0] == "127.0.0.1"


def test_while_the_page_is_open_another_prepare_waits_its_turn(prepared, monkeypatch):
    out, again = prepared
    refused = []

    def served(self, **_):
        with pytest.raises(ImpastoError, match="its review page is open"):
            again()
        refused.append(self.decide("<b>&.png", keep=True))

    monkeypatch.setattr(Reviewer, "serve_forever", served)
    assert review(out, browser=False)
    assert refused == [True]
    assert again().reasons == {}


def test_done_ends_it(prepared, monkeypatch):
    seen = []

    class Watched(Reviewer):
        def __init__(self, *args):
            super().__init__(*args)
            seen.append(self)

    monkeypatch.setattr("impasto.data.review.Reviewer", Watched)
    results = []
    thread = threading.Thread(target=lambda: results.append(review(prepared[0], browser=False)))
    thread.start()
    while not seen:
        pass
    assert ask(seen[0], "POST", "done", {})[0] == 200
    thread.join(timeout=10)
    assert results == [True]


def test_done_says_that_the_rest_is_right_as_marked(server, prepared):
    out, again = prepared
    assert ask(server, "POST", "done", {})[0] == 200
    decision = read_decisions(out)[0]
    assert (decision.verdict, decision.reason) == ("reject", "dropped by hand")
    assert again().reasons == {"dropped by hand": 1}
    assert questions(out) == []


def test_done_leaves_what_was_clicked(server, prepared):
    assert ask(server, "POST", "decide", {"file": "<b>&.png", "keep": True})[0] == 200
    assert ask(server, "POST", "done", {})[0] == 200
    assert read_decisions(prepared[0])[0].reason == "kept by hand"


def test_nothing_doubtful_opens_nothing(prepared):
    (prepared[0] / ".workbench" / "doubtful.json").write_text("[]")
    assert review(prepared[0]) is False


def test_the_page_needs_no_other_file():
    page = render("review.html", rows=[])
    assert "src=" not in page
    assert "http" not in page.replace("http-equiv", "")

"""A person's word stands above every measure, is asked for once, and only from this machine."""

import http.client
import io
import json
import socket
import struct
import threading
import time

import numpy as np
import pytest
from PIL import Image

from impasto.core.local_page import LocalPage
from impasto.errors import ImpastoError
from impasto.prepare import rules
from impasto.prepare.decisions import read_decisions
from impasto.prepare.doubtful import HAS_COPIES, KEPT, LIKE_A_PHOTOGRAPH, read_review
from impasto.prepare.pipeline import prepare
from impasto.prepare.review import ReviewPage, review
from impasto.prepare.rules import Thresholds
from tests.prepare.messy import strokes

ODD_NAME = "<b>&\u202e.png"


@pytest.fixture
def folder(tmp_path):
    """Two photographs, one with a copy; a painting with two copies; two more; one file of text."""
    (tmp_path / "in").mkdir()
    for name, seed in (
        ("1 camera", 1),
        (ODD_NAME[:-4], 2),
        ("best", 3),
        ("painting", 4),
        ("plain", 5),
    ):
        Image.fromarray(strokes(seed, 120, 100)).save(tmp_path / "in" / f"{name}.png")
    small(tmp_path / "in", "1 camera.png", "1 camera small.png")
    small(tmp_path / "in", "best.png", "best small.png")
    (tmp_path / "in" / "best (1).png").write_bytes((tmp_path / "in" / "best.png").read_bytes())
    (tmp_path / "in" / "text.png").write_bytes(b"words")
    return tmp_path / "in"


def small(folder, name, copy):
    Image.open(folder / name).resize((90, 75), Image.Resampling.LANCZOS).save(folder / copy)


@pytest.fixture
def prepared(folder, monkeypatch):
    """The set, and a function that makes it again."""
    scores = {"1 camera.png": 9.0, ODD_NAME: 5.0, "painting.png": -12.0}
    names = sorted(path.name for path in folder.iterdir() if path.name != "text.png")
    by_row = np.array([scores.get(name, -40.0) for name in names])
    monkeypatch.setattr(rules, "photograph_scores", lambda t: by_row[t[:, 0].astype(int)])
    monkeypatch.setattr(rules, "MOST_PHOTOGRAPHS", 0.6)

    def again(**thresholds):
        def look(views):
            return np.repeat(np.arange(len(views), dtype=np.float32)[:, None], 1024, axis=1)

        options = {"size": 32, "look": look, "thresholds": Thresholds(**thresholds)}
        return prepare(folder, folder.parent / "out", **options)

    again()
    return folder.parent / "out", again


@pytest.fixture
def server(prepared):
    reviewer = ReviewPage(prepared[0], read_review(prepared[0]))
    thread = threading.Thread(target=reviewer.page.serve)
    thread.start()
    yield reviewer
    reviewer.page.shutdown()
    thread.join()


def ask(server, method, what="", body=None, secret=None, host=None):
    page = server.page
    connection = http.client.HTTPConnection("127.0.0.1", page.server_port, timeout=10)
    headers = {"Host": host} if host else {}
    path = f"/{page.secret if secret is None else secret}/{what}"
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


def rows_of(server):
    return {row["name"]: row for row in json.loads(ask(server, "GET", "rows")[1])["rows"]}


def post(server, what, **words):
    """Names instead of numbers."""
    numbers = {
        row.file: number for number, row in enumerate(read_review(server.reviewer._out).rows)
    }
    body = {key: [numbers[name] for name in names] for key, names in words.items()}
    status, content = ask(server, "POST", what, body)
    return status, json.loads(content)


def words_of(out):
    return {each.file: (each.verdict, each.reason) for each in read_decisions(out)}


def test_every_picture_is_shown_what_is_doubtful_first_and_what_is_not_last(server):
    rows = rows_of(server)
    reasons = {name: row["reason"] for name, row in rows.items()}
    assert reasons == {
        "1 camera.png": "photograph, not a painting",
        "1 camera small.png": "photograph, not a painting",
        "<b>&\\u202e.png": "photograph, not a painting",
        "painting.png": LIKE_A_PHOTOGRAPH,
        "best small.png": "resized duplicate",
        "best (1).png": "exact duplicate",
        "best.png": HAS_COPIES,
        "text.png": "not an image",
        "plain.png": KEPT,
    }
    assert list(rows)[-1] == "plain.png"
    assert list(rows)[:3] == ["1 camera.png", "<b>&\\u202e.png", "painting.png"]
    assert rows["painting.png"]["detail"] == "photograph score -12.0, at most -5.0"
    assert rows["best small.png"]["size"].startswith("90×75, ")
    assert not rows["text.png"]["readable"]


def test_each_copy_stands_beside_its_original_that_of_a_dropped_one_too(server):
    rows = rows_of(server)
    pairs = {name: row["other"] for name, row in rows.items() if row["other"] is not None}
    assert pairs == {
        "1 camera small.png": rows["1 camera.png"]["id"],
        "best small.png": rows["best.png"]["id"],
        "best (1).png": rows["best.png"]["id"],
    }
    families = json.loads(ask(server, "GET", "rows")[1])["families"]
    names = {row["id"]: name for name, row in rows.items()}
    assert sorted(sorted(names[number] for number in each) for each in families) == [
        ["1 camera small.png", "1 camera.png"],
        ["best (1).png", "best small.png", "best.png"],
    ]


def test_pictures_come_by_number_and_small(server, folder):
    Image.fromarray(strokes(1, 3000, 2000)).save(folder / "1 camera.png")
    number = rows_of(server)["1 camera.png"]["id"]
    for what, side in ((f"picture/{number}", 320), (f"picture/{number}/large", 1600)):
        status, content = ask(server, "GET", what)
        assert status == 200
        assert max(Image.open(io.BytesIO(content)).size) == side


@pytest.mark.parametrize(
    "what",
    [
        *("picture/", "picture/99", "picture/-1", "picture/0/huge", "picture/0/large/1"),
        *("picture/../rows", "picture//etc/passwd", "picture/%C2%B2", "picture/" + "9" * 5000),
        *("base.html", "../review.js", "review.py", "picture/1e0", "rows/", "%2e%2e/rows"),
    ],
)
def test_nothing_else_is_served(server, what):
    assert ask(server, "GET", what)[0] == 404


def test_what_cannot_be_read_has_no_picture_and_cannot_be_kept(server):
    number = rows_of(server)["text.png"]["id"]
    assert ask(server, "GET", f"picture/{number}")[0] == 404
    assert ask(server, "POST", "decide", {"keep": [number]})[0] == 400


def test_a_click_is_remembered_and_not_asked_again(server, prepared):
    out, again = prepared
    status, told = post(server, "decide", keep=[ODD_NAME])
    assert status == 200
    assert [(each["keep"], each["mine"]) for each in told["changed"]] == [(True, True)]
    assert words_of(out)[ODD_NAME] == ("keep", "kept by hand")
    for _ in range(2):
        again()
        assert words_of(out)[ODD_NAME] == ("keep", "kept by hand")
    row = next(row for row in read_review(out).rows if row.file == ODD_NAME)
    assert (row.reason, row.asked, row.keep) == ("kept by hand", False, True)


def test_undo_takes_back_any_number_of_steps(server, prepared):
    out = prepared[0]
    before = [(out / "decisions.csv").read_bytes()]
    steps = [
        {"keep": ["1 camera.png"]},
        {"drop": ["best.png", "best (1).png"], "keep": ["best small.png"]},
        {"drop": ["1 camera.png"]},
        {"keep": ["painting.png"]},
    ]
    for step in steps:
        assert post(server, "decide", **step)[0] == 200
        before.append((out / "decisions.csv").read_bytes())
    assert len(set(before)) == len(before)
    for left, content in enumerate(reversed(before[:-1])):
        told = post(server, "undo")[1]
        assert told["steps"] == len(steps) - 1 - left
        assert (out / "decisions.csv").read_bytes() == content
    assert post(server, "undo")[1] == {"changed": [], "steps": 0}
    assert not any(row["mine"] for row in rows_of(server).values())


def test_a_reloaded_page_knows_what_was_decided(server):
    post(server, "decide", keep=["1 camera.png"])
    assert json.loads(ask(server, "GET", "rows")[1])["steps"] == 1
    row = rows_of(server)["1 camera.png"]
    assert (row["keep"], row["mine"], row["earlier"]) == (True, True, False)


def test_an_answer_about_all_copies_is_kept(server, prepared):
    out, again = prepared
    answer = {"drop": ["best.png", "best (1).png"], "keep": ["best small.png"]}
    assert post(server, "decide", **answer)[0] == 200
    for _ in range(2):
        again()
        words = words_of(out)
        assert words["best small.png"] == ("keep", "kept by hand")
        assert words["best.png"] == words["best (1).png"] == ("reject", "dropped by hand")


@pytest.mark.parametrize(
    "body",
    [
        *(None, 3, {}, [], {"keep": 0}, {"keep": [True]}, {"keep": ["0"]}, {"keep": [99]}),
        *({"keep": [-1]}, {"keep": [0], "drop": [0]}, {"drop": [0.5]}, {"keep": [[0]]}),
    ],
)
def test_what_makes_no_sense_is_not_taken(server, prepared, body):
    before = (prepared[0] / "decisions.csv").read_bytes()
    assert ask(server, "POST", "decide", body)[0] == 400
    assert (prepared[0] / "decisions.csv").read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"no table\n", b"file,verdict\n\xff\xfe", None])
@pytest.mark.parametrize("what", ["decide", "undo", "done"])
def test_a_click_on_a_set_whose_decisions_cannot_be_read_is_refused(
    server, prepared, content, what
):
    assert post(server, "decide", keep=["1 camera.png"])[0] == 200
    table = prepared[0] / "decisions.csv"
    table.unlink()
    if content is not None:
        table.write_bytes(content)
    body = {"seen" if what == "done" else "drop": [0, 1, 2]}
    status, answer = ask(server, "POST", what, body)
    assert status == 409
    assert "decisions.csv" in json.loads(answer)["error"]
    assert (table.read_bytes() if table.exists() else None) == content
    assert json.loads(ask(server, "GET", "rows")[1])["steps"] == 1


@pytest.mark.parametrize("request_line", [b"GET /{}/ HTTP/1.1", b"POST /{}/decide HTTP/1.1", b""])
def test_a_browser_that_hangs_up_prints_nothing(server, request_line, capfd, monkeypatch):
    ended = threading.Event()
    page = server.page
    shut = page.shutdown_request
    monkeypatch.setattr(page, "shutdown_request", lambda each: (shut(each), ended.set()))
    monkeypatch.setattr(page, "page", lambda: "x" * 2**24)
    line = request_line.replace(b"{}", page.secret.encode())
    connection = socket.create_connection(("127.0.0.1", page.server_port))
    host = f"Host: 127.0.0.1:{page.server_port}\r\nContent-Length: 90\r\n".encode()
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
    assert ask(server, "GET", "rows", secret="guess")[0] == 403
    assert ask(server, "GET", "picture/0", host="elsewhere.example")[0] == 403
    assert ask(server, "POST", "decide", {}, secret="")[0] == 403
    assert ask(server, "POST", "other", {})[0] == 404
    assert server.page.server_address[0] == "127.0.0.1"


def test_while_the_page_is_open_another_prepare_waits_its_turn(prepared, monkeypatch):
    out, again = prepared

    def served(page):
        with pytest.raises(ImpastoError, match="its review page is open"):
            again()
        number = next(
            n for n, row in enumerate(read_review(out).rows) if row.file == "painting.png"
        )
        assert page.actions["decide"]({"drop": [number]}) is not None
        page.server_close()
        return True

    monkeypatch.setattr(LocalPage, "serve", served)
    assert review(out, browser=False)
    again()
    assert words_of(out)["painting.png"] == ("reject", "dropped by hand")


def test_after_the_end_no_click_is_taken(server, prepared):
    assert server.reviewer.close() is False
    before = (prepared[0] / "decisions.csv").read_bytes()
    assert post(server, "decide", keep=["1 camera.png"])[0] == 409
    assert (prepared[0] / "decisions.csv").read_bytes() == before


def test_done_settles_what_is_doubtful_and_was_seen_and_ends_it(prepared, monkeypatch):
    out, again = prepared
    served = []
    serve = LocalPage.serve
    monkeypatch.setattr(LocalPage, "serve", lambda page: (served.append(page), serve(page))[1])
    results = []
    thread = threading.Thread(target=lambda: results.append(review(out, browser=False)))
    thread.start()
    while not served:
        time.sleep(0.01)
    numbers = {row.file: number for number, row in enumerate(read_review(out).rows)}
    told = served[0].actions["decide"]({"keep": [numbers[ODD_NAME]]})
    assert told["steps"] == 1
    names = ("1 camera.png", ODD_NAME, "best small.png")
    told = served[0].actions["done"]({"seen": [numbers[name] for name in names]})
    assert told == {"decided": 1, "settled": 1}
    thread.join(timeout=10)
    assert results == [True]
    again()
    assert words_of(out) == {
        "1 camera.png": ("reject", "dropped by hand"),
        "1 camera small.png": ("reject", "dropped by hand"),
        ODD_NAME: ("keep", "kept by hand"),
        "painting.png": ("keep", ""),  # not seen: it will be asked about again
        "best.png": ("keep", ""),
        "best small.png": ("reject", "resized duplicate"),
        "best (1).png": ("reject", "exact duplicate"),
        "text.png": ("reject", "not an image"),
        "plain.png": ("keep", ""),
    }
    asked = {row.file for row in read_review(out).rows if row.asked}
    assert asked == {"painting.png"}
    again(photograph=100)  # neither comes back, the one that went along included
    assert words_of(out)["1 camera small.png"] == ("reject", "dropped by hand")


def test_a_set_without_doubts_can_be_reviewed_too(tmp_path, capfd, monkeypatch):
    (tmp_path / "in").mkdir()
    for seed in range(2):
        Image.fromarray(strokes(seed, 120, 100)).save(tmp_path / "in" / f"{seed}.png")
    prepare(tmp_path / "in", tmp_path / "out", size=32)

    def served(page):
        page.server_close()
        return page.actions["decide"]({"drop": [1]}) is not None

    monkeypatch.setattr(LocalPage, "serve", served)
    assert review(tmp_path / "out", browser=False)
    assert "Nothing is doubtful." in capfd.readouterr().err
    assert words_of(tmp_path / "out")["1.png"] == ("reject", "dropped by hand")


@pytest.mark.parametrize("content", [b"", b"[]", b'{"rows": [3]}', b"\xff"])
def test_a_damaged_list_is_one_sentence(prepared, content):
    (prepared[0] / ".workbench" / "review.json").write_bytes(content)
    with pytest.raises(ImpastoError, match=r"review\.json"):
        review(prepared[0], browser=False)

import gzip
import json
import socket
import threading
import time
from contextlib import suppress

import pytest

from impasto import __version__
from impasto.collect import client as client_module
from impasto.collect.client import Client, FetchError, Manners, looks_like_a_page
from impasto.collect.pace import Pace
from tests.collect.site import (
    LOOPBACK,
    Answer,
    Clock,
    Site,
    as_json,
    as_page,
    as_picture,
    as_redirect,
    painting,
)

MOST = 2**20


def test_it_says_who_it_is(site: Site, client: Client):
    site.answers["/x"] = [as_json([])]
    client.json(f"{site.base}/x")
    assert all(
        asked.headers["user-agent"] == f"Impasto/{__version__} (collects pictures; a@b.example)"
        for asked in site.asked
    )


def test_a_source_may_ask_for_the_name_in_its_own_header(site: Site, pace: Pace):
    site.answers["/x"] = [as_json([])]
    with Client(pace, "", Manners(identity_headers=("AIC-User-Agent",)), LOOPBACK) as client:
        client.json(f"{site.base}/x")
    assert site.asked[-1].headers["aic-user-agent"] == f"Impasto/{__version__} (collects pictures)"


def test_json_is_fetched_with_its_parameters_and_may_be_compressed(site: Site, client: Client):
    body = gzip.compress(json.dumps({"a": [1]}).encode())
    site.answers["/x"] = [Answer(body, headers={"Content-Encoding": "gzip"})]
    assert client.json(f"{site.base}/x", {"q": "água & sal"}) == {"a": [1]}
    assert site.asked[-1].query == {"q": "água & sal"}


def test_requests_are_a_second_apart(site: Site, client: Client, clock: Clock):
    site.answers["/x"] = [as_json([])]
    for _ in range(3):
        client.json(f"{site.base}/x")
    assert clock.sleeps == [1.0] * 3  # robots.txt was the first


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_busy_site_is_asked_again_with_growing_patience(
    site: Site, client: Client, clock: Clock, status: int
):
    site.answers["/x"] = [as_page(status=status), as_page(status=status), as_json("at last")]
    assert client.json(f"{site.base}/x") == "at last"
    waits = [wait for wait in clock.sleeps if wait != 1.0][:2]
    assert len(waits) == 2 and waits[0] >= 1.0 and waits[1] > 1.9


def test_retry_after_is_honoured_and_the_pace_slows(site: Site, client: Client, clock: Clock):
    site.answers["/x"] = [as_json({}, 429, Retry_After="17"), as_json([])]
    client.json(f"{site.base}/x")
    client.json(f"{site.base}/x")
    assert clock.sleeps == [1.0, 17.0, 2.0]


def test_who_asks_for_hours_is_left_in_peace(site: Site, client: Client, clock: Clock):
    site.answers["/x"] = [as_json({}, 503, Retry_After="7200")]
    with pytest.raises(FetchError, match="120 minutes"):
        client.json(f"{site.base}/x")
    assert site.times_asked("/x") == 1
    assert 7200 not in clock.sleeps


def test_patience_ends(site: Site, client: Client):
    site.answers["/x"] = [as_page(status=500)]
    with pytest.raises(FetchError, match=r"answered 500 \(6 times\)"):
        client.json(f"{site.base}/x")
    assert site.times_asked("/x") == client_module.ATTEMPTS


def test_a_firewall_that_answers_403_is_waited_for_where_that_is_known(site: Site, pace: Pace):
    site.answers["/x"] = [as_page(status=403), as_json("in")]
    with Client(pace, "", Manners(busy_statuses=frozenset({403})), LOOPBACK) as client:
        assert client.json(f"{site.base}/x") == "in"


def test_no_is_no(site: Site, client: Client):
    site.answers["/x"] = [as_page(status=403)]
    with pytest.raises(FetchError, match=r"answered 403 \(not for programs\)") as caught:
        client.json(f"{site.base}/x")
    assert caught.value.status == 403
    assert site.times_asked("/x") == 1


def test_an_answer_that_only_says_busy_is_asked_again(site: Site, pace: Pace):
    lag = {"error": {"code": "maxlag"}}
    site.answers["/x"] = [as_json(lag), as_json({"query": {}})]
    with Client(pace, "", Manners(busy_when=lambda value: "error" in value), LOOPBACK) as client:
        assert client.json(f"{site.base}/x") == {"query": {}}


def test_a_web_page_instead_of_json_is_one_clear_sentence(site: Site, client: Client):
    site.answers["/x"] = [Answer(as_page().body, kind="application/json")]
    with pytest.raises(FetchError, match="promises JSON"):
        client.json(f"{site.base}/x")


@pytest.mark.parametrize("body", [b"", b'{"a":', b"\xff\xfe", b"[" * 100_000, b"1" * 10_000])
def test_broken_json_is_one_clear_sentence(site: Site, client: Client, body: bytes):
    site.answers["/x"] = [Answer(body)]
    with pytest.raises(FetchError, match="promises JSON"):
        client.json(f"{site.base}/x")


def test_json_that_would_fill_the_memory_is_not_unpacked(site: Site, client: Client, monkeypatch):
    monkeypatch.setattr("impasto.reading.MOST_UNPACKED", 5_000)
    site.answers["/x"] = [Answer(b"[" + b"{}," * 40 + b"{}]")]
    with pytest.raises(FetchError, match="promises JSON"):
        client.json(f"{site.base}/x")


def test_a_truncated_body_is_fetched_again(site: Site, client: Client):
    whole = as_picture()
    site.answers["/p.jpg"] = [Answer(whole.body[:200], kind="image/jpeg", missing=99), whole]
    assert client.picture(f"{site.base}/p.jpg", MOST) == whole.body
    assert site.times_asked("/p.jpg") == 2


def test_a_silent_site_is_asked_again(site: Site, pace: Pace):
    site.answers["/x"] = [Answer(b"[]", wait=3), as_json("awake")]
    with Client(pace, "", Manners(), LOOPBACK, timeout=1) as client:
        assert client.json(f"{site.base}/x") == "awake"


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n"

ENDLESS: dict[str, tuple[bytes, bytes, float]] = {
    "drips its head": (HEAD + b"X-A: ", b"a", 0.05),
    "sends heads without end": (HEAD, b"X-A: b\r\n", 0.01),
    "says 100 Continue for ever": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100, 0.0),
    "extends its chunks without end": (
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
        b"1;" + b"x" * 900 + b"\r\na\r\n",
        0.005,
    ),
    "extends one chunk without end": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x", 0.05),
    "drips its body": (HEAD + b"Content-Length: 100000\r\n\r\n", b"\xff", 0.05),
    "falls silent": (HEAD, b"", 0.05),
}


class Endless:
    """A server that begins an answer and never ends it."""

    def __init__(self, first: bytes, then: bytes, pause: float) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._parts, self._stop = (first, then, pause), threading.Event()
        self.base = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while not self._stop.is_set():
            with suppress(OSError):
                caller, _ = self._socket.accept()
                self._threads.append(threading.Thread(target=self._answer, args=(caller,)))
                self._threads[-1].start()

    def _answer(self, caller: socket.socket) -> None:
        first, then, pause = self._parts
        with suppress(OSError), caller:
            if b"robots.txt" in caller.recv(2**16):
                caller.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                caller.recv(2**16)
            caller.sendall(first)
            while not self._stop.wait(pause):
                caller.sendall(then)

    def close(self) -> None:
        self._stop.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join(5)


@pytest.mark.parametrize("how", ENDLESS)
def test_an_answer_that_never_ends_is_left(how: str, pace: Pace, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(client_module, "LONGEST_ANSWER", 1.0)
    server = Endless(*ENDLESS[how])
    try:
        with Client(pace, "", Manners(), LOOPBACK, timeout=20) as client:
            began = time.monotonic()
            with pytest.raises(FetchError) as caught:
                client.picture(f"{server.base}/p.jpg", MOST)
            assert time.monotonic() - began < 15
        # Heads of more than 100 KB are no HTTP; whoever is quick at it is told so instead.
        assert caught.value.reason == "no answer"
    finally:
        server.close()


def test_nobody_at_home_is_one_sentence(client: Client, site: Site):
    site.close()
    with pytest.raises(FetchError, match=r"robots\.txt cannot be read"):
        client.json(f"{site.base}/x")


def test_a_picture_that_declares_too_much_is_not_even_begun(site: Site, client: Client):
    site.answers["/p.jpg"] = [Answer(painting(), kind="image/jpeg", missing=MOST)]
    with pytest.raises(FetchError, match="larger than 1 MB") as caught:
        client.picture(f"{site.base}/p.jpg", MOST)
    assert caught.value.reason == "too large"
    assert site.times_asked("/p.jpg") == 1


def test_json_that_is_too_large_is_no_matter_of_pictures(site: Site, client: Client, monkeypatch):
    monkeypatch.setattr(client_module, "MOST_JSON", 1000)
    site.answers["/x"] = [as_json(["x"] * 1000)]
    with pytest.raises(FetchError, match="ask for less with --query") as caught:
        client.json(f"{site.base}/x")
    assert "--max-megabytes" not in str(caught.value)


def test_a_picture_that_lies_about_its_size_is_cut_off(site: Site, client: Client):
    packed = gzip.compress(painting() + bytes(MOST))
    headers = {"Content-Encoding": "gzip"}
    site.answers["/p.jpg"] = [Answer(packed, kind="image/jpeg", headers=headers)]
    with pytest.raises(FetchError, match="larger than 1 MB"):
        client.picture(f"{site.base}/p.jpg", MOST)


@pytest.mark.parametrize(
    "body", [b"<html>", b"\n\n <!DOCTYPE html>", b"\xef\xbb\xbf<?xml version='1.0'?><svg/>"]
)
def test_a_page_that_is_called_a_picture_is_refused(site: Site, client: Client, body: bytes):
    site.answers["/p.jpg"] = [Answer(body + bytes(300), kind="image/jpeg")]
    with pytest.raises(FetchError, match="web page"):
        client.picture(f"{site.base}/p.jpg", MOST)


def test_pictures_do_not_look_like_pages():
    assert not any(
        looks_like_a_page(painting(format=kind)) for kind in ("JPEG", "PNG", "WEBP", "TIFF", "GIF")
    )


def test_a_redirect_is_followed_and_asks_robots_again(site: Site, client: Client):
    site.answers["/old.jpg"] = [as_redirect("/new.jpg")]
    site.answers["/new.jpg"] = [as_picture()]
    assert client.picture(f"{site.base}/old.jpg", MOST) == painting()
    site.answers["/shut.jpg"] = [as_redirect("/private/new.jpg")]
    site.answers["/robots.txt"] = [Answer(b"User-agent: *\nDisallow: /private/", kind="text/plain")]
    another = Client(client.pace, "", Manners(), LOOPBACK)
    with another, pytest.raises(FetchError, match=r"robots\.txt"):
        another.picture(f"{site.base}/shut.jpg", MOST)


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.2/p.jpg",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://2852039166/",
        "http://[::ffff:10.0.0.1]/p.jpg",
    ],
)
def test_a_redirect_into_a_private_network_is_refused(site: Site, client: Client, target: str):
    site.answers["/p.jpg"] = [as_redirect(target)]
    with pytest.raises(FetchError, match="not on the public internet"):
        client.picture(f"{site.base}/p.jpg", MOST)


def test_without_the_tests_allowance_this_machine_is_refused(site: Site, pace: Pace):
    site.answers["/p.jpg"] = [as_picture()]
    refused = pytest.raises(FetchError, match=r"127\.0\.0\.1")
    with Client(pace) as client, refused:
        client.picture(f"{site.base}/p.jpg", MOST)
    assert site.asked == []


@pytest.mark.parametrize(
    "target",
    [
        "file:///etc/passwd",
        "ftp://a.example/",
        "javascript:1",
        "http://u:p@a.example/",
        "http://[",
        "http://a.example:99999/",
    ],
)
def test_a_redirect_to_anything_but_the_web_is_refused(site: Site, client: Client, target: str):
    site.answers["/p.jpg"] = [as_redirect(target)]
    with pytest.raises(FetchError, match="not a web address"):
        client.picture(f"{site.base}/p.jpg", MOST)


def test_redirects_in_circles_end(site: Site, client: Client):
    site.answers["/a"] = [as_redirect("/b")]
    site.answers["/b"] = [as_redirect("/a")]
    with pytest.raises(FetchError, match="in circles"):
        client.json(f"{site.base}/a")
    assert len(site.asked) < 10


def test_robots_txt_is_honoured_and_asked_once(site: Site, client: Client):
    rules = b"User-agent: Impasto\nDisallow: /*.jpg$\nAllow: /open/\nUser-agent: *\nDisallow: /"
    site.answers["/robots.txt"] = [Answer(rules, kind="text/plain")]
    site.answers["/x"] = [as_json("yes")]
    site.answers["/p.jpg"] = [as_picture()]
    assert client.json(f"{site.base}/x") == "yes"
    with pytest.raises(FetchError) as caught:
        client.picture(f"{site.base}/p.jpg", MOST)
    assert caught.value.reason == "closed by robots.txt"
    assert site.times_asked("/robots.txt") == 1
    assert site.times_asked("/p.jpg") == 0


def test_crawl_delay_is_honoured(site: Site, client: Client, clock: Clock):
    site.answers["/robots.txt"] = [Answer(b"User-agent: *\nCrawl-delay: 7", kind="text/plain")]
    site.answers["/x"] = [as_json("yes")]
    for _ in range(3):
        client.json(f"{site.base}/x")
    assert clock.sleeps[-2:] == [7.0, 7.0]


def test_a_documented_interface_needs_no_robots_txt(site: Site, pace: Pace):
    site.answers["/robots.txt"] = [Answer(b"User-agent: *\nDisallow: /", kind="text/plain")]
    site.answers["/api/x"] = [as_json("yes")]
    site.answers["/apis"] = [as_json("no")]
    with Client(pace, "", Manners((f"{site.base}/api/",)), LOOPBACK) as client:
        assert client.json(f"{site.base}/api/x") == "yes"
        with pytest.raises(FetchError, match="closed to programs"):
            client.json(f"{site.base}/apis")


@pytest.mark.parametrize(
    ("status", "open_to_us"),
    [(404, True), (403, True), (500, False), (408, False), (425, False), (429, False)],
)
def test_no_robots_txt_opens_all_and_a_broken_one_closes_all(
    site: Site, client: Client, status: int, open_to_us: bool
):
    site.answers["/robots.txt"] = [as_page(status=status)]
    site.answers["/x"] = [as_json("in")]
    if open_to_us:
        assert client.json(f"{site.base}/x") == "in"
    else:
        with pytest.raises(FetchError, match=r"robots\.txt cannot be read"):
            client.json(f"{site.base}/x")


def test_an_endless_robots_txt_is_read_so_far(site: Site, client: Client):
    rules = b"User-agent: *\nDisallow: /shut\n" + b"# more\n" * 100_000
    site.answers["/robots.txt"] = [Answer(rules, kind="text/plain")]
    with pytest.raises(FetchError, match="closed to programs"):
        client.json(f"{site.base}/shut")


def test_a_long_wait_is_explained(site: Site, pace: Pace):
    site.answers["/x"] = [as_json({}, 429, Retry_After="40"), as_json("in")]
    told: list[str] = []
    with Client(pace, trusted=LOOPBACK, tell=told.append) as client:
        client.json(f"{site.base}/x")
    assert told == ["127.0.0.1 answered 429; waiting 40 s."]


def test_a_redirect_from_a_safe_to_an_unsafe_address_is_refused(
    client: Client, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(client, "check_robots", lambda url: None)
    monkeypatch.setattr(client, "_once", lambda url, expected: "http://museum.example/p.jpg")
    with pytest.raises(FetchError, match="redirects to an unsafe address"):
        client.picture("https://museum.example/p.jpg", MOST)


def test_proxies_of_the_environment_are_not_used(
    site: Site, pace: Pace, monkeypatch: pytest.MonkeyPatch
):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    site.answers["/x"] = [as_json("straight")]
    with Client(pace, trusted=LOOPBACK) as client:
        assert client.json(f"{site.base}/x") == "straight"

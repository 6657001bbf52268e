"""Who may use the studio."""

import errno
import os
import stat

import pytest
from filelock import Timeout

from impasto.studio.app import gated
from impasto.studio.security import is_loopback
from impasto.studio.workspace import Workspace
from tests.studio.conftest import PORT, Client


def test_the_printed_address_gives_a_cookie_that_only_our_pages_send(studio, stranger):
    _, token = gated(studio, "127.0.0.1", PORT)
    answer = stranger.get(f"/play?generator=ab&token={token}")
    assert (answer.status, answer.headers["location"]) == (303, "/play?generator=ab")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    inside = stranger.get("/", headers={"cookie": cookie.partition(";")[0]})
    assert inside.status == 200
    wrong = token[:-1] + ("y" if token.endswith("x") else "x")
    assert stranger.get(f"/?token={wrong}").status == 403


def test_a_token_never_leads_to_another_site(studio, stranger):
    _, token = gated(studio, "127.0.0.1", PORT)
    answer = stranger.get(f"//elsewhere.example/x?token={token}")
    assert not answer.headers.get("location", "/").startswith("//")


def test_the_token_is_this_users_alone_and_outlives_a_new_start(studio):
    first, again = (gated(studio, "127.0.0.1", PORT)[1] for _ in range(2))
    assert first == again
    if os.name != "nt":
        file = studio.workspace.own / "token.json"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_in_a_network_the_token_is_asked_for_and_names_are_still_checked(studio):
    gate, token = gated(studio, "0.0.0.0", PORT)
    client = Client(gate, {"cookie": f"{gate.cookie}={token}"})
    assert client.get("/", headers={"host": f"10.0.0.7:{PORT}"}).status == 200
    assert client.get("/", headers={"host": f"evil.example:{PORT}"}).status == 403
    assert Client(gate).get("/", headers={"host": f"10.0.0.7:{PORT}"}).status == 403
    assert not is_loopback("0.0.0.0")
    assert is_loopback("::1")


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), 507, "make room"),
        (PermissionError(errno.EACCES, "Permission denied"), 507, "look at its rights"),
        (FileNotFoundError(errno.ENOENT, "No such file"), 409, "changed meanwhile; reload"),
        (OSError(errno.EMFILE, "Too many open files"), 409, "refused (Too many open files)"),
        (Timeout(".asking.lock"), 409, "at this just now"),
    ],
)
def test_what_the_system_refuses_is_told_as_what_it_is(client, monkeypatch, error, status, words):
    def refused(_):
        raise error

    monkeypatch.setattr(Workspace, "items", refused)
    answer = client.get("/api/home")
    assert answer.status == status
    assert words in answer.json["error"]
    assert ("disk" in answer.json["error"]) == (status == 507)

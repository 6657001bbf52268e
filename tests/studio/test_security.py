"""Who may ask, and what every answer carries."""

import pytest

from impasto.errors import ImpastoError
from impasto.studio.app import gated
from impasto.studio.security import POLICY, token_of
from tests.studio.conftest import HOST, PORT, Client


def test_whoever_has_no_cookie_is_told_how_to_come_in(stranger):
    for path in ("/", "/api/home", "/static/studio.css", "/api/uploads"):
        answer = stranger.get(path)
        assert answer.status == 403
        assert b"token" in answer.content


@pytest.mark.parametrize(
    "host", ["elsewhere.example", f"elsewhere.example:{PORT}", "127.0.0.1:80", "10.0.0.7:8188", ""]
)
def test_another_name_for_this_address_is_turned_away(client, host):
    """DNS rebinding: the browser believes that it talks to another site."""
    assert client.get("/api/home", headers={"host": host}).status == 403


@pytest.mark.parametrize("host", [HOST, f"localhost:{PORT}", f"[::1]:{PORT}"])
def test_its_own_names_are_known(client, host):
    assert client.get("/", headers={"host": host}).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://elsewhere.example"},
        {"origin": "null"},
        {"origin": f"http://127.0.0.1:{PORT + 1}"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"},
    ],
)
def test_another_site_cannot_ask_for_work(client, folder, headers):
    answer = client.post("/api/folders", {"name": "planted"}, headers=headers)
    assert answer.status == 403
    assert not (folder / "pictures").exists()


def test_every_answer_says_what_it_is_and_what_it_may_do(client, stranger):
    answers = [client.get(path) for path in ("/", "/api/home", "/static/base.js", "/nothing")]
    for answer in [*answers, stranger.get("/")]:
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-type"]
    assert "unsafe-inline" not in POLICY
    assert "unsafe-eval" not in POLICY.replace("wasm-unsafe-eval", "")


def test_pages_have_no_script_or_style_of_their_own(client):
    for path in ("/", "/paint", "/play", "/train", "/pictures", "/judge", "/share"):
        page = client.get(path).content.decode()
        assert "<style" not in page
        assert " style=" not in page
        assert "onclick" not in page
        assert page.count("<script") == page.count("<script src=") + page.count(
            '<script type="module" src='
        )


def test_a_workspace_that_takes_nothing_is_told_with_a_way_out(tmp_path):
    (tmp_path / ".studio").touch()  # where the folder would lie
    with pytest.raises(ImpastoError, match=r"impasto studio FOLDER") as told:
        token_of(tmp_path / ".studio")
    assert str(tmp_path) in str(told.value)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("127.0.0.1:80", 200),
        ("[::1]", 200),
        ("[::1]:80", 200),
        ("localhost:8188", 403),
        ("elsewhere.example", 403),
        ("127.0.0.1:", 403),
    ],
)
def test_browsers_leave_out_port_80(studio, host, status):
    gate, token = gated(studio, "127.0.0.1", 80)
    headers = {"cookie": f"{gate.cookie}={token}", "host": host, "origin": f"http://{host}"}
    assert Client(gate, headers).get("/").status == status


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_another_port_is_not_left_out(client, host):
    assert client.get("/", headers={"host": host}).status == 403

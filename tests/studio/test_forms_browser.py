"""Forms of the studio in a real Chromium: what they send, and what stays in them."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from impasto.core.images import save
from impasto.data.colourfield import paint as colourfield
from impasto.studio.workspace import identity
from tests.children import until
from tests.chromium import needs_chromium
from tests.studio.browsing import violations
from tests.studio.browsing import visit as visit
from tests.studio.conftest import SET

pytestmark = needs_chromium
FIRST = identity("run", "runs/first")
COMMAND = [
    *("train", "pictures/album", "--minutes=7", "--size=128", "--conditional", "--guard=stop"),
    *("--seed=5", "--set=loss.r1=3", "--set=augment.policy=[colour, cutout]", "--from=runs/second"),
    "--out=runs/first",
]


def train_run(folder, name: str) -> None:
    """A run with walls, originals and an alarm."""
    run = folder / "runs" / name
    for images in (1000, 2000):
        save(colourfield(images, 64), run / "samples" / f"{images:09}.png")
    save(colourfield(5, 64), run / "reals.png")
    rows = [{"images": n, "minutes": n / 1e3, "d_loss": 1.0, "g_loss": 2.0} for n in (1, 2000)]
    (run / "stats.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = "Samples are less varied. What usually helps: loss.r1=1."
    alarm = {"kind": "collapsed", "images": 2000, "words": words}
    (run / "alarms.jsonl").write_text(json.dumps(alarm) + "\n")


@pytest.fixture
def alarmed(folder) -> str:
    """Two trainings, the first of which has an alarm and was begun here; its page."""
    train_run(folder, "first")
    train_run(folder, "second")
    (folder / "runs" / "second" / "best").mkdir()
    save(colourfield(1, 64), folder / "pictures" / "album" / "1.png")
    about = identity("pictures", "pictures/album")
    job = folder / ".studio" / "jobs" / "20260101000000-00000000"
    job.mkdir(parents=True)
    row = {"command": COMMAND, "title": "first", "lane": "long", "about": about}
    (job / "job.json").write_text(json.dumps(row | {"place": "runs/first", "created": 1.0}))
    (job / "ended.json").write_text('{"status": 0, "at": 2.0}')
    return f"/train?run={FIRST}&"


def answering(page, address: str, answer: object) -> list:
    """Answer in the studio's stead; what was sent."""
    sent: list = []

    def reply(route) -> None:
        sent.append(route.request.post_data_json)
        route.fulfill(json=answer)

    page.route(address, reply)
    return sent


def waiting(**more: object) -> dict[str, object]:
    """A job that has not begun."""
    job = {"id": "20260202000000-11111111", "verb": "train", "title": "again", "state": "waiting"}
    return job | {"command": "impasto train pictures/album", "made": None, "names": []} | more


@dataclass
class Heard:
    """How often a page has heard of jobs."""

    page: Any
    count: int = 0

    def more(self, times: int) -> None:
        before = self.count
        until(lambda: self.count > before + times or self.page.wait_for_timeout(20))


def hearing(page, job: dict[str, object]) -> Heard:
    """Let a page hear of a job, beside which another goes on, again and again."""
    heard = Heard(page)

    def tell(route) -> None:
        heard.count += 1
        other = waiting(id="other", state="running", work=None, said=f"{heard.count}")
        body = f"retry: 20\nevent: jobs\ndata: {json.dumps([job, other])}\n\n"
        route.fulfill(content_type="text/event-stream", body=body)

    page.route("**/api/events", tell)
    return heard


def test_a_set_is_learnt_at_its_own_size(serve, visit, prepared):
    page = visit(serve().address.replace("/?", f"/train?learn={SET}&"))
    page.locator("input[name=set]:checked").wait_for(state="attached")
    sent = answering(page, "**/api/ask/train", waiting())
    page.click("#start")
    until(lambda: sent or page.wait_for_timeout(20))
    assert sent[0]["subject"] == SET
    assert sent[0]["values"]["size"] is None
    assert not page.complaints


def test_to_start_over_keeps_every_setting_and_shows_nothing_of_before(serve, visit, alarmed):
    page = visit(serve().address.replace("/?", alarmed))
    page.route("**/api/home", playable)
    page.locator("#sheet").wait_for()
    page.locator("#curves-part").wait_for()
    page.fill("#longer-minutes", "99")
    page.click("text=Start over with loss.r1=1")
    page.locator("[data-knob='loss.r1']").wait_for()
    sent = answering(page, "**/api/ask/train", waiting())
    page.click("#start")
    page.locator("#verdict", has_text="Preparing").wait_for()
    wanted = {"minutes": 7, "size": "128", "conditional": True, "guard": "stop", "seed": 5}
    wanted |= {"begin": identity("run", "runs/second")}
    wanted |= {"settings": ["loss.r1=1", "augment.policy=[colour, cutout]"]}
    given = sent[0]["values"]
    assert sorted(given.pop("settings")) == sorted(wanted.pop("settings"))
    assert given == wanted
    assert page.locator("#no-sheet").is_visible()
    for part in ("#sheet", "#scrub-row", "#originals-part", "#curves-part", "#room", "#alarms div"):
        assert not page.locator(part).is_visible(), part
    assert page.locator("#longer-minutes").input_value() == ""
    assert page.locator("#reals").get_attribute("src") is None
    assert not page.complaints


def test_the_verdict_is_read_out_when_it_changes_only(serve, visit):
    page = visit(serve().address)
    job = waiting(state="running", work=None, said="warming up")
    heard = hearing(page, job)
    page.route(f"**/api/jobs/{job['id']}", lambda route: route.fulfill(json=job))
    page.goto(f"{page.url.partition('?')[0]}train?job={job['id']}")
    page.locator("#verdict", has_text="Preparing").wait_for()
    page.evaluate("() => { window.drawn = document.getElementById('verdict').firstChild; }")
    heard.more(5)
    assert page.evaluate("() => window.drawn.isConnected")


def playable(route) -> None:
    """Home, as if every run had a generator."""
    home = route.fetch().json()
    for item in home["items"]:
        item["playable"] = item["kind"] in ("run", "generator")
    route.fulfill(json=home)


def test_a_card_that_could_not_be_saved_is_not_lost(serve, visit, folder):
    share = folder / "shared" / "mine-hub"
    share.mkdir(parents=True)
    (share / "README.md").write_text("# Mine")
    (share / "model.safetensors").write_bytes(b"x")
    (share / "config.json").write_text("{}")
    page = visit(serve().address.replace("/?", "/share?"))
    page.get_by_role("button", name="Edit the card: mine-hub").click()
    page.fill("#card-text", "# Mine, and more")
    refusal = {"status": 409, "json": {"error": "The disk is full."}}
    page.route("**/card", lambda route: route.fulfill(**refusal))
    page.click("#card-keep")
    page.locator("#card .word.bad", has_text="The disk is full.").wait_for()
    assert violations(page) == []
    page.locator("#card .word button").click()  # it can be reached
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.click("#card-close")
    assert len(asked) == 1
    assert page.locator("#card").is_visible()
    page.unroute("**/card")
    page.click("#card-keep")
    page.locator("#card .word", has_text="Card saved.").wait_for()
    page.click("#card-close")
    page.locator("#card").wait_for(state="hidden")
    assert len(asked) == 1
    assert (share / "README.md").read_text() == "# Mine, and more"


@pytest.mark.parametrize("place", ["shared/kinds-web", ".studio/generators/x"])
def test_a_generator_opens_once_when_it_is_prepared_and_not_for_other_exports(
    serve, visit, kinds, place
):
    job = waiting(verb="export", about=kinds, state="done", title="kinds", trouble="")
    job["command"] = f"impasto export runs/kinds --web={place} --title=kinds"
    one = {"id": "a", "generator": kinds, "seed": 3, "latent": [0.0], "truncation": 1.0}
    one |= {"label": None, "how": "", "parents": [], "note": "", "fingerprint": ""}
    page = visit(serve().address)
    heard = hearing(page, job)
    page.route("**/api/favourites", lambda route: route.fulfill(json=[one]))
    page.goto(page.url.partition("?")[0] + f"play?generator={kinds}")
    page.locator("#favourites input").press_sequentially("at dusk")
    heard.more(8)
    opened = [url for url in page.asked if url.endswith(f"/api/generators/{kinds}")]
    assert len(opened) == 1 + place.startswith(".studio")
    assert page.locator("#favourites input").input_value() == "at dusk"


def test_d_in_a_review_drops_a_picture_and_leaves_the_light_on(serve, visit, prepared):
    page = visit(serve().address.replace("/?", f"/pictures?set={SET}&"))
    page.locator("#review .card").first.wait_for()
    assert not page.locator("#outside").is_visible()
    theme = "() => document.documentElement.dataset.theme"
    assert page.evaluate(theme) == "light"
    page.locator("#filter button", has_text="kept").first.click()
    page.locator("#review .card").first.focus()
    page.keyboard.press("d")
    page.locator("#review .card.dropped, #review figure.dropped").first.wait_for()
    assert page.evaluate(theme) == "light"
    (prepared / ".workbench" / "source.json").write_text(json.dumps(str(prepared.parents[2])))
    page.reload()
    page.locator("#outside").wait_for()
    page.goto(page.url.partition("?")[0])
    page.locator("#sets li").first.wait_for()
    page.keyboard.press("d")
    assert page.evaluate(theme) == "dark"


def test_activity_has_the_focus_when_it_opens_and_gives_it_back(serve, visit):
    page = visit(serve().address)
    focus = "() => document.activeElement.closest('#tray, #activity')?.id"
    for press in ("Enter", "a"):
        page.locator("#activity").focus()
        page.keyboard.press(press)
        page.locator("#tray").wait_for()
        assert page.evaluate(focus) == "tray"  # though it is empty
        page.keyboard.press("a")
        page.locator("#tray").wait_for(state="hidden")
        assert page.evaluate(focus) == "activity"
    assert not page.complaints


def test_a_favourite_without_a_note_has_a_name(serve, visit):
    page = visit(serve().address)
    one = {"id": "a", "generator": "b", "latent": [0.0], "note": "", "how": "", "seed": None}
    child, lost = one | {"how": "child of number 1 and number 2"}, one
    home = {"items": [], "folder": "w", "photographs": []}
    favourites = [child, lost, one | {"seed": 7}, one | {"seed": 7, "note": "at dusk"}]
    page.route("**/api/home", lambda route: route.fulfill(json=home | {"favourites": favourites}))
    page.reload()
    page.locator("#favourites img").nth(3).wait_for(state="attached")
    names = page.locator("#favourites img").evaluate_all("all => all.map(({ alt }) => alt)")
    assert names == ["child of number 1 and number 2", "without a number", "number 7", "at dusk"]

"""WikiArt's page in a real Chromium: lazy pictures, "load more", and what goes wrong with both."""

import csv
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from impasto.collect import browser as browser_module
from impasto.collect import wikiart
from impasto.collect.browser import Browser, find_chromium
from impasto.collect.catalogue import Request, run
from impasto.collect.client import Client, FetchError
from impasto.collect.gather import Bounds, Summary
from impasto.collect.pace import Pace
from impasto.collect.record import Wanted
from impasto.errors import ImpastoError
from tests.collect.site import (
    LOOPBACK,
    Answer,
    Asked,
    Site,
    as_json,
    as_page,
    as_picture,
    as_redirect,
)

REQUIRED = os.environ.get("IMPASTO_REQUIRE_BROWSER") == "1"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        find_chromium() is None and not REQUIRED,
        reason="no Chromium on the PATH (IMPASTO_REQUIRE_BROWSER=1 makes this a failure)",
    ),
]

PAGE = """<!DOCTYPE html><title>Mark Rothko</title>
<div class="cookies" style="position:fixed;inset:0;z-index:9">We value your privacy</div>
<ul class="wiki-masonry-container"></ul>
<div class="masonry-load-more-button-wrapper">
  <a class="masonry-load-more-button" href="javascript:void 0">LOAD MORE</a></div>
<img src="/tracker.gif"><script src="http://127.0.0.9:1/elsewhere.js"></script>
<script>
const list = document.querySelector('ul');
const more = document.querySelector('.masonry-load-more-button');
const seen = new IntersectionObserver(entries => entries.forEach(entry => {
  if (entry.isIntersecting) entry.target.src = entry.target.getAttribute('lazy-load');
}));
let page = 0;
async function load() {
  const answer = await (await fetch(`?json=2&layout=new&page=${++page}&resultType=masonry`)).json();
  for (const work of answer.Paintings) {
    list.insertAdjacentHTML('beforeend', `<li style="height:300px">
      <img lazy-load="${work.image}"><div class="title-block">
      <a class="artwork-name" href="${work.paintingUrl}">${work.title}</a>
      <a class="artist-name" href="/en/mark-rothko">${work.artistName}</a>
      <span class="artwork-year">${work.year}</span></div></li>`);
    seen.observe(list.lastChild.querySelector('img'));
  }
  if (list.children.length >= answer.AllPaintingsCount) more.parentNode.style.display = 'none';
}
more.onclick = load;
load();
</script>"""


def wikiart_page(site: Site, count: int, page_size: int = 4) -> None:
    """An artist's page as the site's own script fills it."""

    def all_works(asked: Asked) -> Answer:
        if asked.query.get("json") != "2":
            return as_page(PAGE)
        first = (int(asked.query["page"]) - 1) * page_size
        works = [
            {
                "id": f"57727{number}",
                "title": f"No. {number}",
                "year": 1950 + number,
                "artistName": "Mark Rothko",
                "image": f"{site.base}/{number}.jpg!PinterestSmall.jpg",
                "paintingUrl": f"/en/mark-rothko/no-{number}",
            }
            for number in range(first, min(count, first + page_size))
        ]
        return as_json({"Paintings": works, "AllPaintingsCount": count, "PageSize": page_size})

    site.answers["/en/mark-rothko/all-works"] = all_works
    site.answers["/en/App/Artist/AlphabetJson"] = [as_json([{"url": "mark-rothko"}])]
    for number in range(count):
        site.answers[f"/{number}.jpg"] = [as_picture(number)]


def collect(site: Site, folder: Path, pace: Pace, limit: int = 100, **more: Any) -> Summary:
    request = Request(
        source="wikiart",
        out=folder,
        wanted=Wanted(any_licence=True),
        bounds=Bounds(limit, 2**20, 2**30),
        artists=("Mark Rothko",),
        **more,
    )
    return run(request, base=site.base, pace=pace, trusted=LOOPBACK)


def test_load_more_is_clicked_until_all_works_are_there(site: Site, tmp_path: Path, pace: Pace):
    wikiart_page(site, 10)
    summary = collect(site, tmp_path, pace, browser=True)
    assert (summary.new, summary.skipped, summary.ended) == (10, {}, "")
    with (tmp_path / "provenance.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["title"], row["artist"], row["date"]) for row in rows] == [
        (f"No. {number}", "Mark Rothko", str(1950 + number)) for number in range(10)
    ]
    assert rows[9]["page"] == f"{site.base}/en/mark-rothko/no-9"
    assert rows[9]["picture"] == f"{site.base}/9.jpg"  # the upload, not the rendition


def test_the_browser_clicks_no_further_than_pictures_are_wanted(
    site: Site, tmp_path: Path, pace: Pace
):
    wikiart_page(site, 40)
    assert collect(site, tmp_path, pace, limit=6, browser=True).new == 6
    pages = [asked.query["page"] for asked in site.asked if "page" in asked.query]
    assert pages == ["1", "2"]


def test_the_browser_says_who_it_is_and_loads_no_pictures(site: Site, tmp_path: Path, pace: Pace):
    wikiart_page(site, 3)
    collect(site, tmp_path, pace, browser=True)
    visits = [asked for asked in site.asked if asked.path == "/en/mark-rothko/all-works"]
    assert visits and all("Impasto/" in visit.headers["user-agent"] for visit in visits)
    assert site.times_asked("/tracker.gif") == 0
    assert not any("!" in asked.path for asked in site.asked)


def test_the_browser_is_used_when_json_is_not_to_be_had(site: Site, tmp_path: Path, pace: Pace):
    wikiart_page(site, 5)
    site.answers["/en/App/Painting/PaintingsByArtist"] = [as_page("<p>One moment…</p>")]
    remarks: list[str] = []
    request = Request(
        "wikiart", tmp_path, Wanted(), Bounds(9, 2**20, 2**30), artists=("Mark Rothko",)
    )
    summary = run(request, remark=remarks.append, base=site.base, pace=pace, trusted=LOOPBACK)
    assert summary.new == 5
    assert len(remarks) == 1 and "promises JSON" in remarks[0] and "browser" in remarks[0]


def test_a_second_run_takes_nothing_twice(site: Site, tmp_path: Path, pace: Pace):
    wikiart_page(site, 5)
    collect(site, tmp_path, pace, limit=2, browser=True)
    assert collect(site, tmp_path, pace, browser=True).new == 3
    assert all(site.times_asked(f"/{number}.jpg") == 1 for number in range(5))


def test_robots_txt_is_honoured_by_the_browser(site: Site, tmp_path: Path, pace: Pace):
    wikiart_page(site, 5)
    site.answers["/robots.txt"] = [Answer(b"User-agent: *\nDisallow: /en/", kind="text/plain")]
    with pytest.raises(FetchError, match="closed to programs"):
        collect(site, tmp_path, pace, browser=True)
    assert not any(asked.path.startswith("/en/") for asked in site.asked)


def test_a_page_of_another_form_is_one_sentence(
    site: Site, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    wikiart_page(site, 5)
    site.answers["/en/mark-rothko/all-works"] = [as_page("<h1>All new!</h1>")]
    with (
        Browser(client, seconds=4) as browser,
        pytest.raises(ImpastoError, match="list of works"),
    ):
        list(wikiart.search_page(browser, Wanted(artist="mark-rothko"), site.base))


def test_a_button_that_brings_nothing_keeps_what_is_there(site: Site, client: Client):
    wikiart_page(site, 8)
    works = site.answers["/en/mark-rothko/all-works"]

    def stuck(asked: Asked) -> Answer:
        assert callable(works)
        return as_page("busy", 503) if asked.query.get("page") == "2" else works(asked)

    site.answers["/en/mark-rothko/all-works"] = stuck
    found = []
    with (
        Browser(client, seconds=4) as browser,
        pytest.raises(FetchError, match='"Load more" brought nothing'),
    ):
        for record in wikiart.search_page(browser, Wanted(artist="mark-rothko"), site.base):
            found.append(record.title)  # noqa: PERF401 - what was read before the failure counts
    assert found == ["No. 0", "No. 1", "No. 2", "No. 3"]


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_page_that_is_not_shown_is_one_sentence(site: Site, client: Client, status: int):
    site.answers["/en/x"] = [as_page(status=status)]
    with (
        Browser(client) as browser,
        pytest.raises(FetchError, match=f"answered {status} to the browser"),
    ):
        list(browser.works(f"{site.base}/en/x"))


def test_the_browser_reads_json_as_well(site: Site, client: Client):
    site.answers["/data"] = [as_json({"works": ["<b>é</b>"]})]
    site.answers["/page"] = [as_page()]
    with Browser(client) as browser:
        assert browser.json(f"{site.base}/data", {"a": "1"}) == {"works": ["<b>é</b>"]}
        with pytest.raises(FetchError, match="web page where"):
            browser.json(f"{site.base}/page")


def test_the_browser_does_not_follow_into_a_private_network(site: Site, client: Client):
    decided = []

    class Route:
        def __init__(self, url: str, kind: str) -> None:
            self.request = type("Asked", (), {"url": url, "resource_type": kind})

        def continue_(self) -> None:
            decided.append(True)

        def abort(self) -> None:
            decided.append(False)

    with Browser(client) as browser:
        for url, kind in [
            (f"{site.base}/app.js", "script"),
            (f"{site.base}/a.jpg", "image"),
            ("http://169.254.169.254/latest", "fetch"),
            ("http://10.0.0.1/", "document"),
            ("file:///etc/passwd", "document"),
        ]:
            browser._decide(Route(url, kind))
    assert decided == [True, False, False, False, False]


@pytest.mark.skipif(sys.platform != "linux", reason="only there all of 127.0.0.0/8 is at home")
def test_a_page_that_a_redirect_brought_from_a_private_network_is_not_read(
    site: Site, client: Client
):
    inside = Site("127.0.0.2")  # as a router would be: not among the trusted
    try:
        inside.answers["/secret"] = [as_json({"password": 1})]
        site.answers["/door"] = [as_redirect(f"{inside.base}/secret")]
        with (
            Browser(client) as browser,
            pytest.raises(FetchError, match=r"leads to 127\.0\.0\.2, .* refused"),
        ):
            browser.json(f"{site.base}/door")
    finally:
        inside.close()


def test_no_browser_is_one_sentence(client: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(browser_module, "find_chromium", lambda: None)
    with pytest.raises(ImpastoError, match="needs Chromium or Chrome"), Browser(client):
        pass


def test_a_browser_that_does_not_start_is_one_sentence(
    client: Client, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(browser_module, "find_chromium", lambda: "/bin/false")
    with pytest.raises(ImpastoError, match="does not start"), Browser(client):
        pass


def test_every_attribute_that_may_hold_a_picture_is_read(site: Site, client: Client):
    works = "".join(
        f'<li><a class="artwork-name" href="/en/a/{name}">{name}</a>'
        f'<img {name}="{site.base}/{name}.jpg!Blog.jpg"></li>'
        for name in ("src", "data-src", "lazy-load", "img-source")
    )
    site.answers["/en/a"] = [as_page(f'<ul class="wiki-masonry-container">{works}</ul>')]
    with Browser(client) as browser:
        records = list(map(wikiart.parse_item, browser.works(f"{site.base}/en/a")))
    assert [record and record.pictures[0].rpartition("/")[2] for record in records] == [
        "src.jpg",
        "data-src.jpg",
        "lazy-load.jpg",
        "img-source.jpg",
    ]

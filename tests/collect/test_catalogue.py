"""Whole runs, each against a local copy of the source's documented form."""

import csv
from pathlib import Path
from typing import Any

import pytest

from impasto.collect import chicago as chicago_module
from impasto.collect import cleveland as cleveland_module
from impasto.collect import met as met_module
from impasto.collect.catalogue import NAMES, Request, run
from impasto.collect.gather import Bounds, Summary
from impasto.collect.pace import Pace
from impasto.collect.record import Wanted
from impasto.errors import ImpastoError
from tests.collect.documented import SITES, cleveland, met
from tests.collect.site import LOOPBACK, Answer, Asked, Site, as_json, as_page, as_picture

CLOSED = Answer(b"User-agent: *\nDisallow: /api/", kind="text/plain")
"""A robots.txt that keeps crawlers from the interface, as Commons' does."""


def collect(
    site: Site, name: str, folder: Path, base: str, pace: Pace, limit: int = 1000, **more: Any
) -> Summary:
    for number in range(10):
        site.answers.setdefault(f"/{number}.jpg", [as_picture(number)])
    request = Request(
        source=name,
        out=folder,
        wanted=more.pop("wanted", Wanted()),
        bounds=Bounds(limit, 2**20, 2**30),
        artists=("Claude Monet",),
        **more,
    )
    return run(request, base=base, pace=pace, trusted=LOOPBACK)


@pytest.mark.parametrize("name", SITES)
def test_a_collection_of_several_pages_is_collected_whole(
    name: str, site: Site, tmp_path: Path, pace: Pace, monkeypatch: pytest.MonkeyPatch
):
    for module in (met_module, chicago_module, cleveland_module):
        monkeypatch.setattr(module, "PAGE", 4)
    base = SITES[name](site, 9)
    summary = collect(site, name, tmp_path, base, pace)
    assert (summary.new, summary.ended, summary.skipped) == (9, "", {})
    with (tmp_path / "provenance.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 9 and all((tmp_path / row["file"]).exists() for row in rows)
    assert {row["artist"] for row in rows} == {"Claude Monet"}
    assert all(row["licence"] and row["picture"] and row["page"] for row in rows)


@pytest.mark.parametrize("name", SITES)
def test_a_bad_day_is_survived(name: str, site: Site, tmp_path: Path, pace: Pace):
    base = SITES[name](site, 3)
    faults = [
        as_page(status=500),
        as_json({}, 429, Retry_After="3"),
        Answer(b"[", missing=50),
    ]
    for path in list(site.answers):
        answers, state = site.answers[path], iter(list(faults))

        def stumble(asked: Asked, answers: Any = answers, state: Any = state) -> Answer:
            fault = next(state, None)
            return fault or (answers(asked) if callable(answers) else answers[0])

        site.answers[path] = stumble
    assert collect(site, name, tmp_path, base, pace).new == 3


@pytest.mark.parametrize("name", SITES)
def test_a_second_run_asks_for_no_picture_and_the_limit_counts_both(
    name: str, site: Site, tmp_path: Path, pace: Pace
):
    base = SITES[name](site, 5)
    assert collect(site, name, tmp_path, base, pace, limit=2).new == 2
    site.asked.clear()
    again = collect(site, name, tmp_path, base, pace, limit=2)
    assert (again.new, again.earlier) == (0, 2)
    assert not any(asked.path.endswith(".jpg") for asked in site.asked)
    further = collect(site, name, tmp_path, base, pace)
    assert (further.new, further.earlier) == (3, 2)


def test_met_spends_no_request_on_objects_that_it_knows(site: Site, tmp_path: Path, pace: Pace):
    base = met(site, 5)
    collect(site, "met", tmp_path, base, pace)
    site.asked.clear()
    collect(site, "met", tmp_path, base, pace)
    assert [asked.path for asked in site.asked] == ["/api/v1.1/search"]


@pytest.mark.parametrize("name", ["met", "chicago", "cleveland", "commons"])
def test_the_documented_interface_is_used_although_robots_txt_closes_it(
    name: str, site: Site, tmp_path: Path, pace: Pace
):
    site.answers["/robots.txt"] = [CLOSED]
    assert collect(site, name, tmp_path, SITES[name](site, 1), pace).new == 1


def test_pictures_that_robots_txt_closes_are_not_taken(site: Site, tmp_path: Path, pace: Pace):
    site.answers["/robots.txt"] = [Answer(b"User-agent: *\nDisallow: /*.jpg", kind="text/plain")]
    summary = collect(site, "cleveland", tmp_path, cleveland(site, 2), pace)
    assert summary.skipped == {"closed by robots.txt": 2}


def test_several_artists_are_collected_one_after_the_other(site: Site, tmp_path: Path, pace: Pace):
    base = cleveland(site, 2)
    request = Request("cleveland", tmp_path, Wanted(), Bounds(9, 2**20, 2**30), ("Monet", "Claude"))
    collect(site, "cleveland", tmp_path / "warm", base, pace, limit=1)
    site.asked.clear()
    run(request, base=base, pace=pace, trusted=LOOPBACK)
    searches = [asked.query["artists"] for asked in site.asked if "artists" in asked.query]
    assert searches == ["Monet", "Claude"]


def test_a_list_is_collected(site: Site, tmp_path: Path, pace: Pace):
    (tmp_path / "list.txt").write_text(f"{site.base}/1.jpg\n{site.base}/gone.jpg\nnonsense\n")
    summary = collect(site, "urls", tmp_path / "out", "", pace, list_file=tmp_path / "list.txt")
    assert summary.new == 1
    assert summary.skipped == {"answered 404": 1, "not a web address": 1}
    with (tmp_path / "out" / "skipped.csv").open(encoding="utf-8") as file:
        details = [row["detail"] for row in csv.DictReader(file)]
    assert f"{site.base}/gone.jpg" in details[0] and details[1] == "nonsense"
    again = collect(site, "urls", tmp_path / "out", "", pace, list_file=tmp_path / "list.txt")
    assert (again.new, again.earlier) == (0, 1)
    assert again.skipped["not a web address"] == 1, "told each time, on file once"
    with (tmp_path / "out" / "skipped.csv").open(encoding="utf-8") as file:
        assert [row["detail"] for row in csv.DictReader(file)].count("nonsense") == 1


def test_nothing_to_look_for_is_one_sentence(tmp_path: Path):
    for name in NAMES:
        if name in ("chicago", "cleveland"):
            continue
        with pytest.raises(ImpastoError, match=r"--artist|a list"):
            run(Request(name, tmp_path, Wanted(), Bounds(1, 1, 1)), pace=Pace(1000))


@pytest.mark.parametrize("name", ["met", "chicago", "cleveland", "wikiart"])
def test_it_is_told_how_many_works_there_are(name: str, site: Site, tmp_path: Path, pace: Pace):
    base = SITES[name](site, 5)
    request = Request(name, tmp_path, Wanted(), Bounds(1, 2**20, 2**30), ("Claude Monet",))
    told: list[int] = []
    run(request, expect=told.append, base=base, pace=pace, trusted=LOOPBACK)
    assert told == [5]


def test_a_rate_beyond_what_the_source_allows_is_lowered(site: Site, tmp_path: Path):
    remarks: list[str] = []
    request = Request("chicago", tmp_path, Wanted(), Bounds(1, 2**20, 2**30), rate=9)
    with pytest.raises(ImpastoError):  # nobody answers there
        run(request, remark=remarks.append, base=f"{site.base}/nothing", trusted=LOOPBACK)
    assert remarks == ["--rate 9 is lowered to 1 a second, which is decent here."]

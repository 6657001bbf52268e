"""Pictures kept and dropped by hand."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace

from impasto.core.files import write_json
from impasto.prepare.decisions import read_decisions
from impasto.prepare.doubtful import Review, read_review
from impasto.studio.sets import review_file
from tests.studio.conftest import ALBUM, SET


def test_a_review_keeps_drops_and_undoes_on_disk(client, prepared):
    about = client.get(f"/api/sets/{SET}").json
    assert (about["found"], about["kept"], about["source"]) == (10, 9, ALBUM)
    assert about["reasons"] == [["too small", 1]]
    assert not about["waiting"]
    told = client.get(f"/api/sets/{SET}/review/rows").json
    number = next(row["id"] for row in told["rows"] if row["name"] == "long.png")
    address = f"/api/sets/{SET}/review"
    assert client.get(f"{address}/picture/{number}/large").headers["content-type"] == "image/webp"
    client.post(f"{address}/decide", {"keep": [number]})
    assert {d.file: d.reason for d in read_decisions(prepared) if d.by_hand} == {
        "long.png": "kept by hand"
    }
    os.utime(prepared / "decisions.csv")
    assert client.get(f"/api/sets/{SET}").json["waiting"]
    assert client.post(f"{address}/undo", {}).json["steps"] == 0
    assert not [d for d in read_decisions(prepared) if d.by_hand]
    for bad in ({"keep": [10**9]}, {"keep": "x"}, {"drop": [True]}, {}):
        assert client.post(f"{address}/decide", bad).status == 409
    sheet = client.get(f"/api/sets/{SET}/sheet")
    assert sheet.content[:4] == b"RIFF"
    home = next(each for each in client.get("/api/home").json["items"] if each["id"] == SET)
    assert home["cover"]
    assert client.get(f"/api/items/{SET}/cover").content == sheet.content


def words_of(out):
    return {each.file: each.reason for each in read_decisions(out) if each.by_hand}


def test_clicks_are_there_after_a_restart_and_done_leaves_them(studio, client, prepared):
    shown = read_review(prepared)
    asked = [replace(row, asked=row.readable) for row in shown.rows]
    write_json(review_file(prepared), asdict(Review(asked, shown.families, shown.notices)))
    address = f"/api/sets/{SET}/review"
    rows = client.get(f"{address}/rows").json["rows"]
    number, other = [row["id"] for row in rows if row["keep"] and row["readable"]][:2]
    client.post(f"{address}/decide", {"drop": [number]})
    studio.reviews._open.clear()  # a restart, or other sets that were opened meanwhile
    row = client.get(f"{address}/rows").json["rows"][number]
    assert (row["keep"], row["earlier"], row["mine"]) == (False, True, False)
    told = client.post(f"{address}/done", {"seen": [number, other]}).json
    assert told["settled"] == 1
    words = words_of(prepared)
    assert words[rows[number]["name"]] == "dropped by hand"
    assert words[rows[other]["name"]] == "kept by hand"


def test_tabs_that_look_at_once_share_one_review(studio, prepared, monkeypatch):
    def slowly(out):
        time.sleep(0.05)
        return read_review(out)

    monkeypatch.setattr("impasto.prepare.doubtful.read_review", slowly)
    item = studio.workspace.item(SET)
    with ThreadPoolExecutor(8) as tabs:
        found = list(tabs.map(lambda _: studio.reviews.of(item), range(8)))
    assert len({id(each) for each in found}) == 1

"""Pictures kept and dropped by hand."""

import os

from impasto.prepare.decisions import read_decisions
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

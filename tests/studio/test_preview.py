"""Twenty pictures tried before all are prepared."""

from tests.studio.conftest import ALBUM


def test_twenty_are_tried_with_the_forms_own_values(client, album):
    def tried(values):
        return client.post(f"/api/albums/{ALBUM}/preview", {"values": values})

    rows = tried({"size": "32"}).json["rows"]
    assert [row["keep"] for row in rows] == [True] * 9
    assert rows[0]["results"][0].startswith("data:image/webp;base64,")
    strict = tried({"size": "256"}).json["rows"]
    assert {row["reason"] for row in strict} == {"too small"}
    for bad in ({"size": "7"}, {"size": "x"}, {"fit": "no"}, {"out": "x"}, {"enlarge": "x"}):
        assert tried(bad).status == 409

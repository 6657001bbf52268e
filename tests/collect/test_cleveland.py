"""The Cleveland Museum of Art."""

from impasto.collect import cleveland
from tests.collect.documented import (
    CLEVELAND_WORK,
)
from tests.collect.test_sources import MONET, Answers


def test_cleveland_pages_by_skip():
    page = [{**CLEVELAND_WORK, "id": number} for number in range(100)]
    fetch = Answers(
        {"info": {"total": 101}, "data": page},
        {"info": {"total": 101}, "data": [{**CLEVELAND_WORK, "id": 100}]},
    )
    assert len(list(cleveland.search(fetch, MONET))) == 101
    assert fetch.asked[1][1] == {
        "has_image": "1",
        "limit": "100",
        "artists": "Claude Monet",
        "cc0": "1",
        "type": "Painting",
        "skip": "100",
    }


def test_cleveland_reads_a_record():
    record = cleveland.parse_artwork(CLEVELAND_WORK)
    assert record and record.artist == "Claude Monet" and record.public_domain is True
    assert [picture.rpartition("_")[2] for picture in record.pictures] == ["print.jpg", "web.jpg"]
    full = cleveland.parse_artwork(CLEVELAND_WORK, full=True)
    assert full and full.pictures[0].endswith("_full.tif")

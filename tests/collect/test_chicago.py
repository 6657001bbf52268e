"""The Art Institute of Chicago."""

import json

from impasto.collect import chicago
from impasto.collect.client import FetchError
from impasto.collect.record import Wanted
from tests.collect.documented import (
    CHICAGO_WORK,
)
from tests.collect.test_sources import MONET, Answers


def test_chicago_sends_the_whole_query_as_json():
    fetch = Answers(
        {"data": [CHICAGO_WORK], "pagination": {"total_pages": 2}},
        {"data": [{**CHICAGO_WORK, "id": 2}], "pagination": {"total_pages": 2}},
    )
    records = list(chicago.search(fetch, Wanted(query="lilies", artist="Claude Monet")))
    assert [record.identity for record in records] == ["16568", "2"]
    body = json.loads(fetch.asked[1][1]["params"])
    assert body["q"] == "lilies" and body["page"] == 2 and body["limit"] == 100
    filters = body["query"]["bool"]["filter"]
    assert {"term": {"is_public_domain": True}} in filters
    assert {"term": {"artwork_type_title.keyword": "Painting"}} in filters
    assert {"match": {"artist_title": {"query": "Claude Monet", "operator": "and"}}} in filters


def test_chicago_reads_a_record_and_uses_the_image_server_that_it_names():
    answer = {
        "data": [CHICAGO_WORK],
        "pagination": {"total_pages": 1},
        "config": {"iiif_url": "https://img.example/iiif/2/"},
    }
    (record,) = chicago.search(Answers(answer), MONET)
    assert record.artist == "Claude Monet" and record.licence == "CC0 1.0"
    assert record.page == "https://www.artic.edu/artworks/16568"
    image = f"https://img.example/iiif/2/{CHICAGO_WORK['image_id']}/full"
    assert record.pictures == (f"{image}/1686,/0/default.jpg", f"{image}/843,/0/default.jpg")


def test_chicago_never_asks_for_more_pixels_than_there_are():
    small = chicago.parse_artwork({**CHICAGO_WORK, "thumbnail": {"width": 700}})
    assert small and [p.split("/full/")[1] for p in small.pictures] == ["700,/0/default.jpg"]


def test_chicago_keeps_to_the_small_size_for_works_under_copyright():
    record = chicago.parse_artwork({**CHICAGO_WORK, "is_public_domain": False})
    assert record and len(record.pictures) == 1 and "/843,/" in record.pictures[0]


def test_chicago_ends_where_it_lets_nobody_look_deeper():
    fetch = Answers(
        {"data": [CHICAGO_WORK], "pagination": {"total_pages": 99}},
        FetchError("no further", "answered 403", 403),
    )
    assert len(list(chicago.search(fetch, MONET))) == 1


def test_an_image_identity_cannot_lead_elsewhere():
    record = chicago.parse_artwork({**CHICAGO_WORK, "image_id": "../../../admin?x="})
    assert record and record.pictures == ()

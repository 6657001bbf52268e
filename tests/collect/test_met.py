"""The Metropolitan Museum of Art."""

from impasto.collect import met
from impasto.collect.client import FetchError
from impasto.collect.record import Record, Wanted
from tests.collect.documented import (
    MET_OBJECT,
)
from tests.collect.test_sources import MONET, Answers


def test_met_asks_page_by_page_and_object_by_object():
    ids = list(range(1, 101))
    fetch = Answers(
        {"total": 101, "objectIDs": ids},
        *({**MET_OBJECT, "objectID": identity} for identity in ids),
        {"total": 101, "objectIDs": [101]},
        {**MET_OBJECT, "objectID": 101},
    )
    records = list(met.search(fetch, MONET))
    assert [record.identity for record in records] == [str(i) for i in range(1, 102)]
    url, parameters = fetch.asked[0]
    assert url.endswith("/v1.1/search")
    assert parameters["q"] == "Claude Monet" and parameters["artistOrCulture"] == "true"
    assert parameters["medium"] == "Paintings"
    assert list(parameters)[-1] == "q"
    assert fetch.asked[-2][1]["offset"] == "100"


def test_met_reads_a_record():
    assert met.parse_object(MET_OBJECT) == Record(
        source="met",
        identity="437133",
        title="Garden at Sainte-Adresse",
        artist="Claude Monet",
        date="1867",
        licence="CC0 1.0",
        public_domain=True,
        page="https://www.metmuseum.org/art/collection/search/437133",
        pictures=(
            "https://images.metmuseum.org/CRDImages/ep/original/DT%201567.jpg",
            "https://images.metmuseum.org/CRDImages/ep/web-large/DT1567.jpg",
        ),
    )


def test_met_passes_over_what_is_known_withdrawn_or_by_another():
    fetch = Answers(
        {"total": 4, "objectIDs": [1, 2, 3, 4]},
        FetchError("gone", "answered 404", 404),
        {**MET_OBJECT, "objectID": 3, "artistDisplayName": "Francisco Goya"},
        {**MET_OBJECT, "objectID": 4},
    )
    wanted = Wanted(artist="Claude Monet", known=frozenset({"1"}))
    records = list(met.search(fetch, wanted))
    assert [(r.identity, bool(r.pictures)) for r in records] == [("1", False), ("4", True)]
    assert len(fetch.asked) == 4  # the known one cost nothing


def test_met_is_not_asked_for_ever_about_works_by_others(monkeypatch):
    monkeypatch.setattr(met, "MOST_MISSES", 3)
    others = ({**MET_OBJECT, "objectID": n, "artistDisplayName": "Goya"} for n in (2, 3, 4))
    fetch = Answers({"total": 9, "objectIDs": list(range(1, 10))}, MET_OBJECT, *others)
    assert len(list(met.search(fetch, Wanted(query="garden", artist="Claude Monet")))) == 1
    assert len(fetch.asked) == 5
    assert fetch.asked[0][1]["q"] == "garden Claude Monet"
    assert "artistOrCulture" not in fetch.asked[0][1]


def test_met_without_results_is_an_empty_list():
    assert list(met.search(Answers({"total": 0, "objectIDs": None}), MONET)) == []

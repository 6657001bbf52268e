"""Each source against its documented form, and against anything else that JSON can be."""

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impasto.collect import chicago, cleveland, commons, met, urls, wikiart
from impasto.collect.client import FetchError
from impasto.collect.record import Record, Wanted, address
from impasto.errors import ImpastoError
from tests.collect.documented import (
    ARTISTS,
    CHICAGO_WORK,
    CLEVELAND_WORK,
    COMMONS_PAGE,
    MET_OBJECT,
    WIKIART_PAINTING,
)
from tests.collect.site import PATIENT

MONET = Wanted(artist="Claude Monet")


class Answers:
    """A fetch that gives prepared answers and remembers what it was asked."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, dict[str, str]]] = []

    def __call__(self, url: str, parameters: Mapping[str, str]) -> Any:
        self.asked.append((url, dict(parameters)))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


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


def test_commons_goes_on_as_it_is_told():
    fetch = Answers(
        {
            "continue": {"gsroffset": 50, "continue": "gsroffset||"},
            "query": {"pages": [COMMONS_PAGE]},
        },
        {"query": {"pages": [{**COMMONS_PAGE, "pageid": 2}]}},
    )
    assert len(list(commons.search(fetch, MONET))) == 2
    first, second = (parameters for _, parameters in fetch.asked)
    assert first["gsrsearch"] == '"Claude Monet" filetype:bitmap' and first["gsrnamespace"] == "6"
    assert second == {**first, "gsroffset": "50", "continue": "gsroffset||"}


def test_commons_keeps_the_searchs_order():
    pages = [{**COMMONS_PAGE, "pageid": 9, "index": 2}, {**COMMONS_PAGE, "pageid": 5, "index": 1}]
    records = commons.search(Answers({"query": {"pages": pages}}), MONET)
    assert [record.identity for record in records] == ["5", "9"]


def test_commons_takes_a_category():
    fetch = Answers({"query": {"pages": []}})
    list(commons.search(fetch, Wanted(query="Category:Paintings by Paul Klee")))
    assert fetch.asked[0][1]["generator"] == "categorymembers"
    assert fetch.asked[0][1]["gcmtitle"] == "Category:Paintings by Paul Klee"


def test_commons_reads_a_record_out_of_its_html():
    record = commons.parse_page(COMMONS_PAGE)
    assert record == Record(
        source="commons",
        identity="83547663",
        title="Buurpraatje",
        artist="Claude Monet",
        date="1890",
        licence="Public domain",
        public_domain=True,
        page="https://commons.wikimedia.org/wiki/File:Buurpraatje.jpg",
        pictures=(
            "https://upload.wikimedia.org/wikipedia/commons/thumb/a/a2/1920px-B.jpg",
            "https://upload.wikimedia.org/wikipedia/commons/a/a2/Buurpraatje.jpg",
        ),
    )


@pytest.mark.parametrize(
    ("code", "name", "copyrighted", "public"),
    [
        ("pd", "Public domain", "False", True),
        ("cc0", "CC0", "True", True),
        ("cc-pd-mark", "Public domain", "", True),
        ("cc-by-sa-4.0", "CC BY-SA 4.0", "True", False),
        ("gfdl", "GFDL", "True", False),
        ("", "", "", False),
        ("", "All rights reserved", "True", False),
    ],
)
def test_commons_counts_as_public_only_what_says_so(
    code: str, name: str, copyrighted: str, public: bool
):
    told = {"License": code, "LicenseShortName": name, "Copyrighted": copyrighted}
    metadata = {key: {"value": value} for key, value in told.items()}
    info = {**COMMONS_PAGE["imageinfo"][0], "extmetadata": metadata}
    record = commons.parse_page({**COMMONS_PAGE, "imageinfo": [info]})
    assert record and record.public_domain is public


def test_commons_says_what_the_interface_complains_about():
    fetch = Answers({"error": {"code": "badvalue", "info": "Unrecognized value."}})
    with pytest.raises(ImpastoError, match="Commons refuses the search: Unrecognized value"):
        list(commons.search(fetch, MONET))


def test_wikiart_lists_an_artist_in_full_size():
    fetch = Answers(ARTISTS, [WIKIART_PAINTING])
    (record,) = wikiart.search(fetch, Wanted(artist="Claude Monet"))
    assert fetch.asked[0][1] == {"v": "new", "inPublicDomain": "true"}
    assert fetch.asked[1][1] == {"artistUrl": "claude-monet", "json": "2"}
    assert record.date == "1869" and record.public_domain is True
    upload = "https://uploads0.wikiart.org/images/claude-monet/the-m%C3%A4gpie.jpg"
    assert record.pictures == (upload, f"{upload}!HD.jpg", f"{upload}!Large.jpg")


def test_wikiart_leaves_out_what_may_not_be_shown_here():
    hidden = {**WIKIART_PAINTING, "image": "https://uploads.wikiart.org/images/FRAME-600x480.jpg"}
    (record,) = wikiart.search(Answers(ARTISTS, [hidden]), MONET)
    assert record.pictures == ()


def test_wikiart_says_whom_one_might_have_meant():
    with pytest.raises(ImpastoError, match=r"Did you mean claude-monet\?"):
        list(wikiart.search(Answers(ARTISTS), Wanted(artist="Claude Manet", any_licence=True)))
    with pytest.raises(ImpastoError, match="--any-licence looks among all artists"):
        list(wikiart.search(Answers(ARTISTS), Wanted(artist="Pablo Picasso")))


@pytest.mark.parametrize(
    "name",
    [
        "Édouard Manet",
        "edouard-manet",
        "https://www.wikiart.org/en/edouard-manet",
        "https://www.wikiart.org/en/edouard-manet/all-works#!#resultType:masonry",
    ],
)
def test_wikiart_understands_names_and_addresses(name: str):
    assert wikiart.artist_slug(name) == "edouard-manet"


def test_a_list_gives_each_address_once_and_keeps_bad_lines_for_the_record(tmp_path):
    file = tmp_path / "list.txt"
    file.write_text("# mine\nhttps://a.example/x y.jpg\n\nhttps://a.example/x y.jpg\nnonsense\n")
    records = list(urls.search(urls.read_list(file)))
    assert [record.pictures for record in records] == [("https://a.example/x%20y.jpg",), ()]
    assert records[0].title == "x%20y" and records[1].page == "nonsense"


@pytest.mark.parametrize("content", [b"", b"# nothing\n", b"\xff\xfe\x00"])
def test_a_list_without_addresses_is_one_sentence(tmp_path, content: bytes):
    file = tmp_path / "list.txt"
    file.write_bytes(content)
    with pytest.raises(ImpastoError, match="list"):
        urls.read_list(file)


SEARCHES: dict[str, Callable[..., Iterator[Record]]] = {
    "met": met.search,
    "chicago": chicago.search,
    "cleveland": cleveland.search,
    "commons": commons.search,
    "wikiart": wikiart.search,
}


@pytest.mark.parametrize("name", SEARCHES)
@pytest.mark.parametrize("answer", [None, [], {}, "text", 7, {"data": {}}, {"objectIDs": 3}, [[]]])
def test_another_form_is_one_sentence_or_nothing(name: str, answer: Any):
    try:
        assert list(SEARCHES[name](Answers(answer), MONET)) == []
    except ImpastoError as error:
        assert str(error).endswith((".", "?"))


STRANGE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["<b>", "<!", "<style>x", "http://[", "https://a:b@c/", "http://a:99999/x"])
    | st.sampled_from(["https://ex.example/ü ö.jpg!Large.jpg", "\x00\x1b[2J", "=1+1", "../.."]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(max_size=3)
            | st.sampled_from(
                [*MET_OBJECT, *CHICAGO_WORK, *CLEVELAND_WORK, *COMMONS_PAGE, *WIKIART_PAINTING]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def distort(example: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A documented record with some fields gone and some turned into anything."""
    return st.fixed_dictionaries(
        {}, optional={key: st.just(value) | STRANGE for key, value in example.items()}
    ).map(lambda changed: {**{k: v for k, v in example.items() if len(k) % 2}, **changed})


def check(record: Record | None) -> None:
    if record is None:
        return
    assert record.identity
    texts = (record.identity, record.title, record.artist, record.date, record.licence)
    assert all(isinstance(t, str) and t.isprintable() and len(t) <= 300 for t in texts)
    assert all(p.startswith(("http://", "https://")) and p.isascii() for p in record.pictures)


PARSERS: list[tuple[Callable[[Any], Record | None], dict[str, Any]]] = [
    (met.parse_object, MET_OBJECT),
    (chicago.parse_artwork, CHICAGO_WORK),
    (cleveland.parse_artwork, CLEVELAND_WORK),
    (commons.parse_page, COMMONS_PAGE),
    (commons.parse_page, {"pageid": 1, "imageinfo": COMMONS_PAGE["imageinfo"]}),
    (wikiart.parse_painting, WIKIART_PAINTING),
    (
        wikiart.parse_item,
        {"link": "https://w.example/en/a/b", "title": "", "rest": "1901", "pictures": ["https:"]},
    ),
]


@pytest.mark.parametrize(("parse", "example"), PARSERS)
@PATIENT
@given(data=st.data())
def test_no_record_however_strange_breaks_a_parser(parse, example, data):
    check(parse(data.draw(STRANGE)))
    check(parse(data.draw(distort(example))))


@pytest.mark.parametrize("name", SEARCHES)
@PATIENT
@given(answers=st.lists(STRANGE, min_size=1, max_size=6))
def test_no_answer_however_strange_breaks_or_traps_a_search(name: str, answers: list[Any]):
    try:
        for record in islice(SEARCHES[name](Answers(*answers), MONET), 100):
            check(record)
    except ImpastoError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("given", "made"),
    [
        (" https://a.example/x y/ü.jpg?q=é#top ", "https://a.example/x%20y/%C3%BC.jpg?q=%C3%A9"),
        ("https://a.example/100%25.jpg", "https://a.example/100%25.jpg"),
        ("https://bücher.example/a.jpg", "https://xn--bcher-kva.example/a.jpg"),
        ("http://[2606:4700::1111]:8080/a", "http://[2606:4700::1111]:8080/a"),
        ("https://user:secret@a.example/x.jpg", ""),
        ("https://a.example@b.example/x.jpg", ""),
        ("//a.example/x.jpg", ""),
        ("file:///etc/passwd", ""),
        ("https://a.example:99999/", ""),
        ("https://", ""),
        ("https://a b/", ""),
        ("https://" + "a" * 2000, ""),
        (None, ""),
        (7, ""),
    ],
)
def test_addresses_are_made_safe_or_refused(given: object, made: str):
    assert address(given) == made


@PATIENT
@given(st.text())
def test_any_line_of_a_list_is_a_record(line: str):
    check(urls.parse_line(line))


@pytest.mark.parametrize(
    ("search", "answer"),
    [
        (cleveland.search, {"info": {"total": 10**9}, "data": [CLEVELAND_WORK]}),
        (chicago.search, {"pagination": {"total_pages": 10**9}, "data": [CHICAGO_WORK]}),
        (met.search, {**MET_OBJECT, "total": 10**9, "objectIDs": [437133]}),
    ],
)
def test_a_listing_that_turns_in_circles_is_left(search: Callable[..., Any], answer: Any):
    fetch = Answers(answer)
    assert len(list(search(fetch, MONET))) == 1
    assert len(fetch.asked) <= 6


def test_commons_is_left_when_it_turns_in_circles():
    pages = [{"continue": {"gsroffset": n}, "query": {"pages": [COMMONS_PAGE]}} for n in range(100)]
    fetch = Answers(*pages)
    assert len(list(commons.search(fetch, MONET))) == 1
    assert len(fetch.asked) == 6

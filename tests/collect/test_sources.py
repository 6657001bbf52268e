"""Each source against its documented form, and against anything else that JSON can be."""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impasto.collect import chicago, cleveland, commons, met, wikiart
from impasto.collect.record import Record, Wanted, address
from impasto.errors import ImpastoError
from tests.collect.documented import (
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

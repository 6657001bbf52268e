"""Wikimedia Commons."""

import pytest

from impasto.collect import commons
from impasto.collect.record import Record, Wanted
from impasto.errors import ImpastoError
from tests.collect.documented import (
    COMMONS_PAGE,
)
from tests.collect.test_sources import MONET, Answers


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


def test_files_that_are_no_pictures_do_not_end_a_category():
    def drawing(number: int) -> dict:
        return {"pageid": number, "imageinfo": [{"mime": "image/svg+xml"}]}

    pages = [
        {
            "continue": {"gcmcontinue": str(n)},
            "query": {"pages": [drawing(2 * n), drawing(2 * n + 1)]},
        }
        for n in range(8)
    ]
    fetch = Answers(*pages, {"query": {"pages": [COMMONS_PAGE]}})
    assert len(list(commons.search(fetch, MONET))) == 1
    circle = Answers(*({**pages[0], "continue": {"gcmcontinue": str(n)}} for n in range(100)))
    assert list(commons.search(circle, MONET)) == []
    assert len(circle.asked) == 6


def test_commons_is_left_when_it_turns_in_circles():
    pages = [{"continue": {"gsroffset": n}, "query": {"pages": [COMMONS_PAGE]}} for n in range(100)]
    fetch = Answers(*pages)
    assert len(list(commons.search(fetch, MONET))) == 1
    assert len(fetch.asked) == 6

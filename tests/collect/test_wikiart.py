"""WikiArt."""

import pytest

from impasto.collect import wikiart
from impasto.collect.record import Wanted
from impasto.errors import ImpastoError
from tests.collect.documented import (
    ARTISTS,
    WIKIART_PAINTING,
)
from tests.collect.test_sources import MONET, Answers


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

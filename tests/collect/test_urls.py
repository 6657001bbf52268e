"""A list of addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impasto.collect import urls
from impasto.errors import ImpastoError
from tests.collect.site import PATIENT
from tests.collect.test_sources import check


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


@PATIENT
@given(st.text())
def test_any_line_of_a_list_is_a_record(line: str):
    check(urls.parse_line(line))

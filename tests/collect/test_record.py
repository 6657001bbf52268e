"""Names of files."""

from hypothesis import example, given
from hypothesis import strategies as st

from impasto.collect.ledger import file_stem, slug
from impasto.collect.record import Record
from tests.collect.site import PATIENT


@PATIENT
@given(st.text(), st.text())
@example("0" * 39 + ":0", "")  # cut behind a hyphen
def test_no_name_leaves_the_folder_or_upsets_a_file_system(identity: str, title: str):
    name = file_stem(Record("urls", identity, title))
    assert name == slug(name, 200) and name.startswith("urls") and len(name) < 160


@PATIENT
@given(st.text(), st.text())
def test_two_works_never_share_a_file(one: str, other: str):
    assert one == other or file_stem(Record("x", one)) != file_stem(Record("x", other))

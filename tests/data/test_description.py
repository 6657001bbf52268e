"""`dataset.json` of a set, from whomever it comes."""

import json

import pytest

from impasto.data.description import DESCRIPTION, FORMAT, describe_dataset
from impasto.errors import ImpastoError

GOOD = {
    "format": FORMAT,
    "version": 1,
    "name": "fields",
    "count": 3,
    "width": 32,
    "height": 48,
    "fingerprint": "a" * 64,
}


def described(folder, **changes):
    (folder / DESCRIPTION).write_text(json.dumps(GOOD | changes))
    return describe_dataset(folder)


def test_a_set_without_shards_has_one_file(tmp_path):
    found = described(tmp_path, options={"size": 32})
    assert [each.count for each in found.files] == [3]
    assert found.made_with == {"size": 32}


@pytest.mark.parametrize(
    "changes",
    [
        {"count": 0},
        {"count": True},
        {"width": 10**6},
        {"fingerprint": "../../etc"},
        {"name": "x" * 300},
        {"labels": ["a", "a"]},
        {"labels": [1]},
        {"version": 2, "shards": [{"file": "../other", "count": 3, "sha256": "b" * 64}]},
        {"version": 2, "shards": []},
        {"format": "something"},
        {"version": 9},
    ],
)
def test_what_does_not_fit_is_one_sentence_that_names_the_file(tmp_path, changes):
    with pytest.raises(ImpastoError, match=DESCRIPTION):
        described(tmp_path, **changes)


def test_options_that_are_no_table_tell_nothing(tmp_path):
    assert described(tmp_path, options=[1]).made_with == {}

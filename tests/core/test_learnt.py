"""What a run says of its beginning; the files may be of an earlier version, or a stranger's."""

import json

import pytest

from impasto.core.learnt import (
    LearntLabels,
    Origin,
    TrainingSetRecord,
    read_learnt,
    read_origin,
    write_record,
)
from impasto.errors import ImpastoError


def test_what_is_known_comes_back_and_nothing_else_is_written(tmp_path):
    labels = LearntLabels(names=("Klee", "Marc"), counts=(3, 4, 0), fingerprint="ab")
    known = TrainingSetRecord(name="mine", fingerprint="12", count=7, labels=labels)
    write_record(tmp_path / "dataset.json", known)
    assert read_learnt(tmp_path / "dataset.json") == known
    written = json.loads((tmp_path / "dataset.json").read_text())
    assert list(written) == ["name", "fingerprint", "count", "labels"]
    assert written["labels"] == {
        "names": ["Klee", "Marc"],
        "counts": [3, 4, 0],
        "fingerprint": "ab",
    }


def test_values_that_a_later_version_adds_are_passed_over(tmp_path):
    (tmp_path / "dataset.json").write_text('{"count": 3, "licence": "CC0"}')
    assert read_learnt(tmp_path / "dataset.json").count == 3


@pytest.mark.parametrize(
    "content",
    ["[]", "{", '{"count": -1}', '{"count": true}', '{"labels": {"names": "Klee"}}', '{"name": 3}'],
)
def test_a_description_that_lies_is_one_sentence(tmp_path, content):
    (tmp_path / "dataset.json").write_text(content)
    with pytest.raises(ImpastoError, match=r"dataset\.json"):
        read_learnt(tmp_path / "dataset.json")


@pytest.mark.parametrize("content", ["{}", '{"name": ""}', '{"name": 3}', "null"])
def test_an_origin_without_a_name_is_one_sentence(tmp_path, content):
    (tmp_path / "from.json").write_text(content)
    with pytest.raises(ImpastoError, match=r"from\.json"):
        read_origin(tmp_path / "from.json")


def test_an_origin_of_an_earlier_version_needs_its_name_alone(tmp_path):
    (tmp_path / "from.json").write_text('{"name": "impressionists-64"}')
    assert read_origin(tmp_path / "from.json") == Origin(name="impressionists-64")

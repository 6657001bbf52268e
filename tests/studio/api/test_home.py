"""Whatever a disk calls its folders, all screens that list them answer."""

import io
import os
import zipfile

import pytest

from impasto.core.console import visible
from impasto.core.images import save
from impasto.data.colourfield import paint as colourfield
from impasto.studio.workspace import identity


@pytest.fixture
def odd(folder):
    """A run, a folder, a set and a share whose names are no Unicode, as old archives leave them."""
    name = os.fsdecode(b"caf\xe9")
    try:
        (folder / "shared" / name).mkdir(parents=True)
    except OSError:
        pytest.skip("this disk takes Unicode only")
    save(colourfield(1, 48), folder / "pictures" / name / name / "1.png")
    save(colourfield(1, 48), folder / "runs" / name / "samples" / f"{name}.png")
    (folder / "prepared" / name).mkdir(parents=True)
    (folder / "prepared" / name / "dataset.json").write_text("{}")
    return name


def test_names_that_are_no_unicode_hide_nothing(client, odd):
    items = {each["kind"]: each for each in client.get("/api/home").json["items"]}
    assert items["pictures"]["title"] == items["run"]["title"] == visible(odd)
    assert items["pictures"]["cover"] and not items["set"]["cover"]  # that one cannot be read
    assert len(client.get("/api/shares").json["shares"]) == 1
    album = client.get(f"/api/albums/{items['pictures']['id']}").json
    assert [label for label, _ in album["labels"]] == [odd]
    tried = client.post(f"/api/albums/{items['pictures']['id']}/preview", {"values": {}}).json
    assert [row["id"] for row in tried["rows"]] == [each["id"] for each in album["pictures"]]
    assert client.get(f"/api/runs/{items['run']['id']}").status == 200


def test_a_name_that_turns_the_direction_of_reading_is_spelt_out(client, folder):
    (folder / "pictures" / "rtl\u202egpj.exe").mkdir(parents=True)
    (item, *_) = client.get("/api/home").json["items"]
    assert item["title"] == r"rtl\u202egpj.exe"


def test_what_has_such_a_name_is_saved_under_one_that_others_can_write(client, odd):
    answer = client.get(f"/api/runs/{identity('run', f'runs/{odd}')}/zip")
    assert answer.headers["content-disposition"].endswith("caf%3F.zip")
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert names == ["caf?/samples/caf?.png"]
    share = client.get("/api/shares").json["shares"][0]["id"]
    assert client.get(f"/api/shares/{share}/zip").status == 200

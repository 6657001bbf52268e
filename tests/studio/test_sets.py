"""Prepared sets are shown."""

import json

from impasto.core.images import save
from impasto.data.colourfield import paint as colourfield
from tests.studio.conftest import SET


def test_a_set_that_names_files_elsewhere_shows_none_of_them(client, prepared, tmp_path):
    save(colourfield(5, 64), tmp_path / "private.png")
    file = prepared / ".workbench" / "review.json"
    review = json.loads(file.read_text())
    for row in review["rows"]:
        row["path"] = str(tmp_path / "private.png")
    file.write_text(json.dumps(review))
    answer = client.get(f"/api/sets/{SET}/review/picture/0")
    assert answer.status == 409
    assert "not in the workspace" in answer.json["error"]
    (tmp_path / "private.png").unlink()


def test_a_set_of_a_folder_elsewhere_says_so(client, prepared, tmp_path):
    assert client.get(f"/api/sets/{SET}").json["outside"] is False
    note = prepared / ".workbench" / "source.json"
    note.write_text(json.dumps(str(tmp_path)))
    assert client.get(f"/api/sets/{SET}").json["outside"] is True
    note.write_text(json.dumps(str(tmp_path / "gone")))
    assert client.get(f"/api/sets/{SET}").json["outside"] is False

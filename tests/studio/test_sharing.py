"""Share: exports as commands, ZIPs of whole runs, and a card that is edited; no links followed."""

import io
import zipfile

import pytest

from impasto.studio.sharing import LONGEST_CARD, zipped
from impasto.studio.workspace import identity

HUB = identity("share", "shared/mine-hub")
RUN = identity("run", "runs/mine")


@pytest.fixture
def hub(folder):
    place = folder / "shared" / "mine-hub"
    place.mkdir(parents=True)
    (place / "model.safetensors").write_bytes(b"weights")
    (place / "README.md").write_text("---\nlicense: mit\n---\n# Mine <script>x()</script>\n")
    return place


@pytest.fixture
def run(folder, tmp_path):
    place = folder / "runs" / "mine"
    for name in ("samples/1.png", "checkpoints/1.pt", "best/generator.safetensors"):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(name.encode())
    (place / "link.txt").symlink_to(tmp_path / "secret.txt")
    (place / "elsewhere").symlink_to(tmp_path)
    return place


def test_exports_are_commands(client, run):
    values = {"title": "--hub=/etc"}
    job = client.post("/api/ask/share-web", {"subject": RUN, "values": values}).json
    assert job["command"] == ("impasto export runs/mine --web=shared/mine-web --title=--hub=/etc")
    hub = client.post("/api/ask/share-hub", {"subject": RUN, "values": {}}).json
    assert hub["command"] == "impasto export runs/mine --hub=shared/mine-hub"
    onnx = client.post("/api/ask/share-onnx", {"subject": RUN, "values": {"weights": "fp16"}}).json
    assert onnx["command"] == (
        "impasto export runs/mine --onnx=shared/mine-onnx/mine.onnx --weights=fp16"
    )


def test_a_run_is_zipped_whole_or_light_without_what_links_lead_to(client, run):
    def names(address):
        answer = client.get(address)
        assert answer.headers["content-type"] == "application/zip"
        assert answer.headers["content-disposition"].startswith("attachment")
        archive = zipfile.ZipFile(io.BytesIO(answer.content))
        assert archive.testzip() is None
        return archive.namelist()

    every = [f"mine/{n}" for n in
             ("best/generator.safetensors", "checkpoints/1.pt", "samples/1.png")]  # fmt: skip
    assert names(f"/api/runs/{RUN}/zip") == every
    assert names(f"/api/runs/{RUN}/zip?light") == [every[0], every[2]]


def test_what_lies_where_is_told(client, run, hub):
    told = client.get("/api/shares").json
    assert [(each["name"], each["kind"], each["card"]) for each in told["shares"]] == [
        ("shared/mine-hub", "hub", True)
    ]
    assert told["runs"][0]["parts"] == ["best", "checkpoints", "samples"]


def test_what_a_measurement_leaves_behind_is_told_with_its_size(client, run):
    cleaned = run.parent / "prepared" / "album-1234"
    cleaned.mkdir(parents=True)
    (cleaned / "images.npy").write_bytes(bytes(3_000))
    told = {each["name"]: each["bytes"] for each in client.get("/api/shares").json["places"]}
    assert told["runs/prepared"] == 3_000


def test_a_folder_of_too_many_files_hides_no_other(client, run, hub, monkeypatch):
    monkeypatch.setattr("impasto.studio.sharing.MOST_FILES", 1)
    told = client.get("/api/shares").json
    assert len(told["shares"]) == len(told["runs"]) == 1
    answer = client.get(f"/api/runs/{RUN}/zip")
    assert answer.status == 409 and "more than 1 files" in answer.json["error"]


def test_a_card_is_edited_and_shown_without_its_scripts(client, hub):
    assert "# Mine" in client.get(f"/api/shares/{HUB}/card").json["text"]
    client.post(f"/api/shares/{HUB}/card", {"text": "# Other <img src=x onerror=y()>"})
    assert (hub / "README.md").read_text() == "# Other <img src=x onerror=y()>"
    shown = client.get(f"/api/shares/{HUB}/card.html")
    assert b"<img" not in shown.content
    assert shown.headers["content-security-policy"].startswith("sandbox;")
    for bad in (None, 3, "x" * (LONGEST_CARD + 1), "a\0b"):
        assert client.post(f"/api/shares/{HUB}/card", {"text": bad}).status == 409


def test_a_card_that_is_a_link_is_none(client, hub, tmp_path):
    (hub / "README.md").unlink()
    (hub / "README.md").symlink_to(tmp_path / "secret.txt")
    assert client.get(f"/api/shares/{HUB}/card").status == 409
    assert client.post(f"/api/shares/{HUB}/card", {"text": "x"}).status == 409
    assert (tmp_path / "secret.txt").read_text() == "nobody's business"


def test_a_training_that_goes_on_breaks_no_zip(run):
    (run / "best" / ".generator.safetensors.abcd1234.part").write_bytes(b"half written")
    pieces = zipped(run)
    content = next(pieces)  # of the first file, best/…
    (run / "checkpoints" / "1.pt").unlink()
    content += b"".join(pieces)
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.testzip() is None
    assert archive.namelist() == ["mine/best/generator.safetensors", "mine/samples/1.png"]

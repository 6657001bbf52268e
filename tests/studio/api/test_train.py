"""Trainings that are begun on the page."""

from impasto.studio.workspace import identity


def test_a_training_goes_on_with_its_own_command_for_longer(client, studio, folder):
    home = client.post("/api/folders", {"name": "album"}).json["id"]
    first = client.post("/api/ask/train", {"subject": home, "values": {"minutes": 5}}).json
    (folder / "runs" / "album" / "samples").mkdir(parents=True)
    run = identity("run", "runs/album")
    refused = client.post("/api/ask/continue", {"subject": run, "values": {"minutes": 9}})
    assert "being trained already" in refused.json["error"]
    client.post(f"/api/jobs/{first['id']}/cancel")
    longer = client.post("/api/ask/continue", {"subject": run, "values": {"minutes": 9}}).json
    assert longer["command"] == "impasto train pictures/album --minutes=9 --out=runs/album"
    client.post(f"/api/jobs/{longer['id']}/cancel")
    mended = client.post("/api/ask/continue", {"subject": run, "values": {"guard": "rescue"}}).json
    assert mended["command"].endswith("--minutes=9 --guard=rescue --out=runs/album")

"""Sets are prepared by a command."""

from tests.studio.conftest import ALBUM


def test_a_folder_is_cleaned_by_a_command_and_anew_into_the_same_set(client, prepared, studio):
    ask = {"subject": ALBUM, "values": {"size": "32", "fit": "pad", "features": False}}
    job = client.post("/api/ask/prepare", ask).json
    assert job["command"] == (
        "impasto prepare pictures/album --size=32 --fit=pad --no-features --out=prepared/album-32"
    )
    other = client.post("/api/ask/prepare", {"subject": ALBUM, "values": {}}).json
    assert other["command"].endswith("--out=prepared/album-64")

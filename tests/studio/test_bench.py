"""What the bench asks for: favourites that are latents, and commands about pictures."""

import base64
import json

import pytest

from impasto.studio.workspace import identity
from tests.studio.conftest import drop
from tests.studio.test_api import png

LATENT = [0.5, -1, 0.25]


@pytest.fixture
def generator(client) -> str:
    return next(item["id"] for item in client.get("/api/home").json["items"] if item["playable"])


def keep(client, generator, **values) -> str:
    picture = base64.b64encode(png()).decode()
    one = {"generator": generator, "latent": LATENT, "picture": picture, **values}
    return client.post("/api/favourites", one).json["id"]


def ask(client, action, subject, **values):
    return client.post(f"/api/ask/{action}", {"subject": subject, "values": values}).json


def test_a_child_is_kept_by_its_latent_where_commands_can_read_it(client, folder, generator):
    parents = [keep(client, generator, seed=3), keep(client, generator, seed=17)]
    child = keep(client, generator, parents=parents, how="child of both", fingerprint="ab12")
    assert child not in parents
    assert client.get("/api/favourites").json[0]["parents"] == parents
    kept = json.loads((folder / ".studio" / "favourites" / f"{child}.json").read_text())
    assert kept["format"] == "impasto-latents"
    assert kept["latents"][0]["values"] == LATENT
    assert client.post("/api/favourites", {"generator": generator}).status == 409
    assert client.post("/api/favourites", {"generator": generator, "latent": ["x"]}).status == 409


def test_a_note_leaves_a_favourite_in_its_place(client, generator):
    first, second = (keep(client, generator, seed=seed) for seed in (1, 2))
    keep(client, generator, seed=1, note="red")
    assert [each["id"] for each in client.get("/api/favourites").json] == [second, first]


def test_favourites_become_one_command_in_the_order_in_which_they_were_chosen(client, generator):
    plain = [keep(client, generator, seed=seed) for seed in (9, 4)]
    child = keep(client, generator)
    job = ask(client, "generate", generator, favourites=plain[::-1], grid=True)
    assert " --seeds=4,9 --grid " in job["command"]
    bare = ask(client, "generate", generator, favourites=plain, grid=True, numbers=False)
    assert " --no-numbers " in bare["command"]
    alone = ask(client, "generate", generator, favourites=plain, numbers=False)
    assert "--no-numbers" not in alone["command"]  # there is no sheet to leave them out of
    mixed = ask(client, "film", generator, favourites=[child, plain[0]], interpolate="cubic")
    assert mixed["command"].startswith("impasto film ")
    assert mixed["command"].count("--latents=.studio/favourites/") == 2
    assert f"{child}.json" in mixed["command"].split("--latents=")[1]
    assert "let go" in ask(client, "generate", generator, favourites=["0" * 16])["error"]
    styles = ask(client, "manner", generator, favourites=[plain[0], child])
    assert f" 9 .studio/favourites/{child}.json --how=layers " in styles["command"]
    levels = {"8": 1, "16": 0.25}
    lent = ask(client, "manner", generator, favourites=[plain[0], child], levels=levels)
    assert " --how=layers --levels=8=1,16=0.25 " in lent["command"]
    for bad in ({"8": 2}, {"8": "1"}, {"x": 1}, [8], {"8": float("nan")}):
        refused = ask(client, "manner", generator, favourites=[plain[0], child], levels=bad)
        assert "share" in refused["error"] or "JSON" in refused["error"]


def test_pictures_are_enlarged_printed_and_painted(client, folder, generator):
    which = keep(client, generator, seed=9)
    larger = ask(client, "enlarge", which)
    assert f"impasto upscale .studio/favourites/{which}.png --out=enlarged/" in larger["command"]
    options = {"paper": "200x300mm", "bleed": 3, "dpi": 300, "kind": "tiff", "fill": False}
    sheet = ask(client, "print", which, **options)
    for word in ("--paper=200x300mm", "--bleed=3", "--format=tiff", "--out=printed/"):
        assert word in sheet["command"]
    assert "--paper" in ask(client, "print", which, paper="../secret")["error"]
    assert ask(client, "strokes", which, film=True)["command"].startswith("impasto paint .studio/")
    place = folder / larger["command"].partition("--out=")[2].rpartition("/")[0]
    place.mkdir(parents=True)
    (place / "large.png").write_bytes(png())
    (place / "large.pdf").write_bytes(b"%PDF")
    (place / "secret.txt").write_text("x")
    job = client.get(f"/api/jobs/{larger['id']}").json
    assert job["names"] == ["large.pdf", "large.png"]
    saved = client.get(f"/api/jobs/{larger['id']}/files/0").headers["content-disposition"]
    assert saved.startswith("attachment")
    assert "large.png" in ask(client, "print", f"{larger['id']}.1")["command"]
    assert "no picture" in ask(client, "print", f"{larger['id']}.0")["error"]
    assert "no such file" in ask(client, "print", f"{larger['id']}.2")["error"]


def test_a_picture_of_ones_own_is_looked_for_and_its_latent_comes_back(client, folder, generator):
    picture = drop(client, png(), "mine.png").json["id"]
    job = ask(client, "project", generator, picture=picture)
    assert "explore project" in job["command"]
    assert client.get(f"/api/jobs/{job['id']}/latents").status == 409
    place = folder / job["command"].partition("--out=")[2]
    place.mkdir(parents=True)
    (place / "mine-projected.png").write_bytes(png())
    latents = [{"name": "mine", "values": LATENT}]
    (place / "mine-projected.json").write_text(
        json.dumps({"format": "impasto-latents", "version": 1, "latents": latents})
    )
    (place / "mine-distances.json").write_text("{}")
    assert client.get(f"/api/jobs/{job['id']}/latents").json[0]["values"] == LATENT


def test_a_direction_is_called_what_it_does(client, generator):
    address = f"/api/generators/{generator}/names"
    given = client.post(address, {"direction": "weights-1", "name": "<b>dusk</b>"}).json
    assert given == {"weights-1": "<b>dusk</b>"}
    assert client.get(f"/api/generators/{generator}").json["names"] == given
    assert client.post(address, {"direction": "weights-1", "name": " "}).json == {}
    assert client.post(address, {"direction": 1, "name": "x" * 99}).status == 409
    assert client.get(f"/api/generators/{identity('generator', 'no')}").status == 409


@pytest.mark.parametrize("label", ["a\0b", "two\nlines", "x" * 201, 3])
def test_a_label_that_no_command_takes_is_refused(client, generator, label):
    picture = drop(client, png(), "mine.png").json["id"]
    assert "label" in ask(client, "project", generator, picture=picture, label=label)["error"]
    one = {"generator": generator, "latent": LATENT, "label": label}
    assert client.post("/api/favourites", one).status == 409
    assert "--label= " in ask(client, "project", generator, picture=picture, label="")["command"]

"""What several tests of judging look at."""

import numpy as np
import pytest

from impasto.config import Model
from impasto.core.checkpoints import MODEL_FORMAT, MODEL_VERSION, ModelCard, write_artefact
from impasto.core.files import write_json
from impasto.core.images import save
from impasto.data.colourfield import paint
from impasto.data.dataset import DatasetWriter, open_dataset
from impasto.evaluate.subject import Subject
from impasto.models.build import build_generator


@pytest.fixture(scope="module")
def subject(tmp_path_factory):
    folder = tmp_path_factory.mktemp("set")
    with DatasetWriter(folder, 32, 32) as writer:
        for number in range(30):
            writer.add(paint(number, 32), f"{number}.png")
        writer.finish("fields")
    fakes = np.stack([paint(seed, 32) for seed in range(900, 920)])
    return Subject(
        "fields", "best snapshot", fakes, lambda row: f"seed {row}", open_dataset(folder), None, ()
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A prepared set `set`, a run `run` that learnt from it, and a folder `painted`."""
    place = tmp_path_factory.mktemp("project")
    with DatasetWriter(place / "set", 32, 32) as writer:
        for number in range(24):
            writer.add(paint(number, 32), f"{number}.png")
        writer.finish("fields")
    model = Model(size=32, latent=8, generator_width=4, discriminator_width=4)
    card = ModelCard(
        format=MODEL_FORMAT, version=MODEL_VERSION, recipe="tiny", model=model, data="fields",
        pictures=24, images=16, minutes=0.1,
    )  # fmt: skip
    write_artefact(place / "run/best", build_generator(model), card)
    dataset = open_dataset(place / "set")
    about = {"name": "fields", "fingerprint": dataset.fingerprint, "count": 24, "folder": "set"}
    write_json(place / "run/dataset.json", about)
    for number in range(14):
        picture = paint(number, 32) if number < 8 else paint(500 + number, 48)
        save(picture, place / "painted" / f"{number:02}.png")
    (place / "painted/torn.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    return place

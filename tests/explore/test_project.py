"""Projection: a painting of the generator's own is found again; anything else as near as it can."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from impasto.data.colourfield import paint
from impasto.errors import ImpastoError
from impasto.explore.project import distance_to, project, project_picture
from impasto.generate.conditions import Conditioned
from impasto.generate.latents import of_seed, read_latents
from impasto.generate.sampler import sample


def painted(painter, latent):
    return sample(painter.network, latent.values[None], torch.device("cpu"))[0]


def test_a_painting_of_the_generator_is_found_again(painter):
    hidden = of_seed(123_456, painter.latent)
    target = painted(painter, hidden)
    found = project(Conditioned(painter), painter.latent, target, starts=2, steps=60)
    assert found.distances.psnr > 25
    assert found.course[-1] < 0.3 * found.course[0]
    again = sample(painter.network, found.latent[None], torch.device("cpu"))[0]
    assert np.array_equal(again, found.shots[-1])


def test_the_course_begins_at_the_start_and_ends_at_the_end(painter):
    found = project(Conditioned(painter), painter.latent, paint(3, 32), starts=3, steps=10)
    assert (found.steps[0], found.steps[-1]) == (0, 10)
    assert len(found.shots) == len(found.steps)
    assert len(found.course) == 11
    assert len(found.all_distances) == 3
    assert found.all_distances[0] == pytest.approx(found.distances.loss, rel=1e-4)


def test_the_same_seed_finds_the_same_place(painter):
    a, b = (
        project(Conditioned(painter), painter.latent, paint(3, 32), starts=1, steps=4, seed=7)
        for _ in range(2)
    )
    assert torch.equal(a.latent, b.latent)


def test_the_distance_is_nothing_to_itself_and_grows_with_the_difference():
    one, other = (torch.tensor(paint(s, 64)).permute(2, 0, 1)[None] / 127.5 - 1 for s in (1, 2))
    measure = distance_to(one)
    features, pixels = measure(torch.cat([one, 0.9 * one + 0.1 * other, other]))
    assert features[0] < 1e-6
    assert pixels[0] == 0
    assert features[0] < features[1] < features[2]
    assert pixels[0] < pixels[1] < pixels[2]


def test_a_picture_file_is_fitted_projected_and_told_of(painter, tmp_path):
    Image.fromarray(paint(5, 90)[:70]).save(tmp_path / "my photo.jpg")
    found = project_picture(
        painter, tmp_path / "my photo.jpg", tmp_path / "out", None, 1, 3, 0, "crop"
    )
    painting, course = tmp_path / "out/my-photo-projected.png", found["files"][1]
    assert found["files"][0] == str(painting)
    (latent,) = read_latents(painting, painter.latent)
    with Image.open(painting) as image:
        assert np.array_equal(np.asarray(image), painted(painter, latent))
    with Image.open(course) as image:
        assert image.width > 5 * 96
    told = json.loads((tmp_path / "out/my-photo-projected-distances.json").read_text())
    assert told["psnr"] == found["psnr"]
    assert len(told["course"]) == 4


def test_pictures_that_cannot_be_projected_are_one_sentence(painter, tmp_path):
    (tmp_path / "no.png").write_text("no")
    with pytest.raises(ImpastoError, match="cannot be read"):
        project_picture(painter, tmp_path / "no.png", tmp_path, None, 1, 3, 0, "crop")
    with pytest.raises(ImpastoError, match="32×32 pixels"):
        project(Conditioned(painter), painter.latent, paint(3, 48), 1, 3)

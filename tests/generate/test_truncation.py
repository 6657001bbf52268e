"""Pictures nearer to the mean."""

import pytest
import torch

from impasto.generate.artefact import load_generator
from impasto.generate.request import Request, chosen, fulfil
from tests.generate.test_gallery import pixels


@pytest.mark.parametrize("by", ["shrink", "resample"])
def test_a_truncation_sheet_shows_the_whole_at_one(artefact, tmp_path, by):
    asked = Request(artefact, count=2, truncation_sheet=True, truncation_by=by, out=tmp_path)
    _, (sheet,) = fulfil(asked)
    assert sheet.name == f"truncation-{by}-0-1.png"
    assert pixels(sheet).shape[1] > 8 * 96


def test_resampled_pictures_are_latents_within_the_threshold(artefact):
    painter = load_generator(artefact)
    asked = Request(artefact, count=20, truncation=0.5, truncation_by="resample")
    count, latents = chosen(asked, painter)
    found = list(latents)
    assert count == len(found) == 20
    assert torch.stack([z.values for z in found]).abs().max() <= 0.5
    assert found[0].name == "seed-000000-within-0.5"
    assert found[0].truncation == 1

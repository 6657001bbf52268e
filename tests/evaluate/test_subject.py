"""What is judged, and against what."""

from pathlib import Path

import numpy as np
from PIL import Image

from impasto.core.checkpoints import read_card
from impasto.core.images import save
from impasto.data.colourfield import paint
from impasto.data.files import list_files
from impasto.evaluate.subject import _critics_of, _on_paint, _read, _sides, subject_of
from impasto.generate.artefact import load_generator
from impasto.generate.latents import Latent, of_seed, save_png
from impasto.generate.sampler import latents_of, sample
from impasto.generate.seeds import EVALUATED
from impasto.prepare.source import Data


def test_the_seeds_on_the_page_paint_what_was_judged(place):
    subject = subject_of(place / "run", None, 12, "best", place)
    painter = load_generator(place / "run")
    again = sample(painter.network, latents_of([EVALUATED + 7], 8), "cpu")
    assert np.array_equal(subject.fakes[7], again[0])
    assert subject.label(7) == f"seed {EVALUATED + 7}"


def test_critics_of_the_base_are_critics_of_what_began_from_it(place):
    """DINOv2 taught `paintings-64`; a training without it that began there has learnt from that."""
    card = read_card(place / "run/best")
    assert _critics_of(card) == ()
    begun = card.model_copy(update={"began_from": "paintings-128"})
    assert set(_critics_of(begun)) == {"lite0", "dinov2-s"}
    assert _critics_of(card.model_copy(update={"began_from": "nobody-knows"})) == ()
    assert _critics_of(None) == ()


def test_of_a_folder_a_draw_is_judged_and_no_sheet(place, tmp_path):
    for row in range(40):
        save(np.full((32, 32, 3), 6 * row, np.uint8), tmp_path / f"{row:02}.png")
    latents = [Latent(f"seed-{seed}", of_seed(seed, 8).values) for seed in range(2)]
    save_png(paint(0, 64), tmp_path / "00-sheet.png", latents, {})
    found = subject_of(tmp_path, str(place / "set"), 12, "best", place)
    values = sorted(int(picture.mean()) // 6 for picture in found.fakes)
    assert len(values) == len(set(values)) == 12
    assert values[-1] > 20  # not the first by name
    assert all(found.fakes.std((1, 2, 3)) == 0)  # nor the sheet
    assert "was its critic" in found.notes[0]


def test_samples_saved_as_jpeg_are_said_to_be_told_by_that(tmp_path):
    for seed in range(3):
        for kind, suffix in (("lossy", "jpg"), ("whole", "png")):
            (tmp_path / kind).mkdir(exist_ok=True)
            Image.fromarray(paint(seed, 40)).save(tmp_path / kind / f"{seed}.{suffix}")
    folders = (tmp_path / "lossy", tmp_path / "whole")
    notes = [_read(each, list_files(each, tmp_path / "out")[0], 40, 40)[2] for each in folders]
    assert "3 of 3 are JPEG" in notes[0][0]
    assert notes[1] == []


def test_maps_of_paint_are_no_pictures_and_what_was_copied_is_said(tmp_path):
    for seed in range(3):
        save(paint(seed, 40), tmp_path / f"{seed}.png")
    save(paint(7, 40), tmp_path / "1-paint.png")
    (tmp_path / "1-paint.json").write_text('{"longest_piece": 24}')
    (tmp_path / "2-paint.json").write_text("[]")
    save(paint(8, 40), tmp_path / "oil-paint.png")  # somebody's own picture
    files = list_files(tmp_path)[0]
    assert [file.name for file in files] == ["0.png", "1.png", "2.png", "oil-paint.png"]
    (note,) = _on_paint([tmp_path / file for file in files])
    assert "1 picture of 4" in note
    assert "24 pixels" in note
    assert _on_paint([tmp_path / "0.png"]) == []


def test_pictures_of_one_shape_are_judged_at_it_and_others_as_squares(tmp_path):
    files = [Path(f"{number}.png") for number in range(4)]
    for file in files[:3]:
        save(paint(0, 48)[:32], tmp_path / file)
    save(paint(1, 40), tmp_path / files[3])
    assert _sides(tmp_path, files, Data.parse("colourfield")) == (48, 32)
    save(paint(1, 32), tmp_path / files[0])
    assert _sides(tmp_path, files, Data.parse("colourfield")) == (32, 32)

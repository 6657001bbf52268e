"""One honest sentence at each judgement: what there is to see, what comes next, about when."""

import json
from pathlib import Path

import numpy as np
import pytest

from impasto.metrics import distances
from impasto.metrics.judge import Judge
from impasto.train import words
from impasto.train.words import Moment, about, expected, in_words, quality_in_words

MEASURED = json.loads(Path("docs/measured/curves-64.json").read_text(encoding="utf-8"))
SPEED = 122
"""Images a second of the two measured trainings of the default."""

SCALE = {"kid_error": 0.01, "kid_noise": 0.85, "kid_floor": -0.001}


def after(images: int, of: int, **more: object) -> Moment:
    return Moment(images, images / of, images / SPEED, known=True, **more)


@pytest.mark.parametrize(
    ("kid", "seen"),
    [
        (1.37, "Still noise"),  # dcgan-tutorial-64 after a minute
        (0.86, "Still noise"),  # and after 15; noise itself has .84 to .95
        (0.447, "Still mud"),  # the default after 1,408 images
        (0.384, "Still mud"),  # and after 1,760
        (0.378, "Still mud"),  # paint-by-numbers-64 after an hour: thickets
        (0.163, "Masses and horizons"),  # the default after 4 minutes
        (0.090, "Shapes, still lumps"),  # after a run of 15
        (0.049, "Paintings with weak details"),  # an hour of a slow day
        (0.021, "Paintings, about as good as an hour has brought"),
    ],
)
def test_what_there_is_to_see_is_said_as_people_saw_it(kid, seen):
    said = in_words({"kid": kid, **SCALE}, after(10_000, 440_000))
    assert said.startswith(seen)
    assert f"KID {kid:.4f} ± 0.0100; noise has 0.85, the originals' floor is 0.000" in said


@pytest.mark.parametrize("seed", [0, 1])
def test_what_comes_next_came_about_when_it_was_said(seed):
    """On both measured courses of the default, at each judgement: within a factor of three."""
    course = MEASURED[f"impasto-64, the default, seed {seed}"]
    pairs = list(zip(course["minutes"], course["kid"], strict=True))
    for minutes, kid in pairs:
        here = words.level(kid)
        later = [m for m, k in pairs if m > minutes and words.level(k) > here]
        if here + 1 < len(words.LEVELS) and later and later[0] - minutes > 3:
            said = in_words({"kid": kid, "kid_error": 0.01}, after_minutes(minutes))
            assert words.LEVELS[here + 1].words in said
            told = said.rsplit("about ", 1)[1].rstrip(".")
            number = 1 if told.startswith("a ") else int(told.split()[0])
            assert later[0] - minutes < 3 * number + 5, (minutes, kid, said, later[0])
            assert number < 3 * (later[0] - minutes) + 5, (minutes, kid, said, later[0])


def after_minutes(minutes: float) -> Moment:
    return Moment(round(minutes * 60 * SPEED), minutes / 60, minutes * 60, known=True)


@pytest.mark.parametrize(
    ("images", "kid"), [(45_280, 0.090), (37_440, 0.086), (168_096, 0.049), (440_000, 0.022)]
)
def test_where_a_training_ends_is_foreseen_from_its_length(images, kid):
    assert expected(images, images) == pytest.approx(kid, rel=0.25)


def test_what_does_not_come_in_this_length_is_not_promised():
    said = in_words({"kid": 0.447, "kid_error": 0.02}, after(1_408, 1_500))
    assert "Next: masses and horizons; not in this length, but in one of about" in said
    assert "minutes" in said or "a minute" in said


def test_of_recipes_whose_course_was_not_measured_it_says_so():
    moment = Moment(10_000, 0.1, 100.0, known=False)
    said = in_words({"kid": 0.9, "kid_error": 0.02}, moment)
    assert said.endswith("when, was not measured for this recipe.")


def test_pictures_that_are_much_alike_are_called_so():
    said = in_words({"kid": 0.2, "kid_error": 0.02, "diversity": 0.3}, after(10_000, 100_000))
    assert said.startswith("Masses and horizons, much alike (")


def test_a_kid_on_another_network_is_not_read_on_efficientnets_scale(tmp_path):
    """.3 is mud on Lite2; on DINOv2 the best generator here has as much."""
    metrics = {"kid": 0.3, "kid_error": 0.07, "kid_noise": 9.1, "kid_floor": -0.02}
    said = in_words(metrics, after(10_000, 100_000), "KID-dinov2-s@126")
    assert "KID 0.300 ± 0.070; noise has 9.10, the originals' floor is 0.000" in said
    assert "mud" not in said and "masses" not in said and "not measured" in said
    assert "are mud" in quality_in_words(metrics, tmp_path)
    assert "are mud" not in quality_in_words(metrics, tmp_path, "KID-dinov2-s@126")


def test_a_kid_at_another_side_is_not_read_on_the_scale_of_128():
    """One generator has .051 on Lite0 at 128² and .012 on Lite2 at 256²."""
    metrics = {"kid": 0.012, "kid_error": 0.001}
    said = in_words(metrics, after(10_000, 100_000), "KID-lite2@256")
    assert said == (
        "KID 0.012 ± 0.001 (by KID-lite2@256). What such numbers look like was not measured."
    )
    assert "paintings" in in_words(metrics, after(10_000, 100_000), "KID-lite2@128").lower()


def test_the_probe_is_said_with_its_scale():
    metrics = {"kid": 0.05, **SCALE, "told_apart": 0.82, "told_apart_floor": 0.5}
    said = in_words(metrics, after(10_000, 100_000), "KID-lite2@128, chosen by the probe")
    assert said.startswith("A probe tells 82% of pictures rightly as sample or original")
    assert "(a guess is 50 %, the originals' halves have 50%). Paintings with weak" in said


def test_nearness_of_mud_is_not_taken_for_quality(tmp_path):
    mud = quality_in_words({"kid": 0.447, **SCALE}, tmp_path)
    assert "pictures are mud" in mud and "nothing of copies yet" in mud and "noise has 0.85" in mud
    good = quality_in_words({"kid": 0.02, **SCALE}, tmp_path)
    assert "pictures are paintings" in good and "0.0200" in good and "copies" in good
    assert "0.02" not in quality_in_words({"kid": 0.02}, tmp_path)  # no number without its scale
    assert f"impasto evaluate {tmp_path}" in quality_in_words({}, tmp_path)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(20, "a minute"), (200, "3 minutes"), (1_000, "15 minutes"), (7_300, "2 hours")],
)
def test_no_more_digits_than_are_known(seconds, said):
    assert about(seconds) == said


class Thumbnails:
    """Pictures of 16², seen as 4²."""

    name, dimensions = "thumbnails", 48

    def __call__(self, pictures):
        small = pictures.reshape(len(pictures), 4, 4, 4, 4, 3).mean((2, 4))
        return small.reshape(len(pictures), 48).astype(np.float32) / 255


def test_a_judge_knows_between_what_its_numbers_lie():
    rng = np.random.default_rng(0)
    reals = np.repeat(rng.integers(0, 90, (40, 1, 1, 3), dtype=np.uint8), 16, 1).repeat(16, 2)
    found = Judge(reals, Thumbnails()).scale
    assert abs(found["kid_floor"]) < found["kid_noise"] / 5
    assert "kid_floor" not in Judge(reals[:12], Thumbnails()).scale


def test_originals_of_two_kinds_in_turn_have_no_higher_floor():
    chance = np.random.default_rng(0)
    kinds = [np.full((16, 16, 3), shade, np.uint8) for shade in (20, 220)]
    noise = chance.integers(0, 20, (80, 16, 16, 3), dtype=np.uint8)
    reals = np.stack([kinds[number % 2] + noise[number] for number in range(80)])
    seen = Thumbnails()(reals)
    apart = distances.kid(seen[::2], seen[1::2]).value
    assert abs(Judge(reals, Thumbnails()).scale["kid_floor"]) < apart / 5

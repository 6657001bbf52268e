"""When more of the same training no longer helps."""

from impasto.train.judging import PLATEAU, no_longer_helps


def judgements(
    *kids: float, first_share: float = 0.0, error: float = 0.01
) -> list[dict[str, float]]:
    """Judgements after 1, 2, 3 … thousand images, evenly over what is left of the training."""
    step = (1 - first_share) / len(kids)
    return [
        {
            "images": 1000 * number,
            "share": first_share + step * (number - 0.5),
            "kid": kid,
            "kid_error": error,
        }
        for number, kid in enumerate(kids, 1)
    ]


def test_it_is_said_once_and_from_when_on():
    flat = judgements(0.5, 0.3, *[0.3] * (PLATEAU + 3))
    said = [no_longer_helps(flat[:count]) for count in range(1, len(flat) + 1)]
    assert [bool(sentence) for sentence in said].count(True) == 1
    assert "since 2,000 images" in str(said[PLATEAU + 1])


def test_a_training_that_improves_is_left_alone():
    falling = judgements(*[1.0 - 0.05 * number for number in range(15)])
    assert not any(no_longer_helps(falling[:count]) for count in range(16))


def test_less_than_the_error_is_no_progress():
    creeping = judgements(*[0.5 - 0.001 * number for number in range(PLATEAU + 1)])
    assert no_longer_helps(creeping)


def test_before_rates_fall_nothing_is_said_however_long_it_goes_up_and_down():
    high = judgements(0.1, *[0.15] * 3 * PLATEAU)
    half = [row | {"share": row["share"] / 2} for row in high]
    assert any(no_longer_helps(half[:count]) for count in range(len(half) + 1))
    assert not any(no_longer_helps(half[:count], cool_from=0.5) for count in range(len(half) + 1))


def test_while_rates_are_above_a_half_nothing_is_said_either():
    warm = [row | {"share": row["share"] / 2} for row in judgements(0.1, *[0.15] * 3 * PLATEAU)]
    assert max(row["share"] for row in warm) > 0.3  # long since falling
    assert not any(no_longer_helps(warm[:count], cool_from=0.1) for count in range(len(warm) + 1))


def test_once_they_have_fallen_to_a_half_it_is_said_of_them_too():
    cooling = judgements(*[0.1] * (PLATEAU + 1), first_share=0.75)
    assert no_longer_helps(judgements(0.1, 0.2)[:1] + cooling, cool_from=0.5)


def test_logs_of_older_runs_have_no_share_and_are_read_all_the_same():
    rows = [{k: v for k, v in row.items() if k != "share"} for row in judgements(*[0.3] * 7)]
    assert no_longer_helps(rows, cool_from=0.5)


def test_more_minutes_are_another_cooling_and_begin_the_count_anew():
    first = judgements(0.1, *[0.15] * (PLATEAU - 1), first_share=0.75)
    longer = judgements(*[0.15] * (PLATEAU + 1), first_share=0.76)
    said = [
        bool(no_longer_helps([*first, *longer[:count]], cool_from=0.5)) for count in range(1, 8)
    ]
    assert said == [False] * (PLATEAU - 1) + [True, False]


def test_the_number_by_which_snapshots_are_chosen_is_what_has_to_fall():
    rows = judgements(*[0.5 - 0.05 * number for number in range(PLATEAU + 2)])
    probed = [row | {"told_apart": 0.9, "told_apart_error": 0.01} for row in rows]
    assert not any(no_longer_helps(probed[:count]) for count in range(len(rows) + 1))
    assert "probe" in str(no_longer_helps(probed[:-1], by="told_apart"))
    assert no_longer_helps(rows, by="told_apart") is None  # of earlier days, without that number

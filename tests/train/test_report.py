"""The page of a run: figures of different judges share no axis."""

from impasto.train.report import by_judge


def test_each_judge_of_a_run_has_a_frame_of_its_own():
    rows = [
        {"images": 10, "kid": 0.5, "judge": "KID-lite2@128"},
        {"images": 20, "kid": 0.4, "judge": "KID-lite2@128"},
        {"images": 30, "kid": 0.03, "judge": "KID-lite2@256"},
    ]
    page = by_judge(rows)
    assert page.count("<svg") == page.count("<polyline") == 2
    assert "KID-lite2@256" in page
    assert by_judge([]) == ""
    assert by_judge([{"images": 10, "kid": 0.5}]).count("<svg") == 1

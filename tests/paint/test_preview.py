"""The canvas as it grows: shown, taken away, and never in the way."""

import numpy as np

from impasto.paint import preview
from impasto.paint.preview import Preview

CANVAS = np.zeros((8, 8, 3), np.uint8)


def test_only_what_was_shown_is_taken_away(tmp_path):
    file = tmp_path / "preview.jpg"
    file.write_text("somebody else's")
    with Preview(tmp_path):
        pass
    assert file.read_text() == "somebody else's"
    with Preview(tmp_path) as shown:
        shown.show(CANVAS, 1, 2)
        left = file.read_bytes()
        assert len(left) > 100
    assert not file.exists()
    file.write_bytes(left)  # as a killed process leaves it
    with Preview(tmp_path):
        pass
    assert not file.exists()


def test_a_disk_that_is_full_ends_no_painting(tmp_path, monkeypatch, capsys):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(preview, "save", full)
    with Preview(tmp_path) as shown:
        for strokes in (1, 2):
            shown.show(CANVAS, strokes, 2)
    assert capsys.readouterr().err.count("No space left on device") == 1


def test_between_two_previews_some_time_goes_by(tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(preview.clock, "now", lambda: now[0])
    shown, written = Preview(tmp_path), []
    monkeypatch.setattr(shown, "show", lambda *_: written.append(now[0]))
    for tenth in range(50):
        now[0] = tenth / 10
        shown.show_when_due(CANVAS / 255, 1, 2)
    assert len(written) == 3

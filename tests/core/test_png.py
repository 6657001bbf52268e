"""PNG in bands: read by others as it was, with what the file carries."""

import numpy as np
import pytest
from PIL import Image

from impasto.core.notes import Notes, read_notes
from impasto.core.png import write_png


@pytest.mark.parametrize("rows", [1, 7, 64])
def test_it_is_read_as_it_was_written(tmp_path, rows):
    picture = np.random.default_rng(0).integers(0, 256, (20, 33, 3), np.uint8)
    picture[4:12] = np.arange(33, dtype=np.uint8)[:, None] * 5
    bands = (picture[top : top + rows] for top in range(0, 20, rows))
    write_png(tmp_path / "a.png", 33, 20, bands, Notes(latents="{}", dpi=300))
    with Image.open(tmp_path / "a.png") as image:
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)
        assert np.array_equal(np.asarray(image), picture)
    assert read_notes(tmp_path / "a.png").latents == "{}"


def test_what_fails_half_way_leaves_the_file_that_was_there(tmp_path):
    def failing():
        yield np.zeros((4, 8, 3), np.uint8)
        raise KeyboardInterrupt

    (tmp_path / "a.png").write_text("before")
    with pytest.raises(KeyboardInterrupt):
        write_png(tmp_path / "a.png", 8, 8, failing())
    assert (tmp_path / "a.png").read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]

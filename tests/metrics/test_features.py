import numpy as np
import pytest
from PIL import Image

from impasto.core.images import FILTER
from impasto.data.colourfield import paint
from impasto.errors import ImpastoError
from impasto.metrics.features import Extractor, efficientnet, features_of
from impasto.models.pretrained import to_input


def mean_colour(pictures):
    return pictures.mean((1, 2), dtype=np.float32)


COLOURS = Extractor("colours", 3, mean_colour)


@pytest.fixture(scope="module")
def paintings():
    return np.stack([paint(seed) for seed in range(9)])


def test_a_network_names_itself_and_its_side(paintings):
    extractor = efficientnet("lite0", 96)
    features = extractor(paintings)
    assert extractor.name == "lite0@96"
    assert features.shape == (9, extractor.dimensions)
    assert features.dtype == np.float32
    assert efficientnet("lite0").name == "lite0@224"
    assert not np.allclose(features, efficientnet("lite0", 64)(paintings), atol=1e-2)


def test_batches_do_not_change_features(paintings):
    extractor = efficientnet("lite0", 64)
    one_by_one = features_of(paintings, extractor, batch=1, quiet=True)
    assert np.allclose(one_by_one, features_of(paintings, extractor, batch=4), atol=1e-4)


def test_a_memory_map_is_read_batch_by_batch(tmp_path, paintings):
    np.save(tmp_path / "pictures.npy", paintings)
    mapped = np.load(tmp_path / "pictures.npy", mmap_mode="r")
    assert np.array_equal(features_of(mapped, COLOURS, batch=2), mean_colour(paintings))


def test_no_pictures_are_no_features():
    assert features_of(np.empty((0, 8, 8, 3), np.uint8), COLOURS).shape == (0, 3)


@pytest.mark.parametrize("side", [24, 96, 160])
def test_the_resize_is_the_one_filter(paintings, side):
    # Half the contrast: Pillow cuts overshoots off after each of its two passes.
    calm = paintings[:3] // 2 + 64
    ours = (to_input(calm, side).permute(0, 2, 3, 1).numpy() + 1) * 127.5
    for picture, resized in zip(calm, ours, strict=True):
        expected = np.asarray(Image.fromarray(picture).resize((side, side), FILTER), float)
        assert np.abs(resized - expected).max() < 1.6  # Pillow also rounds twice, ours never


def test_unknown_networks_and_sides_are_refused():
    with pytest.raises(ImpastoError, match="'inception'; name one of lite0"):
        efficientnet("inception")
    with pytest.raises(ImpastoError, match="side from 32 to 1024"):
        efficientnet("lite0", 16)


@pytest.mark.parametrize(
    "wrong",
    [np.zeros((2, 8, 8, 3)), np.zeros((8, 8, 3), np.uint8), np.zeros((2, 3, 8, 8), np.uint8)],
)
def test_what_is_not_pictures_is_refused(wrong):
    with pytest.raises(ImpastoError, match=r"array .N, height, width, 3. of uint8"):
        features_of(wrong, COLOURS)

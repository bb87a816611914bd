"""Tiles cover everything once, and their seams do not show."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from preprocessing.tiles import blended_bands, pad_to_stride, ramp, tile_starts


@given(st.integers(1, 5000), st.integers(64, 600), st.integers(0, 60))
def test_tiles_cover_and_overlap(length, tile, overlap):
    starts = tile_starts(length, tile, overlap)
    assert starts[0] == 0
    assert starts[-1] + tile >= length
    assert all(later - earlier <= tile - overlap for earlier, later in pairwise(starts))
    assert all(later > earlier for earlier, later in pairwise(starts))


@given(st.integers(1, 200), st.integers(0, 50))
def test_blending_weights_are_never_zero(length, overlap):
    weights = ramp(length, overlap)
    assert (weights > 0).all()
    assert (weights <= 1).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 150), st.integers(1, 150), st.integers(0, 10_000))
def test_a_pointwise_prediction_is_the_same_in_tiles(height, width, seed):
    image = np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)

    def predict(tile):
        assert tile.shape[0] % 8 == 0
        assert tile.shape[1] % 8 == 0
        return np.stack([tile, 255.0 - tile], axis=-1).astype(np.float32)

    bands = list(blended_bands(image, predict, stride=8, tile_HW=(64, 64), overlap=12))
    whole = np.concatenate([band for _, band in bands])
    assert [top for top, _ in bands] == [0, *np.cumsum([len(band) for _, band in bands])[:-1]]
    np.testing.assert_allclose(whole[..., 0], image, atol=1e-3)


def test_padding_repeats_the_edge():
    image = np.arange(6, dtype=np.uint8).reshape(2, 3)
    padded = pad_to_stride(image, 4)
    assert padded.shape == (4, 4)
    assert (padded[:2, :3] == image).all()
    assert padded[3, 3] == image[1, 2]

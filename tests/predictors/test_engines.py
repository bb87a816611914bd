"""What runs networks."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from predictors.engines.networks import in_few_shapes


@given(count=st.integers(1, 40), width=st.integers(8, 5000))
def test_lines_reach_a_compiling_network_in_few_shapes_and_come_back_as_they_were(count, width):
    seen = []

    def network(batch):
        seen.append(batch["image"].shape)
        assert len(batch["width"]) == len(batch["image"])
        return {"sums": batch["image"].astype(np.int64).sum(axis=(1, 2, 3))}

    image = np.random.default_rng(count).integers(0, 256, (count, 8, width, 1), dtype=np.uint8)
    answer = in_few_shapes(network)({"image": image, "width": np.full(count, width, np.int32)})["sums"]
    (lines, _, wider, _) = seen[0]
    assert lines & (lines - 1) == 0 and lines >= count and wider >= width
    white = 255 * 8 * (wider - width)
    np.testing.assert_array_equal(answer, image.astype(np.int64).sum(axis=(1, 2, 3)) + white)
    assert wider in (256, 512, 704, 896, 1216, 2048, 4096) or width > 4096


def test_pictures_of_one_size_pass_as_they_are():
    image = np.zeros((3, 32, 48, 1), np.uint8)
    assert in_few_shapes(lambda batch: batch)(image) is image

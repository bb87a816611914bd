"""Syllables in the middle of their squares."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preprocessing.syllable_image import FILLED, LARGEST_PX, frame_syllable, ink_box

SIDE = 64


def drawn(height, width, top, left, tall, broad, ink=20, paper=235):
    image = np.full((height, width), paper, np.uint8)
    image[top : top + tall, left : left + broad] = ink
    image[top + 3 : top + tall - 3, left + 3 : left + broad - 3] = paper
    return image


@settings(max_examples=40)
@given(st.integers(8, 40), st.integers(8, 40), st.integers(0, 50), st.integers(0, 50))
def test_ink_is_centred_whole_and_in_shape(tall, broad, top, left):
    frame = frame_syllable(drawn(96, 96, top, left, tall, broad), SIDE)
    x0, y0, x1, y1 = ink_box(frame)
    assert abs((x0 + x1) / 2 - SIDE / 2) <= 1.5 and abs((y0 + y1) / 2 - SIDE / 2) <= 1.5
    assert abs(max(x1 - x0, y1 - y0) - FILLED * SIDE) <= 3
    assert abs(np.log(((x1 - x0) / (y1 - y0)) / (broad / tall))) < 0.15


def test_where_it_stood_does_not_matter():
    frames = [frame_syllable(drawn(96, 96, top, left, 30, 24), SIDE) for top, left in ((4, 4), (50, 60), (20, 33))]
    assert all(np.abs(frames[0].astype(int) - frame).mean() < 4 for frame in frames[1:])


def test_specks_do_not_move_it():
    image = drawn(96, 96, 40, 40, 30, 24)
    clean = frame_syllable(image, SIDE)
    image[2, 2] = 20
    assert np.abs(frame_syllable(image, SIDE).astype(int) - clean).mean() < 4


@pytest.mark.parametrize("image", [np.full((60, 60), 255, np.uint8), np.full((60, 60), 180, np.uint8)])
def test_blank_paper_is_nothing(image):
    assert frame_syllable(image, SIDE) is None


def test_large_pictures_are_the_same_syllables():
    small = drawn(80, 80, 20, 20, 40, 30)
    large = np.kron(small, np.ones((8, 8), np.uint8))
    assert large.shape[0] > LARGEST_PX
    assert np.abs(frame_syllable(large, SIDE).astype(int) - frame_syllable(small, SIDE)).mean() < 12

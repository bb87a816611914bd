"""What a network that searches says becomes readings: the order of the texts, and whose confidences they get."""

import numpy as np
from omegaconf import OmegaConf

from predictors.texts import SearchedTexts, respell

FACTS = {"frame_px": 4, "memory_px": 8, "ctc_weight": 0.9, "charset": "abc"}


def outputs():
    """Two texts, of which the decoder prefers "b" and the frames say "ab"."""
    tokens = np.zeros((1, 2, 4), np.int32)
    tokens[0, 0, :1], tokens[0, 1, :2] = [2], [1, 2]
    logits = np.full((1, 2, 4, 4), -5.0, np.float32)
    logits[0, 0, 0, 2] = logits[0, 1, 0, 1] = logits[0, 1, 1, 2] = 5.0
    attention = np.zeros((1, 2, 4, 4), np.float32)
    attention[0, 0, :, 3] = attention[0, 1, 0, 0] = attention[0, 1, 1:, 2] = 1.0
    frames = np.full((1, 8, 4), -5.0, np.float32)
    frames[0, np.arange(8), [0, 1, 0, 0, 2, 0, 0, 0]] = 5.0
    return {"tokens": tokens, "scores": np.array([[-1.0, -1.5]]), "logits": logits, "attention": attention, "frames": frames}


def read_with(facts, told):
    texts = SearchedTexts(facts, OmegaConf.create({}))
    return texts.read(texts.split(told, np.array([32]))[0])


def test_the_frames_have_a_say_and_the_text_keeps_its_own_confidences():
    read = read_with(FACTS, outputs())
    assert [reading.text for reading in read.readings] == ["ab", "b"]
    assert read.logits[:2].argmax(axis=1).tolist() == [1, 2]
    np.testing.assert_allclose(read.readings[0].middles(), [1.0, 5.0])  # the middles of places 0 and 2, in frames of 4 px
    assert read.attention.shape == (2, 4)


def test_without_frames_the_decoders_order_stays():
    told = {name: array for name, array in outputs().items() if name != "frames"}
    read = read_with({**FACTS, "memory_px": None}, told)
    assert [reading.text for reading in read.readings] == ["b", "ab"]
    assert read.attention is None
    np.testing.assert_allclose(read.readings[0].middles(), [4.0])


def test_texts_that_are_alike_are_told_once_and_the_first_stays():
    told = {name: array[:, [1, 0, 1]] for name, array in outputs().items() if name != "frames"}
    told["scores"] = np.array([[-1.0, -2.0, -3.0]])
    read = read_with(FACTS, told)
    assert [reading.text for reading in read.readings] == ["ab", "b"]
    assert len(read.readings[0].frames) == 2


def test_a_corrected_text_keeps_its_places():
    reading = read_with(FACTS, outputs()).readings[0]
    respell(reading, "abc", tuple("abc"))
    assert reading.text == "abc"
    assert len(reading.frames) == len(reading.middles()) == 3
    respell(reading, "abz", tuple("abc"))  # z is unknown to the network
    assert reading.text == "abc"

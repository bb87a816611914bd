"""What networks say becomes readings: the order of texts, whose confidences they get, what a language model tells apart."""

import numpy as np
import pytest
from omegaconf import OmegaConf

from base.errors import UserError
from predictors.reading.texts import SearchedTexts, decoder_for, respell_in_places, texts_for
from tests.conftest import ROOT
from utils.language.packed import characters_of_packed
from utils.language.shipped import check_language, language_model, shipped_languages

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
    respell_in_places(reading, "abc", tuple("abc"))
    assert reading.text == "abc"
    assert len(reading.frames) == len(reading.middles()) == 3
    respell_in_places(reading, "abz", tuple("abc"))  # z is unknown to the network
    assert reading.text == "abc"


LATIN = (ROOT / "configs/charsets/latin.txt").read_text("utf-8").replace("\n", "")


def frames_saying(text: str, unsure: dict[int, str]) -> np.ndarray:
    """Logits of a frame a character, with blanks between; some characters are a little less likely than others."""
    logits = np.full((2 * len(text), len(LATIN) + 1), -9.0, np.float32)
    for place, character in enumerate(text):
        logits[2 * place, LATIN.index(character) + 1] = 3.0
        logits[2 * place + 1, 0] = 3.0
        if place in unsure:
            logits[2 * place, LATIN.index(unsure[place]) + 1] = 2.7
    return logits


@pytest.mark.parametrize(
    ("language", "text"), [(None, "tho house"), ("none", "tho house"), ("en", "the house"), ("mixed", "the house")]
)
def test_a_language_model_tells_like_letters_apart(language, text):
    texts = texts_for({"frame_px": 4, "charset": LATIN, "folder": "."}, OmegaConf.create({"language": language}))
    assert texts.read(frames_saying("tho house", {2: "e"})).readings[0].text == text


def test_every_language_that_ships_can_be_read():
    assert shipped_languages() == ["de", "en", "es", "fr", "it", "mixed"]
    for language in shipped_languages():
        path = language_model(language)
        assert path.stat().st_size < 24 * 2**20
        assert set("abcdefghijklmnopqrstuvwxyz '.,-") <= set(characters_of_packed(path))


def test_a_bundle_keeps_its_own_weights_of_another_language():
    facts = {"decoder": {"name": "character_ngram", "model": "mixed", "weight": 0.7, "bonus": 1.5}, "folder": "."}
    assert decoder_for(facts, {})["model"] == "mixed"
    chosen = decoder_for(facts, {"language": "fr"})
    assert (chosen["model"], chosen["weight"], chosen["bonus"]) == ("fr", 0.7, 1.5)
    assert decoder_for(facts, {"language": "none"})["name"] == "greedy"
    with pytest.raises(UserError, match="choose one of de, en, es, fr, it, mixed, or none"):
        check_language("xx")

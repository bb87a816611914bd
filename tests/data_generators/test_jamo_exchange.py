"""Syllables put together of the jamo of others."""

import numpy as np
import pytest

from base.errors import UserError
from data_generators.synthesis.hangul import jamo_exchange, jamo_parts
from data_generators.synthesis.hangul.jamo_exchange import JamoExchange
from data_generators.synthesis.hangul.jamo_parts import SIDE_PX, draw_at
from data_generators.synthesis.writing.shaping import draw_character
from preprocessing.text import hangul
from tests.data_generators.test_hangul_data import source_of


def print_font():
    return next(path for family, path in source_of("test").fonts if family.name == "gowun-dodum")


@pytest.mark.slow
def test_only_seen_syllables_are_drawn(monkeypatch):
    drawn = set()

    def watched(path, em_px, character):
        drawn.add(character)
        return draw_character(path, em_px, character)

    monkeypatch.setattr(jamo_exchange, "draw_character", watched)
    monkeypatch.setattr(jamo_parts, "draw_character", watched)
    exchange = JamoExchange(hangul.ks_x_1001())
    composed = [exchange.draw(np.random.default_rng(seed), print_font()) for seed in range(40)]
    texts = {one.text for one in composed if one is not None}
    assert len(texts) > 20 and texts - exchange.seen
    assert drawn and drawn <= exchange.seen


def test_a_composed_syllable_looks_as_the_font_draws_it():
    exchange, path = JamoExchange(hangul.ks_x_1001()), print_font()
    alike = []
    for seed in range(60):
        one = exchange.draw(np.random.default_rng(seed), path)
        if one is None:
            continue
        raster = draw_character(path, 40, one.text)
        height, width = raster.coverage.shape
        own = draw_at(path, one.text, ((SIDE_PX - width) // 2 - raster.left, (SIDE_PX - height) // 2 + raster.top))
        ours = one.parts.max(axis=0)
        alike.append(float((own * ours).sum() / np.sqrt((own**2).sum() * (ours**2).sum())))
    assert len(alike) > 30 and np.median(alike) > 0.7


@pytest.mark.slow
def test_every_syllable_of_the_jamo_may_come_up():
    seen = "각간갓난낫넉넌넛덕던덧닥단닷걱건"  # not 낙, 것
    exchange = JamoExchange(seen)
    texts = {one.text for seed in range(60) if (one := exchange.draw(np.random.default_rng(seed), print_font()))}
    assert texts <= {*seen, "낙", "것"} and {"낙", "것"} & texts
    with pytest.raises(UserError, match="at least two syllables"):
        JamoExchange("각ㅏ")


def test_training_alone_exchanges():
    wanted = ("data.exchange_probability=1", "data.lone_jamo_probability=0")
    source = source_of("train", *wanted).limited_to(hangul.ks_x_1001())
    texts = {source.sample(0, np.random.default_rng(seed)).text for seed in range(20)}
    assert texts - set(hangul.ks_x_1001())
    assert set(hangul.SYLLABLES) <= set(source.drawn_texts())
    assert set(source.drawn_texts(composed=False)) & set(hangul.SYLLABLES) == set(hangul.ks_x_1001())
    assert source_of("test", *wanted).exchange is None

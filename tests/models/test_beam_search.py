"""The search inside the networks against all texts, and the decoders' two ways of writing against each other."""

import itertools

import numpy as np
import pytest

from models.layers.beam_search import ROOM, BeamSearch
from models.layers.text_decoders import AttentionDecoder, StateDecoder
from utils.compute.softmax import log_softmax

pytestmark = pytest.mark.backend
CLASSES, PLACES = 3, 2


class Bigrams:
    """A decoder whose next character follows from the last one and from the line alone."""

    classes = CLASSES

    def __init__(self, table):
        from keras import ops

        self.table = ops.convert_to_tensor(table.astype(np.float32))  # (lines, classes + 1, classes)

    def _told(self, memory, tokens):
        from keras import ops

        line = ops.cast(memory[:, 0, 0], "int32")
        return ops.take(ops.reshape(self.table, (-1, CLASSES)), line[:, None] * (CLASSES + 1) + tokens, axis=0)

    def teach(self, memory, inside, history, training=False):
        from keras import ops

        even = inside / ops.sum(inside, axis=1, keepdims=True)
        return self._told(memory, history), ops.repeat(even[:, None], ops.shape(history)[1], axis=1)

    def begin(self, memory, length):
        from keras import ops

        return [ops.zeros_like(memory[:, 0, 0])], memory

    def step(self, tokens, position, state, line, places, inside):
        return self._told(line, tokens[:, None])[:, 0], state


def all_texts(table, longest):
    """Every text that ends, with the logarithm of its probability."""
    scores = log_softmax(table)
    found = {}
    for length in range(longest):
        for text in itertools.product(range(1, CLASSES), repeat=length):
            steps = list(itertools.pairwise([CLASSES, *text, 0]))
            found[text] = sum(scores[before, after] for before, after in steps)
    return found


def test_a_wide_beam_finds_the_most_likely_texts():
    table = np.random.default_rng(3).normal(size=(2, CLASSES + 1, CLASSES)) * 2
    table[:, 1:, 0] += 2.0  # texts end soon
    memory = np.zeros((2, PLACES, 1), np.float32)
    memory[1] = 1.0
    search = BeamSearch(Bigrams(table), 40, 1)
    answer = {name: np.asarray(array) for name, array in search([memory, np.array([2, 2], np.int32)]).items()}
    for line in range(2):
        expected = sorted(all_texts(table[line], 6).items(), key=lambda item: -item[1])[:5]
        for (text, score), tokens, found in zip(expected, answer["tokens"][line], answer["scores"][line], strict=False):
            assert tuple(token for token in tokens.tolist() if token) == text
            assert found == pytest.approx(score, abs=1e-4)
        best = [CLASSES, *expected[0][0]]
        np.testing.assert_allclose(answer["logits"][line, 0, : len(best)], table[line, best], atol=1e-5)


def test_greedy_takes_the_best_step_each_time():
    table = np.random.default_rng(5).normal(size=(1, CLASSES + 1, CLASSES))
    table[0, 1:, 0] += 1.0
    answer = BeamSearch(Bigrams(table), 1, 1)([np.zeros((1, PLACES, 1), np.float32), np.array([2], np.int32)])
    written, last = [], CLASSES
    while (last := int(table[0, last].argmax())) and len(written) < PLACES + 4:
        written.append(last)
    assert [token for token in np.asarray(answer["tokens"])[0, 0].tolist() if token] == written


@pytest.mark.parametrize("beams", [1, 3])
def test_a_text_that_never_ends_is_as_long_as_its_own_line_allows(beams):
    """And not as the widest line of the batch does."""
    table = np.random.default_rng(7).normal(size=(2, CLASSES + 1, CLASSES))
    table[:, :, 0] = -30.0
    memory = np.zeros((2, 9, 1), np.float32)
    memory[1] = 1.0
    widths = np.array([9, 3], np.int32)
    search = BeamSearch(Bigrams(table), beams, 1)
    together = {name: np.asarray(array) for name, array in search([memory, widths]).items()}
    assert (together["tokens"][1] > 0).sum(axis=1).tolist() == [3 + ROOM] * beams
    alone = {name: np.asarray(array) for name, array in search([memory[1:, :3], widths[1:]]).items()}
    np.testing.assert_array_equal(together["tokens"][1, :, : 3 + ROOM], alone["tokens"][0])
    np.testing.assert_allclose(together["scores"][1], alone["scores"][0], atol=1e-4)


@pytest.mark.parametrize("kind", ["attention", "state"])
def test_step_by_step_is_the_same_as_all_at_once(kind, rng):
    from keras import ops

    decoder = AttentionDecoder(5, 16, 2, 2, 0.1) if kind == "attention" else StateDecoder(5, 8, 0.0)
    memory = rng.normal(size=(3, 4, 16)).astype(np.float32)
    inside = np.array([[1, 1, 1, 1], [1, 1, 0, 0], [1, 0, 0, 0]], np.float32)
    history = rng.integers(0, 6, (3, 7)).astype(np.int32)
    together = np.asarray(decoder.teach(memory, inside, history)[0])
    state, line = decoder.begin(ops.convert_to_tensor(memory), 7)
    places = ops.arange(7, dtype="int32")
    for position in range(7):
        logits, state = decoder.step(
            ops.convert_to_tensor(history[:, position]), ops.convert_to_tensor(position, "int32"), state, line, places, inside
        )
        np.testing.assert_allclose(np.asarray(logits), together[:, position], atol=1e-4)


def test_what_lies_beyond_a_word_is_not_looked_at(rng):
    decoder = AttentionDecoder(5, 16, 2, 1, 0.0)
    memory = rng.normal(size=(1, 4, 16)).astype(np.float32)
    inside, history = np.array([[1, 1, 0, 0]], np.float32), np.array([[5, 1, 2]], np.int32)
    logits, attention = decoder.teach(memory, inside, history)
    memory[:, 2:] = 99.0
    np.testing.assert_allclose(np.asarray(decoder.teach(memory, inside, history)[0]), np.asarray(logits), atol=1e-5)
    assert np.asarray(attention)[..., 2:].max() < 1e-6

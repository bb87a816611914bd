"""Beam search inside a network, for all lines of a batch at once."""

from typing import Any

import keras
from keras import layers, ops

from models.layers.widths import inside_memory

ROOM = 4  # characters that a text may have beyond one for each place of the memory
LONGEST = 120  # characters of a text whose memory has no places
MASKED = -1e9  # added to what must not be chosen


class BeamSearch(layers.Layer):
    """Finds the texts that a decoder thinks most likely, a step at a time for all lines and all texts of their beams.

    A text ends at the latest where its own line has no room for more, whatever lines stand beside it; the search, as soon as
    every text has ended. What the decoder says of the texts it found is then asked once more in one
    pass, so that the search itself keeps little.

    Called with ``[memory (B, T, D), width (B,)]``; returns

    - ``tokens``: int32 (B, K, L), classes, 0 from a text's end on, best text first;
    - ``scores``: (B, K), natural logarithms of their probabilities, end included;
    - ``logits``: (B, K, L, C), what the decoder says of each place of each text;
    - ``attention``: (B, K, L, T), where each character was looked for; each row sums to 1.

    Args:
        decoder: has ``classes``; ``teach(memory, inside, history)`` gives logits and attention for whole texts; ``begin(memory,
            length)`` gives lists of the tensors that belong to each text and of those that belong to its line; and ``step(tokens,
            position, state, line, places, inside)`` gives logits and the next state of the texts.
        beam_width: texts that are kept at each step; 1 is greedy.
        memory_px: see `models.families.sequence_reader.SequenceReaderModel.memory_px`.
        per_place: characters that may stand in one place of the memory.
    """

    def __init__(self, decoder: Any, beam_width: int, memory_px: int | None, per_place: int = 1, **options) -> None:
        super().__init__(dtype="float32", **options)
        self.decoder, self.beam_width, self.memory_px, self.per_place = decoder, beam_width, memory_px, per_place
        self.built = True  # the decoder is

    def call(self, inputs):
        """The texts of a memory (B, T, D) and its widths int32 (B,), pixels, by name: see the class."""
        memory, width = inputs
        inside = inside_memory(memory, width, self.memory_px)
        length = self.room(ops.shape(memory)[1])
        longest = self.room(ops.cast(ops.sum(inside, axis=1), "int32"))
        wide_memory, wide_inside = (ops.repeat(tensor, self.beam_width, axis=0) for tensor in (memory, inside))
        tokens, scores = self.search(wide_memory, wide_inside, length, longest)
        written = ops.reshape(tokens, (-1, length))
        start = ops.full_like(written[:, :1], self.decoder.classes)
        logits, attention = self.decoder.teach(wide_memory, wide_inside, ops.concatenate([start, written[:, :-1]], axis=1))
        return {
            "tokens": tokens,
            "scores": scores,
            "logits": self.of_lines(logits, length),
            "attention": self.of_lines(attention, length),
        }

    def room(self, places):
        """How many characters may be written of so many places of a memory, an int32 or a tensor of them."""
        return LONGEST if self.memory_px is None else places * self.per_place + ROOM

    def of_lines(self, tensor, length):
        """(B * K, L, any) to float32 (B, K, L, any)."""
        return ops.reshape(ops.cast(tensor, "float32"), (-1, self.beam_width, length, ops.shape(tensor)[2]))

    def search(self, memory, inside, length, longest):
        """Tokens (B, K, L) and scores (B, K), best first, for a memory (B * K, T, D) that is the same for all texts of a line.

        The text of a line ends where it has as many characters as ``longest``, int32 (B,) or one for all, says, if not before.
        """
        beams, classes = self.beam_width, self.decoder.classes
        lines = ops.shape(memory)[0] // beams
        places = ops.arange(length, dtype="int32")
        only_end = ops.one_hot(ops.zeros((1,), "int32"), classes, dtype="float32")  # an ended text goes on with ends, at no cost
        first = ops.cast(ops.arange(beams) > 0, "float32") * MASKED

        def unfinished(position, tokens, scores, last, *state):
            return ops.logical_and(position < length, ops.any(last > 0))

        def step(position, tokens, scores, last, *state):
            """One more token for every text: the K best of K * C continuations of each line."""
            logits, following = self.decoder.step(ops.reshape(last, (-1,)), position, list(state), line, places, inside)
            continued = ops.reshape(ops.log_softmax(ops.cast(logits, "float32"), axis=-1), (-1, beams, classes))
            ended = ops.logical_or(ops.equal(last, 0), position >= ops.reshape(longest, (-1, 1)))
            continued = ops.where(ended[..., None], (1.0 - only_end)[None] * MASKED, continued)
            total = ops.reshape(scores[..., None] + continued, (-1, beams * classes))
            scores, chosen = ops.top_k(total, beams)
            chosen = ops.cast(chosen, "int32")
            parents, last = chosen // classes, chosen % classes
            here = ops.equal(places, position)[None, None, :]
            if beams > 1:
                tokens = ops.take_along_axis(tokens, parents[..., None], axis=1)
                rows = ops.reshape(parents + beams * ops.arange(lines, dtype="int32")[:, None], (-1,))
                following = [ops.take(tensor, rows, axis=0) for tensor in following]
            tokens = ops.where(here, last[..., None], tokens)
            return (position + 1, tokens, scores, last, *following)

        state, line = self.decoder.begin(memory, length)
        begun = (
            ops.convert_to_tensor(0, "int32"),
            ops.zeros((lines, beams, length), "int32"),
            ops.zeros((lines, beams), "float32") + first[None, :],
            ops.full((lines, beams), classes, "int32"),
            *state,
        )
        _, tokens, scores, *_ = ops.while_loop(unfinished, step, begun)
        return tokens, scores

    def compute_output_spec(self, inputs):
        """Shapes and types of `call`; the longest text L is not known before."""
        memory, _ = inputs
        batch, places, _ = memory.shape
        classes = self.decoder.classes
        return {
            "tokens": keras.KerasTensor((batch, self.beam_width, None), "int32"),
            "scores": keras.KerasTensor((batch, self.beam_width), "float32"),
            "logits": keras.KerasTensor((batch, self.beam_width, None, classes), "float32"),
            "attention": keras.KerasTensor((batch, self.beam_width, None, places), "float32"),
        }

"""Decoders that write a text one character after the other: with attention, and without."""

import math

import numpy as np
from keras import layers, ops

FAR = 4096  # characters: no text is longer


class AttentionDecoder(layers.Layer):
    """A transformer decoder (Vaswani et al. 2017), normalised before each part (Xiong et al. 2020).

    It learns from whole texts in one pass, and writes with what it computed before kept at hand.

    Args:
        classes: of characters, and the end, class 0; the start has an embedding beside them.
        width: of its vectors.
        heads: of each attention.
        blocks: how many.
        dropout: 0..1.
    """

    def __init__(self, classes: int, width: int, heads: int, blocks: int, dropout: float) -> None:
        super().__init__(name="decoder")
        self.classes, self.width, self.heads = classes, width, heads
        self.embedding = layers.Embedding(classes + 1, width, name="embedding")
        self.memory_in = layers.Dense(width, name="memory")
        self.blocks = [DecoderBlock(width, heads, dropout, f"block{number}") for number in range(blocks)]
        self.dropout = layers.Dropout(dropout)
        self.norm = layers.LayerNormalization(name="norm")
        self.head = layers.Dense(classes, dtype="float32", name="text")
        self.places = places_of(FAR, width)

    def teach(self, memory, inside, history, training=False):
        """Logits (B, L, C) and the last block's attention (B, L, T) for what follows each place of a history (B, L)."""
        length = ops.shape(history)[1]
        x = self.dropout(self._embed(history) + ops.cast(self._places(length), self.compute_dtype), training=training)
        seen = self._look(memory)
        earlier = ops.cast(ops.arange(length)[:, None] >= ops.arange(length)[None, :], "float32")[None, None]
        for block in self.blocks:
            keys, values = block.own.keys_and_values(block.own_norm(x))
            x, attention = block(x, keys, values, earlier, seen, inside[:, None, None, :], training=training)
        return self.head(self.norm(x)), ops.mean(attention, axis=1)

    def begin(self, memory, length):
        """Keys and values of each block: empty ones for the texts (N, L, width), and those of the memory."""
        empty = ops.zeros((ops.shape(memory)[0], length, self.width), self.compute_dtype)
        seen = self._look(memory)
        return [empty for _ in self.blocks for _ in range(2)], [block.other.keys_and_values(seen) for block in self.blocks]

    def step(self, tokens, position, state, line, places, inside):
        """Logits (N, C) after one more token (N,), and the next state of the texts."""
        place = ops.take(self.places, position[None], axis=0)
        x = self._embed(tokens[:, None]) + ops.cast(place, self.compute_dtype)[None]
        here = ops.cast(ops.equal(places, position), self.compute_dtype)[None, :, None]
        earlier = ops.cast(places <= position, "float32")[None, None, None, :]
        kept = []
        for number, block in enumerate(self.blocks):
            keys, values = block.own.keys_and_values(block.own_norm(x))
            kept += [state[2 * number] + here * keys, state[2 * number + 1] + here * values]
            x, _ = block(x, *kept[-2:], earlier, line[number], inside[:, None, None, :])
        return self.head(self.norm(x))[:, 0], kept

    def _embed(self, tokens):
        return self.embedding(tokens) * math.sqrt(self.width)

    def _look(self, memory):
        return self.memory_in(memory) + ops.cast(self._places(ops.shape(memory)[1])[None], self.compute_dtype)

    def _places(self, length):
        return ops.convert_to_tensor(self.places)[:length]


class DecoderBlock(layers.Layer):
    """Attention to the text so far, attention to the memory, and two dense layers, each beside a shortcut.

    Its layers have names of their own, by which a bundle stores their weights: parts of it are called one by one.
    """

    def __init__(self, width: int, heads: int, dropout: float, name: str) -> None:
        super().__init__(name=name)
        self.own_norm = layers.LayerNormalization(name=f"{name}-own-norm")
        self.own = Attention(width, heads, f"{name}-own")
        self.other_norm = layers.LayerNormalization(name=f"{name}-other-norm")
        self.other = Attention(width, heads, f"{name}-other")
        self.dense_norm = layers.LayerNormalization(name=f"{name}-dense-norm")
        self.wide = layers.Dense(4 * width, activation="relu", name=f"{name}-wide")
        self.narrow = layers.Dense(width, name=f"{name}-narrow")
        self.dropout = layers.Dropout(dropout)

    def call(self, x, keys, values, earlier, seen, inside, training=False):
        """Vectors (N, L, width) and the attention to the memory (N, heads, L, T).

        Args:
            x: (N, L, width).
            keys, values: of the text so far.
            earlier: 1 where a place may look at another.
            seen: the memory (N, T, width), or its keys and values.
            inside: 1 where the memory belongs to the line.
        """
        change, _ = self.own(self.own_norm(x), keys, values, earlier)
        x = x + self.dropout(change, training=training)
        seen_keys, seen_values = seen if isinstance(seen, list) else self.other.keys_and_values(seen)
        change, attention = self.other(self.other_norm(x), seen_keys, seen_values, inside)
        x = x + self.dropout(change, training=training)
        return x + self.dropout(self.narrow(self.wide(self.dense_norm(x))), training=training), attention


class Attention(layers.Layer):
    """Scaled dot-product attention of several heads (Vaswani et al. 2017, eq. 1)."""

    def __init__(self, width: int, heads: int, name: str) -> None:
        super().__init__(name=name)
        self.heads, self.depth = heads, width // heads
        self.query = layers.Dense(width, name=f"{name}-query")
        self.key = layers.Dense(width, name=f"{name}-key")
        self.value = layers.Dense(width, name=f"{name}-value")
        self.out = layers.Dense(width, name=f"{name}-out")

    def keys_and_values(self, x):
        """(N, T, width) twice."""
        return [self.key(x), self.value(x)]

    def call(self, x, keys, values, allowed):
        """(N, L, width) and weights float32 (N, heads, L, T); ``allowed`` is 1 where a place may be looked at, else 0."""
        query, key, value = (self._split(part) for part in (self.query(x), keys, values))
        scores = ops.cast(ops.matmul(query, ops.transpose(key, (0, 1, 3, 2))), "float32") / math.sqrt(self.depth)
        weights = ops.softmax(scores + (1.0 - ops.cast(allowed, "float32")) * -1e9, axis=-1)
        mixed = ops.transpose(ops.matmul(ops.cast(weights, self.compute_dtype), value), (0, 2, 1, 3))
        return self.out(ops.reshape(mixed, (-1, ops.shape(mixed)[1], self.heads * self.depth))), weights

    def _split(self, x):
        return ops.transpose(ops.reshape(x, (-1, ops.shape(x)[1], self.heads, self.depth)), (0, 2, 1, 3))


class StateDecoder(layers.Layer):
    """An LSTM that starts from an encoder's last state and sees nothing else (Sutskever et al. 2014).

    Args:
        classes: of characters, and the end, class 0; the start has an embedding beside them.
        units: of the encoder's and of this LSTM.
    """

    def __init__(self, classes: int, units: int, dropout: float) -> None:
        super().__init__(name="decoder")
        self.classes, self.units = classes, units
        self.embedding = layers.Embedding(classes + 1, units // 4, name="embedding")
        self.lstm = layers.LSTM(units, return_sequences=True, name="decoder-lstm")
        self.dropout = layers.Dropout(dropout)
        self.head = layers.Dense(classes, dtype="float32", name="text")

    def teach(self, memory, inside, history, training=False):
        """Logits (B, L, C) for what follows each place of a history (B, L); it looks at no place, so attention is even."""
        written = self.lstm(self.embedding(history), initial_state=self.begin(memory, None)[0], training=training)
        even = inside / ops.sum(inside, axis=1, keepdims=True)
        attention = ops.repeat(even[:, None, :], ops.shape(history)[1], axis=1)
        return self.head(self.dropout(written, training=training)), attention

    def begin(self, memory, length):
        """The LSTM's state of the texts, (N, units) twice, and nothing of the line."""
        state = ops.cast(memory[:, 0], self.compute_dtype)
        return [state[:, : self.units], state[:, self.units :]], []

    def step(self, tokens, position, state, line, places, inside):
        """Logits (N, C) after one more token (N,), and the next state."""
        written, state = self.lstm.cell(self.embedding(tokens), state)
        return self.head(written), list(state)


def places_of(count: int, width: int) -> np.ndarray:
    """Sines and cosines that tell places apart (Vaswani et al. 2017, section 3.5); float32 (count, width)."""
    angles = np.arange(count)[:, None] / 10000 ** (np.arange(0, width, 2)[None, :] / width)
    return np.stack([np.sin(angles), np.cos(angles)], axis=2).reshape(count, width).astype(np.float32)

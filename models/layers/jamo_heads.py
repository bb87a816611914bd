"""From what a trunk found to jamo, in five ways that any trunk can be combined with.

Every head is called in two ways. ``head([maps, vector, jamo])`` is for training: it knows the true classes of the jamo (B, 3)
where one jamo depends on another, and returns logits by name, float32 (B, steps, classes), every step of which is supervised.
``head([maps, vector])`` returns the log probability of each text of `texts`, float32 (B, texts), normalised over them: what
initials, medials and finals make no syllable gets nothing.
"""

import math
from typing import Any

import numpy as np
from keras import layers, ops

from preprocessing.text import hangul

INITIAL, MEDIAL, FINAL = hangul.CLASSES


class JamoHead(layers.Layer):
    """What the heads have in common.

    Args:
        cfg: ``cfg.model.head``.
    """

    texts = hangul.TEXTS

    def __init__(self, cfg: Any) -> None:
        super().__init__(name="head")
        self.cfg = cfg

    def call(self, inputs):
        maps, vector, *truth = inputs
        return self.teach(maps, vector, truth[0]) if truth else self.score(maps, vector)

    def teach(self, maps, vector, jamo) -> dict[str, Any]:
        """Logits for training; see above."""
        raise NotImplementedError

    def score(self, maps, vector):
        """Log probabilities of the texts; see above."""
        raise NotImplementedError


class Independent(JamoHead):
    """Three softmaxes side by side."""

    def __init__(self, cfg: Any) -> None:
        super().__init__(cfg)
        self.out = [_logits(place, count) for place, count in zip(hangul.PLACES, hangul.CLASSES, strict=True)]

    def teach(self, maps, vector, jamo):
        return {place: out(vector)[:, None] for place, out in zip(hangul.PLACES, self.out, strict=True)}

    def score(self, maps, vector):
        initial, medial, final = (ops.log_softmax(out(vector)) for out in self.out)
        return joint_scores(initial, medial[:, None], final[:, None, None])


class Dependent(JamoHead):
    """The medial given the initial, the final given both: the chain rule of probability, all branches of it at once."""

    def __init__(self, cfg: Any) -> None:
        super().__init__(cfg)
        self.initial = _logits("initial", INITIAL)
        self.medial, self.final = _logits("medial", MEDIAL), _logits("final", FINAL)
        self.see_medial, self.see_final = layers.Dense(cfg.state, name="see-medial"), layers.Dense(cfg.state, name="see-final")
        self.initial_for_medial = layers.Embedding(INITIAL, cfg.state, name="initial-for-medial")
        self.initial_for_final = layers.Embedding(INITIAL, cfg.state, name="initial-for-final")
        self.medial_for_final = layers.Embedding(MEDIAL, cfg.state, name="medial-for-final")

    def teach(self, maps, vector, jamo):
        medial = self.see_medial(vector) + self.initial_for_medial(jamo[:, 0])
        final = self.see_final(vector) + self.initial_for_final(jamo[:, 0]) + self.medial_for_final(jamo[:, 1])
        return {
            "initial": self.initial(vector)[:, None],
            "medial": self.medial(ops.relu(medial))[:, None],
            "final": self.final(ops.relu(final))[:, None],
        }

    def score(self, maps, vector):
        initials, medials = ops.arange(INITIAL, dtype="int32"), ops.arange(MEDIAL, dtype="int32")
        medial = self.see_medial(vector)[:, None] + self.initial_for_medial(initials)[None]
        before_final = self.initial_for_final(initials)[:, None] + self.medial_for_final(medials)[None]
        final = self.see_final(vector)[:, None, None] + before_final[None]
        return joint_scores(
            ops.log_softmax(self.initial(vector)),
            ops.log_softmax(self.medial(ops.relu(medial))),
            ops.log_softmax(self.final(ops.relu(final))),
        )


class Complete(JamoHead):
    """One class a text of a charset, as if jamo did not exist."""

    def __init__(self, cfg: Any) -> None:
        super().__init__(cfg)
        self.texts = cfg.charset
        self.out = _logits("text", len(cfg.charset))
        numbers = np.full(math.prod(hangul.CLASSES), 0, np.int32)
        numbers[joint_places(cfg.charset)] = np.arange(len(cfg.charset))
        self.numbers = numbers

    def teach(self, maps, vector, jamo):
        return {"text": self.out(vector)[:, None]}

    def score(self, maps, vector):
        return ops.log_softmax(self.out(vector))


class Iterative(JamoHead):
    """Refined step by step: each jamo has a state and looks at the map, knowing what all three were taken for before.

    Attention (Bahdanau et al. 2015) and a GRU (Cho et al. 2014); every step is supervised, the last one answers.
    """

    def __init__(self, cfg: Any) -> None:
        super().__init__(cfg)
        self.keys = layers.Dense(cfg.state, name="keys")
        self.begin = [layers.Dense(cfg.state, activation="tanh", name=f"begin-{place}") for place in hangul.PLACES]
        self.query = [layers.Dense(cfg.state, name=f"query-{place}") for place in hangul.PLACES]
        self.energy = [layers.Dense(1, name=f"energy-{place}") for place in hangul.PLACES]
        self.cells = [layers.GRUCell(cfg.state, name=f"cell-{place}") for place in hangul.PLACES]
        self.out = [_logits(place, count) for place, count in zip(hangul.PLACES, hangul.CLASSES, strict=True)]

    def teach(self, maps, vector, jamo):
        steps = self._refine(maps, vector)
        return {place: ops.stack([step[at] for step in steps], axis=1) for at, place in enumerate(hangul.PLACES)}

    def score(self, maps, vector):
        initial, medial, final = (ops.log_softmax(logits) for logits in self._refine(maps, vector)[-1])
        return joint_scores(initial, medial[:, None], final[:, None, None])

    def _refine(self, maps, vector) -> list[list[Any]]:
        """The logits of the three jamo at each step."""
        places = flat_places(maps)
        keys = self.keys(places)
        states = [begin(vector) for begin in self.begin]
        logits = [out(state) for out, state in zip(self.out, states, strict=True)]
        steps = []
        for _ in range(self.cfg.steps):
            taken_for = ops.cast(ops.concatenate([ops.softmax(part) for part in logits], axis=-1), keys.dtype)
            for at, cell in enumerate(self.cells):
                query = self.query[at](ops.concatenate([states[at], taken_for], axis=-1))
                weight = ops.softmax(self.energy[at](ops.tanh(keys + query[:, None])), axis=1)
                seen = ops.sum(weight * places, axis=1)
                states[at], _ = cell(ops.concatenate([seen, taken_for], axis=-1), [states[at]])
            logits = [out(state) for out, state in zip(self.out, states, strict=True)]
            steps.append(logits)
        return steps


class Sequence(JamoHead):
    """Jamo after jamo, each looked for in the map knowing those before it, as DenseRAN reads radicals (Wang et al. 2018).

    Since a syllable is three jamo long, all 20 x 22 beginnings are followed instead of a beam: top-n is exact here too.
    """

    def __init__(self, cfg: Any) -> None:
        super().__init__(cfg)
        self.depth = cfg.state
        self.keys, self.query = layers.Dense(cfg.state, name="keys"), layers.Dense(cfg.state, name="query")
        self.begin = layers.Dense(cfg.state, activation="tanh", name="begin")
        self.initials = layers.Embedding(INITIAL, cfg.state, name="initials")
        self.medials = layers.Embedding(MEDIAL, cfg.state, name="medials")
        self.cell = layers.GRUCell(cfg.state, name="cell")
        self.out = [_logits(place, count) for place, count in zip(hangul.PLACES, hangul.CLASSES, strict=True)]

    def teach(self, maps, vector, jamo):
        places = flat_places(maps)
        keys = self.keys(places)
        state = self.begin(vector)[:, None]
        logits = [self._look(places, keys, state, 0)]
        state = self._next(state, self.initials(jamo[:, :1]))
        logits.append(self._look(places, keys, state, 1))
        state = self._next(state, self.medials(jamo[:, 1:2]))
        logits.append(self._look(places, keys, state, 2))
        return dict(zip(hangul.PLACES, logits, strict=True))

    def score(self, maps, vector):
        places = flat_places(maps)
        keys = self.keys(places)
        state = self.begin(vector)[:, None]
        initial = self._look(places, keys, state, 0)[:, 0]
        state = self._next(ops.repeat(state, INITIAL, axis=1), self.initials(ops.arange(INITIAL, dtype="int32"))[None])
        medial = self._look(places, keys, state, 1)
        tails = ops.tile(self.medials(ops.arange(MEDIAL, dtype="int32"))[None], (1, INITIAL, 1))
        state = self._next(ops.repeat(state, MEDIAL, axis=1), tails)
        final = ops.reshape(self._look(places, keys, state, 2), (-1, INITIAL, MEDIAL, FINAL))
        return joint_scores(*(ops.log_softmax(logits) for logits in (initial, medial, final)))

    def _look(self, places, keys, state, at: int):
        """Logits (B, N, classes) of states (B, N, state) after a look at the map."""
        scores = ops.matmul(self.query(state), ops.transpose(keys, (0, 2, 1))) / math.sqrt(self.depth)
        seen = ops.matmul(ops.softmax(scores, axis=-1), places)
        return self.out[at](ops.concatenate([seen, state], axis=-1))

    def _next(self, state, token):
        """States (B, N, state) after one more jamo, (B or 1, N, state)."""
        shape = ops.shape(state)
        token = ops.broadcast_to(token, shape)
        flat = ops.reshape(state, (-1, self.depth))
        following, _ = self.cell(ops.reshape(token, (-1, self.depth)), [flat])
        return ops.reshape(following, (-1, shape[1], self.depth))


HEADS = {
    "independent": Independent,
    "dependent": Dependent,
    "complete": Complete,
    "iterative": Iterative,
    "sequence": Sequence,
}


def _logits(name: str, count: int) -> layers.Dense:
    return layers.Dense(count, dtype="float32", name=name)


def flat_places(maps):
    """(B, H, W, C) to (B, H * W, C)."""
    _, height, width, channels = maps.shape
    return ops.reshape(maps, (-1, height * width, channels))


def joint_places(texts: str) -> np.ndarray:
    """Where each text stands in a flattened table of (initial, medial, final), int32 (texts,)."""
    initial, medial, final = hangul.classes_of(texts).T
    return ((initial * MEDIAL + medial) * FINAL + final).astype(np.int32)


def joint_scores(initial, medial, final):
    """Log probabilities of `hangul.TEXTS` from those of the jamo: (B, 20), (B, 20 or 1, 22), (B, 20 or 1, 22 or 1, 28)."""
    joint = initial[:, :, None, None] + medial[:, :, :, None] + final
    flat = ops.reshape(joint, (-1, math.prod(hangul.CLASSES)))
    return ops.log_softmax(ops.take(flat, ops.convert_to_tensor(joint_places(hangul.TEXTS)), axis=1))

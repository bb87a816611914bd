"""Which lines a person should transcribe first, so that a reader learns most from them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from utils.compute.softmax import log_softmax

WEIGHT_OF_LENGTH = 0.2  # of the logarithm of a line's width against its height, beside distances of at most 1.4


@dataclass(frozen=True)
class Candidate:
    """An image that could be transcribed.

    Attributes:
        index: which one it is, in its source or store.
        text: what the reader reads.
        confidence: 0..1, `LineReading.sureness`.
        doubt: how many of its characters are expected to be wrong, 0 and up: a long line teaches more than a short one.
        content: float (classes + 1,), see `content_of`.
    """

    index: int
    text: str
    confidence: float
    doubt: float
    content: np.ndarray


def content_of(logits_TC: np.ndarray, size_HW: tuple[int, ...]) -> np.ndarray:
    """What a network finds in a line, float32 (classes + 1,): square roots of the characters' shares, so that distances are
    Hellinger's, and the logarithm of its width against its height. Blanks count for nothing.
    """
    found = np.exp(log_softmax(logits_TC)).sum(axis=0)[1:]
    length = WEIGHT_OF_LENGTH * np.log(size_HW[1] / size_HW[0])
    return np.append(np.sqrt(found / max(float(found.sum()), 1e-6)), length).astype(np.float32)


def rank(candidates: Sequence[Candidate], by: str, count: int, pool: float, seed: int) -> list[Candidate]:
    """The first to transcribe first.

    ``doubt_and_variety`` begins with the line of the most doubt and goes on with whatever is least like all that were chosen
    before (farthest-first traversal, Gonzalez 1985), so that the first 50 of 200 vary as much as 50 can.
    """
    if by == "chance":
        return [candidates[place] for place in np.random.default_rng(seed).permutation(len(candidates))[:count]]
    doubtful = sorted(candidates, key=lambda candidate: -candidate.doubt)
    if by == "doubt":
        return doubtful[:count]
    doubtful = doubtful[: max(count, round(pool * count))]
    contents = np.stack([candidate.content for candidate in doubtful])
    order, distance = [0], np.linalg.norm(contents - contents[0], axis=1)
    while len(order) < count:
        distance[order[-1]] = -1.0  # chosen already
        order.append(int(distance.argmax()))
        distance = np.where(distance < 0, distance, np.minimum(distance, np.linalg.norm(contents - contents[order[-1]], axis=1)))
    return [doubtful[place] for place in order]

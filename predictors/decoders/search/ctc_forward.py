"""How likely texts are under CTC, for many at once."""

import numpy as np

LOG_ZERO = -1e30  # the logarithm of a probability of nothing, with which one can still reckon


def ctc_log_probabilities(
    scores_BTC: np.ndarray, frames_B: np.ndarray, labels_BKL: np.ndarray, lengths_BK: np.ndarray
) -> np.ndarray:
    """Natural logarithms of the probabilities of several texts of each line (Graves et al. 2006, section 4.1); float (B, K).

    Args:
        scores_BTC: log probabilities, class 0 being the blank.
        frames_B: true numbers of frames.
        labels_BKL: classes from 1 on.
        lengths_BK: true lengths of the texts.
    """
    lines, texts, longest = labels_BKL.shape
    states = np.zeros((lines, texts, 2 * longest + 1), np.int64)
    states[..., 1::2] = labels_BKL
    emitted = np.take_along_axis(scores_BTC[:, :, None, :], states[:, None].reshape(lines, 1, 1, -1), axis=3)
    emitted = emitted.reshape(lines, scores_BTC.shape[1], texts, -1)
    skips = np.zeros(states.shape, bool)  # from a character to the next without a blank, unless it is the same
    skips[..., 3::2] = states[..., 3::2] != states[..., 1:-2:2]
    alpha = np.full(states.shape, LOG_ZERO)
    alpha[..., :2] = emitted[:, 0, :, :2]
    for frame in range(1, scores_BTC.shape[1]):
        one, two = shifted(alpha, 1), np.where(skips, shifted(alpha, 2), LOG_ZERO)
        following = np.logaddexp(np.logaddexp(alpha, one), two) + emitted[:, frame]
        alpha = np.where((frame < frames_B)[:, None, None], following, alpha)
    ends = 2 * lengths_BK[..., None]
    with_blank = np.take_along_axis(alpha, ends, axis=2)[..., 0]
    without = np.take_along_axis(alpha, np.maximum(ends - 1, 0), axis=2)[..., 0]
    return np.where(lengths_BK > 0, np.logaddexp(with_blank, without), with_blank)


def shifted(alpha: np.ndarray, places: int) -> np.ndarray:
    """float, of the shape that it has: each state's value at the state so many places later."""
    moved = np.full(alpha.shape, LOG_ZERO)
    moved[..., places:] = alpha[..., :-places] if places < alpha.shape[-1] else LOG_ZERO
    return moved

"""The loss of networks that answer with maps of a page."""

from collections.abc import Mapping

from keras import ops


def map_loss(truth_BHWC, logits_BHWC, known_BHW1, weights: Mapping[str, float], emphasis: float):
    """Binary cross-entropy plus soft Dice, each averaged over the maps; a scalar.

    Dice (Milletari et al. 2016, eq. 1 of the loss section) is taken over the whole batch, so that an image without
    anything on a map does not ask for the impossible.

    Args:
        truth_BHWC: float32, 0 or 1.
        logits_BHWC: float32.
        known_BHW1: float32, 0 where the truth is not known.
        weights: ``cross_entropy`` and ``dice``.
        emphasis: factor on the cross-entropy where the truth is 1.
    """
    entropy = ops.relu(logits_BHWC) - logits_BHWC * truth_BHWC + ops.softplus(-ops.abs(logits_BHWC))
    entropy = entropy * (1.0 + (emphasis - 1.0) * truth_BHWC) * known_BHW1
    entropy = ops.sum(entropy) / (ops.sum(known_BHW1) * logits_BHWC.shape[-1] + 1.0)
    chance = ops.sigmoid(logits_BHWC) * known_BHW1
    truth_BHWC = truth_BHWC * known_BHW1
    shared = ops.sum(chance * truth_BHWC, axis=(0, 1, 2))
    either = ops.sum(chance, axis=(0, 1, 2)) + ops.sum(truth_BHWC, axis=(0, 1, 2))
    dice = ops.mean(1.0 - (2.0 * shared + 1.0) / (either + 1.0))
    return weights["cross_entropy"] * entropy + weights["dice"] * dice

"""What happens to scans before they reach us: bleaching, few grey levels, tone curves. Training only."""

import os
import threading

import numpy as np

_own = threading.local()  # a pipeline's dice are its own: threads must not share one


def _tone_changes():
    """Gamma and posterising by albumentations, imported late: it takes seconds, and prediction does without it."""
    if not hasattr(_own, "changes"):
        os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
        import albumentations

        _own.changes = albumentations.Compose(
            [
                albumentations.RandomGamma(gamma_limit=(70, 140), p=0.3),
                albumentations.Posterize(num_bits=(4, 5), p=0.3),
            ]
        )
    return _own.changes


def change_tones(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Another gamma, fewer grey levels, each now and then; uint8 (H, W) to the same."""
    changes = _tone_changes()
    changes.set_random_seed(int(rng.integers(2**31)))
    return changes(image=image)["image"]


def bleach(rng: np.random.Generator, tone: float) -> np.ndarray:
    """A tone curve that makes paper white, as many archives do; faint ink may go with it.

    Args:
        rng: decides where white begins, 85 to 100 per cent of the paper's tone, and black, 0 to 30 per cent.
        tone: the paper's grey level.

    Returns:
        uint8 (256,), for `cv2.LUT`.
    """
    white, black = tone * rng.uniform(0.85, 1.0), tone * rng.uniform(0.0, 0.3)
    gain = 255.0 / max(white - black, 1.0)
    return np.clip((np.arange(256) - black) * gain, 0, 255).astype(np.uint8)

"""What is done to training images only, by albumentations: other people's scanning, weak and strong views of lines."""

import os
import random
import threading
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from base.types import Ink

_own = threading.local()  # a pipeline's random numbers are its own: threads must not share one

STRENGTHS = ("none", "weak", "strong", "either")


@dataclass(frozen=True)
class Augmented:
    """A view of a line.

    Attributes:
        image: uint8 (H, W), of the size of the original.
        mask: bits of `Ink` uint8 (H, W), moved like the image, or None.
        boxes: float (n, 4) left, top, right, bottom in pixels, moved like the image; those that left it are clipped.
    """

    image: np.ndarray
    mask: np.ndarray | None = None
    boxes: np.ndarray | None = None


def augment(
    rng: np.random.Generator,
    image: np.ndarray,
    strength: str,
    mask: np.ndarray | None = None,
    boxes: np.ndarray | None = None,
) -> Augmented:
    """A random view of a line.

    ``weak`` changes what another scan of the same line would: a little rotation, scale, blur, noise, brightness.
    ``strong`` applies two operations besides of those that Wolf & Fink 2022 use (after RandAugment), with elastic
    distortion and blank patches added, so that a reader has to lean on context.

    Args:
        rng: decides everything.
        image: uint8 (H, W).
        strength: ``none``, ``weak``, ``strong``, or ``either``: one of the last two at a time.
        mask: bits of `Ink` uint8 (H, W) that belong to the image; under blank patches nothing is known any more.
        boxes: float (n, 4) that belong to it.
    """
    if strength == "none":
        return Augmented(image, mask, boxes)
    pipeline = _pipelines()[("weak", "strong")[int(rng.integers(2))] if strength == "either" else strength]
    _roll(pipeline, rng)
    given: dict[str, Any] = {"image": image.copy()}  # some operations write into what they are given
    if mask is not None:
        given["mask"] = mask.copy()
    keypoints = _corners(boxes) if boxes is not None else None
    result = pipeline(**given, keypoints=keypoints if keypoints is not None else np.zeros((0, 2), np.float32))
    return Augmented(
        result["image"],
        result.get("mask"),
        None if boxes is None else _around(np.asarray(result["keypoints"]), image.shape[1], image.shape[0]),
    )


def change_tones(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Another gamma, fewer grey levels, each now and then; uint8 (H, W) to the same."""
    changes = _pipelines()["tones"]
    _roll(changes, rng)
    return changes(image=image.copy())["image"]


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


def _roll(pipeline: Any, rng: np.random.Generator) -> None:
    """Lets a pipeline depend on ``rng``; its own seed would be that of every operation alike, and leave out those in groups."""
    pipeline.set_random_state(rng, random.Random(int(rng.integers(2**63))))


def _pipelines() -> dict[str, Any]:
    """This thread's pipelines; albumentations is imported late: it takes seconds, and prediction does without it."""
    if not hasattr(_own, "pipelines"):
        os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
        import albumentations as A

        edge = cv2.BORDER_REPLICATE
        scan = [
            A.Affine(
                rotate=(-1.5, 1.5), scale=(0.92, 1.04), shear=(-6, 6), translate_percent=(-0.02, 0.02), border_mode=edge, p=0.5
            ),
            A.OneOf([A.GaussianBlur((3, 5), p=1), A.Sharpen(p=1), A.Downscale((0.5, 0.9), p=1)], p=0.3),
            A.GaussNoise((0.01, 0.05), p=0.3),
            A.RandomBrightnessContrast(0.15, 0.2, p=0.4),
        ]
        operations = [
            A.AutoContrast(p=1),
            A.RandomBrightnessContrast((-0.3, 0.3), (0, 0), p=1),
            A.RandomBrightnessContrast((0, 0), (-0.4, 0.4), p=1),
            A.Equalize(p=1),
            A.Posterize((2, 4), p=1),
            A.Affine(rotate=(-4, 4), border_mode=edge, p=1),
            A.Sharpen((0.3, 0.8), p=1),
            A.Affine(shear={"x": (-18, 18), "y": (-1, 1)}, border_mode=edge, p=1),
            A.Solarize((0.6, 0.9), p=1),
            A.Affine(translate_percent={"x": (-0.02, 0.02), "y": (-0.08, 0.08)}, border_mode=edge, p=1),
            A.ElasticTransform(alpha=12, sigma=5, border_mode=edge, p=1),
            A.CoarseDropout(
                num_holes_range=(2, 8),
                hole_height_range=(0.2, 0.7),
                hole_width_range=(0.005, 0.03),
                fill="random_uniform",
                fill_mask=int(Ink.UNSURE),
                p=1,
            ),
            A.Morphological((2, 2), operation="erosion", p=1),
            A.Morphological((2, 2), operation="dilation", p=1),
        ]
        points = A.KeypointParams(format="xy", remove_invisible=False)
        _own.pipelines = {
            "tones": A.Compose([A.RandomGamma(gamma_limit=(70, 140), p=0.3), A.Posterize(num_bits=(4, 5), p=0.3)]),
            "weak": A.Compose(scan, keypoint_params=points),
            "strong": A.Compose([*scan, A.SomeOf(operations, n=2, replace=False, p=1)], keypoint_params=points),
        }
    return _own.pipelines


def _corners(boxes: np.ndarray) -> np.ndarray:
    """The corners of boxes, float (4n, 2): they can be moved one by one, and a box can be drawn round them again."""
    return boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 2).astype(np.float32)


def _around(corners: np.ndarray, width: int, height: int) -> np.ndarray:
    """Boxes round their moved corners, clipped to the image."""
    of_box = corners.reshape(-1, 4, 2)
    boxes = np.concatenate([of_box.min(axis=1), of_box.max(axis=1)], axis=1)
    return np.clip(boxes, 0, [width, height, width, height])

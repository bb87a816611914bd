"""What artifacts need to know of a clean picture, and what becomes of its truth."""

import cv2
import numpy as np

from base.types import Ink, Sample
from data_generators.synthesis.artifacts.patches import PatchLibrary
from data_generators.synthesis.artifacts.soiling import SoilablePage
from data_generators.synthesis.canvas import cut_text, measure_lines
from preprocessing.binarise import paper_tone


def describe(sample: Sample, is_crop: bool, patches: PatchLibrary | None = None) -> SoilablePage:
    """What `soil` needs to know of a clean picture whose ink is known.

    Args:
        sample: the picture.
        is_crop: whether it is a word or a line, so that text of its neighbours is foreign to it.
        patches: real artifacts.
    """
    height, width = sample.image.shape
    coverage = np.where(sample.truth & int(Ink.TEXT), np.uint8(255), np.uint8(0))
    if sample.words:
        x_height = sample.words[0].x_height
        baselines = sorted({round(word.baseline / x_height) * x_height for word in sample.words})
    else:
        x_height, baselines = measure_lines(coverage)
    return SoilablePage(
        height=height,
        width=width,
        x_height=x_height,
        words=sample.words,
        baselines=baselines,
        coverage=coverage,
        contrast=max(0.0, 1.0 - cv2.mean(sample.image, coverage)[0] / max(paper_tone(sample.image), 1.0)),
        other_text=lambda rng: cut_text(rng, coverage, sample.words, x_height),
        is_crop=is_crop,
        patches=patches,
    )


def merge_ink(text_ink: np.ndarray, artifact_ink: np.ndarray) -> np.ndarray:
    """uint8 (H, W), bits of `Ink` of both; where an artifact lies, what was unsure no longer matters."""
    ink = text_ink | artifact_ink
    ink[artifact_ink != 0] &= ~np.uint8(Ink.UNSURE)
    return ink

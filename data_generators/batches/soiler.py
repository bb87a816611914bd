"""Rules, boxes and strays over lines of writing, for readers that must cope with them."""

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np

from base.types import Ink, Sample
from data_generators.synthesis.artifacts.description import describe, merge_ink
from data_generators.synthesis.artifacts.kinds import soil
from data_generators.synthesis.canvas import binarised_ink

SOFTEST_PX = 0.8  # standard deviation of the blur that artifacts get, as if they had been scanned with the line


class LineSoiler:
    """Soils some lines and says where.

    Args:
        cfg: ``probability`` of a line being soiled, and ``artifacts``, see ``configs/data/artifacts``.
    """

    def __init__(self, cfg: Mapping[str, Any]) -> None:
        self.probability, self.artifacts = float(cfg["probability"]), cfg["artifacts"]

    def soil(self, rng: np.random.Generator, line: np.ndarray, ink: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """A line with artifacts.

        Args:
            rng: decides everything.
            line: uint8 (H, W), dark ink on light paper.
            ink: bits of `Ink` uint8 (H, W), what is on it before; None where nobody knows, as on real paper: then whatever is
                dark may be text or not.

        Returns:
            The soiled line, and bits of `Ink` uint8 (H, W).
        """
        if ink is None:
            ink = binarised_ink(line)
            ink[ink != 0] = np.uint8(Ink.TEXT | Ink.UNSURE)
        if rng.random() >= self.probability:
            return line, ink
        sample = Sample(line, ink=ink)
        canvas = soil(rng, describe(sample, is_crop=True), self.artifacts, channels=1)
        light = canvas.light[..., 0]
        blur_px = rng.uniform(0.2, SOFTEST_PX)
        soiled = line * cv2.GaussianBlur(light, (0, 0), blur_px)
        unsure = ink & np.uint8(Ink.UNSURE)
        merged = merge_ink(ink & ~np.uint8(Ink.UNSURE), canvas.ink)
        merged[(unsure != 0) & (canvas.ink == 0)] |= np.uint8(Ink.UNSURE)
        return cv2.convertScaleAbs(soiled), merged

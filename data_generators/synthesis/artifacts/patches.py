"""Real artifacts: patches that users cut from their own scans, laid over pages like drawn ones."""

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from base.errors import UserError
from base.types import FAMILIES, Ink
from data_generators.synthesis.ranges import split_of
from data_generators.synthesis.strokes import SoilCanvas
from utils.files.below import files_below
from utils.files.images import IMAGE_SUFFIXES, read_grey


class PatchLibrary:
    """Crops of rules, boxes, stamps and stains on blank paper, one subfolder a family (rules, marks, stains, foreign).

    Images directly in the folder count as rules. A patch belongs to one split by the scan that its name starts with,
    so that ``scan7_01.png`` and ``scan7_02.png`` stay together.

    Raises:
        UserError: the folder does not exist or has no images of this split.
    """

    def __init__(self, folder: Path, split: str) -> None:
        if not folder.is_dir():
            raise UserError(f"data.artifacts.patches={folder}: there is no such folder")
        paths = files_below(folder, IMAGE_SUFFIXES)
        self.paths = [path for path in paths if split_of(_scan_of(path)) == split]
        if not self.paths:
            raise UserError(
                f"data.artifacts.patches={folder}: {len(paths)} images, none of them in the {split} split; "
                "add crops of more scans (a crop belongs to the scan named before its last underscore)"
            )

    def lay_one(self, rng: np.random.Generator, canvas: SoilCanvas) -> None:
        """Lays one patch somewhere on the canvas, scaled by 0.7 to 1.4."""
        path = self.paths[int(rng.integers(len(self.paths)))]
        coverage, dimming = read_patch(path)
        scale = rng.uniform(0.7, 1.4)
        coverage = cv2.resize(coverage, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        height, width = canvas.ink.shape
        top = rng.uniform(-0.3 * coverage.shape[0], max(1.0, height - 0.7 * coverage.shape[0]))
        left = rng.uniform(-0.3 * coverage.shape[1], max(1.0, width - 0.7 * coverage.shape[1]))
        channels = canvas.light.shape[2]
        canvas.lay(coverage, top, left, np.full(channels, dimming, np.float32), FAMILIES.get(path.parent.name, Ink.RULES))
        canvas.kinds.append("patch")


def _scan_of(path: Path) -> str:
    return path.stem.rsplit("_", 1)[0]


@lru_cache(maxsize=512)
def read_patch(path: Path) -> tuple[np.ndarray, float]:
    """A patch as coverage, float32 (h, w) in 0..1, and the part of the light that its darkest ink takes away.

    The paper is the 90th percentile of grey; what is darker covers in proportion, down to the 1st percentile.
    """
    grey = read_grey(path).astype(np.float32)
    paper, darkest = np.percentile(grey, [90, 1])
    depth = max(1.0, paper - darkest)
    coverage = np.clip((paper - grey) / depth, 0.0, 1.0)
    coverage[coverage < 0.12] = 0.0  # paper grain
    return coverage, float(min(1.0, depth / max(paper, 1.0)))

"""How a sheet lies under the camera: turned, curled, with what is beside it."""

from dataclasses import dataclass

import cv2
import numpy as np

from base.types import PageLine
from data_generators.synthesis.ranges import Range, draw

ROUNDS = 6  # of the fixed-point iteration that finds where a point lands
KNOTS = (4, 5)  # of the smooth field, down and across


@dataclass(frozen=True)
class SheetRanges:
    """How sheets lie."""

    skew_degrees: Range
    curl: Range  # of the page's width, standard deviation of the smooth field
    shrink: Range  # of the page's size: what is less than 1 shows its surroundings
    keystone: Range  # of the page's width, by which a side is shorter than its opposite


class SheetWarp:
    """Where each place of a photograph comes from on the flat sheet.

    Args:
        matrix: (3, 3), photograph to sheet, homogeneous.
        field: float32 (H, W, 2), sheet pixels added to that.
    """

    def __init__(self, matrix: np.ndarray, field: np.ndarray) -> None:
        self.matrix, self.field = matrix, field
        height, width = field.shape[:2]
        x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
        flat = cv2.perspectiveTransform(np.stack([x, y], axis=-1).reshape(1, -1, 2), matrix).reshape(height, width, 2)
        self.maps = flat + field

    @classmethod
    def draw(cls, rng: np.random.Generator, page_HW: tuple[int, int], ranges: SheetRanges) -> "SheetWarp":
        """A sheet from the stated ranges."""
        height, width = page_HW
        turn, scale = np.radians(draw(rng, ranges.skew_degrees)), draw(rng, ranges.shrink)
        rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) * scale
        corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], float)
        middle = np.array([width, height]) / 2
        shift = rng.uniform(-0.5, 0.5, 2) * (1 - scale) * (width, height)
        landed = (corners - middle) @ rotation.T + middle + shift
        landed += rng.uniform(-1, 1, (4, 2)) * draw(rng, ranges.keystone) * width
        matrix = cv2.getPerspectiveTransform(landed.astype(np.float32), corners.astype(np.float32))
        knots = (rng.standard_normal((*KNOTS, 2)) * draw(rng, ranges.curl) * width).astype(np.float32)
        return cls(matrix, cv2.resize(knots, (width, height), interpolation=cv2.INTER_CUBIC))

    def image(self, flat: np.ndarray, outside: float) -> np.ndarray:
        """A map (H, W) of the sheet as the photograph shows it, of its type; what is beside the sheet gets one value."""
        x, y = self.maps[..., 0], self.maps[..., 1]
        return cv2.remap(flat, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=outside)

    def points(self, flat: np.ndarray) -> np.ndarray:
        """Where points (n, 2) of the sheet land in the photograph."""
        back = np.linalg.inv(self.matrix)
        height, width = self.field.shape[:2]
        landed = self._project(flat, back)
        for _ in range(ROUNDS):
            x = np.clip(landed[:, 0].round().astype(int), 0, width - 1)
            y = np.clip(landed[:, 1].round().astype(int), 0, height - 1)
            landed = self._project(flat - self.field[y, x], back)
        return landed

    @staticmethod
    def _project(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
        return cv2.perspectiveTransform(points.reshape(1, -1, 2).astype(np.float64), matrix)[0]

    def line(self, line: PageLine) -> PageLine:
        """A line of the sheet as the photograph shows it; its height is measured in its middle."""
        baseline = self.points(line.baseline)
        middle = line.baseline[len(line.baseline) // 2]
        up = self.points(np.array([middle, middle - (0.0, line.x_height)]))
        return PageLine(baseline, float(np.hypot(*(up[1] - up[0]))), line.text)

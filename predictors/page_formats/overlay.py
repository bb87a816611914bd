"""A picture of the page with its lines, to look at."""

from pathlib import Path

import cv2
import numpy as np

from base.page import ReadPage
from base.registry import PAGE_FORMATS
from utils.drawing.pictures import as_rgb, save_picture

LONGEST_PX = 1600
BASELINE = (200, 30, 30)
SURE, UNSURE = np.array([40, 150, 60.0]), np.array([225, 130, 20.0])  # outlines, by confidence


@PAGE_FORMATS.register("overlay")
def write(page: ReadPage, stem: Path) -> Path:
    """Writes ``<stem>.overlay.png``."""
    path = stem.with_name(f"{stem.name}.overlay.png")
    save_picture(path, overlay(page))
    return path


def overlay(page: ReadPage) -> np.ndarray:
    """The page, at most `LONGEST_PX` high or wide, with outlines coloured by confidence, baselines, and the order, RGB."""
    scale = min(1.0, LONGEST_PX / max(page.size_WH))
    picture = cv2.resize(as_rgb(page.pixels), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    tinted = picture.copy()
    for line in page.lines:
        share = float(np.clip((line.confidence - 0.5) / 0.5, 0, 1))
        cv2.fillPoly(tinted, [_drawn(line.outline, scale)], (share * SURE + (1 - share) * UNSURE).tolist())
    picture = cv2.addWeighted(picture, 0.72, tinted, 0.28, 0)
    for number, line in enumerate(page.lines, start=1):
        baseline = _drawn(line.baseline, scale)
        cv2.polylines(picture, [baseline], False, BASELINE, 1, cv2.LINE_AA)
        x, y = (int(place) for place in baseline[0])
        cv2.putText(picture, str(number), (max(0, x - 26), y), cv2.FONT_HERSHEY_SIMPLEX, 0.45, BASELINE, 1, cv2.LINE_AA)
    return picture


def _drawn(points: np.ndarray, scale: float) -> np.ndarray:
    return (points * scale).round().astype(np.int32)

"""Artifacts that are no straight strokes: dirt, stamps, the other side's writing, the neighbours' writing."""

import cv2
import numpy as np

from data_generators.synthesis.artifacts.soiling import Soiling
from data_generators.synthesis.paper import grain

PALER_THAN_TEXT = 0.6  # the other side's writing never shows stronger than this part of our side's


def smudge(soiling: Soiling) -> None:
    """A soft blot or a wiped patch of ink."""
    height, width = (max(6, int(soiling.take(side) * soiling.page.x_height)) for side in ("height", "width"))
    y, x = np.linspace(-1, 1, height, dtype=np.float32)[:, None], np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    lumps = cv2.resize(soiling.rng.random((4, 6), dtype=np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    edge = 1.0 - np.sqrt(x * x + y * y) - 0.5 * lumps
    coverage = np.clip(edge * soiling.take("hardness"), 0.0, 1.0)
    top = soiling.rng.uniform(-height / 2, soiling.page.height - height / 2)
    left = soiling.rng.uniform(-width / 2, soiling.page.width - width / 2)
    soiling.canvas.lay(coverage, top, left, soiling.dimming, soiling.family)


def speckle(soiling: Soiling) -> None:
    """Dirt: dots strewn over the page, ``keep_away`` x-heights from the writing, where they would be full stops."""
    page, rng = soiling.page, soiling.rng
    reach = int(soiling.own["keep_away"] * page.x_height)
    taken = (
        cv2.dilate(page.coverage, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)) if reach else np.zeros_like(page.coverage)
    )
    count = rng.poisson(soiling.take("dots_per_10000px") * page.height * page.width / 1e4)
    for _ in range(min(count, 400)):
        radius, row, column = soiling.take("radius_px"), rng.uniform(0, page.height), rng.uniform(0, page.width)
        if taken[int(row), int(column)]:
            continue
        size = int(np.ceil(radius)) + 1
        y, x = np.mgrid[-size : size + 1, -size : size + 1] + rng.uniform(-0.5, 0.5, (2, 1, 1))
        stretch = rng.uniform(0.6, 1.6)
        coverage = np.clip(radius + 0.5 - np.sqrt(x * x * stretch + y * y / stretch), 0, 1).astype(np.float32)
        soiling.canvas.lay(coverage, row - size, column - size, soiling.dimming, soiling.family)


def stamp(soiling: Soiling) -> None:
    """The edge of a rubber stamp: a ring or a frame, unevenly inked, partly off the page."""
    page, rng = soiling.page, soiling.rng
    size = int(soiling.take("size") * page.x_height)
    height, width = int(size * rng.uniform(0.5, 1.0)), size
    layer = np.zeros((height + 20, width + 20), np.uint8)
    thickness = max(1, round(soiling.thickness))
    centre = ((width + 20) // 2, (height + 20) // 2)
    if rng.random() < 0.7:
        cv2.ellipse(layer, centre, (width // 2, height // 2), 0, 0, 360, 255, thickness, cv2.LINE_AA)
        if rng.random() < 0.5 and height > 40:
            cv2.ellipse(layer, centre, (width // 2 - 8, height // 2 - 8), 0, 0, 360, 255, max(1, thickness // 2), cv2.LINE_AA)
    else:
        cv2.rectangle(layer, (10, 10), (width + 9, height + 9), 255, thickness, cv2.LINE_AA)
    inked = np.clip(0.75 + 0.35 * cv2.GaussianBlur(grain(rng, *layer.shape), (0, 0), 2) * 3, 0.3, 1)
    soiling.canvas.lay(
        layer.astype(np.float32) / 255,
        rng.uniform(-height * 0.8, page.height - height * 0.2),
        rng.uniform(-width * 0.8, page.width - width * 0.2),
        soiling.dimming,
        soiling.family,
        inked,
    )


def bleed_through(soiling: Soiling) -> None:
    """The writing of the other side, mirrored, soft and pale."""
    mirrored = soiling.page.coverage[:, ::-1]
    height, width = mirrored.shape
    mirrored = np.roll(mirrored, (int(soiling.rng.integers(height)), int(soiling.rng.integers(width))), (0, 1))
    soft = cv2.GaussianBlur(mirrored, (0, 0), soiling.take("blur_px"))
    patchy = cv2.resize(soiling.rng.random((3, 6), dtype=np.float32) * 0.5 + 0.5, (width, height))
    dimming = np.minimum(soiling.dimming, PALER_THAN_TEXT * soiling.page.contrast)
    soiling.canvas.lay(soft.astype(np.float32) / 255, 0, 0, dimming, soiling.family, patchy)


def spurious_word(soiling: Soiling) -> None:
    """A word of a neighbouring line that reaches into the crop from above or below (DeepErase)."""
    page, rng = soiling.page, soiling.rng
    word = soiling.page.other_text(rng)
    inside = soiling.take("inside") * page.height
    top = inside - word.shape[0] if rng.random() < 0.5 else page.height - inside
    left = rng.uniform(-0.2 * word.shape[1], max(1.0, page.width - 0.8 * word.shape[1]))
    soiling.canvas.lay(word.astype(np.float32) / 255, top, left, soiling.dimming, soiling.family)


def neighbour_lines(soiling: Soiling) -> None:
    """Descenders of the line above and ascenders of the line below, all along the crop."""
    page, rng = soiling.page, soiling.rng
    for above in (True, False):
        if rng.random() < 0.3:
            continue
        inside = soiling.take("inside") * page.height
        left = -rng.uniform(0, 2) * page.x_height
        while left < page.width:
            word = page.other_text(rng)
            top = inside - word.shape[0] if above else page.height - inside
            soiling.canvas.lay(word.astype(np.float32) / 255, top, left, soiling.dimming, soiling.family)
            left += word.shape[1] + rng.uniform(0.5, 2.0) * page.x_height

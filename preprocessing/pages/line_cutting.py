"""Cuts a line out of a page along its baseline, so that it lies level."""

import cv2
import numpy as np

from preprocessing.binarise import paper_tone

ABOVE_OF_HEIGHT = 0.7  # of a line without an outline, this part lies above the baseline
DEFAULT_HEIGHT_OF_LENGTH = 0.08  # a line without an outline, in a page without any, is this much of its length high
FEATHER_PX = 1
MARGIN_OF_PAGE = 0.1  # of its longer side: how far beyond a page lines may reach
MOST_OF_PAGE = 4  # times as many pixels as a page has are no line of it
SMALL_PAGE = 250_000  # pixels: of smaller pages, a line may be larger
ONE_SIDED = 1.3  # times as far as on one side of a baseline, an outline lies on the other
LONGEST_PX = 32_000  # side of a picture that OpenCV can sample


def cut_line(
    page: np.ndarray, polygon: np.ndarray | None, baseline: np.ndarray | None, default_height: float | None = None
) -> np.ndarray:
    """A line of a page, level, with its outline's outside in the colour of its paper.

    Args:
        page: uint8 (H, W) grey.
        polygon: float (n, 2) outline in the page's pixels, or None.
        baseline: float (m, 2), or None; then the outline's upright box is cut.
        default_height: how high a line without an outline is, in pixels.

    Returns:
        uint8 (h, w) in the page's resolution.

    Raises:
        ValueError: there is neither an outline nor a baseline, none of it lies on the page, or it is larger than that.
    """
    if baseline is None and polygon is None:
        raise ValueError("it has neither an outline nor a baseline")
    if polygon is not None and not _touches(page, polygon):
        raise ValueError("its outline lies outside the image")
    polygon = None if polygon is None else on_page(page, polygon)
    if baseline is None:
        assert polygon is not None
        return _cut_box(page, polygon)
    return _cut_along(page, polygon, thinned(on_page(page, baseline), polygon), default_height)


def on_page(page: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Points (n, 2); those that lie far outside a page uint8 (H, W) are moved to its margin's end: beyond is nothing to cut."""
    height, width = page.shape
    margin = MARGIN_OF_PAGE * max(height, width)
    return np.clip(points, -margin, (width + margin, height + margin))


def _touches(page: np.ndarray, points: np.ndarray) -> bool:
    height, width = page.shape
    left, top = points.min(axis=0)
    right, bottom = points.max(axis=0)
    return left < width - 1 and top < height - 1 and right > 0 and bottom > 0 and right - left >= 1 and bottom - top >= 1


def thinned(baseline: np.ndarray, polygon: np.ndarray | None = None) -> np.ndarray:
    """float (n, 2), the baseline without points that repeat, in the direction in which its line is read.

    Args:
        baseline: float (m, 2).
        polygon: float (k, 2), the line's outline, or None.
    """
    if not _is_forward(baseline, polygon):
        baseline = baseline[::-1]
    kept = [baseline[0]]
    for point in baseline[1:]:
        if np.hypot(*(point - kept[-1])) >= 1.0:
            kept.append(point)
    return np.array(kept) if len(kept) > 1 else np.array([baseline[0], baseline[0] + (1.0, 0.0)])


def _is_forward(baseline: np.ndarray, polygon: np.ndarray | None) -> bool:
    """Whether a baseline runs as its line is read: it says so itself, unless the outline denies it.

    Writing stands above its baseline. Level ones run from left to right, whatever the file says, but where the outline lies
    on the other side: then the page is upside-down.
    """
    right, down = baseline[-1] - baseline[0]
    is_level = abs(right) >= abs(down)
    if is_level and right >= 0:
        return True  # an outline below it is of writing that hangs from its line
    if polygon is None or not (right or down):
        return not is_level
    away = (polygon - baseline[0]) @ np.array([-down, right]) / np.hypot(right, down)  # how far below the baseline
    above, below = max(0.0, -float(away.min())), max(0.0, float(away.max()))
    return above > ONE_SIDED * below if is_level else below <= ONE_SIDED * above


def extent(polygon: np.ndarray | None, baseline: np.ndarray | None) -> np.ndarray:
    """float (2,), a line's length and height as it is cut, by one of its outline and its baseline at least."""
    points = polygon if polygon is not None else baseline
    assert points is not None
    right, down = baseline[-1] - baseline[0] if baseline is not None and len(baseline) > 1 else (1.0, 0.0)
    length = max(float(np.hypot(right, down)), 1e-6)
    along = np.array([[right, down], [-down, right]]) / length
    return np.ptp(points @ along.T, axis=0)


def _cut_box(page: np.ndarray, polygon: np.ndarray) -> np.ndarray:
    height, width = page.shape
    left, top = np.clip(np.floor(polygon.min(axis=0)), 0, (width - 1, height - 1)).astype(int)
    right, bottom = np.clip(np.ceil(polygon.max(axis=0)) + 1, (left + 1, top + 1), (width, height)).astype(int)
    return _blank_outside(page[top:bottom, left:right].copy(), polygon - (left, top))


def _cut_along(page: np.ndarray, polygon: np.ndarray | None, baseline: np.ndarray, default_height: float | None) -> np.ndarray:
    """Samples the page along the baseline and at right angles to it."""
    lengths = lengths_along(baseline)
    start, end = 0.0, lengths[-1]
    if polygon is None:
        total = default_height or max(8.0, DEFAULT_HEIGHT_OF_LENGTH * end)
        above, below = ABOVE_OF_HEIGHT * total, (1 - ABOVE_OF_HEIGHT) * total
        outline = None
    else:
        outline = _unrolled(polygon, baseline, lengths)
        start, end = min(start, outline[:, 0].min()), max(end, outline[:, 0].max())
        above, below = max(2.0, -outline[:, 1].min()), max(2.0, outline[:, 1].max())
    along = np.arange(np.floor(start), np.ceil(end) + 1)
    across = np.arange(np.floor(-above), np.ceil(below) + 1)
    if max(len(along), len(across)) > LONGEST_PX or len(along) * len(across) > MOST_OF_PAGE * max(page.size, SMALL_PAGE):
        raise ValueError(f"its line would be {len(along)}x{len(across)} px, larger than its page: mend its outline or baseline")
    points, normals = baseline_frame(baseline, lengths, along)
    map_x = (points[None, :, 0] + across[:, None] * normals[None, :, 0]).astype(np.float32)
    map_y = (points[None, :, 1] + across[:, None] * normals[None, :, 1]).astype(np.float32)
    line = cv2.remap(page, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return line if outline is None else _blank_outside(line, outline - (along[0], across[0]))


def lengths_along(baseline: np.ndarray) -> np.ndarray:
    """How far each point of a polyline (n, 2) is from its first, along it; (n,)."""
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(baseline, axis=0).T))])


def baseline_frame(baseline: np.ndarray, lengths: np.ndarray, along: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points of the baseline, gone on straight beyond its ends, and what points down from it; both (n, 2)."""
    inside = np.clip(along, 0.0, lengths[-1])
    points = np.stack([np.interp(inside, lengths, baseline[:, axis]) for axis in (0, 1)], axis=1)
    chords = np.diff(baseline, axis=0) / np.diff(lengths)[:, None]
    middles = (lengths[:-1] + lengths[1:]) / 2
    tangents = np.stack([np.interp(inside, middles, chords[:, axis]) for axis in (0, 1)], axis=1)
    tangents /= np.maximum(np.linalg.norm(tangents, axis=1, keepdims=True), 1e-6)
    points = points + (along - inside)[:, None] * tangents
    return points, np.stack([-tangents[:, 1], tangents[:, 0]], axis=1)


def _unrolled(polygon: np.ndarray, baseline: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The outline in the line's own axes: along the baseline, and down from it."""
    along = np.linspace(0.0, lengths[-1], max(2, len(baseline) * 8))
    points, normals = baseline_frame(baseline, lengths, along)
    nearest = np.argmin(((polygon[:, None, :] - points[None]) ** 2).sum(axis=2), axis=1)
    away = polygon - points[nearest]
    tangents = np.stack([normals[nearest, 1], -normals[nearest, 0]], axis=1)
    return np.stack([along[nearest] + (away * tangents).sum(axis=1), (away * normals[nearest]).sum(axis=1)], axis=1)


def _blank_outside(line: np.ndarray, outline: np.ndarray) -> np.ndarray:
    """The line, its outline's outside filled with the paper's tone."""
    filled = np.zeros(line.shape, np.uint8)
    cv2.fillPoly(filled, [np.round(outline).astype(np.int32)], 255)
    inside = cv2.dilate(filled, np.ones((2 * FEATHER_PX + 1, 2 * FEATHER_PX + 1), np.uint8))
    if not inside.any():
        return line
    pixels = line[inside > 0]
    line[inside == 0] = np.uint8(paper_tone(pixels[None, :]))
    return line

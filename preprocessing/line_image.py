"""From any picture of a line to what a reader's network sees: level paper, full contrast, one height."""

from dataclasses import dataclass

import cv2
import numpy as np

from preprocessing.polarity import is_light_on_dark
from preprocessing.tones import tones_at

LOW_CONTRAST = 0.75  # ink lighter than this part of the paper is not stretched to black: it may be no ink
PAPER_WINDOW_PX = 31  # wider than any stroke at the usual heights of 40 to 64 px
TRIMMED_BELOW = 0.25  # of the height: a line with less ink than that stands in much blank paper
MARGIN = 0.4  # of the ink's height, kept above and below it
LONGEST = 40  # times as long as high is what a line may become by that: a dash alone is not made as high as a letter


def scale_line(image: np.ndarray, height_px: int, width_px: int) -> np.ndarray:
    """uint8 (H, W) to another size, without aliasing."""
    if image.shape == (height_px, width_px):
        return image
    method = cv2.INTER_AREA if image.shape[0] > height_px else cv2.INTER_LINEAR
    return cv2.resize(image, (width_px, height_px), interpolation=method)


def width_at(image_HW: tuple[int, int], height_px: int) -> int:
    """The width that an image gets when it is scaled to a height, at least 1."""
    height, width = image_HW
    return max(1, round(width * height_px / max(height, 1)))


def level_paper(image: np.ndarray) -> np.ndarray:
    """Uneven light taken away and contrast stretched: paper becomes white, the darkest ink black.

    The paper is estimated as what is brightest round each pixel, smoothed. Blank images stay blank.

    Args:
        image: uint8 (H, W), dark ink on light paper.

    Returns:
        uint8 (H, W).
    """
    window = PAPER_WINDOW_PX
    small = cv2.resize(image, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA) if min(image.shape) >= 16 else image
    reach = window // 4 if small is not image else window
    paper = cv2.dilate(small, np.ones((reach, reach), np.uint8))
    paper = cv2.blur(paper, (2 * reach + 1, 2 * reach + 1), borderType=cv2.BORDER_REPLICATE)
    if small is not image:
        paper = cv2.resize(paper, image.shape[::-1], interpolation=cv2.INTER_LINEAR)
    level = cv2.divide(image, np.maximum(paper, 1), scale=255)
    if not paper.all():
        level[paper == 0] = 255  # black all round is no ink
    darkest = min(tones_at(level, [0.005])[0], 255 * LOW_CONTRAST)
    stretch = np.clip((np.arange(256) - darkest) * (255.0 / (255.0 - darkest)), 0, 255).astype(np.uint8)
    return cv2.LUT(level, stretch)


@dataclass(frozen=True)
class Frame:
    """Another crop of the same line: other people cut lines tighter or looser, and write narrower or wider.

    Attributes:
        height_px: of the crop.
        tall, width: of the line, in pixels.
        above: rows of the crop over the line; negative where the line's own are cut off.
    """

    height_px: int
    tall: int
    width: int
    above: int

    @classmethod
    def draw(cls, rng: np.random.Generator, image_HW: tuple[int, int], height_px: int, *, zoom: float, stretch: float) -> "Frame":
        """A crop of a line of a given size.

        Args:
            rng: decides how much of what is left is above, how much below.
            image_HW: height and width of the line.
            height_px: of the crop.
            zoom: the line's height against the crop's; what is beyond it is cut off or continued at the rim.
            stretch: of the width, beside that.
        """
        tall = max(1, round(height_px * zoom))
        width = max(1, round(width_at(image_HW, tall) * stretch))
        return cls(height_px, tall, width, round((height_px - tall) * rng.uniform(0.25, 0.75)))

    def image(self, image: np.ndarray) -> np.ndarray:
        """The crop of a picture, uint8 (H, W) to (height_px, width)."""
        return self._placed(scale_line(image, self.tall, self.width))

    def mask(self, mask: np.ndarray) -> np.ndarray:
        """The crop of what belongs to the picture, bits uint8 (H, W) to (height_px, width)."""
        return self._placed(scale_mask(mask, self.tall, self.width))

    def _placed(self, line: np.ndarray) -> np.ndarray:
        below = self.height_px - self.tall - self.above
        if self.tall <= self.height_px:
            return cv2.copyMakeBorder(line, self.above, below, 0, 0, cv2.BORDER_REPLICATE)
        return line[-self.above : -self.above + self.height_px]


def scale_mask(mask: np.ndarray, height_px: int, width_px: int) -> np.ndarray:
    """Bits uint8 (H, W) to another size: each pixel has those of the nearest."""
    if mask.shape == (height_px, width_px):
        return mask
    return cv2.resize(mask, (width_px, height_px), interpolation=cv2.INTER_NEAREST_EXACT)


def trim_to_line(image: np.ndarray) -> np.ndarray:
    """Blank paper above and below a line taken away where there is more of it than of line; uint8 (H, W) to (h, W)."""
    return image[rows_of_line(image)]


def rows_of_line(image: np.ndarray) -> slice:
    """The rows that `trim_to_line` keeps of an image uint8 (H, W)."""
    everything = slice(0, image.shape[0])
    small = scale_line(image, 128, width_at(image.shape, 128)) if image.shape[0] > 128 else image
    ink_H = (level_paper(small) < 128).sum(axis=1)
    if not ink_H.any():
        return everything
    covered = np.cumsum(ink_H) / ink_H.sum()
    top, bottom = np.searchsorted(covered, [0.01, 0.99])
    tall = max(1, bottom - top, small.shape[1] / LONGEST / (1 + 2 * MARGIN))
    if tall > TRIMMED_BELOW * len(small):
        return everything
    unit, middle = image.shape[0] / len(small), (top + bottom) / 2
    reach = (0.5 + MARGIN) * tall
    return slice(max(0, int((middle - reach) * unit)), max(1, int(np.ceil((middle + reach) * unit))))


def upright_line(pixels: np.ndarray) -> np.ndarray:
    """A picture of one line as dark ink on light paper without needless margins: grey uint8 (H, W) to (h, W)."""
    return trim_to_line(dark_on_light(pixels))


def dark_on_light(pixels: np.ndarray) -> np.ndarray:
    """Grey uint8 (H, W) with its ink dark."""
    return 255 - pixels if is_light_on_dark(pixels) else pixels

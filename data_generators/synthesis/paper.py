"""Paper under the ink, and what a scanner does to both."""

from dataclasses import dataclass

import cv2
import numpy as np

from data_generators.synthesis.ranges import Range, draw

_GRAIN = np.random.default_rng(20_260_101).standard_normal((1024, 1024)).astype(np.float32)  # cut, never redrawn
_LONG_GRAIN = _GRAIN.reshape(256, 4096)  # the same numbers, for lines


@dataclass(frozen=True)
class PaperRanges:
    """What paper and scanner vary in. Tones are grey levels 0..255; probabilities 0..1."""

    tone: Range
    shading: Range  # darkest corner against the brightest, fraction of the tone
    texture: Range  # standard deviation of the fibre pattern, grey levels
    noise: Range  # standard deviation of the sensor noise, grey levels
    blur_px: Range  # standard deviation of the optical blur
    jpeg_probability: float
    jpeg_quality: Range


def grain(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """float32 (height, width), standard normal noise, cut from a fixed sheet at a random place: a hundredth of a draw's cost."""
    if height <= _LONG_GRAIN.shape[0] and _GRAIN.shape[1] < width <= _LONG_GRAIN.shape[1]:
        sheet = _LONG_GRAIN
    elif height > _GRAIN.shape[0] or width > _GRAIN.shape[1]:
        repeats = (-(-height // _GRAIN.shape[0]) + 1, -(-width // _GRAIN.shape[1]) + 1)
        sheet = np.tile(_GRAIN, repeats)
    else:
        sheet = _GRAIN
    top = int(rng.integers(0, sheet.shape[0] - height + 1))
    left = int(rng.integers(0, sheet.shape[1] - width + 1))
    return sheet[top : top + height, left : left + width]


def make_paper(rng: np.random.Generator, canvas_HW: tuple[int, int], ranges: PaperRanges) -> np.ndarray:
    """Blank paper, float32 (H, W) in grey levels: a tone, uneven light, and fibres."""
    height, width = canvas_HW
    tone = draw(rng, ranges.tone)
    light = 1.0 - draw(rng, ranges.shading) * rng.random((3, 4), dtype=np.float32)
    paper = cv2.resize(light, (width, height), interpolation=cv2.INTER_LINEAR) * np.float32(tone)
    fibres = cv2.resize(grain(rng, height // 3 + 1, width // 3 + 1), (width, height), interpolation=cv2.INTER_LINEAR)
    paper += fibres * np.float32(draw(rng, ranges.texture))
    return paper


@dataclass(frozen=True)
class Scanner:
    """One scanner at one moment: it treats the soiled and the clean version of a page alike."""

    blur_px: float
    noise: np.ndarray
    jpeg_quality: int | None

    @classmethod
    def draw(cls, rng: np.random.Generator, canvas_HW: tuple[int, int], ranges: PaperRanges) -> "Scanner":
        """A scanner from the stated ranges, for pages of one size."""
        noise = grain(rng, *canvas_HW) * np.float32(draw(rng, ranges.noise))
        quality = int(draw(rng, ranges.jpeg_quality)) if rng.random() < ranges.jpeg_probability else None
        return cls(draw(rng, ranges.blur_px), noise, quality)

    def soften(self, light: np.ndarray) -> np.ndarray:
        """Blurs an ink layer as the optics do; float32 (H, W, channels)."""
        if self.blur_px <= 0.15:
            return light
        return cv2.GaussianBlur(light, (0, 0), self.blur_px).reshape(light.shape)

    def scan(self, page: np.ndarray) -> np.ndarray:
        """Adds noise and compression to a page, float32 (H, W, channels) in grey levels; returns it as uint8."""
        image = cv2.convertScaleAbs(np.maximum(page + self.noise[..., None], 0)).reshape(page.shape)
        if self.jpeg_quality is not None:
            _, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, self.jpeg_quality])
            image = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_UNCHANGED)).reshape(page.shape)
        return image


def cast_shadow(rng: np.random.Generator, canvas_HW: tuple[int, int], depth: float) -> np.ndarray:
    """The light that the shadow of a hand or a page's edge leaves, float32 (H, W): 1 outside, 1 - depth inside."""
    height, width = canvas_HW
    corner = rng.uniform(-0.2, 1.2, 2) * (width, height)
    angle = rng.uniform(0, 2 * np.pi)
    softness = rng.uniform(0.05, 0.6) * max(height, 32)
    x, y = np.arange(width, dtype=np.float32)[None, :], np.arange(height, dtype=np.float32)[:, None]
    distance = (x - np.float32(corner[0])) * np.float32(np.cos(angle)) + (y - np.float32(corner[1])) * np.float32(np.sin(angle))
    return 1.0 - np.float32(depth) * np.clip(distance / np.float32(softness) + 0.5, 0.0, 1.0)

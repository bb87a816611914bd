"""How well artifacts were found and text was spared, counted in pixels."""

from dataclasses import dataclass, fields

import numpy as np

from base.types import FAMILIES, Ink


@dataclass
class InkCounts:
    """Pixel counts over any number of images.

    Attributes:
        hits: artifact, and erased.
        misses: artifact, and not erased.
        false_alarms: not artifact, and erased.
        text: all text pixels.
        text_erased: text pixels that were erased.
        overlap: text pixels that lie under or over an artifact.
        overlap_erased: those of them that were erased.
    """

    hits: int = 0
    misses: int = 0
    false_alarms: int = 0
    text: int = 0
    text_erased: int = 0
    overlap: int = 0
    overlap_erased: int = 0

    @classmethod
    def of(cls, truth: np.ndarray, erased: np.ndarray, families: int) -> "InkCounts":
        """Counts one image.

        Args:
            truth: uint8 (H, W), bits of `Ink`.
            erased: bool (H, W), what was erased.
            families: the bits of the families that should have been erased; what is of another family is not an
                artifact here, and erasing it is a false alarm.
        """
        text = (truth & Ink.TEXT) != 0
        wanted = ((truth & families) != 0) & ~text
        overlap = text & ((truth & families) != 0)

        def count(pixels: np.ndarray) -> int:
            return int(np.count_nonzero(pixels))

        return cls(
            hits=count(wanted & erased),
            misses=count(wanted & ~erased),
            false_alarms=count(erased & ~wanted),
            text=count(text),
            text_erased=count(text & erased),
            overlap=count(overlap),
            overlap_erased=count(overlap & erased),
        )

    def add(self, other: "InkCounts") -> None:
        """Adds another image's counts."""
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))

    def metrics(self) -> dict[str, float]:
        """Precision, recall, F1, IoU of the erased mask; parts of text lost and of overlap kept; all in 0..1."""
        return {
            "artifact_precision": _ratio(self.hits, self.hits + self.false_alarms),
            "artifact_recall": _ratio(self.hits, self.hits + self.misses),
            "artifact_f1": _ratio(2 * self.hits, 2 * self.hits + self.misses + self.false_alarms),
            "artifact_iou": _ratio(self.hits, self.hits + self.misses + self.false_alarms),
            "text_lost": self.text_erased / max(1, self.text),
            "overlap_kept": 1.0 - self.overlap_erased / max(1, self.overlap),
        }


def _ratio(part: int, whole: int) -> float:
    """part / whole, or 1 where there was nothing to find and nothing was found."""
    return part / whole if whole else 1.0


def psnr(image: np.ndarray, reference: np.ndarray) -> float:
    """Peak signal-to-noise ratio in dB of a uint8 image against another of its shape; 99 for equal ones."""
    error = float(np.mean((image.astype(np.float32) - reference.astype(np.float32)) ** 2))
    return 99.0 if error == 0 else float(10 * np.log10(255.0**2 / error))


def family_bits(names: list[str]) -> int:
    """The bits of `Ink` that families of artifacts have."""
    bits = 0
    for name in names:
        bits |= int(FAMILIES[name])
    return bits

"""From a page to its lines."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from base.predictor import Network
from preprocessing.pages.baselines import FoundLine, find_lines
from preprocessing.pages.outlines import outlines
from preprocessing.pages.reading_order import columns_of, reading_order
from preprocessing.pages.scale import page_scale, scale_page
from preprocessing.pages.skew import Turn, estimate_skew
from preprocessing.polarity import is_light_on_dark
from preprocessing.tiles import pad_to_stride

LEVEL_DEGREES = 2.0  # a page that is turned by less is looked at as it is
SMALL_PX, USUAL_PX, LARGE_PX = 5.0, 10.0, 17.0  # x-heights in the network's picture
SCALED_BY = (0.25, 2.0)


@dataclass(frozen=True)
class FoundPage:
    """What was found on a page, in its own pixels.

    Attributes:
        lines: in reading order.
        outlines: a polygon float (n, 2) for each.
        blocks: places of lines that stand below each other, block by block.
    """

    lines: list[FoundLine]
    outlines: list[np.ndarray]
    blocks: list[list[int]]

    def scaled(self, scale: float) -> "FoundPage":
        """The same on the page at another size."""
        return FoundPage([line.scaled(scale) for line in self.lines], [outline * scale for outline in self.outlines], self.blocks)


class LineFinder:
    """Deskews a page where it is turned by much, asks the network for maps, and follows the baselines in them.

    Args:
        network: uint8 (B, H, W, 1) to logits (B, H, W, 3).
        facts: ``stride`` and ``page_px`` of the model.
    """

    def __init__(self, network: Network, facts: dict[str, Any]) -> None:
        self.network, self.stride, self.page_px = network, facts["stride"], facts["page_px"]

    def find(self, grey: np.ndarray) -> FoundPage:
        """The lines of a page, uint8 (H, W), with their outlines and in reading order."""
        page = 255 - grey if is_light_on_dark(grey) else grey
        lines, blocks = self._find_in_order(page)
        return FoundPage(lines, outlines(page, lines), blocks)

    def find_baselines(self, page: np.ndarray) -> list[FoundLine]:
        """The lines of a page with dark ink, uint8 (H, W), in reading order."""
        return self._find_in_order(page)[0]

    def _find_in_order(self, page: np.ndarray) -> tuple[list[FoundLine], list[list[int]]]:
        """Lines in reading order and their blocks, which are decided while the page is level."""
        skew = estimate_skew(page)
        turn = Turn(page.shape, -skew) if abs(skew) >= LEVEL_DEGREES else None
        found = self._find_level(page if turn is None else turn.image(page))
        lines = [found[place] for place in reading_order(found)]
        blocks = columns_of(lines, range(len(lines)))
        if turn is not None:
            lines = [FoundLine(turn.back(line.baseline), line.x_height, line.confidence) for line in lines]
        return lines, blocks

    def _find_level(self, page: np.ndarray) -> list[FoundLine]:
        """Lines of a page that is not turned; where its writing is larger or smaller than usual, it is looked at once more."""
        scale = page_scale(page.shape, self.page_px)
        lines = self._find_at(page, scale)
        if not lines:
            return lines
        seen_px = float(np.median([line.x_height for line in lines])) * scale
        if SMALL_PX <= seen_px <= LARGE_PX:
            return lines
        return self._find_at(page, scale * float(np.clip(USUAL_PX / seen_px, *SCALED_BY))) or lines

    def _find_at(self, page: np.ndarray, scale: float) -> list[FoundLine]:
        small = scale_page(page, scale)
        logits = self.network(pad_to_stride(small, self.stride)[None, ..., None])[0]
        chances = 1.0 / (1.0 + np.exp(-logits[: small.shape[0], : small.shape[1]]))
        return [line.scaled(1 / scale) for line in find_lines(chances)]

"""From what files say of pages to the lines of a store."""

import numpy as np

from predictors.workbench.store.lines import clean_text, height_of
from predictors.workbench.store.tables import DONE, OPEN, Line, Page
from preprocessing.pages.baselines import FoundLine
from preprocessing.pages.layout import PageLayout, TextLine, scale_between
from preprocessing.pages.line_cutting import on_page, thinned
from preprocessing.pages.outlines import outline_among
from preprocessing.pages.reading_order import columns_of
from utils.files.page_images import same_shape

BASELINE_OF_LINE = 0.72  # of the height of a picture of a line


def turn_as_meant(page: Page, layout: PageLayout) -> None:
    """Lets a page lie as its description means it: upright as EXIF says, unless only the picture as it lies has its shape."""
    if page.count > 1 or same_shape(layout.size, (page.height, page.width)):
        return
    if same_shape(layout.size, (page.width, page.height)):
        page.is_upright = not page.is_upright
        page.width, page.height = page.height, page.width


def described_lines(page: Page, layout: PageLayout, grey: np.ndarray) -> list[Line]:
    """The lines of a description, in the page's pixels; those that say nothing of where they are are left out."""
    scale = scale_between(layout.size, (page.height, page.width))
    there = [(line, *_shape(line, scale, grey)) for line in layout.lines if line.baseline is not None or line.polygon is not None]
    found = [FoundLine(baseline, height_of(outline.tolist()), 1.0) for _, baseline, outline in there]
    blocks = columns_of(found, range(len(found)))
    block_of = {place: number for number, block in enumerate(blocks) for place in block}
    return [
        Line(
            page_id=page.id,
            place=float(place),
            block=block_of[place],
            baseline=baseline.round(1).tolist(),
            outline=outline.round(1).tolist(),
            x_height=found[place].x_height,
            text=clean_text(line.text),
            is_typed=bool(line.text),
            is_drawn=True,
        )
        for place, (line, baseline, outline) in enumerate(there)
    ]


def _shape(line: TextLine, scale: float, grey: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A described line's baseline and outline; the one that is missing is made from the other."""
    polygon = None if line.polygon is None else on_page(grey, line.polygon * scale)
    if line.baseline is not None:
        baseline = thinned(on_page(grey, line.baseline * scale), polygon)
    else:
        assert polygon is not None
        (left, top), (right, bottom) = polygon.min(axis=0), polygon.max(axis=0)
        low = top + BASELINE_OF_LINE * (bottom - top)
        baseline = np.array([[left, low], [max(right, left + 1.0), low]])
    if polygon is None:
        height = max(4.0, 0.02 * float(np.ptp(baseline[:, 0])))
        polygon = outline_among(grey, FoundLine(baseline, height, 1.0), [])
    return baseline, polygon


def whole_line(page: Page, text: str) -> Line:
    """The one line of a page that is a picture of a line."""
    low, right, bottom = BASELINE_OF_LINE * page.height, page.width - 1, page.height - 1
    return Line(
        page_id=page.id,
        place=0.0,
        block=0,
        text=text,
        baseline=[[0, low], [right, low]],
        outline=[[0, 0], [right, 0], [right, bottom], [0, bottom]],
        x_height=0.35 * page.height,
        is_drawn=True,
        is_typed=bool(text),
        state=DONE if text else OPEN,
    )

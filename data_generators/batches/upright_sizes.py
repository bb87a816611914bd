"""How large lines are once the blank paper around them is taken away."""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from base.errors import UserError
from base.source import BaseSource
from data_generators.sources.reading.opening import sample_rng
from preprocessing.line_image import upright_line
from utils.runs.progress import Progress

PROBED = 128  # lines that tell whether a source's lines stand in much blank paper
UNREADABLE = 1, 1  # the size of what is planned and then left out
FEW = 0.02  # of them: then the rest is taken for what the headers of the files say


def upright_sizes(part: BaseSource, kept: np.ndarray, name: str) -> np.ndarray | None:
    """int (count, 2), heights and widths of lines as `preprocessing.line_image.upright_line` leaves them.

    Args:
        part: the source.
        kept: the lines' indexes in it.
        name: of the source, for the progress that is shown.

    Returns:
        None where hardly a line is changed, so that the source's own sizes will do; else every image is decoded once.
    """

    def changes(index: int) -> bool:
        size = upright_size(part, index)
        return size != UNREADABLE and size != part.size(index, sample_rng(1, part.split, index))

    probes = kept[np.unique(np.linspace(0, len(kept) - 1, min(PROBED, len(kept)), dtype=int))]
    if np.mean([changes(int(index)) for index in probes]) <= FEW:
        return None
    sizes = []
    with Progress(len(kept), f"sizes of {name}") as shown, ThreadPoolExecutor(os.cpu_count()) as pool:
        for size in pool.map(lambda index: upright_size(part, int(index)), kept):
            sizes.append(size)
            shown.advance(1)
    return np.array(sizes)


def upright_size(part: BaseSource, index: int) -> tuple[int, int]:
    """Height and width of one line; `UNREADABLE` where whoever draws it will find, and say, that it cannot be read."""
    try:
        height, width = upright_line(part.sample(index, sample_rng(1, part.split, index)).image).shape[:2]
    except UserError:
        return UNREADABLE
    return height, width

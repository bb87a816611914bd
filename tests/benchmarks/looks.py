"""A contact sheet of every preset beside real lines, to judge by eye.

    python -m tests.benchmarks.looks --root DIR --output docs/results/figures/presets.png \
        clean=copiste_fr scan=copiste_fr,peraire_fr archive=cremma_mss19_fr,poilus_fr photo=poilus_fr

DIR holds folders with labels.tsv; a preset stands at the left, lines of the sets named after it at the right.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from base.registry import SOURCES
from data_generators.sources.reading.opening import sample_rng
from tests.conftest import config
from utils.drawing.pictures import captioned, contact_sheet, save_picture, side_by_side

ROWS, COLUMN_PX, HEIGHT_PX, SEED = 7, 640, 64, 5


def column(image: np.ndarray) -> np.ndarray:
    """A line at the sheet's height, cut or padded to a column."""
    scale = HEIGHT_PX / image.shape[0]
    image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)[:HEIGHT_PX, :COLUMN_PX]
    spare = (HEIGHT_PX - image.shape[0], COLUMN_PX - image.shape[1])
    return cv2.copyMakeBorder(image, 0, spare[0], 0, spare[1], cv2.BORDER_CONSTANT, value=128)


def main() -> None:
    """Draws the sheet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", nargs="+", help="PRESET=SET,SET")
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    rows = []
    for pair in options.pairs:
        preset, _, names = pair.partition("=")
        made = config("mode=generate", "output=x", "data=synthetic", f"data.preset={preset}", "data.languages=[en,fr]").data
        synthetic = SOURCES.get("synthetic")(made, "train")
        real = [
            SOURCES.get("folder")(config("mode=check_data", "data=folder", f"data.root={options.root / name}").data, "train")
            for name in names.split(",")
        ]
        block = []
        for row in range(ROWS):
            source = real[row % len(real)]
            index = int(np.random.default_rng([SEED, row]).integers(len(source)))
            pictures = [
                synthetic.sample(row, sample_rng(SEED, "train", row)).image,
                source.sample(index, sample_rng(SEED, "train", row)).image,
            ]
            block.append(side_by_side([column(picture) for picture in pictures]))
        rows.append(
            captioned(contact_sheet(block), f"{preset}: synthetic at the left, {names.replace(',', ' and ')} at the right")
        )
    save_picture(options.output, contact_sheet(rows))


if __name__ == "__main__":
    main()

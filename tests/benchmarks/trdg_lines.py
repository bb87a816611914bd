"""Draws lines with TRDG, in its own environment, and prints how many a second: ``python trdg_lines.py TEXTS COUNT``.

Height 64, a random skew of up to 2 degrees, a random blur, Gaussian noise on the paper: its own fonts and defaults else.
"""

import sys
import time
from pathlib import Path

import numpy as np
from trdg.generators import GeneratorFromStrings

WARM_UP = 20


def main() -> None:
    """One line of output: images a second, mean width in pixels."""
    texts = Path(sys.argv[1]).read_text("utf-8").splitlines()
    count = int(sys.argv[2])
    generator = GeneratorFromStrings(
        texts, count=count + WARM_UP, size=64, skewing_angle=2, random_skew=True, blur=1, random_blur=True, background_type=0
    )
    widths = []
    begun = 0.0
    for number, (image, _) in enumerate(generator):
        widths.append(np.asarray(image).shape[1])
        if number + 1 == WARM_UP:
            begun = time.perf_counter()
    print(count / (time.perf_counter() - begun), np.mean(widths[WARM_UP:]))


if __name__ == "__main__":
    main()

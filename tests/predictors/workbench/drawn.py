"""Drawn pages, and a config for them."""

from pathlib import Path

import numpy as np
from PIL import Image

from tests.conftest import config, draw_line
from utils.configuration.check import check

OURS = {"X-Palimpsest": "1"}


def settings(folder: Path, database: str | None, *overrides: str):
    """A config of mode=serve with a store, and no other tasks than pages."""
    others = [f"weights.{task}=null" for task in ("eraser", "lines", "words", "hangul")]
    cfg = config("mode=serve", *others, f"store.folder={folder}", f"store.url={database or 'null'}", *overrides)
    check(cfg)
    return cfg


def written_page(path: Path, *texts: str) -> Path:
    """Draws a page of printed lines."""
    page = np.full((100 + 120 * len(texts), 900), 245, np.uint8)
    for number, line_text in enumerate(texts):
        line = draw_line(line_text, size=44)
        page[60 + 120 * number : 60 + 120 * number + line.shape[0], 80 : 80 + line.shape[1]] = line
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(page).save(path)
    return path

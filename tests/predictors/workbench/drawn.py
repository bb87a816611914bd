"""Drawn pages, and a config for them."""

import time
from pathlib import Path

import numpy as np
from fastapi.testclient import TestClient
from PIL import Image

from tests.conftest import config, draw_line
from utils.configuration.check import check

API = "/api/workbench"
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


def ended(client: TestClient, job: int, seconds: float = 240) -> dict:
    """A job once it is over."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = client.get(f"{API}/jobs/{job}").json()
        if found["ended"]:
            return found
        time.sleep(0.05)
    raise AssertionError(f"job {job} did not end")

"""How the workbench bears 500 pages and 15,000 lines: what the server takes while they come in, and how long views take to open.

.venv/bin/python -m tests.benchmarks.workbench        the server, by its addresses
make test-browser                                     the views in Chromium: `test_a_large_collection_opens_at_once`
"""

import io
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import numpy as np
import psutil
from PIL import Image

from base.registry import ROOT
from predictors.workbench.store.archive import Archive
from predictors.workbench.store.tables import Line

PAGES, LINES = 500, 30
SIZE_WH = (1654, 2339)  # A4 at 200 dpi
PORT = 8199
TRIES = 20


def main() -> None:
    """Prints memory and seconds."""
    with tempfile.TemporaryDirectory() as folder:
        others = [f"weights.{task}=null" for task in ("eraser", "lines", "words", "hangul")]
        server = subprocess.Popen(
            [sys.executable, str(ROOT / "main.py"), "mode=serve", f"port={PORT}", f"store={folder}", *others]
        )
        try:
            client = wait_for(f"http://127.0.0.1:{PORT}")
            collection = client.post("/collections", json={"name": "many"}).json()["id"]
            import_pages(client, collection, psutil.Process(server.pid))
        finally:
            stop(server)
        write_lines(Path(folder))
        server = subprocess.Popen(
            [sys.executable, str(ROOT / "main.py"), "mode=serve", f"port={PORT}", f"store={folder}", *others]
        )
        try:
            open_views(wait_for(f"http://127.0.0.1:{PORT}"), collection)
        finally:
            stop(server)


def wait_for(address: str) -> httpx.Client:
    """A client of the server, once it answers."""
    client = httpx.Client(base_url=f"{address}/api/workbench", headers={"X-Palimpsest": "1"}, timeout=60)
    for _ in range(240):
        try:
            client.get("/collections")
            return client
        except httpx.TransportError:
            time.sleep(0.25)
    raise SystemExit("the server does not answer")


def stop(server: subprocess.Popen) -> None:
    server.terminate()
    server.wait(30)


def drawn(number: int) -> bytes:
    """A page of its own as a JPEG file."""
    rng = np.random.default_rng(number)
    page = rng.integers(215, 245, SIZE_WH[::-1], dtype=np.uint8)
    for line in range(LINES):
        top = 100 + 70 * line
        page[top : top + 30, 150:1500] = np.where(rng.random((30, 1350)) < 0.3, 40, page[top : top + 30, 150:1500])
    content = io.BytesIO()
    Image.fromarray(page).save(content, format="JPEG", quality=60)
    return content.getvalue()


def import_pages(client: httpx.Client, collection: int, server: psutil.Process) -> None:
    """Sends all pages, and says what the server takes meanwhile."""
    begun, sent = time.perf_counter(), 0
    for number in range(PAGES):
        content = drawn(number)
        sent += len(content)
        answer = client.post(f"/collections/{collection}/files", files={"file": (f"page_{number}.jpg", content)}).json()
        assert not answer["notes"], answer
        if number in (20, 100, 250, PAGES - 1):
            taken = server.memory_info().rss / 2**20
            print(f"{number + 1} pages, {sent / 2**20:.0f} MiB sent: the server takes {taken:.0f} MiB", flush=True)
    print(f"{PAGES} pages in {time.perf_counter() - begun:.0f} s, drawing them included")


def write_lines(folder: Path) -> None:
    """Fills the pages with lines as reading would."""
    words = [["word", 0.7, number / 9, (number + 0.9) / 9] for number in range(9)]
    archive = Archive(folder)
    for page in range(1, PAGES + 1):
        with archive.writing() as session:
            for number in range(LINES):
                y = 130 + 70 * number
                top, bottom = [[x, y - 50] for x in range(150, 1500, 45)], [[x, y + 15] for x in range(1500, 150, -45)]
                place = {
                    "page_id": page,
                    "place": number,
                    "baseline": [[x, y] for x in range(150, 1500, 60)],
                    "outline": top + bottom,
                }
                text = "a line of nine words that says what lines say"
                read = {"text": text, "read_text": text, "confidence": 0.7, "doubt": 3.0, "words": words, "content": "AAAA" * 100}
                session.add(Line(**place, **read, x_height=22.0, alternatives=[[text, 0.1]] * 4))
    archive.close()


def open_views(client: httpx.Client, collection: int) -> None:
    """Says how long each view's requests take, the slowest of `TRIES`."""
    views = {
        "all collections": ["/collections"],
        "the list of pages": [
            f"/collections/{collection}",
            f"/collections/{collection}/pages",
            f"/collections/{collection}/jobs",
        ],
        "a page": ["/pages/250", f"/collections/{collection}"],
        "the lines to correct next": [f"/collections/{collection}/next"],
        "saving a line": [],
    }
    for name, paths in views.items():
        seconds = []
        for turn in range(TRIES):
            begun = time.perf_counter()
            for path in paths:
                client.get(path).raise_for_status()
            if not paths:
                wish = {"line": 7500, "version": turn + 1, "text": f"text {turn}"}
                client.post("/pages/250/edit", json=wish).raise_for_status()
            seconds.append(time.perf_counter() - begun)
        print(f"{name}: {np.median(seconds):.3f} s, at most {max(seconds):.3f} s")


if __name__ == "__main__":
    main()

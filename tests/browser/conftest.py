"""A server with the shipped weights, and headless Chromium. Run by `make test-browser`."""

import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

ROOT = Path(__file__).parent.parent.parent
PYTHON = ROOT / ".venv/bin/python"
SHOTS = ROOT / "experiments/demo/screenshots"
START_SECONDS, CHROMIUM, DRIVER = 60, "/usr/bin/chromium", "/usr/bin/chromedriver"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    port = free_port()
    server = subprocess.Popen([str(PYTHON), "main.py", "mode=serve", f"port={port}"], cwd=ROOT)
    base = f"http://127.0.0.1:{port}"
    for _ in range(START_SECONDS * 4):
        time.sleep(0.25)
        try:
            urllib.request.urlopen(f"{base}/healthz", timeout=2)
            break
        except OSError:
            assert server.poll() is None, "the server ended"
    yield base
    server.terminate()
    server.wait(20)


@pytest.fixture
def browser(address: str) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1200,1000", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    driver.get(address)
    yield driver
    messages = [entry["message"] for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]
    driver.quit()
    assert not [message for message in messages if "status of 4" not in message], messages


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A line, a page with rules, a file that is no image, and names that could break a page."""
    folder = tmp_path_factory.mktemp("pictures")
    line = Image.new("L", (620, 64), 240)
    ImageDraw.Draw(line).text((20, 12), "the quick brown fox jumps", fill=20, font_size=36)
    page = Image.new("L", (900, 700), 245)
    pen = ImageDraw.Draw(page)
    for row, text in enumerate(["Dear Sir, I have the honour", "to send you these few lines", "and remain yours truly"]):
        pen.line((40, 160 + 110 * row, 860, 160 + 110 * row), fill=150, width=2)
        pen.text((60, 110 + 110 * row), text, fill=25, font_size=44)
    found = {"line": folder / "line.png", "page": folder / "page.png", "script": folder / "<script>alert(1)<%2Fscript>\"'.png"}
    line.save(found["line"])
    line.save(found["script"])
    page.save(found["page"])
    found["text"] = folder / "notes.png"
    found["text"].write_text("this is no picture", encoding="utf-8")
    found["noise"] = folder / "noise.png"
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (64, 300), dtype=np.uint8)).save(found["noise"])
    return found

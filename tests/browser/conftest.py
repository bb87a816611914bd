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


class Server:
    """A server in a process of its own, at a port that stays the same when it is started again."""

    def __init__(self, *overrides: str) -> None:
        self.port, self.overrides = free_port(), overrides
        self.address = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        command = [str(PYTHON), "main.py", "mode=serve", f"port={self.port}", *self.overrides]
        self.process = subprocess.Popen(command, cwd=ROOT)
        for _ in range(START_SECONDS * 4):
            time.sleep(0.25)
            try:
                urllib.request.urlopen(f"{self.address}/healthz", timeout=2)
                return
            except OSError:
                assert self.process.poll() is None, "the server ended"

    def kill(self) -> None:
        """As a power failure would."""
        self.process.kill()
        self.process.wait(20)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    server = Server("workbench=false")
    yield server.address
    server.stop()


def chromium(width: int = 1200, height: int = 1000) -> webdriver.Chrome:
    """A window of a size; below 500 px as a telephone has it."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        f"--window-size={width},{height}",
        "--disable-dev-shm-usage",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    if width < 500:
        telephone = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": True}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", telephone)
    return driver


def closed(driver: webdriver.Chrome) -> None:
    """Ends a browser, in which nothing may have gone wrong but what the server refused."""
    messages = [entry["message"] for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]
    driver.quit()
    assert not [message for message in messages if "status of 4" not in message and "ERR_CONNECTION" not in message], messages


@pytest.fixture
def browser(address: str) -> Iterator[webdriver.Chrome]:
    driver = chromium()
    driver.get(address)
    yield driver
    closed(driver)


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

"""A server under load: eight clients, a thousand lines, against the same lines read at once in one process."""

import http.client
import io
import socket
import subprocess
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from base.registry import SOURCES
from predictors import load
from tests.conftest import PYTHON, ROOT, config

REQUESTS, CLIENTS, DIFFERENT = 1000, 8, 100


def lines() -> list[np.ndarray]:
    cfg = config("mode=generate", "data=synthetic", "output=x", "data.languages=[fr]")
    source = SOURCES.get("synthetic")(cfg.data, "test")
    return [source.sample(index, np.random.default_rng(index)).image for index in range(DIFFERENT)]


def as_body(pixels: np.ndarray, mark: str) -> bytes:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, format="PNG")
    head = f'--{mark}\r\nContent-Disposition: form-data; name="image"; filename="x.png"\r\nContent-Type: image/png\r\n\r\n'
    return head.encode() + content.getvalue() + f"\r\n--{mark}--\r\n".encode()


def resident_mib(process: subprocess.Popen) -> float:
    status = Path(f"/proc/{process.pid}/status").read_text("utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def ask(port: int, bodies: list[bytes], mark: str) -> list[int]:
    """One client: its requests one after the other over one connection; the status of each."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    statuses = []
    for body in bodies:
        connection.request("POST", "/api/lines", body, {"Content-Type": f"multipart/form-data; boundary={mark}"})
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
    connection.close()
    return statuses


def load_server(port: int, bodies: list[bytes], mark: str, count: int) -> tuple[list[int], float]:
    """All clients at once; statuses and requests a second."""
    shares = [[bodies[k % len(bodies)] for k in range(start, count, CLIENTS)] for start in range(CLIENTS)]
    begun = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as clients:
        statuses = [status for part in clients.map(lambda share: ask(port, share, mark), shares) for status in part]
    return statuses, count / (time.perf_counter() - begun)


def test_a_thousand_requests_from_eight_clients(benchmark):
    pictures, mark = lines(), uuid.uuid4().hex
    bodies = [as_body(pixels, mark) for pixels in pictures]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    only = [f"weights.{task}=null" for task in ("eraser", "pages", "hangul")]
    server = subprocess.Popen([PYTHON, "main.py", "mode=serve", f"port={port}", *only], cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        for _ in range(240):
            time.sleep(0.25)
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
        load_server(port, bodies, mark, 200)  # warm
        before = resident_mib(server)
        statuses, a_second = benchmark.pedantic(load_server, (port, bodies, mark, REQUESTS), rounds=1)
        after = resident_mib(server)
    finally:
        server.terminate()
        server.wait(20)
    reader = load("lines")
    reader.predict(pictures[:8])
    begun = time.perf_counter()
    reader.predict([pictures[k % len(pictures)] for k in range(REQUESTS)])
    at_once = REQUESTS / (time.perf_counter() - begun)
    figures = {
        "requests_a_second": a_second,
        "lines_a_second_at_once": at_once,
        "part_of_it": a_second / at_once,
        "mib_before": before,
        "mib_after": after,
    }
    benchmark.extra_info.update(figures)
    print("\n" + "  ".join(f"{name}: {value:.3g}" for name, value in figures.items()))
    assert statuses == [200] * REQUESTS

"""What Ray costs: lines and pages a second by one process, by two, and by two workers of a Ray cluster on this machine.

    python -m tests.benchmarks.cluster --lines DIR [--count 1000] --pages DIR [--pages-count 8] --shards 4000

Each way is timed with so many files and with three times as many: the difference leaves out what it takes to begin.
``--shards`` times the handing out alone: no work, and answers of 2 kB.
"""

import argparse
import subprocess
import tempfile
import time
from pathlib import Path

from omegaconf import OmegaConf

from tests.conftest import PYTHON, ROOT
from tests.utils.squares import Loud
from utils.compute.pools import Pool, Processes
from utils.compute.ray_pool import RayPool
from utils.files.images import IMAGE_SUFFIXES

CLUSTER = OmegaConf.load(ROOT / "configs/cluster/ray.yaml")
CLUSTER.workers = 2

WAYS = {
    "one process, one thread": ("runtime.threads=1",),
    "one process, all threads": (),
    "two processes": ("processes=2",),
    "two Ray workers": ("cluster=ray", "cluster.workers=2"),
}


def seconds(task: str, names: list[Path], arguments: tuple[str, ...]) -> float:
    """How long a whole command takes for some files."""
    with tempfile.TemporaryDirectory() as place:
        listed = Path(place) / "in"
        listed.mkdir()
        for number, name in enumerate(names):
            (listed / f"{number:05d}{name.suffix}").symlink_to(name.resolve())
        command = [PYTHON, str(ROOT / "main.py"), "mode=predict", f"task={task}", f"input={listed}", f"output={place}/out"]
        begun = time.perf_counter()
        subprocess.run([*command, "follow_links=true", *arguments], check=True, capture_output=True)
        return time.perf_counter() - begun


def shards_a_second(pool: Pool, count: int) -> float:
    """How fast a pool hands out what is no work, once its workers have begun."""
    answers = pool.map(Loud(2000), range(count))
    next(answers)
    begun = time.perf_counter()
    return sum(1 for _ in answers) / (time.perf_counter() - begun)


def main() -> None:
    """Prints a table for lines, and one for pages."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lines", type=Path)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--pages", type=Path)
    parser.add_argument("--pages-count", type=int, default=8)
    parser.add_argument("--shards", type=int, default=0)
    asked = parser.parse_args()
    if asked.shards:
        for way, pool in (("two processes", Processes(2)), ("two Ray workers", RayPool(CLUSTER, Path("experiments/shards")))):
            print(f"{way:26} {shards_a_second(pool, asked.shards):8.0f} shards/s", flush=True)
    for task, folder, count in (("lines", asked.lines, asked.count), ("pages", asked.pages, asked.pages_count)):
        if folder is None:
            continue
        found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in IMAGE_SUFFIXES)
        names = [found[number % len(found)] for number in range(3 * count)]
        base = None
        for way, arguments in WAYS.items():
            few, many = seconds(task, names[:count], arguments), seconds(task, names, arguments)
            rate = 2 * count / (many - few)
            base = base or rate
            begins = few - count / rate
            print(f"{task:6} {way:26} {rate:8.2f}/s {rate / base:6.2f} times the first, begins in {begins:5.1f} s", flush=True)


if __name__ == "__main__":
    main()

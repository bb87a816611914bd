"""How fast lines are made and loaded: `make bench`. Ratios of one run; targets stand in the docstrings."""

import subprocess
import time
from pathlib import Path

import cv2
import lmdb
import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from base.fitting.loading import load_batches
from base.fitting.ranks import ALONE
from base.registry import SOURCES
from data_generators.batches.lines import LineBatches
from data_generators.batches.plan import LineShape
from data_generators.lines import LinesData
from data_generators.modes.convert import convert
from data_generators.modes.generate import generate
from data_generators.sources.lmdb import key_of
from data_generators.sources.reading.opening import sample_rng
from preprocessing.text.charset import Charset
from tests.benchmarks.test_speed import show
from tests.conftest import PYTHON, ROOT, config
from utils.files.images import encode_png

TRDG = ROOT / ".venv-trdg/bin/python"
LINES, WARM_UP = 600, 1500
EVERYTHING = Charset(tuple(map(chr, range(32, 0x3000))))
OPENING = """
import sys; sys.path.insert(0, sys.argv[1])
import numpy as np
from tests.conftest import config
from base.registry import SOURCES
from data_generators.batches.lines import LineBatches
from data_generators.batches.plan import LineShape
from preprocessing.text.charset import Charset
source = SOURCES.get(sys.argv[2])(config("mode=check_data", f"data={sys.argv[2]}", f"data.root={sys.argv[3]}").data, "train")
lines = LineBatches(source, Charset.of(["abcdefghijklmnopqrstuvwxyz 0123456789"]), LineShape(strength="weak"), 1)
for step in range(8):
    lines.batch(step)
status = dict(line.split(":") for line in open("/proc/self/status"))
print(len(source), status["VmHWM"].split()[0], status["RssAnon"].split()[0])
"""


@pytest.fixture(scope="module")
def synthetic():
    source = SOURCES.get("synthetic")(config("mode=generate", "output=x", "data=synthetic").data, "train")
    cv2.setNumThreads(1)
    for index in range(WARM_UP):  # glyphs are drawn once and kept
        source.sample(index, sample_rng(1, "train", index))
    return source


def test_lines_against_trdg(benchmark, synthetic, tmp_path):
    """Target: at least 3 times the images a second of TRDG on one core, for the same texts of 3 to 8 words, 64 px high."""
    if not TRDG.is_file():
        pytest.skip("TRDG has no environment: make env-trdg")
    latin = config("mode=generate", "output=x", "data=synthetic", "data.languages=[en,fr,de,es,it,nl]").data
    source = SOURCES.get("synthetic")(latin, "train")
    texts = [" ".join(source.texts.sample(np.random.default_rng(index))) for index in range(400)]
    (tmp_path / "texts.txt").write_text("\n".join(texts), "utf-8")
    command = ["taskset", "-c", "0", str(TRDG), str(Path(__file__).parent / "trdg_lines.py"), str(tmp_path / "texts.txt"), "120"]
    rate, width = map(float, subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-2:])
    widths = []

    def draw():
        widths.extend(
            synthetic.sample(index, sample_rng(1, "train", index)).image.shape[1] for index in range(WARM_UP, WARM_UP + LINES)
        )

    benchmark.pedantic(draw, rounds=2, iterations=1)
    ours = LINES / benchmark.stats["median"]
    show(
        benchmark,
        lines_a_second=ours,
        mean_width_px=np.mean(widths),
        trdg_a_second=rate,
        trdg_width_px=width,
        times_as_fast=ours / rate,
    )


def test_two_processes_against_one(benchmark, tmp_path):
    """Target: two processes write at least 1.8 times the lines of one.

    Whole commands, each anew; the rates are of the lines between the short run and the long one, so that the start of
    the processes does not count, and beside them stands the ratio of the long runs with everything.
    """
    short, long = 4_000, 16_000

    def timed(processes, count):
        command = ["mode=generate", "data=synthetic", "splits=[train]", f"count={count}", "format=lmdb", f"processes={processes}"]
        begun = time.perf_counter()
        output = f"output={tmp_path}/{processes}_{count}"
        subprocess.run([PYTHON, str(ROOT / "main.py"), *command, output], check=True, capture_output=True)
        return time.perf_counter() - begun

    one = {count: timed(1, count) for count in (short, long)}
    two = {short: timed(2, short)}
    benchmark.pedantic(lambda: two.update({long: timed(2, long)}), rounds=1, iterations=1)
    rates = [(long - short) / (times[long] - times[short]) for times in (one, two)]
    show(
        benchmark,
        one_process_a_second=rates[0],
        two_processes_a_second=rates[1],
        times_as_fast=rates[1] / rates[0],
        times_as_fast_with_the_start=one[long] / two[long],
    )


@pytest.fixture(scope="module")
def stored(tmp_path_factory, synthetic):
    """The same 2000 lines in every format."""
    root = tmp_path_factory.mktemp("stored")
    generate(config("mode=generate", "data=synthetic", "splits=[train]", "count=2000", f"output={root}/folder"))
    for form in ("lmdb", "parquet", "packed"):
        convert(config("mode=convert", "data=folder", f"data.root={root}/folder", f"output={root}/{form}", f"format={form}"))
    return root


@pytest.mark.parametrize("form", ["folder", "lmdb", "parquet", "packed"])
def test_loading(benchmark, stored, form):
    """Lines a second on one core: read and decoded, then augmented weakly, then strongly, scaled, batched."""
    cv2.setNumThreads(1)
    source = SOURCES.get(form)(config("mode=check_data", f"data={form}", f"data.root={stored}/{form}").data, "train")
    rates = {}
    for strength in ("none", "weak", "strong"):
        lines = LineBatches(source, EVERYTHING, LineShape(strength=strength), 1)
        lines.batch(0)
        begun = time.perf_counter()
        count = sum(len(lines.batch(step).images) for step in range(1, 41))
        rates[strength] = count / (time.perf_counter() - begun)
    begun = time.perf_counter()
    for index in range(960):
        source.encoded(index)
    reading = time.perf_counter() - begun
    benchmark.pedantic(
        lambda: [source.sample(index, sample_rng(1, "train", index)) for index in range(960)], rounds=2, iterations=1
    )
    decoding = benchmark.stats["median"]
    show(
        benchmark,
        lines_a_second=rates["none"],
        augmented_weakly=rates["weak"],
        augmented_strongly=rates["strong"],
        us_reading=1e6 * reading / 960,
        us_decoding=1e6 * (decoding - reading) / 960,
        us_size_order_padding=1e6 * (1 / rates["none"] - decoding / 960),
        us_weak=1e6 * (1 / rates["weak"] - 1 / rates["none"]),
        us_strong=1e6 * (1 / rates["strong"] - 1 / rates["none"]),
    )


def write_set(root: Path, form: str, count: int) -> None:
    """A set of small lines, as many as asked for, without making them one by one."""
    root.mkdir(parents=True)
    image = encode_png(np.full((16, 64), 200, np.uint8))
    if form == "folder":
        (root / "a.png").write_bytes(image)
        with (root / "labels.tsv").open("w") as file:
            file.write("image\ttext\tgroup\tsplit\n")
            file.writelines(f"a.png\tline {number}\tpage {number // 30}\ttrain\n" for number in range(count))
    elif form == "lmdb":
        with lmdb.open(str(root), map_size=2**31, sync=False) as environment, environment.begin(write=True) as transaction:
            transaction.put(b"num-samples", str(count).encode())
            for number in range(1, count + 1):
                transaction.put(key_of("image", number), image)
                transaction.put(key_of("label", number), f"line {number}".encode())
                transaction.put(key_of("split", number), b"train")
    else:
        schema = pyarrow.schema([("image", pyarrow.binary()), ("text", pyarrow.string())])
        with pyarrow.parquet.ParquetWriter(root / "train-00000-of-00001.parquet", schema) as writer:
            for first in range(0, count, 10_000):
                texts = [f"line {number}" for number in range(first, first + 10_000)]
                writer.write_table(pyarrow.table({"image": [image] * 10_000, "text": texts}, schema), row_group_size=100)


@pytest.mark.parametrize("form", ["folder", "lmdb", "parquet"])
def test_memory_does_not_grow_with_the_data(benchmark, tmp_path, form):
    """Target: the same memory with 10 thousand and 1 million samples; an index of 8 bytes a sample is what may differ.

    The peak counts pages of an LMDB file that are mapped, and that the system takes back when it needs them; "own" does
    not.
    """
    peaks, own = {}, {}

    def measure(count):
        command = [PYTHON, "-c", OPENING, str(ROOT), form, str(tmp_path / str(count))]
        seen, peak, private = map(int, subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())
        assert seen == count
        peaks[count], own[count] = peak / 1024, private / 1024

    for count in (10_000, 1_000_000):
        write_set(tmp_path / str(count), form, count)
    measure(10_000)
    benchmark.pedantic(lambda: measure(1_000_000), rounds=1, iterations=1)
    show(
        benchmark,
        peak_mib_for_10_thousand=peaks[10_000],
        peak_mib_for_1_million=peaks[1_000_000],
        own_mib_for_10_thousand=own[10_000],
        own_mib_for_1_million=own[1_000_000],
        seconds_for_1_million=benchmark.stats["median"],
    )


@pytest.fixture(scope="module")
def mixed(stored):
    """Batches of real-looking packed lines, of made ones, and of both in equal parts, augmented weakly."""
    charset = ["mode=train", "task=lines", "charset=configs/charsets/latin.txt", "unknown_characters=skip"]
    packed = ["+data@data.mixture.packed=packed", f"data.mixture.packed.root={stored}/packed"]
    made = ["+data@data.mixture.synthetic=synthetic", "data.mixture.synthetic.charset=configs/charsets/latin.txt"]
    parts = {"packed": packed, "made": made, "both": [*packed, *made]}
    return {name: LinesData.of(config(*charset, "data=mixture", *chosen), "train") for name, chosen in parts.items()}


@pytest.mark.parametrize("name", ["packed", "made", "both"])
def test_batches_by_worker_processes(benchmark, mixed, name):
    """Target: two worker processes make at least 1.8 times the batches of one. Rates are of lines, without the start."""
    rates = {}
    for workers in (1, 2):
        batches = iter(load_batches(mixed[name], 0, 10_000, workers, ALONE)._parent)
        for _ in range(12):  # the processes fill their caches of glyphs
            next(batches)
        begun = time.perf_counter()
        count = sum(len(next(batches)[0]["image"]) for _ in range(40))
        rates[workers] = count / (time.perf_counter() - begun)
        batches.close()
    benchmark.pedantic(lambda: mixed[name].batch(0), rounds=1, iterations=1)
    show(benchmark, one_worker_a_second=rates[1], two_workers_a_second=rates[2], times_as_fast=rates[2] / rates[1])


def test_planning_costs_little(benchmark, mixed):
    """What a worker process does for the lines of its stream, against what it does for its own; in microseconds a line."""
    lines = mixed["both"].batches
    begun = time.perf_counter()
    for number in range(4):
        lines.plan._plan(number)
    planning = (time.perf_counter() - begun) / (4 * lines.plan.lines_a_window)
    made = [0.0]

    def make():
        begun = time.perf_counter()
        count = sum(len(lines.batch(step).images) for step in range(32))
        made[0] = (time.perf_counter() - begun) / count  # the window is planned already

    lines.batch(0)
    benchmark.pedantic(make, rounds=1, iterations=1)
    rates = {
        f"lines_a_second_of_16_workers_and_{streams}_streams": 1 / (planning / streams + made[0] / 16) for streams in (1, 8, 16)
    }
    show(benchmark, us_planning=1e6 * planning, us_making=1e6 * made[0], **rates)

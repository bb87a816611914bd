"""Speeds of reading and drawing syllables as ratios measured in one run: `make bench`."""

import subprocess
import time

import numpy as np
from PIL import Image

from base.registry import MODELS, SOURCES
from data_generators.sources.reading.opening import sample_rng
from predictors import load
from predictors.engines.loading import live_predictor
from tests.benchmarks.test_speed import seconds, show
from tests.conftest import PYTHON, ROOT, config

COUNT = 1024


def made_syllables(count):
    """Synthetic syllables of the test split."""
    source = SOURCES.get("hangul")(config("mode=generate", "output=x", "data=hangul").data, "test")
    return [source.sample(index, sample_rng(1, "test", index)).image for index in range(count)]


def test_syllables_a_second(benchmark):
    """Target: 500 syllables/s on 2 cores, framing and ranking counted; beside it Melnyk's network in the same predictor."""
    pictures = made_syllables(COUNT)
    reader = load("hangul")
    benchmark.pedantic(reader.predict, (pictures,), warmup_rounds=1, rounds=3)
    ours = COUNT / benchmark.stats["median"]
    cfg = config("task=hangul", "model=melnyk", "model.head={name:independent,width:0}")
    theirs = live_predictor(MODELS.get("melnyk")(cfg.model), cfg)
    few = pictures[:128]
    reference = len(few) / seconds(lambda: theirs.predict(few), repeats=2)
    show(benchmark, syllables_per_s=ours, melnyk_per_s=reference, ratio=ours / reference)


def test_one_picture_from_a_cold_start(benchmark, tmp_path):
    """Target: 2.5 s from the shell's prompt to the answer; beside it what Python takes to import NumPy and OpenCV."""
    Image.fromarray(made_syllables(1)[0]).save(tmp_path / "a.png")
    command = [PYTHON, "main.py", "mode=predict", "task=hangul", f"input={tmp_path / 'a.png'}", f"output={tmp_path / 'out'}"]
    command += ["overwrite=true"]
    benchmark.pedantic(lambda: subprocess.run(command, cwd=ROOT, check=True, capture_output=True), warmup_rounds=1, rounds=3)
    begun = time.perf_counter()
    subprocess.run([PYTHON, "-c", "import numpy, cv2"], check=True)
    show(benchmark, cold_s=benchmark.stats["median"], bare_s=time.perf_counter() - begun)


def test_drawing_syllables(benchmark):
    """No target was set: how many a core draws in a second, with and without the variations."""
    varied = SOURCES.get("hangul")(config("mode=generate", "output=x", "data=hangul").data, "train")
    plain = SOURCES.get("hangul")(config("mode=generate", "output=x", "data=hangul_plain").data, "train")

    def draw(source):
        return [source.sample(index, np.random.default_rng(index)) for index in range(300)]

    benchmark.pedantic(draw, (varied,), warmup_rounds=1, rounds=3)
    show(benchmark, varied_per_s=300 / benchmark.stats["median"], plain_per_s=300 / seconds(lambda: draw(plain), repeats=2))

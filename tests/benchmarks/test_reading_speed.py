"""Speeds of reading as ratios measured in one run: `make bench`. It prints what was measured; targets stand in the docstrings."""

import math
import resource
import subprocess

import numpy as np
import pytest
from PIL import Image

from base.registry import MODELS, SOURCES
from data_generators.sources.reading.opening import sample_rng
from predictors import load
from predictors.decoders.search.ctc_beam import Search, search_beam
from predictors.decoders.search.searching import by_character
from preprocessing.text.charset import Charset
from tests.benchmarks.test_speed import matrix_rate, seconds, show
from tests.conftest import PYTHON, ROOT, config
from utils.language.ngram_counting import NgramCounter
from utils.language.ngrams import kneser_ney
from utils.language.tables import ngram_tables

CLASSES, FRAMES = 100, 128
LINES = 256


def made_lines(count):
    """Lines of synthetic handwriting, with their texts."""
    source = SOURCES.get("synthetic")(
        config("mode=generate", "output=x", "data=synthetic", "data.languages=[en,fr]").data, "test"
    )
    return [source.sample(index, sample_rng(1, "test", index)) for index in range(count)]


def network_outputs(count, peak):
    """Log probabilities like those of a reader that is sure (a high peak) or not."""
    rng = np.random.default_rng(1)
    logits = rng.normal(size=(count, FRAMES, CLASSES)).astype(np.float32)
    best = np.where(rng.random((count, FRAMES)) < 0.55, 0, rng.integers(1, CLASSES, (count, FRAMES)))
    np.put_along_axis(logits, best[..., None], np.take_along_axis(logits, best[..., None], axis=2) + peak, axis=2)
    return logits - np.logaddexp.reduce(logits, axis=2, keepdims=True)


@pytest.mark.parametrize("peak", [6, 9])
def test_beam_search_against_keras(benchmark, peak):
    """Target: a beam of 25 without a model at least 15 times as fast as `keras.ops.ctc_decode` of the same width."""
    import keras

    scores = network_outputs(32, peak)
    frames = np.full(len(scores), FRAMES)
    few = 8

    def by_keras():
        keras.ops.ctc_decode(scores[:few], frames[:few], strategy="beam_search", beam_width=25, top_paths=5, mask_index=0)

    theirs = few / seconds(by_keras, repeats=3)
    search = Search(25, math.log(1e-4))
    benchmark.pedantic(lambda: [search_beam(line, search, 5) for line in scores], warmup_rounds=1, rounds=5)
    ours = len(scores) / benchmark.stats["median"]
    show(benchmark, lines_per_s=ours, keras_lines_per_s=theirs, ratio=ours / theirs)


def test_beam_search_with_a_character_model(benchmark, tmp_path):
    """Target: with a 5-gram model at least 300 lines/s on one core for 128 frames and 100 classes."""
    counter = NgramCounter(tmp_path, "character", 5)
    texts = [sample.text for sample in made_lines(400)]
    for text in texts:
        counter.add(text)
    model = kneser_ney(counter.counts(10**6, 1, continuation=True), "character")
    characters = tuple(Charset.of(texts).characters)[: CLASSES - 1]
    tables = ngram_tables(model, by_character(characters))
    search = Search(25, math.log(1e-4), characters=tables, character_weight=0.5, bonus=0.5)
    scores = network_outputs(64, 9)
    benchmark.pedantic(lambda: [search_beam(line, search, 5) for line in scores], warmup_rounds=1, rounds=5)
    show(benchmark, ngrams=len(model.entries), lines_per_s_per_core=len(scores) / benchmark.stats["median"])


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_training_against_matrix_multiplication(benchmark, precision):
    """Target: at least 60% of the (float32) matrix-multiply rate, loss and optimizer included."""
    import keras

    from trainers.optimizers.by_name import make_optimizer

    keras.config.set_dtype_policy(precision)
    try:
        charset = "".join(Charset.of([sample.text for sample in made_lines(64)]).characters)
        cfg = config("task=lines", f"model.charset='{charset.replace(chr(39), '')}'")
        model = MODELS.get("conv_ctc")(cfg.model)
        model.network.compile(make_optimizer(cfg.trainer), jit_compile=False)
        width, count, length = 1000, 16, 40
        rng = np.random.default_rng(1)
        inputs = {
            "image": rng.integers(0, 256, (count, 64, width, 1), dtype=np.uint8),
            "width": np.full(count, width, np.int32),
        }
        targets = {"labels": rng.integers(1, 50, (count, length)).astype(np.int32), "lengths": np.full(count, length, np.int32)}
        benchmark.pedantic(lambda: model.network.train_on_batch(inputs, targets), warmup_rounds=3, rounds=8)
        operations = 3.0 * count * forward_operations(model.network, width)
    finally:
        keras.config.set_dtype_policy("float32")
    rate, peak = operations / benchmark.stats["median"], matrix_rate()
    show(
        benchmark,
        forward_gflop_a_line=operations / 3e9 / count,
        lines_per_s=count / benchmark.stats["median"],
        training_gflops=rate / 1e9,
        matrix_gflops=peak / 1e9,
        share_of_peak=rate / peak,
    )


def forward_operations(network, width):
    """Multiplications and additions for one line."""
    import keras

    probe = keras.Model(network.inputs, [layer.output for layer in network.layers])
    blank = {"image": np.zeros((1, 64, width, 1), np.uint8), "width": np.array([width], np.int32)}
    total = 0.0
    for layer, answer in zip(network.layers, probe.predict_on_batch(blank), strict=True):
        shape = np.asarray(answer).shape
        if isinstance(layer, keras.layers.Conv2D | keras.layers.Dense):
            total += 2.0 * np.prod(layer.kernel.shape) * np.prod(shape[1:-1])
        elif isinstance(layer, keras.layers.Bidirectional):
            weights = sum(np.prod(variable.shape) for variable in layer.trainable_variables if len(variable.shape) == 2)
            total += 2.0 * weights * shape[1]
    return total


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lines")
    paths = [folder / f"{number:05d}.png" for number in range(LINES)]
    for path, sample in zip(paths, made_lines(LINES), strict=True):
        Image.fromarray(sample.image).save(path)
    return paths


def test_reading_against_the_bare_network(benchmark, files):
    """Targets: 100 lines/s on 2 cores with ONNX; from file to text at least 80% of the bare network's rate."""
    reader = load("lines", engine="onnx")
    lines = [reader.prepare(np.asarray(Image.open(path))).image for path in files]
    bare = len(files) / seconds(lambda: reader.outputs(lines), repeats=3)
    benchmark.pedantic(lambda: list(reader.read(files)), warmup_rounds=1, rounds=3)
    whole = len(files) / benchmark.stats["median"]
    show(benchmark, network_lines_per_s=bare, file_to_text_lines_per_s=whole, ratio=whole / bare)


def test_memory_is_flat(benchmark, files):
    """Target: reading 10,000 lines takes no more memory than reading 1,000."""
    reader = load("lines", engine="onnx")

    def read(count):
        for _ in reader.read(files[number % len(files)] for number in range(count)):
            pass
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    thousand = read(1_000)
    benchmark.pedantic(lambda: show(benchmark, mib_after_1000=thousand, mib_after_10000=read(10_000)), rounds=1)


def test_cold_start(benchmark, files, tmp_path):
    """Target: one line in under 2.5 s from the start of the program."""
    command = [PYTHON, str(ROOT / "main.py"), "mode=predict", "task=lines", f"input={files[0]}", f"output={tmp_path / 'out'}"]
    command += ["overwrite=true", "sheet=0"]
    benchmark.pedantic(lambda: subprocess.run(command, check=True, capture_output=True), warmup_rounds=1, rounds=3)
    show(benchmark, seconds=benchmark.stats["median"])

"""Speeds as ratios measured in one run: `make bench`. It prints what was measured; targets stand in the docstrings."""

import subprocess
import time
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from base.bundle import PRETRAINED
from base.registry import DATA_GENERATORS, MODELS, TRAINERS
from predictors.engines.loading import predictor_for
from tests.conftest import PYTHON, ROOT, config

MATRIX = 2048
PAGE_HW = (3300, 2550)
STEPS = 24


def seconds(call: Callable[[], object], repeats: int = 5) -> float:
    """The median time of a call, after one that does not count."""
    call()
    times = []
    for _ in range(repeats):
        begun = time.perf_counter()
        call()
        times.append(time.perf_counter() - begun)
    return float(np.median(times))


def matrix_rate() -> float:
    """Floating-point operations a second of the backend's matrix multiplication."""
    import keras

    matrix = keras.ops.convert_to_tensor(np.random.default_rng(0).normal(size=(MATRIX, MATRIX)).astype(np.float32))
    return 2.0 * MATRIX**3 / seconds(lambda: keras.ops.convert_to_numpy(keras.ops.matmul(matrix, matrix))[0, 0])


def forward_operations(network, height: int, width: int) -> float:
    """Multiplications and additions of the convolutions for one image."""
    import keras

    total, sizes = 0.0, {}
    probe = keras.Model(network.inputs, [layer.output for layer in network.layers])
    shapes = [np.asarray(answer).shape for answer in probe.predict_on_batch(np.zeros((1, height, width, 1), np.uint8))]
    for layer, shape in zip(network.layers, shapes, strict=True):
        sizes[layer.name] = shape
        if isinstance(layer, keras.layers.Conv2DTranspose):
            source = sizes[layer._inbound_nodes[0].parent_nodes[0].operation.name]
            total += 2.0 * np.prod(layer.kernel.shape) * source[1] * source[2]
        elif isinstance(layer, keras.layers.Conv2D):
            total += 2.0 * np.prod(layer.kernel.shape) * shape[1] * shape[2]
    return total


def compiled(cfg):
    from trainers.optimizers.by_name import make_optimizer

    model = MODELS.get(cfg.model.name)(cfg.model)
    data = DATA_GENERATORS.get("eraser")(cfg.data, "train", 1)
    trainer = TRAINERS.get("eraser")(cfg, model, data, data)
    trainer.compile(make_optimizer(cfg.trainer))
    return trainer


def show(benchmark, **figures: float) -> None:
    """Keeps figures with the benchmark and prints them."""
    benchmark.extra_info.update(figures)
    print("\n" + "  ".join(f"{name}: {value:.3g}" for name, value in figures.items()))


def test_training_against_matrix_multiplication(benchmark):
    """Target: at least 60% of the matrix-multiply rate."""
    trainer = compiled(config("task=eraser"))
    batch = trainer.data.batch(1)
    count, height, width, _ = batch.inputs.shape
    operations = 3.0 * count * forward_operations(trainer.model.network, height, width)
    benchmark.pedantic(
        lambda: trainer.model.network.train_on_batch(batch.inputs, batch.targets), warmup_rounds=2, rounds=8, iterations=1
    )
    rate, peak = operations / benchmark.stats["median"], matrix_rate()
    show(benchmark, training_gflops=rate / 1e9, matrix_gflops=peak / 1e9, share_of_peak=rate / peak)


def test_real_pipeline_against_a_cached_batch(benchmark):
    """Target: `fit` on generated pages at least 85% as fast as on batches that are there already."""
    import grain

    trainer = compiled(config("task=eraser"))
    network = trainer.model.network
    shapes = len(trainer.cfg.data.shapes)
    cached = [(batch.inputs, batch.targets) for batch in map(trainer.data.batch, range(shapes))]

    def fit(dataset):
        network.fit(dataset, steps_per_epoch=STEPS, epochs=1, verbose=0, shuffle=False)

    def fit_cached():
        fit(grain.MapDataset.range(STEPS + 6).map(lambda step: cached[step % shapes]).to_iter_dataset())

    fit_cached()
    on_cache = seconds(fit_cached, repeats=3)
    benchmark.pedantic(lambda: fit(trainer.data.dataset(0, STEPS + 6)), warmup_rounds=1, rounds=3, iterations=1)
    ratio = on_cache / benchmark.stats["median"]
    show(benchmark, cached_steps_per_s=STEPS / on_cache, real_steps_per_s=STEPS / benchmark.stats["median"], ratio=ratio)


@pytest.fixture(scope="module")
def page():
    """A page of ruled text."""
    cfg = config("task=eraser", f"data.shapes=[[1,{PAGE_HW[0]},{PAGE_HW[1]}]]")
    return DATA_GENERATORS.get("eraser")(cfg.data, "test", 1).sample(3).image


def test_page_against_the_reference_network(benchmark, page):
    """Target: a 2550x3300 page at least 3 times as fast as with the reference's U-Net."""
    from base.bundle import Bundle

    cfg = config("task=eraser")
    ours, _ = predictor_for(Bundle.load(PRETRAINED / "eraser"), cfg, "onnx")
    reference, _ = predictor_for(Bundle.load(PRETRAINED / "eraser_deeperase"), cfg, "onnx")
    slow = seconds(lambda: reference.clean(page), repeats=3)
    benchmark.pedantic(lambda: ours.clean(page), warmup_rounds=1, rounds=3, iterations=1)
    quick = benchmark.stats["median"]
    show(benchmark, page_seconds=quick, reference_seconds=slow, times_as_fast=slow / quick)


def test_cold_start(benchmark, tmp_path, ruled_line):
    """Target: one image from a cold start in under 2.5 s; shown as a multiple of an empty Python's start."""
    Image.fromarray(ruled_line).save(tmp_path / "one.png")
    command = [PYTHON, str(ROOT / "main.py"), "mode=predict", "task=eraser", "input=one.png", "output=out", "overwrite=true"]
    bare = seconds(lambda: subprocess.run([PYTHON, "-c", "import numpy, cv2, hydra, onnxruntime"], check=True))
    benchmark.pedantic(
        lambda: subprocess.run(command, cwd=tmp_path, check=True, capture_output=True), warmup_rounds=1, rounds=5, iterations=1
    )
    cold = benchmark.stats["median"]
    show(benchmark, cold_seconds=cold, imports_seconds=bare, times_the_imports=cold / bare)


def test_memory_of_a_huge_image(benchmark, tmp_path):
    """Target: under 2 GiB for 100 megapixels in colour (VmHWM: getrusage would count this process before the exec)."""
    tile = np.full((100, 1000, 3), 230, np.uint8)
    tile[60:63] = 120
    Image.fromarray(np.tile(tile, (100, 10, 1))).save(tmp_path / "huge.png", compress_level=1)
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); import main\n"
        "main.main(['mode=predict', 'task=eraser', 'input=huge.png', 'output=out', 'overwrite=true'])\n"
        "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    )
    answers = []

    def clean():
        command = [PYTHON, "-c", script, str(ROOT)]
        answers.append(subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout)

    benchmark.pedantic(clean, rounds=1, iterations=1)
    peak = int(answers[-1].splitlines()[-1]) * 1024 / 2**30
    show(benchmark, peak_gib=peak, seconds=benchmark.stats["median"])

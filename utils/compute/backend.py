"""Keras's backend, threads, device and precision, set before anything is computed."""

import importlib
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from base.errors import UserError

THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "OPENBLAS_NUM_THREADS")  # environment variables
COMPILED = Path("experiments/compiled")
NOTICE = re.compile(r"I\d{4} |WARNING: All log messages before absl::InitializeLog")


def forget_threads() -> None:
    """Lets a worker choose its number of threads anew: it inherits what the process that began it has set for itself."""
    for variable in THREADS:
        os.environ.pop(variable, None)


def set_threads(threads: int | None) -> int:
    """Limits the processor threads of every library that is not loaded yet; returns how many will be used.

    Parallel sweep jobs share the cores out: `utils.runs.sweeps` sets PALIMPSEST_JOBS.
    """
    jobs = int(os.environ.get("PALIMPSEST_JOBS", "1"))
    count = threads or max(1, (os.cpu_count() or 1) // jobs)
    for variable in THREADS:
        os.environ.setdefault(variable, str(count))
    return count


def start_keras(runtime) -> str:
    """Loads Keras with the chosen threads, device and precision; returns a line that describes the device.

    Args:
        runtime: ``cfg.runtime``.

    Raises:
        UserError: the backend that KERAS_BACKEND names is not installed, or there is no GPU where one is demanded.
    """
    threads = set_threads(runtime.threads)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if runtime.device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
        os.environ["JAX_PLATFORMS"] = "cpu"
    backend = os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    try:
        with notices_withheld():
            importlib.import_module(backend)
            import keras
    except ImportError as error:
        raise UserError(
            f"KERAS_BACKEND={backend} is not installed ({error}): run `make setup`, or `make env-jax` or "
            "`make env-torch` and use that environment's Python"
        ) from error
    keras.config.set_dtype_policy(runtime.precision)
    if backend == "jax":
        keep_compiled(COMPILED)
    devices = find_accelerators(backend)
    if runtime.device == "gpu" and not devices:
        raise UserError(f"runtime.device=gpu: {backend} sees no GPU here; use runtime.device=auto")
    where = ", ".join(devices) or f"CPU, {threads} threads"
    version = getattr(sys.modules[backend], "__version__", "")
    return f"Keras {keras.__version__} with {backend} {version} on {where}, {runtime.precision}"


@contextmanager
def notices_withheld() -> Iterator[None]:
    """Withholds what libraries write to standard error of their own settings while they load; warnings and errors pass.

    They write it before they can be told not to.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as aside:
        os.dup2(aside.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            aside.seek(0)
            said = aside.read().decode("utf-8", "replace").splitlines(keepends=True)
            sys.stderr.writelines(line for line in said if not NOTICE.match(line))


def keep_compiled(folder: Path) -> None:
    """Lets JAX keep what it compiles: a network of the same shapes begins at once the next time."""
    import jax

    if jax.config.jax_compilation_cache_dir is None:  # JAX_COMPILATION_CACHE_DIR names another
        jax.config.update("jax_compilation_cache_dir", str(folder.absolute()))


def find_accelerators(backend: str) -> list[str]:
    """The devices that the backend has besides the processor."""
    import keras

    if backend == "torch":  # Keras cannot list PyTorch's devices
        import torch

        return [f"cuda:{number}" for number in range(torch.cuda.device_count())]
    return [device for device in keras.distribution.list_devices() if not device.lower().startswith("cpu")]


def seed_everything(seed: int) -> None:
    """Seeds Python, NumPy and the backend: the weights to start from, and what dropout drops."""
    import keras

    keras.utils.set_random_seed(seed)

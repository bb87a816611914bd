"""The values that every run has, whatever its task."""

from dataclasses import dataclass

from base.errors import UserError

DEVICES = ("auto", "cpu", "gpu")
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")


@dataclass
class Runtime:
    """Where and how the arithmetic is done."""

    threads: int | None  # at least 1
    workers: int  # processes that make batches, 0 or more
    device: str  # auto, cpu, gpu
    precision: str  # float32, mixed_bfloat16, mixed_float16


@dataclass
class Config:
    """The root's own keys; the groups have schemas of their own."""

    seed: int
    objective: str  # a key of metrics.json, without the split before it
    maximise: bool  # whether more of the objective is better
    sweep_columns: list[str]  # keys of metrics.json
    test: bool | None
    runtime: Runtime


def check(cfg) -> None:
    """Raises UserError for values that no run can have."""
    if cfg.seed < 0:
        raise UserError(f"seed={cfg.seed}: it must be 0 or more")
    for key, known in (("device", DEVICES), ("precision", PRECISIONS)):
        if cfg.runtime[key] not in known:
            raise UserError(f"runtime.{key}={cfg.runtime[key]}: choose one of {', '.join(known)}")
    if cfg.runtime.threads is not None and cfg.runtime.threads < 1:
        raise UserError(f"runtime.threads={cfg.runtime.threads}: it must be at least 1, or null for all")
    if cfg.runtime.workers < 0:
        raise UserError(f"runtime.workers={cfg.runtime.workers}: 0 (threads of this process) or more")

"""The values that every run has, whatever its task."""

from dataclasses import dataclass


@dataclass
class Runtime:
    """Where and how the arithmetic is done."""

    threads: int | None  # at least 1
    device: str  # auto, cpu, gpu
    precision: str  # float32, mixed_bfloat16, mixed_float16


@dataclass
class Config:
    """The root's own keys; the groups have schemas of their own."""

    seed: int
    objective: str  # a key of metrics.json
    maximise: bool  # whether more of the objective is better
    runtime: Runtime

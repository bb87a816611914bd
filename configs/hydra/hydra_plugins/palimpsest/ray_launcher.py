"""Runs of a sweep as jobs of a Ray cluster."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.core.singleton import Singleton
from hydra.core.utils import JobReturn, JobStatus, run_job, setup_globals
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf, open_dict

import configs.cluster.ray
from base.errors import UserError
from utils.compute.pools import Lost, Work
from utils.configuration.check import hold_against
from utils.runs.sweeps import write_lost_run

Numbered = tuple[int, Sequence[str]]  # a run's number in the sweep, and its overrides


class RayLauncher(Launcher):
    """Has each run done by a worker of a cluster. One whose worker dies is begun again, and goes on from its checkpoint.

    Args:
        cluster: the values of ``configs/cluster/ray.yaml``.
    """

    def __init__(self, **cluster: Any) -> None:
        self.cluster = OmegaConf.create(cluster)

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Takes what Hydra gives; raises UserError where Ray is not installed, or for values that cannot be."""
        self.hydra_context, self.task_function, self.config = hydra_context, task_function, config
        hold_against(self.cluster, configs.cluster.ray, prefix="hydra.launcher.")
        configs.cluster.ray.check_values(self.cluster, "hydra.launcher")
        if config.get("cluster") is not None and config.cluster.name == "ray":
            raise UserError("hydra/launcher=ray cluster=ray: the runs are jobs of the cluster already; leave cluster=ray out")

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """What the runs returned, in order; one that is lost returned not-a-number, and says why in the table of the sweep.

        Raises:
            UserError: the cluster cannot be used.
        """
        from utils.compute.ray_pool import RayPool, is_of_one_machine  # Ray is an extra
        from utils.runs.tracking import check_reach

        folder = Path(str(self.config.hydra.sweep.dir))
        pool = RayPool(self.cluster, folder)
        if not is_of_one_machine():
            check_reach(self.config)
        runs = list(enumerate(job_overrides, initial_job_idx))
        doing = Doing(self.hydra_context, self.config, self.task_function, Singleton.get_state(), pool.threads)
        returned = []
        for (number, overrides), answer in zip(runs, pool.map(doing, runs), strict=True):
            if isinstance(answer, Lost):
                write_lost_run(folder / str(number), number, list(overrides), answer.reason)
                answer = JobReturn(overrides=list(overrides), status=JobStatus.COMPLETED)
                answer.return_value = float("nan")
            returned.append(answer)
            print(f"run {number}: {answer.return_value:.4f}", flush=True)
        return returned


@dataclass(frozen=True)
class Doing:
    """How a worker does runs: as Hydra's own launchers do them.

    Attributes:
        context, config, function: what Hydra gave.
        singletons: Hydra's state in the process that asks.
        threads: of a run whose config names none.
    """

    context: HydraContext
    config: DictConfig
    function: TaskFunction
    singletons: dict[Any, Any]
    threads: int | None

    def __call__(self) -> Work:
        setup_globals()
        Singleton.set_state(self.singletons)
        return self._all

    def _all(self, runs: Iterable[Numbered]) -> Iterator[JobReturn]:
        for number, overrides in runs:
            yield self._do(number, overrides)

    def _do(self, number: int, overrides: Sequence[str]) -> JobReturn:
        own = self.context.config_loader.load_sweep_config(self.config, list(overrides))
        with open_dict(own):
            own.hydra.job.id, own.hydra.job.num = f"{own.hydra.job.name}_{number}", number
            own.runtime.threads = own.runtime.threads or self.threads
        HydraConfig.instance().set_config(own)
        return run_job(
            hydra_context=self.context,
            config=own,
            task_function=self.function,
            job_dir_key="hydra.sweep.dir",
            job_subdir_key="hydra.sweep.subdir",
        )

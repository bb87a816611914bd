"""Workers on a Ray cluster; Ray is an extra, and nothing else imports this module."""

import os
import socket
import sys
import uuid
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any

import ray
from ray import cloudpickle
from ray.exceptions import ObjectLostError, OutOfMemoryError, RayActorError, RayTaskError, WorkerCrashedError

from base.errors import UserError
from base.registry import ROOT
from utils.compute.backend import forget_threads
from utils.compute.pools import Begin, Lost, Pool, Work

DIED = (RayActorError, OutOfMemoryError, WorkerCrashedError)
TRAVEL = ("PALIMPSEST_", "KERAS_BACKEND", "HYDRA_FULL_ERROR", "MLFLOW_", "TF_CPP_", "NO_ALBUMENTATIONS_")
RAY_TOKEN = Path.home() / ".ray/auth_token"
CONNECT_SECONDS = 5
PATIENCE_SECONDS = 60  # after which it is said that no worker can begin


@dataclass(frozen=True)
class Task:
    """An item on its way."""

    number: int
    item: Any


@dataclass(eq=False)
class Member:
    """A worker of the crew.

    Attributes:
        actor: of Ray.
        begun: what it says when it has begun, of Ray: whether it sees the folder that all share.
        may_work: whether it has said yes.
        busy: with how many items.
        is_at_risk: whether it works on an item on which another died.
    """

    actor: Any
    begun: Any
    may_work: bool = False
    busy: int = 0
    is_at_risk: bool = False


class Worker:
    """What runs on a node: it begins once, and then answers for one item after the other.

    Args:
        begin: see `Pool.map`, as bytes: an error in it is then the first item's, and not a death.
        folder: the working directory, as on the machine that asks.
        mark: what must lie there, so that all nodes see the same files.
    """

    def __init__(self, begin: bytes, folder: str, mark: "Mark") -> None:
        import cv2

        cv2.setNumThreads(1)
        forget_threads()
        self.sees = mark.is_seen_from(Path(folder))
        self.begin = begin
        self.work: Work | None = None
        if self.sees:
            os.chdir(folder)

    def sees_the_folder(self) -> bool:
        """Whether it sees the folder that all share."""
        return self.sees

    def run(self, item: Any) -> Any:
        """The result for an item."""
        if self.work is None:
            self.work = cloudpickle.loads(self.begin)()
        return next(iter(self.work([item])))


class RayPool(Pool):
    """Actors on a cluster. One that dies, alone or with its node, is replaced, and what it worked on is done by another.

    Args:
        cluster: ``cfg.cluster``.
        shared: a folder in which workers write.

    Raises:
        UserError: the cluster cannot be reached, or has not what is asked for.
    """

    def __init__(self, cluster: Any, shared: Path) -> None:
        self.cluster, self.shared = cluster, shared
        self.threads = max(1, int(cluster.cpus_per_task))
        connect(cluster)
        self.size = cluster.workers or fitting(cluster)
        self.options = {
            "num_cpus": cluster.cpus_per_task,
            "num_gpus": cluster.gpus_per_task,
            "max_restarts": 0,  # lost work goes to whoever is there: a node that is gone may leave no room for another actor
            "scheduling_strategy": "SPREAD",
        }

    def map(self, begin: Begin, items: Iterable[Any]) -> Iterator[Any]:
        with marked(self.shared) as mark:
            crew = Crew(self, ray.put(cloudpickle.dumps(begin)), mark)
            try:
                yield from crew.results(items)
            finally:
                crew.end()


@dataclass
class Crew:
    """The actors of one `RayPool.map`, and what they work on.

    Attributes:
        pool: whose they are.
        begin: in the cluster's store.
        mark: a file that all must see.
    """

    pool: RayPool
    begin: Any
    mark: "Mark"
    members: list[Member] = field(default_factory=list)
    running: dict[Any, tuple[Task, Member]] = field(default_factory=dict)
    again: deque[Task] = field(default_factory=deque)
    deaths: Counter[int] = field(default_factory=Counter)
    stillborn: int = 0

    def hire(self) -> None:
        """Asks for another worker; it begins when a node has room for it."""
        remote: Any = ray.remote(Worker)
        actor = remote.options(**self.pool.options).remote(self.begin, str(Path.cwd()), self.mark)
        self.members.append(Member(actor, actor.sees_the_folder.remote()))

    def results(self, items: Iterable[Any]) -> Iterator[Any]:
        """See `Pool.map`."""
        tasks = (Task(number, item) for number, item in enumerate(items))
        first = list(islice(tasks, self.pool.size))
        if not first:
            return
        for _ in first:  # no more workers than items
            self.hire()
        coming = chain(first, tasks)
        done: dict[int, Any] = {}
        asked = given = 0
        is_open = True
        while True:
            while self.again and (member := self.free(1)) is not None:
                self.give(self.again.popleft(), member)
            while is_open and not self.again and given - asked < (self.pool.cluster.in_flight + 1) * self.pool.size:
                if (member := self.free(self.pool.cluster.in_flight)) is None:
                    break
                if (task := next(coming, None)) is None:
                    is_open = False
                    break
                given += 1
                self.give(task, member)
            if not is_open and not self.running and not self.again and asked == given:
                return
            done.update(self.wait())
            while asked in done:
                yield done.pop(asked)
                asked += 1

    def free(self, most: int) -> Member | None:
        """The least busy worker that has less than ``most`` items, and none on which another worker has died."""
        ready = [member for member in self.members if member.may_work and member.busy < most and not member.is_at_risk]
        return min(ready, key=lambda member: member.busy, default=None)

    def give(self, task: Task, member: Member) -> None:
        """Hands an item to a worker; what a worker died on is nobody's company: which of its items it died of is not known."""
        member.busy += 1
        member.is_at_risk = task.number in self.deaths
        self.running[member.actor.run.remote(task.item)] = (task, member)

    def wait(self) -> dict[int, Any]:
        """What is done now, by the items' numbers, once there is something; deaths and beginnings of workers are seen to."""
        beginning = {member.begun: member for member in self.members if not member.may_work}
        heard, _ = ray.wait([*self.running, *beginning], num_returns=1, timeout=PATIENCE_SECONDS)
        if not heard and not self.has_workers:
            print(f"note: no node has room for a worker of {self.pool.cluster.cpus_per_task} processors; waiting", flush=True)
        done: dict[int, Any] = {}
        for reference in heard:
            if reference in beginning:
                self.welcome(beginning[reference])
            else:
                task, member = self.running.pop(reference)
                was_alone, member.is_at_risk = member.is_at_risk, False
                member.busy -= 1
                try:
                    done[task.number] = ray.get(reference)
                except DIED as death:
                    self.bury(member)
                    if (lost := self.try_again(task, was_alone, death)) is not None:
                        done[task.number] = lost
                except ObjectLostError:  # it was done, and then its node was lost with what came of it
                    self.again.append(task)
                except RayTaskError as error:
                    raise error.cause from error  # as it would be raised here
        return done

    def welcome(self, member: Member) -> None:
        """Lets a worker have items."""
        try:
            sees = ray.get(member.begun)
        except DIED as death:
            self.stillborn += 1
            if self.stillborn > self.pool.cluster.retries and not self.has_workers:
                raise UserError(f"no worker of the cluster can begin: {in_short(death)}") from death
            self.bury(member)
            return
        member.may_work, self.stillborn = sees, 0
        if not sees:
            self.leave_out(member)

    @property
    def has_workers(self) -> bool:
        """Whether anybody can be given work."""
        return any(member.may_work for member in self.members)

    def leave_out(self, member: Member) -> None:
        """Goes on without a worker that does not see the folder; raises UserError where nobody is left."""
        self.members.remove(member)
        ray.kill(member.actor)
        missing = f"a node of the cluster does not see {self.mark.path.parent.resolve()}"
        if not self.members:
            raise UserError(f"{missing}: workers write there, so name a folder that all nodes share, below the same path")
        print(f"note: {missing}; it is left out", flush=True)

    def try_again(self, task: Task, was_alone: bool, death: Exception) -> Lost | None:
        """Has an item done by another worker, which does nothing else meanwhile, or gives it up after ``cluster.retries``."""
        self.deaths[task.number] += was_alone
        if self.deaths[task.number] >= self.pool.cluster.retries:
            return Lost(f"the worker died on it, {self.deaths[task.number] + 1} times: {in_short(death)}")
        self.again.append(task)
        return None

    def bury(self, member: Member) -> None:
        """Replaces a worker that died."""
        if member in self.members:
            self.members.remove(member)
            self.hire()

    def end(self) -> None:
        """Sends all workers home."""
        for member in self.members:
            ray.kill(member.actor)


@dataclass(frozen=True)
class Mark:
    """A file by which workers know that they see the folder which all share.

    Attributes:
        path: from the working directory.
        token: what stands in it.
    """

    path: Path
    token: str

    def is_seen_from(self, folder: Path) -> bool:
        """Whether it lies there, seen from what a worker takes for the working directory."""
        path = folder / self.path
        return path.is_file() and path.read_text("utf-8") == self.token


@contextmanager
def marked(folder: Path) -> Iterator[Mark]:
    """Marks the place of a folder for as long as the block runs, from beside it: so one that is killed leaves nothing in it."""
    mark = Mark(Path(os.path.relpath(folder.with_name(f".{folder.name}.shared"))), uuid.uuid4().hex)
    mark.path.parent.mkdir(parents=True, exist_ok=True)
    mark.path.write_text(mark.token, "utf-8")
    try:
        yield mark
    finally:
        mark.path.unlink(missing_ok=True)


def connect(cluster: Any) -> None:
    """Connects to the cluster, once a process; starts one on this machine where there is no address.

    Raises:
        UserError: nothing answers there, or it runs other versions.
    """
    if ray.is_initialized():
        return
    travelling = {name: value for name, value in os.environ.items() if name.startswith(TRAVEL)}
    travelling["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    options: dict[str, Any] = {
        "runtime_env": {"env_vars": travelling},
        "logging_level": "ERROR",
        "log_to_driver": False,
    }
    if cluster.address is None:
        options["include_dashboard"] = False
    check_someone_listens(cluster.address)
    try:
        ray.init(address=cluster.address or "local", **options)
    except Exception as error:  # of many kinds, by how one gets there
        raise UserError(f"cluster.address={cluster.address}: {why_not(error)}") from error


def check_someone_listens(address: str | None) -> None:
    """Raises UserError where nothing answers at an address of a host and a port: Ray itself would try for minutes."""
    host, _, port = (address or "").removeprefix("ray://").rpartition(":")
    if not host:
        return
    try:
        socket.create_connection((host, int(port)), timeout=CONNECT_SECONDS).close()
    except (OSError, ValueError) as error:
        raise UserError(f"cluster.address={address}: {why_not(error)}") from error


def is_of_one_machine() -> bool:
    """Whether all nodes of the cluster have one address."""
    return len({node["NodeManagerAddress"] for node in ray.nodes() if node["Alive"]}) == 1


def in_short(death: Exception) -> str:
    """What is known of a death, in a line."""
    lines = [line.strip() for line in str(death).splitlines() if line.strip()]
    return f"{lines[0]} {lines[-1]}"[:300] if lines else type(death).__name__


def why_not(error: Exception) -> str:
    """Why a cluster cannot be used, in a line."""
    said = " ".join(str(error).split())
    if "Version mismatch" in said:
        python = ".".join(map(str, sys.version_info[:3]))
        return f"it runs other versions than this machine (Ray {ray.__version__}, Python {python}): {said[:300]}"
    token = "; where it was started with a token, set RAY_AUTH_MODE=token" if RAY_TOKEN.is_file() else ""
    answer = said[:200] or type(error).__name__
    return f"no cluster answers there ({answer}); start one (ray start --head), or mend the address{token}"


def fitting(cluster: Any) -> int:
    """How many workers the cluster has room for; raises UserError where there is none for a single one."""
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    wanted = {"CPU": cluster.cpus_per_task, "GPU": cluster.gpus_per_task}
    room = sum(min(int(node.get(kind, 0) / count + 1e-9) for kind, count in wanted.items() if count) for node in nodes)
    if not room:
        have = {kind: max((node.get(kind, 0) for node in nodes), default=0) for kind in wanted}
        raise UserError(
            f"cluster.cpus_per_task={cluster.cpus_per_task} cluster.gpus_per_task={cluster.gpus_per_task}: no node has so many; "
            f"the largest have {have['CPU']:g} processors and {have['GPU']:g} GPUs"
        )
    return room

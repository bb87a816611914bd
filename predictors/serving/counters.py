"""What a server did, in the format that Prometheus reads."""

from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest

SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Counters:
    """Requests by task and status, how long they took, and how many wait.

    Args:
        waiting: for each task how to find out how many requests wait for it.
    """

    def __init__(self, waiting: Mapping[str, Callable[[], float]]) -> None:
        disable_created_metrics()
        self.registry = CollectorRegistry()
        self.requests = Counter("palimpsest_requests", "Answered requests", ["task", "status"], registry=self.registry)
        self.seconds = Histogram(
            "palimpsest_request_seconds", "From a request to its answer", ["task"], buckets=SECONDS, registry=self.registry
        )
        queued = Gauge("palimpsest_waiting", "Pages that wait for a task", ["task"], registry=self.registry)
        for task, count in waiting.items():
            queued.labels(task).set_function(count)

    def count(self, task: str, status: int, seconds: float) -> None:
        """Notes an answered request."""
        self.requests.labels(task, status).inc()
        self.seconds.labels(task).observe(seconds)

    def text(self) -> str:
        """All of it."""
        return generate_latest(self.registry).decode()

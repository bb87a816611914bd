"""What a server did, in the format that Prometheus reads."""

import threading
from collections import defaultdict
from collections.abc import Mapping

SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Counters:
    """Requests by task and status, and how long they took."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: dict[tuple[str, int], int] = defaultdict(int)
        self._below: dict[tuple[str, float], int] = defaultdict(int)
        self._sum: dict[str, float] = defaultdict(float)
        self._count: dict[str, int] = defaultdict(int)

    def count(self, task: str, status: int, seconds: float) -> None:
        """Notes an answered request."""
        with self._lock:
            self._requests[task, status] += 1
            self._sum[task] += seconds
            self._count[task] += 1
            for limit in SECONDS:
                self._below[task, limit] += seconds <= limit

    def text(self, waiting: Mapping[str, int]) -> str:
        """All of it, and how many requests wait for each task now."""
        with self._lock:
            lines = ["# TYPE palimpsest_requests_total counter"]
            lines += [
                f'palimpsest_requests_total{{task="{task}",status="{status}"}} {number}'
                for (task, status), number in sorted(self._requests.items())
            ]
            lines.append("# TYPE palimpsest_request_seconds histogram")
            for task, number in sorted(self._count.items()):
                name = "palimpsest_request_seconds"
                lines += [f'{name}_bucket{{task="{task}",le="{limit}"}} {self._below[task, limit]}' for limit in SECONDS]
                lines += [f'{name}_bucket{{task="{task}",le="+Inf"}} {number}']
                lines += [f'{name}_sum{{task="{task}"}} {self._sum[task]:.6f}', f'{name}_count{{task="{task}"}} {number}']
        lines.append("# TYPE palimpsest_waiting gauge")
        lines += [f'palimpsest_waiting{{task="{task}"}} {number}' for task, number in sorted(waiting.items())]
        return "\n".join(lines) + "\n"

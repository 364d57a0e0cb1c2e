"""What a server counts of itself, in the text format of Prometheus (version 0.0.4)."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from pathlib import Path

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
MEDIA = "text/plain; version=0.0.4; charset=utf-8"
PAGES = Path("/proc/self/statm")


class Gauges:
    """Counts requests by path and status, their seconds, and those that wait.

    Args:
        name, step: of what is served.
        paths: that are told apart; any other is counted as "other", so that nobody can make up labels.
    """

    def __init__(self, name: str, step: int, paths: tuple[str, ...]) -> None:
        self.about, self.paths = (name, step), paths
        self.requests: Counter[tuple[str, int]] = Counter()
        self.buckets: Counter[float] = Counter()
        self.seconds = 0.0
        self.waiting = 0
        self._lock = threading.Lock()

    def count(self, path: str, status: int, seconds: float) -> None:
        """Take a request that was answered."""
        with self._lock:
            self.requests[path if path in self.paths else "other", status] += 1
            self.buckets[next((limit for limit in BUCKETS if seconds <= limit), float("inf"))] += 1
            self.seconds += seconds

    def text(self) -> str:
        """All of it, a line each."""
        with self._lock:
            requests, buckets, seconds = dict(self.requests), dict(self.buckets), self.seconds
        total = sum(requests.values())
        name, step = self.about
        lines = [
            *_head("sparring_info", "gauge", "What is served."),
            f'sparring_info{{name="{_escaped(name)}",step="{step}"}} 1',
            *_head("sparring_requests_total", "counter", "Requests that were answered."),
            *(
                f'sparring_requests_total{{path="{path}",status="{status}"}} {count}'
                for (path, status), count in sorted(requests.items())
            ),
            *_head(
                "sparring_request_seconds", "histogram", "From the request to the answer, with the waiting."
            ),
        ]
        below = 0
        for limit in BUCKETS:
            below += buckets.get(limit, 0)
            lines.append(f'sparring_request_seconds_bucket{{le="{limit:g}"}} {below}')
        lines += [
            f'sparring_request_seconds_bucket{{le="+Inf"}} {total}',
            f"sparring_request_seconds_sum {seconds:.6f}",
            f"sparring_request_seconds_count {total}",
            *_head("sparring_waiting", "gauge", "Requests that wait or are computed."),
            f"sparring_waiting {self.waiting}",
        ]
        if (held := memory()) is not None:
            lines += [
                *_head("process_resident_memory_bytes", "gauge", "Memory of the process."),
                f"process_resident_memory_bytes {held}",
            ]
        return "\n".join(lines) + "\n"


def memory() -> int | None:
    """Bytes of memory that this process has; the most that it had where the system does not say; or None."""
    try:
        import resource  # which Windows does not have
    except ImportError:
        return None
    if PAGES.exists():
        return int(PAGES.read_text().split()[1]) * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _head(name: str, kind: str, about: str) -> tuple[str, str]:
    return f"# HELP {name} {about}", f"# TYPE {name} {kind}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")

"""Load `advisor serve` on loopback with 20 clients at once: requests a second, p50, p99, errors, and memory over time.

Run it with `python -m benchmarks.serve_load` from the repository's root; it needs the extra `web`.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import subprocess
import sys
import threading
import time
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlencode

from advisor.domain.scenario import FIELDS, validated
from benchmarks.peers.scenarios import generate

_PATHS = 400


def paths(number: int) -> list[str]:
    """Addresses of pages of generated scenarios, each of another one."""
    found = []
    for place, answers in enumerate(generate(number, seed=3)):
        stated = {name: value for name, value in answers.items() if name in FIELDS and value is not None}
        known = validated(stated, "generated").answers()
        texts = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in known.items()}
        kind = ("/decision", "/question", "/check", "/memo.md", "/record.json")[place % 5]
        found.append(f"{kind}?{urlencode({**texts, 'date': '2026-11-27'})}")
    return found


def memory(pid: int) -> int:
    """Resident memory of a process in kilobytes."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in text.splitlines() if line.startswith("VmRSS")))


class Client(threading.Thread):
    """Sends one request after the other until a time."""

    def __init__(self, port: int, each: list[str], until: float) -> None:
        super().__init__()
        self._port, self._each, self._until = port, itertools.cycle(each), until
        self.times: list[float] = []
        self.errors: list[str] = []

    def run(self) -> None:
        """Measures each request."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        while time.monotonic() < self._until:
            path, started = next(self._each), time.perf_counter()
            try:
                connection.request("GET", path)
                answer = connection.getresponse()
                answer.read()
                if answer.status not in (200, 303):
                    self.errors.append(f"{answer.status} {path[:60]}")
            except OSError as error:
                self.errors.append(f"{type(error).__name__} {path[:60]}")
                connection.close()
            self.times.append(time.perf_counter() - started)


def main() -> None:
    """Prints the figures; ends with an error if a request failed."""
    parser = argparse.ArgumentParser(description="Load the web page.")
    parser.add_argument("--seconds", type=int, default=60, help="how long (default: %(default)s)")
    parser.add_argument("--clients", type=int, default=20, help="how many at once (default: %(default)s)")
    options = parser.parse_args()
    each = paths(_PATHS)
    command = [sys.executable, "-m", "advisor", "serve", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr
        port = int(server.stderr.readline().split(";")[0].rstrip("/").rpartition(":")[2])
        until = time.monotonic() + options.seconds
        starts = [number * _PATHS // options.clients for number in range(options.clients)]
        clients = [Client(port, each[place:] + each[:place], until) for place in starts]
        for client in clients:
            client.start()
        used = []
        while time.monotonic() < until:
            time.sleep(options.seconds / 6)
            used.append(memory(server.pid) // 1024)
        for client in clients:
            client.join()
        server.terminate()
    times = [one for client in clients for one in client.times]
    errors = [one for client in clients for one in client.errors]
    print(f"{len(times):,} requests in {options.seconds} s of {options.clients} clients, {len(errors)} errors")
    print(f"p50 {median(times) * 1000:.0f} ms, p99 {quantiles(times, n=100)[-1] * 1000:.0f} ms")
    print(f"memory, MB, over the time: {', '.join(map(str, used))}")
    if errors:
        print(*errors[:5], sep="\n")
        raise SystemExit(1)


if __name__ == "__main__":
    main()

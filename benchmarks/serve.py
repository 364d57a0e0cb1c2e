"""How fast a server answers, and whether its memory stays: `sparring serve` on this machine, asked by clients.

    python benchmarks/serve.py [--requests 10000] [--seconds 5]

A server of the digits that come with sparring is started for each engine. One, eight and 32 clients, threads of
this program, each ask for one sample as JSON, or for 16 as a picture, as soon as they have the answer before;
the clients take processor time from the server, so that its own speed is higher. Then: many requests one after
the other with the memory of the process at ten times, a tenth of them malformed; and a server that is killed
and started again.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import platform
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from sparring.machine.threads import available_cores

RESULTS = Path(__file__).parent / "results/serve.json"
CLIENTS = (1, 8, 32)
ASKED = {
    "one sample, JSON": {"count": 1, "seed": 1},
    "16 samples, PNG": {"count": 16, "seed": 1, "format": "png"},
}
ENGINES = ("torch", "onnx")
PARTS = (*ENGINES, "many", "killed")
MALFORMED = (b"{", b"[]", b'{"count": 0}', b"\xff", b'{"labels": "x"}')
EVERY = 10  # of the requests of the memory's test, one is malformed


class Server:
    """A process of ``sparring serve mnist``."""

    def __init__(self, engine: str, port: int = 0) -> None:
        command = [sys.executable, "-m", "sparring", "serve", "mnist", "--device", "cpu", "--engine", engine]
        began = time.perf_counter()
        self.process = subprocess.Popen([*command, "--port", str(port)], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        line = self.process.stdout.readline()
        found = re.search(r":(\d+)/sample", line)
        if not found:
            raise SystemExit(f"the server did not start: {line}")
        self.port, self.start_seconds = int(found[1]), time.perf_counter() - began

    def ask(self, connection: http.client.HTTPConnection, body: bytes) -> int:
        connection.request("POST", "/sample", body)
        answer = connection.getresponse()
        answer.read()
        return answer.status

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def memory(self) -> int:
        connection = self.connect()
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        found = re.search(r"^process_resident_memory_bytes (\d+)", text, re.M)
        assert found
        return int(found[1])

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)


def load(server: Server, clients: int, body: bytes, seconds: float) -> dict[str, float]:
    """Milliseconds of the answers, and answers in a second."""
    taken: list[list[float]] = [[] for _ in range(clients)]
    refused = [0] * clients
    ends = time.perf_counter() + seconds

    def ask(client: int) -> None:
        connection = server.connect()
        while (began := time.perf_counter()) < ends:
            status = server.ask(connection, body)
            taken[client].append(time.perf_counter() - began)
            refused[client] += status != 200

    threads = [threading.Thread(target=ask, args=(client,)) for client in range(clients)]
    began, cpu = time.perf_counter(), server.cpu_seconds()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed, used = time.perf_counter() - began, server.cpu_seconds() - cpu
    every = 1000 * np.concatenate([np.array(each) for each in taken])
    return {
        "clients": clients, "answers": len(every), "refused": sum(refused), "per_second": len(every) / elapsed,
        "p50_ms": float(np.quantile(every, 0.5)), "p99_ms": float(np.quantile(every, 0.99)),
        "server_cpu_ms": 1000 * used / len(every),
    }  # fmt: skip


def loads(engine: str, seconds: float) -> dict[str, Any]:
    """What is asked by how many clients, so many seconds each."""
    server = Server(engine)
    rows = [
        {"asked": name} | load(server, clients, json.dumps(body).encode(), seconds)
        for name, body in ASKED.items()
        for clients in CLIENTS
    ]
    return {"seconds": seconds, "rows": rows, "exit_status": server.stop()}


def many(count: int) -> dict[str, Any]:
    """Requests one after the other, one in EVERY malformed: statuses, and the memory at ten times."""
    server = Server(ENGINES[-1])
    connection, statuses, memory = server.connect(), {200: 0, 400: 0}, [server.memory()]
    good = json.dumps({"count": 4, "format": "png"}).encode()
    for number in range(count):
        bad = number % EVERY == 0
        status = server.ask(connection, MALFORMED[number // EVERY % len(MALFORMED)] if bad else good)
        statuses[status] = statuses.get(status, 0) + 1
        if (number + 1) % max(1, count // 10) == 0:
            memory.append(server.memory())
    server.stop()
    return {"requests": count, "statuses": statuses, "memory_bytes": memory}


def killed() -> dict[str, Any]:
    """A server that is killed answers again after a new start on the same port; then SIGTERM ends it."""
    first = Server(ENGINES[0])
    first.stop(signal.SIGKILL)
    again = Server(ENGINES[0], first.port)
    status = again.ask(again.connect(), b"{}")
    return {"status_after_restart": status, "start_seconds": again.start_seconds, "exit_status": again.stop()}


def table() -> str:
    """The section of docs/benchmarks.md."""
    facts = json.loads(RESULTS.read_text())
    averages = [value for part in PARTS for value in facts[part]["load_average"]]
    lines = [
        "## A server\n",
        "`benchmarks/serve.py`: `sparring serve mnist`, asked by clients on the same two cores, one thread for",
        f"computing, {facts[ENGINES[0]]['seconds']:g} seconds a row; one round each. The load average was",
        f"{min(averages):.0f} to {max(averages):.0f} with server and clients: above 2, waiting is that of",
        "a busy machine; the server's own processor time is not.\n",
        "| asked for | engine | clients | answers | in a second | p50, ms | p99, ms | processor, ms |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for engine in ENGINES:
        for row in facts[engine]["rows"]:
            lines.append(
                f"| {row['asked']} | {engine} | {row['clients']} | {row['answers']} | {row['per_second']:.0f} "
                f"| {row['p50_ms']:.3g} | {row['p99_ms']:.3g} | **{row['server_cpu_ms']:.1f}** |"
            )
    many, memory = facts["many"], [size / 2**20 for size in facts["many"]["memory_bytes"]]
    good, bad = many["statuses"]["200"], many["statuses"]["400"]
    lines += [
        f"\n{many['requests']:,} requests one after the other, a tenth of them malformed: {good:,} answers,",
        f"{bad:,} refusals with status 400, nothing else. Memory: {memory[0]:.0f} MiB before,",
        f"{memory[1]:.0f} after a tenth of them, {memory[-1]:.0f} after all. Killed with `kill -9`, the server",
        f"answered {facts['killed']['start_seconds']:.0f} seconds after its next start on the same port.\n",
    ]
    assert set(many["statuses"]) == {"200", "400"}
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument(
        "--parts", nargs="+", choices=PARTS, default=PARTS, help="others stay as they are in --out"
    )
    args = parser.parse_args()
    found: dict[str, Any] = json.loads(args.out.read_text()) if args.out.exists() else {}
    machine = f"{platform.processor() or platform.machine()}, {available_cores()} cores"
    found |= {"machine": machine, "threads": os.environ.get("OMP_NUM_THREADS", "all")}
    for part in args.parts:
        began = os.getloadavg()[0]
        if part == "many":
            found[part] = many(args.requests)
        else:
            found[part] = killed() if part == "killed" else loads(part, args.seconds)
        found[part] |= {"load_average": [began, os.getloadavg()[0]]}
        print(part, found[part], flush=True)
        args.out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()

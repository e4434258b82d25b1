"""Servers that a bench starts beside the product: loopback ports, processes, and when they are ready."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from core.errors import Unavailable

_OK = 200


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


@contextmanager
def running(
    name: str, command: Sequence[str | Path], port: int, path: str, log: Path, *, cwd: Path | None = None,
    environment: Mapping[str, str] | None = None, within: float = 180,
) -> Generator[subprocess.Popen[bytes]]:  # fmt: skip
    """The process while the block runs, once ``path`` is answered with 200. Raises ``Unavailable``."""
    with log.open("ab") as out:
        process = subprocess.Popen(command, cwd=cwd, env=environment, stdout=out, stderr=out)
    try:
        _await(name, process, port, path, within, log)
        yield process
    finally:
        process.terminate()
        process.wait()


def processor_seconds(pids: Sequence[int]) -> float:
    """Of these processes and of all their children that run."""
    total = 0.0
    for pid in pids:
        parent = psutil.Process(pid)
        for process in (parent, *parent.children(recursive=True)):
            used = process.cpu_times()
            total += used.user + used.system
    return total


def bare_environment() -> dict[str, str]:
    """This process's environment without what would change another Python, or send loopback through a proxy."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {name: value for name, value in kept.items() if not name.lower().endswith("_proxy")}


def _await(name: str, process: subprocess.Popen[bytes], port: int, path: str, within: float, log: Path) -> None:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            if connection.getresponse().status == _OK:
                return
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(0.05)
    said = log.read_text("utf-8", errors="replace").strip().splitlines()
    raise Unavailable(f"{name} did not get ready.", hint=said[-1][:300] if said else "It said nothing.")

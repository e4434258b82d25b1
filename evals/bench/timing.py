"""What is measured, how it is summed up, and what keeps a comparison fair."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psutil

THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
"""Environment variables that bound the threads of numeric libraries."""


@dataclass(frozen=True, slots=True)
class Elapsed:
    """``seconds`` on the wall and ``cpu_seconds`` on all cores together; other work disturbs the second less."""

    seconds: float
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Series:
    """One figure of every round, in order."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.values)

    @property
    def low(self) -> float:
        return min(self.values)

    @property
    def high(self) -> float:
        return max(self.values)

    def over(self, other: Series) -> Series:
        """Round by round: what disturbs a whole round disturbs both sides of its ratio."""
        return Series(tuple(ours / theirs for ours, theirs in zip(self.values, other.values, strict=True)))

    def as_json(self) -> dict[str, Any]:
        return {"median": self.median, "low": self.low, "high": self.high, "rounds": list(self.values)}


@dataclass(frozen=True, slots=True)
class Machine:
    """What a measurement ran on. ``load`` is the one-minute load average when it began."""

    processor: str
    cores: int
    threads: int
    memory_gb: float
    python: str
    load: float


def this_machine(threads: int) -> Machine:
    return Machine(
        processor=_processor(),
        cores=os.cpu_count() or 1,
        threads=threads,
        memory_gb=round(psutil.virtual_memory().total / 2**30, 1),
        python=platform.python_version(),
        load=round(psutil.getloadavg()[0], 2),
    )


def machine_json(machine: Machine) -> dict[str, Any]:
    return asdict(machine) | {"load_at_end": round(psutil.getloadavg()[0], 2)}


def keep_to(cores: int) -> None:
    """Keep this process and those that it starts on ``cores`` processor cores, with as many numeric threads."""
    for name in THREAD_LIMITS:
        os.environ[name] = str(cores)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])


@contextmanager
def timed() -> Generator[list[Elapsed]]:
    """Times the block; its one ``Elapsed`` is in the list afterwards. Children that still run count as well."""
    result: list[Elapsed] = []
    cpu, began = _cpu_seconds(), time.perf_counter()
    yield result
    result.append(Elapsed(time.perf_counter() - began, _cpu_seconds() - cpu))


def _cpu_seconds() -> float:
    """Processor time of this process, of its ended children, and of those that run now."""
    ended = os.times()
    total = time.process_time() + ended.children_user + ended.children_system
    for child in psutil.Process().children(recursive=True):
        try:
            used = child.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += used.user + used.system + used.children_user + used.children_system
    return total


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` of the values lie, between neighbours in proportion."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def disk_bytes(directory: Path) -> int:
    """What the files below ``directory`` take on disk."""
    return sum(path.stat().st_blocks * 512 for path in directory.rglob("*") if path.is_file())


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())

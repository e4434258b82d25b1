# psutil's results are named tuples that differ by system.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""A serving process: how soon it is ready, what it needs in memory and on disk, and what an unchanged run costs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psutil

from core.errors import Invalid
from evals.bench.corpora import Corpus
from evals.bench.ingest import Tell
from evals.bench.product import StartServer
from evals.bench.timing import Elapsed, disk_bytes, timed

MB = 2**20


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident memory in MB. ``total`` adds the children; ``proportional`` counts what processes share once."""

    serving: float
    total: float
    proportional: float
    peak: float
    children: int


@dataclass(frozen=True, slots=True)
class ServiceResult:
    """``first_start`` is that of an empty data directory, ``second_start`` that of the loaded one; seconds from the
    start of the process until /readyz answers 200."""

    corpus: str
    documents: int
    first_start: float
    first_run: Elapsed
    unchanged_run: Elapsed
    memory_loaded: Memory
    second_start: float
    memory_restarted: Memory
    disk_mb: float


def measure(corpus: Corpus, start_server: StartServer, work: Path, tell: Tell) -> ServiceResult:
    """Start, load the corpus through HTTP, run its source again unchanged, stop, and start again."""
    home = work / f"{corpus.name}-service"
    tell(f"{corpus.name}: first start of the server")
    with start_server(home) as server:
        first_start = server.seconds_to_ready
        tell(f"{corpus.name}: loading {corpus.documents} documents through the server")
        with timed() as first_run:
            documents = server.ingest(corpus)
        if documents != corpus.documents:
            raise Invalid(f"Vouch read {documents} of the {corpus.documents} documents of {corpus.name}.")
        for query in corpus.queries[:20]:
            server.search(query)
        memory_loaded = resident(server.pid)
        tell(f"{corpus.name}: the same source again, unchanged")
        with timed() as unchanged_run:
            documents = server.ingest(corpus)
        if documents:
            raise Invalid("The second run took documents for new: it measures nothing.")
    tell(f"{corpus.name}: second start of the server")
    with start_server(home) as server:
        for query in corpus.queries[:20]:
            server.search(query)
        second_start, memory_restarted = server.seconds_to_ready, resident(server.pid)
    return ServiceResult(
        corpus.name, corpus.documents, first_start, first_run[0], unchanged_run[0], memory_loaded, second_start,
        memory_restarted, disk_bytes(home) / MB,
    )  # fmt: skip


def resident(pid: int) -> Memory:
    """Memory of a process and of all its children, now."""
    serving = psutil.Process(pid)
    own = serving.memory_full_info()
    children = [used for child in serving.children(recursive=True) if (used := _resident(child)) is not None]
    return Memory(
        serving=own.rss / MB,
        total=(own.rss + sum(rss for rss, _ in children)) / MB,
        proportional=(getattr(own, "pss", own.rss) + sum(pss for _, pss in children)) / MB,
        peak=_peak_mb(pid),
        children=len(children),
    )


def _resident(process: psutil.Process) -> tuple[int, int] | None:
    """Bytes resident, and bytes where a shared page counts in proportion; None when the process has just ended."""
    try:
        used = process.memory_full_info()
    except psutil.NoSuchProcess:
        return None
    return used.rss, getattr(used, "pss", used.rss)


def _peak_mb(pid: int) -> float:
    """The most the process has had resident since its start; 0 where the system does not tell."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)

"""The peer in its own environment: one process a task, what it measured as its last line."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import Unavailable
from evals.bench.product import Piece
from evals.bench.timing import THREAD_LIMITS, Elapsed
from evals.peers import install
from ingest.embed.base import Matrix

SCRIPT = Path(install.__file__).with_name("llamaindex.py")


@dataclass(slots=True)
class Peer:
    """LlamaIndex with sentence-transformers and Qdrant local, over the weights in ``model``."""

    python: Path
    model: Path
    threads: int
    work: Path
    versions: dict[str, str] = field(default_factory=dict[str, str])
    rss_mb: float = 0.0

    def ingest(self, pieces: Sequence[Piece], store: Path) -> Elapsed:
        """Embed and store the pieces in a new ``store``."""
        told = self._run("ingest", store, "--nodes", self._lines("nodes", pieces))
        return Elapsed(told["seconds"], told["cpu_seconds"])

    def search(self, pieces: Sequence[Piece], vectors: Matrix, queries: Sequence[str], store: Path) -> list[float]:
        """Seconds of each query over the pieces, whose vectors are given: a first round fills ``store``."""
        path = self.work / "vectors.npy"
        np.save(path, vectors)
        asked = self._lines("queries", [Piece(str(number), query) for number, query in enumerate(queries)])
        told = self._run(
            "search", store, "--nodes", self._lines("nodes", pieces), "--vectors", path, "--queries", asked
        )
        return told["latencies"]

    def _run(self, task: str, store: Path, *more: str | Path) -> dict[str, Any]:
        command = [self.python, SCRIPT, task, "--model", self.model, "--store", store, "--threads", str(self.threads)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        environment |= dict.fromkeys(THREAD_LIMITS, str(self.threads))
        done = subprocess.run([*command, *more], env=environment, capture_output=True, text=True, errors="replace")
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
            raise Unavailable(f"The peer failed: {reason[:300]}", hint="Run with --no-peer, or install it anew.")
        told: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        self.versions, self.rss_mb = told["versions"], max(self.rss_mb, told["rss_mb"])
        return told

    def _lines(self, name: str, pieces: Iterable[Piece]) -> Path:
        path = self.work / f"{name}.jsonl"
        with path.open("w", encoding="utf-8") as out:
            out.writelines(json.dumps({"id": piece.id, "text": piece.text}) + "\n" for piece in pieces)
        return path


def open_peer(model: Path, threads: int, work: Path) -> Peer:
    """The peer, installed on first use. Raises ``Unavailable``, saying how to run without it."""
    return Peer(install.ensure(), model, threads, work)

"""Opens an embedder: exported once in a child process, then from the cache in a fraction of a second."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Literal

import structlog
from filelock import FileLock

from ingest.embed.base import Embedder
from ingest.embed.model_files import PACKAGED_MODEL, model_directory, weights_hash
from ingest.embed.onnx import CANNOT_EXPORT, RECIPE_FILE, OnnxEmbedder, Recipe, needs_reduced_range

Precision = Literal["int8", "fp32"]

RECIPE_VERSION = 1
"""Raised whenever the export changes in a way that moves vectors."""

_EXPORT_SECONDS = 1800
_UNEXPORTABLE = "unexportable"
_ROOT = Path(__file__).resolve().parents[2]
_log = structlog.get_logger(__name__)


def open_embedder(
    model: str = PACKAGED_MODEL, *, cache_dir: Path, threads: int = 2, precision: Precision = "int8"
) -> Embedder:
    """An embedder for a sentence-transformers name or path, on ``threads`` CPU cores.

    The first call for given weights exports them (about 20 s); later calls read ``cache_dir``. A model that cannot be
    exported faithfully falls back to fp32, then to sentence-transformers itself, with a warning in the log.
    Raises ``Invalid`` or ``Unavailable`` when there is no such model.
    """
    directory = model_directory(model)
    weights = weights_hash(directory)
    label = model.rstrip("/").rsplit("/", 1)[-1]
    exported = _exported(directory, weights, cache_dir, precision, threads)
    if exported is None:
        from ingest.embed.reference import ReferenceEmbedder

        return ReferenceEmbedder(directory, identity=f"{label}@{weights[:16]}/reference", threads=threads)
    numeric = f"{Recipe.read(exported).precision}-{RECIPE_VERSION}"
    return OnnxEmbedder(exported, identity=f"{label}@{weights[:16]}/{numeric}", threads=threads)


def _exported(directory: Path, weights: str, cache_dir: Path, precision: Precision, threads: int) -> Path | None:
    raw = f"{weights}|{RECIPE_VERSION}|{precision}|{needs_reduced_range()}"
    home = cache_dir / hashlib.sha256(raw.encode()).hexdigest()[:24]
    if (home / RECIPE_FILE).is_file():
        return home
    cache_dir.mkdir(parents=True, exist_ok=True)
    # Whoever waited here finds the export of the one that held the lock.
    with FileLock(cache_dir / f"{home.name}.lock"):
        if (home / RECIPE_FILE).is_file():
            return home
        if (home / _UNEXPORTABLE).is_file():
            return None
        return _export(directory, home, precision, threads)


def _export(directory: Path, home: Path, precision: Precision, threads: int) -> Path | None:
    _log.info("embedder.export.started", model=str(directory), precision=precision)
    for leftover in home.parent.glob(f"{home.name}.tmp-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.rmtree(home, ignore_errors=True)
    out = Path(tempfile.mkdtemp(prefix=f"{home.name}.tmp-", dir=home.parent))
    failure = _run_child(directory, out, precision, threads)
    if failure is not None:
        status, reason = failure
        _log.warning("embedder.export.failed", model=str(directory), reason=reason, fallback="sentence-transformers")
        shutil.rmtree(out)
        if status == CANNOT_EXPORT:
            # The model will not export next time either; anything else (memory, time, a kill) is tried again.
            home.mkdir()
            (home / _UNEXPORTABLE).write_text(reason, encoding="utf-8")
        return None
    out.replace(home)
    recipe = Recipe.read(home)
    for warning in recipe.warnings:
        _log.warning("embedder.export.degraded", model=str(directory), reason=warning, fallback=recipe.precision)
    _log.info("embedder.export.finished", precision=recipe.precision, mean_cosine=round(recipe.mean_cosine, 4))
    return home


def _run_child(directory: Path, out: Path, precision: Precision, threads: int) -> tuple[int | None, str] | None:
    """Exit status and reason of a failed export, or None when it is in ``out``."""
    command = [sys.executable, "-m", "ingest.embed.export", str(directory), str(out), precision, str(threads)]
    path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "PYTHONPATH": path, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    try:
        child = subprocess.run(
            command, env=environment, capture_output=True, text=True, errors="replace", timeout=_EXPORT_SECONDS
        )
    except subprocess.TimeoutExpired:
        return None, f"the export took more than {_EXPORT_SECONDS} seconds"
    if child.returncode == 0 and (out / RECIPE_FILE).is_file():
        return None
    lines = child.stderr.strip().splitlines()
    return child.returncode, lines[-1][:300] if lines else f"exit status {child.returncode}"

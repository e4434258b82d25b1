"""The parsing process: answers requests on a pipe until the pipe closes. Started by ``ParserPool`` only.

A request is a pickled tuple: ``("start", initializer)``, ``("render", body, page, scale)`` or
``("parse", [(body, filename, media_type, title, then), ...])``.

A reply is a pickled ``(blobs, peak_kb, retire)``: one pickled outcome for each item, the highest resident size so far,
and whether this process should be replaced.
"""

from __future__ import annotations

import gc
import os
import pickle
import shutil
import sys
import tempfile
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from ingest.parse.confine import confine
from ingest.parse.errors import ParseFailed
from ingest.parse.reading import parse

_RETIRE_KB = 700 * 1024


def main() -> None:
    """Serve the pipe given by ``argv``: its descriptor, the parent's pid, memory limit and output limit in MiB."""
    descriptor, parent, memory_mb, output_mb = (int(argument) for argument in sys.argv[1:5])
    confine(parent, memory_mb)
    sys.setrecursionlimit(2_000)
    # A document is one large graph that is given back as a whole: looking through it again and again takes a tenth of
    # the time of reading it.
    gc.set_threshold(10_000)
    connection = Connection(descriptor)
    while True:
        try:
            request: tuple[Any, ...] = pickle.loads(connection.recv_bytes())  # noqa: S301  (written by the parent)
        except EOFError:
            return
        blobs, exhausted = _answer(request, output_mb * 1024 * 1024)
        del request
        peak, now = _resident_kb()
        retire = exhausted or now > _RETIRE_KB
        connection.send_bytes(pickle.dumps((blobs, peak, retire), protocol=5))
        _empty_folder()
        if retire:
            return


def _answer(request: tuple[Any, ...], limit: int) -> tuple[list[bytes], bool]:
    if request[0] == "start":
        if request[1] is not None:
            request[1]()
        return [], False
    if request[0] == "render":
        return _guard(lambda: _render(*request[1:]), limit)
    blobs: list[bytes] = []
    exhausted = False
    for item in request[1]:
        made, out_of_memory = _guard(lambda item=item: _parse(*item), limit)
        blobs.extend(made)
        exhausted = exhausted or out_of_memory
    return blobs, exhausted


def _parse(
    body: bytes, filename: str, media_type: str | None, title: str | None, then: Callable[[Any], Any] | None
) -> tuple[Any, Any]:
    parsed = parse(body, filename, media_type, title)
    if then is None:
        return parsed, None
    try:
        return parsed, then(parsed)
    except (ParseFailed, MemoryError):
        raise
    except Exception as error:
        # This process is an edge: a step that fails on one document must not take the others with it.
        raise ParseFailed("crashed", f"A step after parsing failed ({type(error).__name__}).") from error


def _render(body: bytes, page: int, scale: float) -> bytes:
    from ingest.parse.pdf import render_page

    return render_page(body, page, scale)


def _guard(work: Callable[[], object], limit: int) -> tuple[list[bytes], bool]:
    """One outcome, pickled; and whether memory ran out."""
    exhausted = False
    try:
        blob = pickle.dumps(("ok", work()), protocol=5)
        if len(blob) > limit:
            blob = _failed(ParseFailed("too_large", "The document holds more text than is allowed."))
    except ParseFailed as failure:
        blob = _failed(failure)
    except MemoryError:
        exhausted = True
        blob = b""
    except Exception as error:
        # This process is an edge: whatever a damaged document does to a library is that document's failure.
        blob = _failed(ParseFailed("corrupt", f"The document could not be read ({type(error).__name__})."))
    if exhausted:
        gc.collect()
        blob = _failed(ParseFailed("too_large", "The document needs more memory than parsing may use."))
    return [blob], exhausted


def _failed(failure: ParseFailed) -> bytes:
    return pickle.dumps(("failed", failure.reason, failure.message, failure.hint), protocol=5)


def _resident_kb() -> tuple[int, int]:
    """The highest and the present resident size, in KiB; zeros where the system does not tell."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0, 0
    values = {line.partition(":")[0]: line.split()[1] for line in lines if line.startswith(("VmHWM", "VmRSS"))}
    return int(values.get("VmHWM", 0)), int(values.get("VmRSS", 0))


def _empty_folder() -> None:
    for entry in os.scandir(tempfile.gettempdir()):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            Path(entry.path).unlink(missing_ok=True)


if __name__ == "__main__":
    main()

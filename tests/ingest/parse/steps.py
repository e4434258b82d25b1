"""Steps that a test has the children run on a parsed document."""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path

from ingest.parsed import Chunk, Parsed

ready = False


def prepare() -> None:
    global ready
    ready = True


def fail_to_prepare() -> None:
    raise RuntimeError("not today")


def was_prepared(parsed: Parsed) -> bool:
    return ready


def split(parsed: Parsed) -> tuple[Chunk, ...]:
    spans = [element.span for element in parsed.elements]
    return tuple(Chunk(number, (span,), None, (), span.of(parsed.text)) for number, span in enumerate(spans))


def crash_on_marked(parsed: Parsed) -> int:
    if "crash here" in parsed.text:
        os.abort()
    return len(parsed.text)


def hang(parsed: Parsed) -> None:
    while True:
        pass


def take_memory(parsed: Parsed) -> int:
    return len(bytearray(8 * 1024**3))


def say_much(parsed: Parsed) -> str:
    return "x" * (3 * 1024 * 1024)


def raise_error(parsed: Parsed) -> None:
    raise LookupError(parsed.text)


def smuggle(parsed: Parsed) -> object:
    return os.system


def call_home(parsed: Parsed) -> str:
    """Try to reach the port named in the document, by name, by address and by datagram."""
    port = int(parsed.text)
    outcomes: list[str] = []
    for attempt in (
        lambda: socket.create_connection(("127.0.0.1", port), timeout=5),
        lambda: socket.create_connection(("localhost", port), timeout=5),
        lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", port)),
    ):
        try:
            attempt()
            outcomes.append("reached")
        except OSError as error:
            outcomes.append(type(error).__name__)
    return " ".join(outcomes)


def leave_file(parsed: Parsed) -> str:
    """Write a temporary file and a folder, and say what was there before."""
    folder = Path(tempfile.gettempdir())
    before = len(list(folder.iterdir()))
    Path(tempfile.mkdtemp(), "inner.txt").write_text(parsed.text)
    descriptor, _ = tempfile.mkstemp()
    os.close(descriptor)
    return f"{before} {folder}"


def environment(parsed: Parsed) -> str:
    return " ".join(sorted(os.environ))

"""``vouch worker`` and ``vouch beat``: the processes of server mode beside ``vouch serve``."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.output import console
from api.settings import Settings, load_settings
from core.errors import Conflict

if TYPE_CHECKING:
    from api.runtime import Runtime

ALIVE_SECONDS = 5.0


def worker(
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="Jobs at a time.")] = 4,
) -> None:
    """Do jobs: read sources, and work off the outbox. Start as many workers as you like.

    Example: `vouch worker --concurrency 8`
    """

    def start(runtime: Runtime) -> None:
        runtime.warm()
        assert runtime.jobs is not None
        runtime.jobs.work(runtime.connecting.work, concurrency)

    _run("worker", start)


def beat() -> None:
    """See to what is due: one process does; a second one stands by."""

    def start(runtime: Runtime) -> None:
        assert runtime.jobs is not None
        runtime.jobs.beat(
            runtime.connecting.work, runtime.connecting.destinations.outbox, runtime.sweep,
            webhooks=runtime.webhooks.sender.send_due,
        )  # fmt: skip

    _run("beat", start)


def _run(name: str, start: Callable[[Runtime], None]) -> None:
    from api.runtime import open_runtime

    settings = _server_settings(name)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, frame: stopped.set())
    runtime = open_runtime(settings, console.print, serving=True)
    try:
        start(runtime)
        console.print(f"Vouch: {name} is at work")
        while not stopped.wait(ALIVE_SECONDS):
            if runtime.jobs is not None and not runtime.jobs.alive:
                console.print(f"Vouch: {name} has ended by itself; see the log")
                raise typer.Exit(1)
        console.print(f"Vouch: {name} ends its jobs")
    finally:
        runtime.close()


def _server_settings(name: str) -> Settings:
    settings = load_settings()
    if settings.mode != "server":
        raise Conflict(
            f"vouch {name} belongs to the mode server.", hint="In embedded mode vouch serve does this work itself."
        )
    return settings

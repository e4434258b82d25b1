"""A house behind a real server on loopback, for clients that speak HTTP by themselves."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The address of the application, served as ``vouch serve`` does."""
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_config=None, access_log=False, timeout_graceful_shutdown=5, lifespan="off"
    )
    server = uvicorn.Server(config)
    started = threading.Event()

    class Startup:
        async def __call__(self, sockets: object = None) -> None:
            await begin()
            started.set()

    begin = server.startup
    server.startup = Startup()  # type: ignore[method-assign, assignment]
    thread = threading.Thread(target=server.run, name="server", daemon=True)
    thread.start()
    assert started.wait(30)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()

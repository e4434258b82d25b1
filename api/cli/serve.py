"""``vouch serve`` and ``vouch doctor``."""

from __future__ import annotations

import logging
import os
import signal
import time
from typing import Annotated, Any, NoReturn

import typer

from api.cli.output import AsJson, console, show_json
from api.settings import Settings, load_settings

JOBS_AT_A_TIME = 2
"""In embedded mode, where the server is the worker as well."""


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 for any free one.")] = None,
) -> None:
    """Serve the product: web client, HTTP API, and the command line of this data directory.

    The first start loads a demo company to try it with.
    """
    began = time.monotonic()
    settings = load_settings(host=host, port=port)
    console.print(f"Vouch: opening {settings.data_dir}")
    _serve(settings, began)


def _serve(settings: Settings, began: float) -> None:
    # Imported here: this is what takes time, and the line above has to show before it.
    import uvicorn

    from api import sources
    from api.http.app import create_app
    from api.runtime import open_runtime

    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    # The server hands the signal on when it has ended; by default that would end the process before it has closed.
    signal.signal(signal.SIGTERM, _end)
    runtime = open_runtime(settings, console.print, serving=True)
    try:
        runtime.warm()
        sources.load_demo(runtime, console.print)
        if settings.mode == "embedded" and runtime.jobs is not None:
            runtime.jobs.work(runtime.connecting.work, JOBS_AT_A_TIME)
            runtime.jobs.beat(
                runtime.connecting.work, runtime.connecting.destinations.outbox, runtime.sweep,
                webhooks=runtime.webhooks.sender.send_due,
            )  # fmt: skip
        config = uvicorn.Config(
            create_app(runtime), host=settings.host, port=settings.port, log_config=None, access_log=False,
            timeout_graceful_shutdown=5, lifespan="off",
        )  # fmt: skip

        def ready(url: str) -> None:
            _ready(runtime, url, time.monotonic() - began)

        server = _Announcing(config, ready)
        server.run()
    finally:
        console.print("Vouch: closing")
        runtime.close()


def _end(number: int, frame: object) -> NoReturn:
    raise SystemExit(0)


def _ready(runtime: Any, url: str, seconds: float) -> None:
    from api import company

    runtime.announce(url, os.getpid())
    with runtime.database.reading() as session:
        opening = company.sign_in_opening(session, runtime.settings)
    console.print(f"\n[bold]Vouch is at {url}[/]   (ready after {seconds:.1f} s; Ctrl-C stops it)")
    if opening.open:
        console.print("Sign in there as one of the demo people:")
        for person in company.load().people:
            console.print(f"  {person.name:22} {person.title:32} [dim]{person.email}[/]", soft_wrap=True)
        console.print(
            "Your own documents:  .venv/bin/vouch ingest FOLDER --source NAME --allow everyone", soft_wrap=True
        )
    else:
        console.print("Sign in with a link:  .venv/bin/vouch people link EMAIL")


def doctor(as_json: AsJson = False) -> None:
    """Check the installation, and say what to do about what is wrong."""
    from api.doctor import examine

    findings = examine(load_settings())
    if as_json:
        show_json([{"check": each.check, "state": each.state, "detail": each.detail} for each in findings])
    else:
        colours = {"ok": "green", "note": "yellow", "wrong": "bold red"}
        for each in findings:
            console.print(f"[{colours[each.state]}]{each.state:6}[/] {each.check:18} {each.detail}", soft_wrap=True)
    if any(each.state == "wrong" for each in findings):
        raise typer.Exit(1)


class _Announcing:
    """A uvicorn server that says where it listens once it does."""

    def __init__(self, config: Any, tell: Any) -> None:
        import uvicorn

        class Server(uvicorn.Server):
            async def startup(self, sockets: Any = None) -> None:
                await super().startup(sockets)
                if self.started:
                    port = self.servers[0].sockets[0].getsockname()[1]
                    host = "127.0.0.1" if config.host in ("0.0.0.0", "::") else config.host  # noqa: S104
                    tell(f"http://{host}:{port}")

        self._server = Server(config)

    def run(self) -> None:
        self._server.run()

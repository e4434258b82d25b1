"""The HTTP application over one runtime."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI, Request, Response

from api.http import errors, operate, reading, session, web
from api.http.models import Health, Problem
from api.runtime import VERSION, Runtime

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "content": {"application/problem+json": {}}} for status in (401, 403, 404, 422, 429, 503)
}


def create_app(runtime: Runtime | None) -> FastAPI:
    """The application. Without a runtime it only knows its own schema."""
    app = FastAPI(
        title="Vouch",
        version=VERSION,
        description="Answers from the company's own systems, each sentence cited, permitted and audited.",
        docs_url=None,
        redoc_url=None,
        responses=PROBLEMS,
    )
    app.state.runtime = runtime
    errors.install(app)

    @app.middleware("http")
    async def trace(request: Request, call: Callable[[Request], Awaitable[Response]]) -> Response:  # pyright: ignore[reportUnusedFunction]
        request.state.trace_id = secrets.token_hex(16)
        response = await call(request)
        response.headers["X-Trace-Id"] = request.state.trace_id
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        return response

    @app.get("/healthz")
    def healthz() -> Health:  # pyright: ignore[reportUnusedFunction]
        """The process answers."""
        return Health(status="ok")

    @app.get("/readyz")
    def readyz() -> Health:  # pyright: ignore[reportUnusedFunction]
        """Questions can be answered: the log can be written, and the database and the index answer."""
        serving: Runtime = app.state.runtime
        serving.sequencer.check()
        with serving.database.reading() as reading_session:
            reading_session.connection().exec_driver_sql("SELECT 1")
        return Health(status="ready", detail=f"{serving.index.count()} passages")

    app.include_router(session.router, tags=["session"])
    app.include_router(reading.router, tags=["reading"])
    app.include_router(operate.router, tags=["operator"])
    web.install(app)
    return app

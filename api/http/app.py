"""The HTTP application over one runtime."""

from __future__ import annotations

import secrets
from typing import Any

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http import (
    accounts,
    announcements,
    audit,
    batches,
    budgets,
    changes,
    conversations,
    destinations,
    errors,
    exports,
    flagged,
    oidc,
    once,
    operate,
    policy,
    reading,
    redaction,
    register,
    reports,
    review,
    review_samples,
    reviews,
    roles,
    scim,
    searching,
    services,
    session,
    source_watching,
    sources,
    subjects,
    trail,
    usage,
    web,
    webhooks,
)
from api.http.compatible import routes as compatible
from api.http.defence import Bounds, Defence, credential_of, hosts_of
from api.http.models import Health, Problem
from api.mcp import door as mcp_door
from api.runtime import VERSION, Runtime

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "content": {"application/problem+json": {}}}
    for status in (401, 403, 404, 409, 413, 422, 429, 503)
}


class Traced:
    """Gives each request an id, under which the log knows what came of it, and says it in the response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        trace_id = secrets.token_hex(16)
        scope.setdefault("state", {})["trace_id"] = trace_id

        async def send_traced(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Trace-Id"] = trace_id
            await send(message)

        await self._app(scope, receive, send_traced)


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
    once.install(app)

    app.add_middleware(once.Once)
    app.add_middleware(Defence, bounds=lambda: _bounds(app.state.runtime))
    app.add_middleware(Traced)

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
    app.include_router(oidc.router, tags=["session"])
    app.include_router(accounts.router, tags=["session"])
    app.include_router(scim.router, tags=["directory"])
    app.include_router(reading.router, tags=["reading"])
    app.include_router(conversations.router, tags=["reading"])
    app.include_router(trail.router, tags=["reading"])
    app.include_router(batches.router, tags=["reading"])
    app.include_router(compatible.router, tags=["compatible"])
    app.include_router(sources.router, tags=["sources"])
    app.include_router(source_watching.router, tags=["sources"])
    app.include_router(announcements.router, tags=["sources"])
    app.include_router(policy.router, tags=["policy"])
    app.include_router(redaction.router, tags=["policy"])
    app.include_router(register.router, tags=["models"])
    app.include_router(budgets.router, tags=["models"])
    app.include_router(usage.router, tags=["models"])
    app.include_router(changes.router, tags=["policy"])
    app.include_router(audit.router, tags=["audit"])
    app.include_router(searching.router, tags=["audit"])
    app.include_router(exports.router, tags=["audit"])
    app.include_router(review.router, tags=["review"])
    app.include_router(flagged.router, tags=["audit"])
    app.include_router(review_samples.router, tags=["review"])
    app.include_router(reviews.router, tags=["review"])
    app.include_router(reports.router, tags=["reports"])
    app.include_router(operate.router, tags=["operator"])
    app.include_router(roles.router, tags=["people"])
    app.include_router(services.router, tags=["people"])
    app.include_router(subjects.router, tags=["people"])
    app.include_router(destinations.router, tags=["operator"])
    app.include_router(webhooks.router, tags=["operator"])
    mcp_door.install(app)
    web.install(app)
    return app


def _bounds(runtime: Runtime | None) -> Bounds | None:
    if runtime is None:
        return None
    settings = runtime.settings
    public = () if settings.identity.public_url is None else (settings.identity.public_url,)
    return Bounds(
        hosts=hosts_of(settings.web.hosts, settings.host, public),
        body_bytes=settings.web.request_mb * 1_000_000,
        failures_per_minute=settings.web.failures_per_minute,
        requests_per_minute=settings.web.requests_per_minute,
        uncounted=credential_of(f"Bearer {runtime.operator_token}"),
    )

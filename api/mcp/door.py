"""The address ``/mcp``: who may come in, before anything of the protocol is read. The protocol itself is imported by
the first call that is let in, so that a server starts without it.

Only a key or an access token in ``Authorization`` counts here, never a cookie. An ``Origin`` has to be one of the names
under which Vouch is reached, as ``Host`` has to be for every request: a page of another site cannot speak with a server
on this machine by giving its own name a new address (DNS rebinding).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from api.http.access import Asker, CurrentRuntime, may
from api.http.defence import hosts_of
from api.http.entering import base_url
from api.http.errors import problem, respond, trace_id_of
from api.mcp.bearers import tokened
from api.runtime import Runtime
from core.errors import Forbidden, Unauthenticated, VouchError

if TYPE_CHECKING:
    from api.mcp.server import Serving

PATH = "/mcp"
METADATA = "/.well-known/oauth-protected-resource"
log = structlog.get_logger()
router = APIRouter()


class ResourceMetadata(BaseModel):
    """RFC 9728: which authorization servers give tokens for this resource; none where people get keys here."""

    resource: str
    resource_name: str = "Vouch"
    authorization_servers: list[str]
    bearer_methods_supported: list[str] = ["header"]
    scopes_supported: list[str] = ["openid"]


@router.get(METADATA + PATH)
@router.get(METADATA, include_in_schema=False)
def resource_metadata(request: Request, runtime: CurrentRuntime) -> ResourceMetadata:
    """Where somebody signs in who has no key (RFC 9728)."""
    oidc = runtime.settings.identity.oidc
    return ResourceMetadata(
        resource=resource_of(request, runtime), authorization_servers=[] if oidc is None else [oidc.issuer]
    )


def resource_of(request: Request, runtime: Runtime) -> str:
    """The address of the tools, as it stands in tokens that are made for them."""
    return base_url(request, runtime) + PATH


def install(app: FastAPI) -> None:
    app.include_router(router, tags=["mcp"])
    app.router.routes.append(Route(PATH, endpoint=Door(app)))


class Door:
    """An ASGI application. What serves belongs to one event loop; under another one it is made anew."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._serving: Serving | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._opening: asyncio.Lock | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        runtime: Runtime = self._app.state.runtime
        try:
            check_origin(request, runtime)
            asker = await run_in_threadpool(_asker, request, runtime)
        except Exception as error:
            await refused(error, request, runtime)(scope, receive, send)
            return
        serving = await self._open(runtime)
        await serving.serve(scope, receive, send, asker)

    async def _open(self, runtime: Runtime) -> Serving:
        loop = asyncio.get_running_loop()
        if self._loop is not loop or self._opening is None:
            self._loop, self._opening, self._serving = loop, asyncio.Lock(), None
        async with self._opening:
            if self._serving is None or not self._serving.alive:
                self._serving = await run_in_threadpool(_made, runtime)
                await self._serving.start()
            return self._serving


def check_origin(request: Request, runtime: Runtime) -> None:
    """Raises ``Forbidden`` for what a page of another site asks."""
    settings = runtime.settings
    public = () if settings.identity.public_url is None else (settings.identity.public_url,)
    names = hosts_of(settings.web.hosts, settings.host, public)
    origin = request.headers.get("origin")
    if origin is not None and _host(origin) not in names:
        raise Forbidden("The page that asks is not one of Vouch's.", hint="Call from a program, without Origin.")


def refused(error: Exception, request: Request, runtime: Runtime) -> Response:
    """The problem; to somebody without a sign-in also where to get one."""
    trace_id = trace_id_of(request)
    if not isinstance(error, VouchError):
        log.error("mcp.failed", trace_id=trace_id, exc_info=error)
    if not isinstance(error, Unauthenticated):
        return respond(problem(error, trace_id))
    where = resource_of(request, runtime).removesuffix(PATH) + METADATA + PATH
    found: JSONResponse = respond(problem(error, trace_id))
    found.headers["WWW-Authenticate"] = f'Bearer error="invalid_token", resource_metadata="{where}"'
    return found


def _asker(request: Request, runtime: Runtime) -> Asker:
    if not request.headers.get("authorization", "").startswith("Bearer "):
        raise Unauthenticated("These tools need a key.", hint="Send Authorization: Bearer KEY.")
    return tokened(request, runtime, resource_of(request, runtime)) or may("ask")(request, runtime)


def _made(runtime: Runtime) -> Serving:
    # Imported here, and not in the loop: it takes most of a second.
    from api.mcp.server import Serving

    return Serving(runtime)


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None

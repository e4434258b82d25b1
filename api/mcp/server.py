# The handlers' contexts are generic over what this server does not use.
# pyright: reportUnknownMemberType=false, reportUnknownParameterType=false, reportMissingTypeArgument=false
"""The protocol: sessions of older clients, single calls of newer ones, three tools."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from typing import Any

import mcp_types as types
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.types import Receive, Scope, Send

from api.http.access import Asker
from api.mcp.tools import INSTRUCTIONS, Tools
from api.runtime import VERSION, Runtime

ASKER = "vouch.asker"
MOST_SESSIONS = 1_000
MOST_BYTES = 2**20


class Serving:
    """One server in one event loop. ``start`` before the first ``serve``."""

    def __init__(self, runtime: Runtime) -> None:
        # It tells of every session and every refused request by itself.
        logging.getLogger("mcp").setLevel(logging.ERROR)
        self._tools = Tools(runtime)
        self._manager = StreamableHTTPSessionManager(
            Server(
                "vouch", title="Vouch", version=VERSION, instructions=INSTRUCTIONS,
                on_list_tools=self._listed, on_call_tool=self._called,
            ),
            # A session lives in one process; where there are several, any of them answers a call by itself.
            stateless=runtime.settings.mode == "server",
            max_request_body_size=MOST_BYTES,
            max_sessions=MOST_SESSIONS,
        )  # fmt: skip
        self._task: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()

    @property
    def alive(self) -> bool:
        return self._task is not None and not self._task.done()

    async def start(self) -> None:
        """What serves goes on in a task of its own until the loop ends, in no request's context."""
        self._task = asyncio.get_running_loop().create_task(self._run(), context=contextvars.Context())
        waiting = asyncio.ensure_future(self._ready.wait())
        await asyncio.wait({waiting, self._task}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if self._task.done():
            self._task.result()

    async def serve(self, scope: Scope, receive: Receive, send: Send, asker: Asker) -> None:
        """A request of ``asker``. A session is that person's who opened it; for others it is not there."""
        own = AccessToken(token="", client_id=asker.person_id, scopes=[])
        scope = {**scope, "user": AuthenticatedUser(own), ASKER: asker}
        await self._manager.handle_request(scope, receive, send)

    async def _run(self) -> None:
        async with self._manager.run():
            self._ready.set()
            await asyncio.Event().wait()

    async def _listed(self, ctx: ServerRequestContext, params: Any) -> types.ListToolsResult:
        return types.ListToolsResult(tools=self._tools.listed())

    async def _called(self, ctx: ServerRequestContext, params: types.CallToolRequestParams) -> types.CallToolResult:
        # Of this very request: a session outlives many, and rights may have changed since it was opened.
        assert ctx.request is not None
        asker: Asker = ctx.request.scope[ASKER]
        return await self._tools.call(params.name, params.arguments or {}, asker, ctx.session.report_progress)

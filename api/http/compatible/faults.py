"""Errors in OpenAI's form, with the status that its clients act on."""

from __future__ import annotations

import math
from collections.abc import Callable, Coroutine
from typing import Any

import structlog
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from api.http.compatible.wire import Fault, FaultOut
from api.http.errors import problem, trace_id_of
from core.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    TooMany,
    Unauthenticated,
    VouchError,
)

log = structlog.get_logger()
KINDS: tuple[tuple[type[VouchError], int, str, str], ...] = (
    (Invalid, 400, "invalid_request_error", "invalid_value"),
    (NotFound, 404, "invalid_request_error", "not_found"),
    (Forbidden, 403, "permission_error", "forbidden"),
    (Unauthenticated, 401, "authentication_error", "invalid_api_key"),
    (Conflict, 409, "invalid_request_error", "conflict"),
    (TooMany, 429, "rate_limit_error", "rate_limit_exceeded"),
)


class UnknownModel(NotFound):
    code = "model_not_found"


class Unusable(Invalid):
    """A field of the request cannot be used as it is."""

    def __init__(self, param: str, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.param = param


def fault(error: Exception, trace_id: str) -> tuple[int, FaultOut]:
    """The status and the body. Of what nobody expected they tell the trace id and nothing else."""
    for kind, status, type_, code in KINDS:
        if isinstance(error, kind):
            told = "model_not_found" if isinstance(error, UnknownModel) else code
            param = "model" if isinstance(error, UnknownModel) else getattr(error, "param", None)
            return status, FaultOut(error=Fault(message=str(error), type=type_, param=param, code=told))
    found = problem(error, trace_id)
    words = f"{found.detail} {found.hint}".strip()
    return found.status, FaultOut(error=Fault(message=words, type="server_error", param=None, code=found.code))


def answered(error: Exception, trace_id: str) -> Response:
    if not isinstance(error, VouchError):
        log.error("compatible.failed", trace_id=trace_id, exc_info=error)
    status, body = fault(error, trace_id)
    retry_after: float | None = getattr(error, "retry_after", None)
    headers = {"Retry-After": str(math.ceil(retry_after))} if retry_after else None
    return JSONResponse(body.model_dump(), status, headers=headers)


class CompatibleRoute(APIRoute):
    """A route whose errors, also those of its dependencies, have OpenAI's form."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                return answered(_malformed(error), trace_id_of(request))
            except HTTPException as error:
                # The body is no text, or too large.
                fault = Fault(message=str(error.detail), type="invalid_request_error", param=None, code=None)
                return JSONResponse(FaultOut(error=fault).model_dump(), error.status_code)
            except Exception as error:
                return answered(error, trace_id_of(request))

        return handled


def _malformed(error: RequestValidationError) -> Unusable:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"] if part != "body")
    return Unusable(place or "body", f"{place or 'The body'}: {first['msg']}.", hint="See docs/interfaces.md.")

"""Every error becomes problem+json (RFC 9457) that says what happened and what to do next."""

from __future__ import annotations

import json
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException

from answer.models.base import ModelError
from answer.models.failures import told
from api.http.models import Problem
from api.permissions import routes
from core import errors

log = structlog.get_logger()

STATUS: tuple[tuple[type[errors.VouchError], int, str], ...] = (
    (errors.Invalid, 422, "This cannot be used as it is"),
    (errors.NotFound, 404, "Not found"),
    (errors.Forbidden, 403, "Not allowed"),
    (errors.Unauthenticated, 401, "Sign in first"),
    (errors.Conflict, 409, "In the way of something else"),
    (errors.TooMany, 429, "Too much at once"),
    (errors.Refused, 503, "Refused"),
    (errors.Unavailable, 503, "Not available now"),
    (ModelError, 503, "The model did not answer"),
)


_NO_JSON = errors.Invalid("The body is no JSON.", hint="Send a JSON object, in UTF-8.")


def problem(error: Exception, trace_id: str) -> Problem:
    """The problem that a person is shown. An error that nobody expected shows its trace id and nothing else."""
    for kind, status, title in STATUS:
        if isinstance(error, kind):
            message, hint = told(error)
            return Problem(
                type=f"urn:vouch:problem:{error.code}", title=title, status=status, detail=message,
                hint=hint, code=error.code, trace_id=trace_id,
            )  # fmt: skip
    return Problem(
        type="urn:vouch:problem:internal", title="Something went wrong here", status=500,
        detail="Vouch could not do this because of a fault of its own.",
        hint=f"Try again; if it stays, tell an operator the trace id {trace_id}.", code="internal", trace_id=trace_id,
    )  # fmt: skip


def trace_id_of(request: Request) -> str:
    return str(getattr(request.state, "trace_id", ""))


class ProblemResponse(JSONResponse):
    """A problem may name what it was sent, and that need not be Unicode."""

    media_type = "application/problem+json"

    def render(self, content: Any) -> bytes:
        return json.dumps(content).encode()


def respond(found: Problem, headers: dict[str, str] | None = None) -> JSONResponse:
    return ProblemResponse(found.model_dump(), found.status, headers=headers)


def install(app: FastAPI) -> None:
    @app.exception_handler(errors.VouchError)
    def expected(request: Request, error: errors.VouchError) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        retry_after = getattr(error, "retry_after", None)
        headers = {"Retry-After": str(int(retry_after) + 1)} if retry_after else None
        return respond(problem(error, trace_id_of(request)), headers)

    @app.exception_handler(RequestValidationError)
    def malformed(request: Request, error: RequestValidationError) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        first = error.errors()[0]
        if first["type"] == "json_invalid":
            invalid = _NO_JSON
        else:
            place = ".".join(str(part) for part in first["loc"] if part != "body")
            said = f"{place}: {first['msg']}." if place else f"{first['msg']}."
            invalid = errors.Invalid(said, hint="See /openapi.json for what is expected.")
        return respond(problem(invalid, trace_id_of(request)))

    @app.exception_handler(UnicodeEncodeError)
    @app.exception_handler(DataError)
    @app.exception_handler(OverflowError)
    def not_storable(request: Request, error: Exception) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        # Half a surrogate pair, a NUL byte, or a number with more digits than a database takes: none has a meaning.
        invalid = errors.Invalid("A text or number of this request cannot be stored.", hint="Send valid Unicode.")
        return respond(problem(invalid, trace_id_of(request)))

    @app.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        if error.status_code == 405:
            return _not_here(app, request)
        if error.status_code == 400:
            # FastAPI's word for bytes that are no text at all.
            return respond(problem(_NO_JSON, trace_id_of(request)))
        found = Problem(
            type=f"urn:vouch:problem:http_{error.status_code}", title=str(error.detail), status=error.status_code,
            detail=str(error.detail), hint="See /openapi.json for what exists.", code=f"http_{error.status_code}",
            trace_id=trace_id_of(request),
        )  # fmt: skip
        return respond(found, dict(error.headers or {}))

    @app.exception_handler(Exception)
    def unexpected(request: Request, error: Exception) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        trace_id = trace_id_of(request)
        log.error("request.failed", trace_id=trace_id, path=request.url.path, exc_info=error)
        return respond(problem(error, trace_id))


def _not_here(app: FastAPI, request: Request) -> JSONResponse:
    """There is nothing at this address; or there is, and it takes other methods. The pages themselves count as nothing:
    they stand at every address."""
    allowed = set[str]()
    for route in routes(app):
        if route.include_in_schema and route.path_regex.match(request.url.path):
            allowed |= route.methods or set()
    trace_id = trace_id_of(request)
    if not allowed:
        missing = errors.NotFound("There is nothing at this address.", hint="See /openapi.json for what exists.")
        return respond(problem(missing, trace_id))
    found = Problem(
        type="urn:vouch:problem:http_405", title="Method Not Allowed", status=405,
        detail=f"{request.method} is not done here.", hint=f"Use {', '.join(sorted(allowed))}.", code="http_405",
        trace_id=trace_id,
    )  # fmt: skip
    return respond(found, {"Allow": ", ".join(sorted(allowed))})

"""SCIM 2.0 over HTTP (RFC 7644): for the organisation's directory, which shows its own token. Errors are SCIM's."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, cast

import orjson
import structlog
from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from sqlalchemy.exc import IntegrityError

from api.http.access import CurrentRuntime
from api.http.entering import base_url
from api.http.errors import trace_id_of
from api.identity.scim.directory import Directory
from api.identity.scim.errors import ScimRefused, not_found
from api.identity.scim.pages import PAGE, Wanted, listed, searched, shown, wanted
from api.identity.scim.schemas import GROUPS, SCHEMAS, USERS, Resource, Schema, rendered
from core.errors import VouchError

PATH = "/scim/v2"
MEDIA_TYPE = "application/scim+json"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
MOST_BYTES = 8 * 2**20
ENDPOINTS = ("Users", "Groups", "ServiceProviderConfig", "ResourceTypes", "Schemas")
STATUS = {"invalid": 400, "not_found": 404, "forbidden": 403, "conflict": 409, "refused": 503, "unavailable": 503}

log = structlog.get_logger()


class ScimRoute(APIRoute):
    """Answers errors as RFC 7644, 3.12 says."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except ScimRefused as refused:
                return _error(refused.status, refused.message, refused.kind)
            except VouchError as error:
                return _error(STATUS.get(error.code, 500), f"{error.message} {error.hint}".strip())
            except RequestValidationError:
                return _error(400, "The request cannot be read.", "invalidSyntax")
            except IntegrityError:
                # Another request was first, between the check and the write.
                return _error(409, "Another request changed this at the same moment. Try again.", "uniqueness")

        return answer


router = APIRouter(prefix=PATH, include_in_schema=False, route_class=ScimRoute)


def directory(request: Request, runtime: CurrentRuntime) -> Directory:
    """Raises ``ScimRefused`` for everybody but the directory."""
    found = runtime.identity.directory
    if found is None:
        raise ScimRefused(404, "No directory is connected here.")
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not found.admits(token.strip()):
        log.warning("scim.refused", trace_id=trace_id_of(request))
        raise ScimRefused(401, "The token is not the one of the directory.")
    return found


async def read_body(request: Request) -> Resource:
    """The JSON object that was sent. Raises ``ScimRefused``."""
    body = await request.body()
    if len(body) > MOST_BYTES:
        raise ScimRefused(413, "The request is too large.")
    try:
        found: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise ScimRefused(400, "The request is no JSON object.", "invalidSyntax")
    return cast("Resource", found)


Asked = Annotated[Directory, Depends(directory)]
Body = Annotated[Resource, Depends(read_body)]


@router.get("/Users")
def list_users(asked: Asked, request: Request, runtime: CurrentRuntime) -> Response:
    return _json(asked.users(_wanted(request, USERS), _base(request, runtime)))


@router.post("/Users")
def create_user(asked: Asked, body: Body, request: Request, runtime: CurrentRuntime) -> Response:
    made = asked.create_user(body, _base(request, runtime), trace_id_of(request))
    return _json(shown(made, _wanted(request, USERS)), 201, made["meta"]["location"])


@router.post("/Users/.search")
def search_users(asked: Asked, body: Body, request: Request, runtime: CurrentRuntime) -> Response:
    return _json(asked.users(wanted(searched(body), USERS), _base(request, runtime)))


@router.get("/Users/{user_id}")
def read_user(user_id: str, asked: Asked, request: Request, runtime: CurrentRuntime) -> Response:
    return _json(shown(asked.user(user_id, _base(request, runtime)), _wanted(request, USERS)))


@router.put("/Users/{user_id}")
def replace_user(user_id: str, asked: Asked, body: Body, request: Request, runtime: CurrentRuntime) -> Response:
    found = asked.replace_user(user_id, body, _base(request, runtime), trace_id_of(request))
    return _json(shown(found, _wanted(request, USERS)))


@router.patch("/Users/{user_id}")
def patch_user(user_id: str, asked: Asked, body: Body, request: Request, runtime: CurrentRuntime) -> Response:
    found = asked.patch_user(user_id, body, _base(request, runtime), trace_id_of(request))
    return _json(shown(found, _wanted(request, USERS)))


@router.delete("/Users/{user_id}")
def remove_user(user_id: str, asked: Asked, request: Request) -> Response:
    asked.remove_user(user_id, trace_id_of(request))
    return Response(status_code=204)


@router.get("/Groups")
def list_groups(asked: Asked, request: Request, runtime: CurrentRuntime) -> Response:
    return _json(asked.groups(_wanted(request, GROUPS), _base(request, runtime)))


@router.post("/Groups")
def create_group(asked: Asked, body: Body, request: Request, runtime: CurrentRuntime) -> Response:
    made = asked.create_group(body, _base(request, runtime), trace_id_of(request))
    return _json(shown(made, _wanted(request, GROUPS)), 201, made["meta"]["location"])


@router.post("/Groups/.search")
def search_groups(asked: Asked, body: Body, request: Request, runtime: CurrentRuntime) -> Response:
    return _json(asked.groups(wanted(searched(body), GROUPS), _base(request, runtime)))


@router.post("/.search")
def search_everything(asked: Asked, body: Body, request: Request, runtime: CurrentRuntime) -> Response:
    query = searched(body)
    return _json(asked.everything(wanted(query, USERS), wanted(query, GROUPS), _base(request, runtime)))


@router.get("/Groups/{group_id}")
def read_group(group_id: str, asked: Asked, request: Request, runtime: CurrentRuntime) -> Response:
    want = _wanted(request, GROUPS)
    found = asked.group(group_id, _base(request, runtime), members=want.shows("members"))
    return _json(shown(found, want))


@router.put("/Groups/{group_id}")
def replace_group(group_id: str, asked: Asked, body: Body, request: Request, runtime: CurrentRuntime) -> Response:
    found = asked.replace_group(group_id, body, _base(request, runtime), trace_id_of(request))
    return _json(shown(found, _wanted(request, GROUPS)))


@router.patch("/Groups/{group_id}")
def patch_group(group_id: str, asked: Asked, body: Body, request: Request, runtime: CurrentRuntime) -> Response:
    found = asked.patch_group(group_id, body, _base(request, runtime), trace_id_of(request))
    return _json(shown(found, _wanted(request, GROUPS)))


@router.delete("/Groups/{group_id}")
def remove_group(group_id: str, asked: Asked, request: Request) -> Response:
    asked.remove_group(group_id, trace_id_of(request))
    return Response(status_code=204)


@router.get("/ServiceProviderConfig")
def describe(asked: Asked, request: Request, runtime: CurrentRuntime) -> Response:
    """RFC 7643, 5."""
    off = {"supported": False}
    return _json(
        {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
            "patch": {"supported": True},
            "bulk": {**off, "maxOperations": 0, "maxPayloadSize": 0},
            "filter": {"supported": True, "maxResults": PAGE},
            "changePassword": off,
            "sort": off,
            "etag": off,
            "authenticationSchemes": [
                {
                    "type": "oauthbearertoken",
                    "name": "Bearer token",
                    "description": "The token of identity.scim.token, as Authorization: Bearer.",
                    "primary": True,
                }
            ],
            "meta": {
                "resourceType": "ServiceProviderConfig",
                "location": f"{_base(request, runtime)}/ServiceProviderConfig",
            },
        }
    )


@router.get("/ResourceTypes")
def list_resource_types(asked: Asked, request: Request, runtime: CurrentRuntime) -> Response:
    return _all([_resource_type(schema, _base(request, runtime)) for schema in SCHEMAS], request)


@router.get("/ResourceTypes/{name}")
def read_resource_type(name: str, asked: Asked, request: Request, runtime: CurrentRuntime) -> Response:
    return _json(_resource_type(_schema(lambda schema: schema.name == name), _base(request, runtime)))


@router.get("/Schemas")
def list_schemas(asked: Asked, request: Request, runtime: CurrentRuntime) -> Response:
    return _all([rendered(schema, _base(request, runtime)) for schema in SCHEMAS], request)


@router.get("/Schemas/{schema_id}")
def read_schema(schema_id: str, asked: Asked, request: Request, runtime: CurrentRuntime) -> Response:
    return _json(rendered(_schema(lambda schema: schema.id == schema_id), _base(request, runtime)))


@router.api_route("/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
def nothing(rest: str, asked: Asked) -> Response:
    """The web client must not answer a directory."""
    if rest.partition("/")[0] in ENDPOINTS:
        raise ScimRefused(405, "This is not done here.")
    raise not_found()


def _schema(wanted: Callable[[Schema], bool]) -> Schema:
    found = next((schema for schema in SCHEMAS if wanted(schema)), None)
    if found is None:
        raise not_found()
    return found


def _resource_type(schema: Schema, base: str) -> Resource:
    """RFC 7643, 6."""
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
        "id": schema.name,
        "name": schema.name,
        "endpoint": schema.endpoint,
        "description": schema.about,
        "schema": schema.id,
        "schemaExtensions": [],
        "meta": {"resourceType": "ResourceType", "location": f"{base}/ResourceTypes/{schema.name}"},
    }


def _all(resources: list[Resource], request: Request) -> Response:
    """RFC 7644, 4: a filter is refused here."""
    if "filter" in request.query_params:
        raise ScimRefused(403, "These are not filtered.")
    whole = Wanted(None, 1, len(resources), frozenset(), frozenset())
    return _json(listed(resources, len(resources), whole))


def _wanted(request: Request, schema: Schema) -> Wanted:
    return wanted(dict(request.query_params), schema)


def _base(request: Request, runtime: CurrentRuntime) -> str:
    return base_url(request, runtime) + PATH


def _json(found: Resource, status: int = 200, location: str | None = None) -> Response:
    headers = {} if location is None else {"Location": location}
    return Response(orjson.dumps(found), status, headers, MEDIA_TYPE)


def _error(status: int, detail: str, kind: str = "") -> Response:
    found: Resource = {"schemas": [ERROR], "status": str(status), "detail": detail}
    if kind:
        found["scimType"] = kind
    headers = {"WWW-Authenticate": 'Bearer realm="Vouch"'} if status == 401 else {}
    return Response(orjson.dumps(found), status, headers, MEDIA_TYPE)

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# The replies of Tryton are untyped JSON; what leaves this module is typed.
"""Tryton's JSON-RPC: a session by name and password, and calls of model methods in the account's own context."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import orjson
import requests

from connectors.errors import SourceMisbehaves, SourceRejected, SourceUnavailable
from connectors.sources.tryton.values import Row
from core.secrets import Secret

Domain = list[Any]


class CallRefused(SourceRejected):
    """The server answered a call with an error of its own. ``kind`` is the name of Tryton's error; its text can hold
    content of records, so it is not kept."""

    def __init__(self, method: str, kind: str) -> None:
        super().__init__(
            f"Tryton refused {method} ({kind}).",
            hint="See the server's log; the service account must be an administrator of the database.",
        )
        self.kind = kind


class TrytonClient:
    """Calls on one database as one account. Signs in at the first call and again when the session has expired."""

    def __init__(
        self, http: requests.Session, url: str, database: str, user: str, password: Callable[[], Secret],
        clock: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self._http = http
        self._root = f"{url.rstrip('/')}/rpc/"
        self._address = f"{url.rstrip('/')}/{database}/rpc/"
        self._database, self._user, self._password, self._clock = database, user, password, clock
        self._authorization: str | None = None
        self._context: dict[str, Any] = {}
        self.user_id = 0
        self.server_time = clock()
        """When the server answered last, by its own clock."""

    def __repr__(self) -> str:
        return f"TrytonClient({self._address!r})"

    def version(self) -> str:
        """The series of the server, such as ``8.2``; needs no account."""
        reply = self._post(self._root, "common.server.version", [], None)
        return str(self._result("common.server.version", reply))

    def sign_in(self) -> None:
        """Open a session. The account's preferences become the context of its calls."""
        params = [self._user, {"password": self._password().text()}, "en"]
        reply = self._post(self._address, "common.db.login", params, None)
        if reply.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise SourceRejected(
                f"Tryton does not accept the password of {self._user}.",
                hint="Check the user and the secret. Wrong passwords make Tryton answer more slowly each time.",
            )
        found = self._result("common.db.login", reply)
        if not isinstance(found, list) or len(found) < 2:
            raise SourceMisbehaves("Tryton answered a login without a session.")
        self.user_id = int(found[0])
        token = base64.b64encode(f"{self._user}:{self.user_id}:{found[1]}".encode()).decode()
        self._authorization = f"Session {token}"
        self._context = {}
        preferences = self.call("model.res.user.get_preferences", True)
        self._context = {**preferences, "language": "en"}

    def sign_out(self) -> None:
        if self._authorization is not None:
            self._post(self._address, "common.db.logout", [], self._authorization)
            self._authorization = None

    def search_read(
        self, model: str, domain: Domain, names: Sequence[str], *, limit: int | None = None, order: str = "id"
    ) -> list[Row]:
        """Rows with these names (dotted ones lead through relations), by ascending ``order``."""
        return list(self.call(f"model.{model}.search_read", domain, 0, limit, [[order, "ASC"]], list(names)))

    def search(
        self, model: str, domain: Domain, *, limit: int | None = None, order: str = "ASC", inactive: bool = False
    ) -> list[int]:
        """Ids in order. Deactivated records are left out unless ``inactive`` or a domain that names ``active``."""
        extra = {"active_test": False} if inactive else {}
        found = self.call(f"model.{model}.search", domain, 0, limit, [["id", order]], **extra)
        return [int(each) for each in found]

    def everything(self, model: str, domain: Domain, names: Sequence[str], *, page: int = 1000) -> Iterator[Row]:
        """All rows of a small table, page by page."""
        last = 0
        while True:
            rows = self.search_read(model, [domain, ["id", ">", last]], names, limit=page)
            yield from rows
            if len(rows) < page:
                return
            last = moved(rows[-1]["id"], last, model)

    def call(self, method: str, *params: Any, **context: Any) -> Any:
        """The result of a method, in the account's context and what is added to it."""
        for _ in range(2):
            if self._authorization is None:
                self.sign_in()
            reply = self._post(self._address, method, [*params, {**self._context, **context}], self._authorization)
            if reply.status_code != HTTPStatus.UNAUTHORIZED:
                return self._result(method, reply)
            # A session ends after minutes without a call; the password opens the next one.
            self._authorization = None
        raise SourceRejected(
            "Tryton ended a session as soon as it began.", hint="Check the server's [session] settings."
        )

    def _post(self, address: str, method: str, params: list[Any], authorization: str | None) -> requests.Response:
        headers = {"Content-Type": "application/json", "Accept-Encoding": "gzip"}
        if authorization is not None:
            headers["Authorization"] = authorization
        body = orjson.dumps({"id": 0, "method": method, "params": params})
        reply = self._http.post(address, data=body, headers=headers)
        try:
            self.server_time = parsedate_to_datetime(reply.headers["Date"]).astimezone(UTC)
        except (KeyError, ValueError):
            self.server_time = self._clock()
        return reply

    def _result(self, method: str, reply: requests.Response) -> Any:
        if reply.status_code == HTTPStatus.NOT_FOUND:
            raise SourceRejected(
                f"Tryton has no database {self._database!r} at this address.",
                hint="Check url and database; trytond -d names the databases that a server serves.",
            )
        if reply.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise SourceUnavailable(f"Tryton answered {method} with {reply.status_code}.")
        if reply.status_code != HTTPStatus.OK:
            raise CallRefused(method, f"HTTP {reply.status_code}")
        try:
            content = orjson.loads(reply.content)
        except (orjson.JSONDecodeError, requests.RequestException) as error:
            raise SourceUnavailable(f"Tryton's answer to {method} was cut short or is not JSON.") from error
        if not isinstance(content, dict) or ("result" not in content and "error" not in content):
            raise SourceMisbehaves(f"The answer to {method} is not Tryton's JSON-RPC.")
        if error := content.get("error"):
            kind = error[0] if isinstance(error, list) and error else ""
            raise CallRefused(method, kind if isinstance(kind, str) and kind.isidentifier() else "internal error")
        return content["result"]


def moved(now: int, before: int, model: str) -> int:
    """The next place of a keyset; refuses one that does not move on."""
    if now <= before:
        raise SourceMisbehaves(
            f"Tryton gave {model} out of order: the page after {before} ends at {now}.",
            hint="It is tried again by itself; when it lasts, look for a module or proxy that changes lists.",
        )
    return now

"""A fake of ServiceNow's Table API for writing, written from its documentation: look for rows, create one, OAuth
tokens. Columns that the table does not have are passed over in silence, as ServiceNow does."""

from __future__ import annotations

import base64
import secrets
from typing import Any

from tests.fakes.loopback import Asked, LoopbackServer, Reply


class FakeServiceNow(LoopbackServer):
    user = "vouch"
    password = "snow-password-91c3"
    client_id = "vouch-client"
    client_secret = "snow-client-secret-44aa"
    token = "snow-token-5e20"

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[dict[str, str]] = []
        self.columns = {"short_description", "description", "urgency", "correlation_id", "correlation_display"}
        self.mandatory = {"short_description"}
        self.ignores_query = False

    def answer(self, asked: Asked) -> Reply:
        if asked.path == "/oauth_token.do":
            return self._token(asked)
        if asked.headers.get("authorization") not in (_basic(self.user, self.password), f"Bearer {self.token}"):
            return _error(401, "User Not Authenticated")
        if asked.path != "/api/now/table/incident":
            return _error(400, "Invalid table")
        return self._create(asked) if asked.method == "POST" else self._list(asked)

    def _token(self, asked: Asked) -> Reply:
        form = asked.form()
        if (form.get("client_id"), form.get("client_secret")) != (self.client_id, self.client_secret):
            return Reply.of({"error": "access_denied"}, 401)
        return Reply.of({"access_token": self.token, "expires_in": 1799, "token_type": "Bearer"})

    def _list(self, asked: Asked) -> Reply:
        conditions = asked.query.get("sysparm_query", "").split("^")
        found = self.rows
        for condition in conditions:
            column, equals, value = condition.partition("=")
            if equals and not self.ignores_query:
                found = [row for row in found if row.get(column) == value]
        shown = asked.query["sysparm_fields"].split(",")
        limit = int(asked.query.get("sysparm_limit", "10000"))
        return Reply.of({"result": [{name: row[name] for name in shown if name in row} for row in found[:limit]]})

    def _create(self, asked: Asked) -> Reply:
        row: dict[str, Any] = {name: value for name, value in asked.json().items() if name in self.columns}
        if any(not row.get(name) for name in self.mandatory):
            return _error(403, "Operation Failed", "Data Policy Exception: The following fields are mandatory")
        made = {
            **dict.fromkeys(self.columns, ""), **row,
            "sys_id": secrets.token_hex(16), "number": f"INC{len(self.rows) + 1:07}",
        }  # fmt: skip
        self.rows.append(made)
        shown = asked.query["sysparm_fields"].split(",")
        return Reply.of({"result": {name: made[name] for name in shown if name in made}}, 201)


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _error(status: int, message: str, detail: str | None = None) -> Reply:
    return Reply.of({"error": {"message": message, "detail": detail}, "status": "failure"}, status)

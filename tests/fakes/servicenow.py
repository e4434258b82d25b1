"""A fake of ServiceNow's Table API, written from its documentation: encoded queries, paging with a Link header, shown
values, access rules that take rows out of a page after it was cut, OAuth tokens that end, audited deletions."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlencode

from tests.fakes.loopback import Asked, LoopbackServer, Reply

TABLE = re.compile(r"^/api/now/table/(\w+)(?:/(\w+))?$")
CLAUSE = re.compile(r"^([\w.]+?)(>=|<=|!=|=|>|<|IN|ISNOTEMPTY|ISEMPTY)(.*)$")
COMPARE: Mapping[str, Callable[[str, str], bool]] = {
    "=": lambda held, wanted: held == wanted,
    "!=": lambda held, wanted: held != wanted,
    ">=": lambda held, wanted: held >= wanted,
    "<=": lambda held, wanted: held <= wanted,
    ">": lambda held, wanted: held > wanted,
    "<": lambda held, wanted: held < wanted,
    "IN": lambda held, wanted: held in wanted.split(","),
    "ISNOTEMPTY": lambda held, _wanted: held != "",
    "ISEMPTY": lambda held, _wanted: held == "",
}
Row = dict[str, str]
USER, PASSWORD = "vouch.reader", "table-reader"
CLIENT, CLIENT_SECRET = "0c1b", "oauth-client"


class FakeServiceNow(LoopbackServer):
    """Holds tables of rows whose values are text, as ServiceNow sends them; a name in ``displays`` of a value is what
    people see. ``hidden`` are ids that access rules keep from the service account; ``ignores_queries`` makes it answer
    with everything, as an instance does that meets a query it cannot read."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: dict[str, dict[str, Row]] = defaultdict(dict)
        self.displays: dict[str, str] = {}
        self.hidden: set[str] = set()
        self.ignores_queries = False
        self.tokens: set[str] = set()
        self.now = datetime(2026, 11, 22, 8, 0, 0, tzinfo=UTC)

    def put(self, table: str, sys_id: str, **fields: str) -> None:
        """Create or change a row; it is stamped with ``now``, which may be moved."""
        stamp = f"{self.now:%Y-%m-%d %H:%M:%S}"
        old = self.tables[table].get(sys_id, {"sys_created_on": stamp})
        self.tables[table][sys_id] = {**old, "sys_updated_on": stamp, **fields, "sys_id": sys_id}

    def delete(self, table: str, sys_id: str, *, audited: bool = True) -> None:
        """The table cleaner deletes without audit."""
        del self.tables[table][sys_id]
        if audited:
            mark = hashlib.sha256(f"{table}{sys_id}".encode()).hexdigest()[:32]
            self.put("sys_audit_delete", mark, tablename=table, documentkey=sys_id)

    def end_tokens(self) -> None:
        self.tokens.clear()

    def answer(self, asked: Asked) -> Reply:
        if asked.path == "/oauth_token.do" and asked.method == "POST":
            return self._token(asked)
        found = TABLE.match(asked.path)
        if found is None:
            return _error(404, "Requested URI does not represent any resource")
        if not self._known(asked.headers.get("authorization", "")):
            return _error(401, "User Not Authenticated")
        table, sys_id = found.groups()
        if sys_id is not None:
            row = self.tables[table].get(sys_id)
            if row is None or sys_id in self.hidden:
                return _error(404, "No Record found")
            return Reply.of({"result": self._shown(row, asked.query)})
        return self._list(table, asked)

    def _list(self, table: str, asked: Asked) -> Reply:
        rows = list(self.tables[table].values())
        query = asked.query.get("sysparm_query", "")
        if self.ignores_queries:
            rows.sort(key=lambda row: row["sys_id"])
        else:
            rows = _ordered([row for row in rows if _matches(row, query)], query)
        limit = int(asked.query.get("sysparm_limit", "10000"))
        offset = int(asked.query.get("sysparm_offset", "0"))
        cut = [row for row in rows[offset : offset + limit] if row["sys_id"] not in self.hidden]
        headers = {"X-Total-Count": str(len(rows))}
        if offset + limit < len(rows):
            following = urlencode({**asked.query, "sysparm_offset": str(offset + limit)})
            headers["Link"] = f'<{self.url}{asked.path}?{following}>;rel="next"'
        return Reply.of({"result": [self._shown(row, asked.query) for row in cut]}, headers=headers)

    def _shown(self, row: Row, query: Mapping[str, str]) -> dict[str, object]:
        names = [name for name in query.get("sysparm_fields", "").split(",") if name] or list(row)
        values = {name: row.get(name, "") for name in names}
        if query.get("sysparm_display_value") != "all":
            return dict(values)
        return {name: {"value": value, "display_value": self._display(value)} for name, value in values.items()}

    def _display(self, value: str) -> str:
        return ", ".join(self.displays.get(part, part) for part in value.split(",")) if value else ""

    def _token(self, asked: Asked) -> Reply:
        form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT, CLIENT_SECRET):
            return _error(401, "access_denied")
        token = f"token-{len(self.asked)}"
        self.tokens.add(token)
        return Reply.of({"access_token": token, "token_type": "Bearer", "expires_in": 1799, "scope": "useraccount"})

    def _known(self, header: str) -> bool:
        if header.startswith("Bearer "):
            return header.removeprefix("Bearer ") in self.tokens
        return header == "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


def _matches(row: Row, query: str) -> bool:
    """``^NQ`` parts alternatives, ``^`` parts conditions, ``^OR`` adds to the one before."""
    return any(all(_any_of(row, part) for part in _conditions(branch)) for branch in query.split("^NQ"))


def _conditions(branch: str) -> list[list[str]]:
    parts: list[list[str]] = []
    for part in filter(None, branch.split("^")):
        if part.startswith("ORDERBY"):
            continue
        if part.startswith("OR") and parts:
            parts[-1].append(part[2:])
        else:
            parts.append([part])
    return parts


def _any_of(row: Row, alternatives: list[str]) -> bool:
    found = [CLAUSE.match(alternative) for alternative in alternatives]
    # A part that cannot be read is ignored, as the documentation warns.
    return all(each is None for each in found) or any(
        COMPARE[each[2]](row.get(each[1], ""), each[3]) for each in found if each is not None
    )


def _ordered(rows: list[Row], query: str) -> list[Row]:
    orders = [part.removeprefix("ORDERBY") for part in query.split("^") if part.startswith("ORDERBY")]
    for name in reversed(orders):
        rows = sorted(rows, key=lambda row: row.get(name, ""))
    return rows


def _error(status: int, message: str) -> Reply:
    return Reply.of({"error": {"message": message, "detail": ""}, "status": "failure"}, status)

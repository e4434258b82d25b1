"""A fake of Odoo's External JSON-2 API (19.0 and later), written from its documentation. No Odoo software.

``POST /json/2/{model}/{method}`` with a bearer API key and, where several databases share the server,
``X-Odoo-Database``. A call answers with the bare return value, or a 4xx / 5xx with ``{name, message, arguments,
context, debug}``. Supported methods: ``search_read``,
``search_count``. Datetimes are UTC strings
without a zone and without the fraction of a second that comparisons go by; an empty field is ``false``; a many2one is
``[id, name]``; archived rows only show where the domain names ``active``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes.loopback import Asked, LoopbackServer, Reply

KEY, DATABASE = "6578616d706c65206f646f6f", "northwind"
Row = dict[str, Any]


class FakeOdoo(LoopbackServer):
    """Rows per model. ``put`` stamps ``write_date``; ``unlink`` leaves no trace, as in Odoo."""

    def __init__(self) -> None:
        super().__init__()
        self.models: dict[str, dict[int, Row]] = {}
        self.key = KEY
        self.forbidden: set[str] = set()
        self.ignores_domain = False
        self.archives = {"res.partner", "product.template", "res.users"}
        self.now = datetime(2026, 11, 1, 9, 0, 0, 250_000, tzinfo=UTC)

    def put(self, model: str, /, **values: Any) -> int:
        """Create, or change the row with this ``id``."""
        rows = self.models.setdefault(model, {})
        number = int(values.pop("id", None) or max(rows, default=0) + 1)
        row = rows.setdefault(number, {"id": number})
        row.update({"write_date": f"{self.now:%Y-%m-%d %H:%M:%S.%f}", **values})
        if model in self.archives:
            row.setdefault("active", True)
        return number

    def pass_time(self, **spans: float) -> None:
        self.now += timedelta(**spans)

    def unlink(self, model: str, number: int) -> None:
        del self.models[model][number]

    def answer(self, asked: Asked) -> Reply:
        if asked.headers.get("authorization", "").lower() != f"bearer {self.key}":
            return _error(401, "werkzeug.exceptions.Unauthorized", "Invalid apikey")
        if asked.headers.get("x-odoo-database") != DATABASE:
            return _error(404, "werkzeug.exceptions.NotFound", "No database is selected")
        parts = asked.path.split("/")
        if asked.method != "POST" or len(parts) != 5 or parts[1:3] != ["json", "2"]:
            return _error(404, "werkzeug.exceptions.NotFound", "404 Not Found")
        model, method = parts[3], parts[4]
        if model not in self.models:
            return _error(404, "werkzeug.exceptions.NotFound", f"the model '{model}' does not exist")
        if model in self.forbidden:
            message = f"You are not allowed to access '{model}' records."
            return _error(403, "odoo.exceptions.AccessError", message)
        call = {"search_read": self._search_read, "search_count": self._search_count}.get(method)
        if call is None:
            return _error(404, "werkzeug.exceptions.NotFound", f"the method '{method}' does not exist")
        try:
            return Reply.of(call(model, asked.json()))
        except (KeyError, TypeError, ValueError) as error:
            return _error(422, f"builtins.{type(error).__name__}", f"wrong arguments: {error}")

    def _search_count(self, model: str, call: Row) -> int:
        return len(self._found(model, call))

    def _search_read(self, model: str, call: Row) -> list[Row]:
        unknown = set(call) - {"domain", "fields", "order", "limit", "offset", "context", "ids"}
        if unknown:
            raise TypeError(f"got an unexpected keyword argument {sorted(unknown)[0]!r}")
        rows = self._found(model, call)
        for part in reversed((call.get("order") or "id").split(",")):
            name, _, way = part.strip().partition(" ")
            rows.sort(key=lambda row, name=name: row[name], reverse=way.strip().lower() == "desc")
        start = int(call.get("offset") or 0)
        limit = call.get("limit")
        rows = rows[start : None if limit is None else start + int(limit)]
        fields = call.get("fields") or sorted({name for row in rows for name in row})
        return [{"id": row["id"], **{name: _shown(name, row) for name in fields}} for row in rows]

    def _found(self, model: str, call: Row) -> list[Row]:
        rows = list(self.models[model].values())
        if self.ignores_domain:
            return rows
        domain: list[Any] = call.get("domain") or []
        # Odoo leaves archived rows out unless the domain names ``active`` or the context says active_test=False.
        named = any(term[0] == "active" for term in domain if len(term) == 3)
        if model in self.archives and not named and _active_test(call):
            rows = [row for row in rows if row.get("active", True)]
        return [row for row in rows if _matches(domain, row)]


def _active_test(call: Row) -> bool:
    context: Row = call.get("context") or {}
    return bool(context.get("active_test", True))


def _shown(name: str, row: Row) -> Any:
    value = row.get(name, False)
    return str(value)[:19] if name == "write_date" else value


def _matches(domain: list[Any], row: Row) -> bool:
    """Polish notation, as Odoo's domains are; terms without an operator between them are joined by and."""
    results: list[bool] = []
    for term in reversed(domain):
        if term == "!":
            results.append(not results.pop())
        elif term in ("&", "|"):
            first, second = results.pop(), results.pop()
            results.append((first and second) if term == "&" else (first or second))
        else:
            results.append(_holds(term, row))
    return all(results)


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    "in": lambda a, b: a in b,
    "not in": lambda a, b: a not in b,
}


def _holds(term: list[Any], row: Row) -> bool:
    name, operator, wanted = term
    # ``model_id.model``: a field of the record that a many2one points at, which rows of the fake hold under that name.
    value: Any = row.get(name, False)
    match value:
        case [number, str()]:
            value = number
        case _:
            pass
    return _COMPARE[operator](value, wanted)


def _error(status: int, name: str, message: str) -> Reply:
    debug = f'Traceback (most recent call last):\n  File "/opt/odoo/http.py", line 1\n{name}: {message}\n'
    body: Row = {"name": name, "message": message, "arguments": [message, status], "context": {}, "debug": debug}
    return Reply.of(body, status)

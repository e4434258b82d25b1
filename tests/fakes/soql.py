"""As much of SOQL as the fake of Salesforce answers: one object, parent fields, conditions, order, limit.

``SELECT Id, Owner.Name FROM Account WHERE SystemModstamp >= 2026-01-01T00:00:00Z AND Id IN ('001...') ORDER BY Id``
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*')|(?P<time>\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d))|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<word>[A-Za-z_][\w.]*)|(?P<sign>>=|<=|!=|[=<>(),]))"
)
Value = Callable[[str], Any]
Condition = Callable[[Value], bool]
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    ">": lambda a, b: a is not None and a > b,
    ">=": lambda a, b: a is not None and a >= b,
    "<": lambda a, b: a is not None and a < b,
    "<=": lambda a, b: a is not None and a <= b,
}


class Malformed(Exception):
    """What Salesforce calls MALFORMED_QUERY."""


@dataclass(frozen=True, slots=True)
class Query:
    fields: tuple[str, ...]
    entity: str
    where: Condition
    named: frozenset[str]
    """The fields that the conditions name."""
    order: tuple[tuple[str, bool], ...]
    """Field, and whether it descends."""
    limit: int | None


def parse(text: str) -> Query:
    return _Parser(text).query()


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        self.named: set[str] = set()
        place = 0
        while place < len(text.rstrip()):
            found = TOKEN.match(text, place)
            if found is None:
                raise Malformed(f"unexpected token at {place}")
            self.tokens.append((str(found.lastgroup), found.group(str(found.lastgroup))))
            place = found.end()
        self.tokens.append(("end", ""))

    def peek(self) -> str:
        return self.tokens[0][1].upper()

    def take(self, *wanted: str) -> str:
        _, token = self.tokens.pop(0)
        if wanted and token.upper() not in wanted:
            raise Malformed(f"unexpected token: {token}")
        return token

    def query(self) -> Query:
        self.take("SELECT")
        fields = [self.take()]
        while self.peek() == ",":
            self.take()
            fields.append(self.take())
        self.take("FROM")
        entity = self.take()
        where: Condition = lambda _value: True  # noqa: E731
        if self.peek() == "WHERE":
            self.take()
            where = self.either()
        order: list[tuple[str, bool]] = []
        if self.peek() == "ORDER":
            self.take()
            self.take("BY")
            order.append(self.ordered())
            while self.peek() == ",":
                self.take()
                order.append(self.ordered())
        limit = None
        if self.peek() == "LIMIT":
            self.take()
            limit = int(self.take())
        self.take("")
        return Query(tuple(fields), entity, where, frozenset(self.named), tuple(order), limit)

    def ordered(self) -> tuple[str, bool]:
        name, descends = self.take(), False
        if self.peek() in ("ASC", "DESC"):
            descends = self.take().upper() == "DESC"
        return name, descends

    def either(self) -> Condition:
        parts = [self.both()]
        while self.peek() == "OR":
            self.take()
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else lambda value: any(part(value) for part in parts)

    def both(self) -> Condition:
        parts = [self.one()]
        while self.peek() == "AND":
            self.take()
            parts.append(self.one())
        return parts[0] if len(parts) == 1 else lambda value: all(part(value) for part in parts)

    def one(self) -> Condition:
        if self.peek() == "(":
            self.take()
            inner = self.either()
            self.take(")")
            return inner
        name, sign = self.take(), self.take().upper()
        self.named.add(name)
        if sign == "IN":
            self.take("(")
            wanted = [self.literal()]
            while self.peek() == ",":
                self.take()
                wanted.append(self.literal())
            self.take(")")
            return lambda value: value(name) in wanted
        if sign not in COMPARE:
            raise Malformed(f"unexpected token: {sign}")
        other = self.literal()
        return lambda value: COMPARE[sign](value(name), other)

    def literal(self) -> Any:
        kind, token = self.tokens.pop(0)
        if kind == "text":
            return re.sub(r"\\(.)", r"\1", token[1:-1])
        if kind == "time":
            return same_form(token)
        if kind == "number":
            return float(token)
        if token.lower() in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[token.lower()]
        raise Malformed(f"unexpected token: {token}")


def same_form(time: str) -> str:
    """``2026-01-01T00:00:00.000+0000``, as Salesforce writes times, so that they compare as text."""
    seconds, _, rest = time.replace("Z", "+0000").partition(".")
    if not rest:
        return f"{seconds[:19]}.000+0000"
    return f"{seconds}.{rest[:3]}+0000"

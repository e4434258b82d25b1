"""JSONPaths into replies, with the library that dlt's paginators use for theirs."""
# jsonpath-ng comes without types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from functools import lru_cache
from typing import Any, cast

from jsonpath_ng.exceptions import JSONPathError
from jsonpath_ng.ext.parser import parse


@lru_cache(maxsize=1024)
def _compiled(path: str) -> Any:
    return parse(path)


def _values(path: str, body: Any) -> list[Any]:
    return [match.value for match in _compiled(path).find(body)]


def first(path: str, body: Any) -> Any:
    """The first value there, or None."""
    values = _values(path, body)
    return values[0] if values else None


def rows_at(path: str, body: Any) -> list[Any] | None:
    """The list there, a single object as a list of one; None when nothing is there at all."""
    values = [body] if path == "$" else _values(path, body)
    if len(values) > 1:
        return values
    for only in values:
        return cast("list[Any]", only) if isinstance(only, list) else [only] if isinstance(only, dict) else None
    return None


def checked(path: str) -> str:
    """Raises ValueError for what is not a JSONPath."""
    try:
        _compiled(path)
    except JSONPathError as error:
        raise ValueError(f"{path} is not a JSONPath") from error
    return path

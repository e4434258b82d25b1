"""Values that several commands take."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from core.errors import Invalid

AT_A_TIME = 200


def pair(value: str) -> tuple[str, str]:
    """``NAME=VALUE``. Raises ``Invalid``."""
    name, sign, other = value.partition("=")
    if not (sign and name and other):
        raise Invalid(f"{value!r} is not of the form NAME=VALUE.", hint="For example: --map text=body")
    return name, other


def names(value: str | None) -> list[str]:
    """Names separated by commas."""
    return [name for name in (part.strip() for part in (value or "").split(",")) if name]


def object_of(path: Path) -> dict[str, Any]:
    """The JSON object in a file. Raises ``Invalid`` where there is none."""
    try:
        found: Any = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise Invalid(f"{path} holds no JSON object.", hint='It begins with {"')
    return cast("dict[str, Any]", found)


def queries_of(queries: Path) -> Iterator[tuple[Any, str]]:
    """Id and text of each line of a .jsonl file. Raises ``Invalid`` with the number of a line that has them not."""
    for number, line in enumerate(queries.read_text("utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            raw: Any = json.loads(line)
            yield raw["_id"], raw["text"]
        except (ValueError, KeyError, TypeError):
            raise Invalid(
                f"{queries}, line {number}: needs _id and text.", hint='For example: {"_id": "1", "text": "leave"}'
            ) from None


def batches(texts: Sequence[dict[str, Any]]) -> Iterator[Sequence[dict[str, Any]]]:
    """As many at a time as one call takes."""
    for start in range(0, len(texts), AT_A_TIME):
        yield texts[start : start + AT_A_TIME]

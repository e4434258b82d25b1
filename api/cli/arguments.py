"""Values that several commands take."""

from __future__ import annotations

from core.errors import Invalid


def pair(value: str) -> tuple[str, str]:
    """``NAME=VALUE``. Raises ``Invalid``."""
    name, sign, other = value.partition("=")
    if not (sign and name and other):
        raise Invalid(f"{value!r} is not of the form NAME=VALUE.", hint="For example: --map text=body")
    return name, other


def names(value: str | None) -> list[str]:
    """Names separated by commas."""
    return [name for name in (part.strip() for part in (value or "").split(",")) if name]

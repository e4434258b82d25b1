"""Deterministic ids, so that doing a thing twice names the same thing."""

from __future__ import annotations

from uuid import UUID, uuid5

NAMESPACE = UUID("6f1f0a52-7d0e-5a34-9a0b-7a6d6f756368")


def stable_id(kind: str, *parts: str) -> str:
    """The uuid5 of a kind and its natural key, as text."""
    return str(uuid5(NAMESPACE, "\x1f".join((kind, *parts))))

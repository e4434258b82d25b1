"""Faults of a source.

SourceError
├── ItemGone     the item was listed but is not there any more
└── ItemFailed   this item cannot be read now; the others can
"""

from __future__ import annotations


class SourceError(Exception):
    """Base of what a source may raise for one item. ``reason`` is for the report: no content, no secret."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ItemGone(SourceError):
    pass


class ItemFailed(SourceError):
    pass

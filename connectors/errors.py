"""Faults of a source.

VouchError (core.errors)
├── SourceUnavailable   the source does not answer now; ``retry_after`` seconds when it said so (an ``Unavailable``)
├── SourceRejected      it refuses: credentials, a missing permission, a setting; somebody has to act (an ``Invalid``)
└── SourceMisbehaves    it answers, but not as documented: a page that repeats, a cursor that does not move

SourceError             one item, the others go on
├── ItemGone            it was listed but is not there any more
└── ItemFailed          it cannot be read now
"""

from __future__ import annotations

from core.errors import Invalid, Unavailable


class SourceUnavailable(Unavailable):
    code = "source_unavailable"


class SourceRejected(Invalid):
    code = "source_rejected"


class SourceMisbehaves(Unavailable):
    code = "source_misbehaves"


class SourceError(Exception):
    """Base of what a source may raise for one item. ``reason`` is for the report: no content, no secret."""

    def __init__(self, reason: str, *, transient: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.transient = transient


class ItemGone(SourceError):
    pass


class ItemFailed(SourceError):
    pass

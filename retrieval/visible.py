"""The one function through which a document is shown: what the reader may not see is not there.

Offsets stay those of the version, so that a citation points to the same place for every reader.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from core.access import Principal, permits
from core.errors import NotFound
from core.text import Span, quote
from retrieval.repository import StoredVersion


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of the text. A hidden one has its offsets but no text."""

    span: Span
    text: str = field(repr=False)
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Visible:
    """A version as one reader may see it."""

    version: StoredVersion = field(repr=False)
    hidden: tuple[Span, ...]

    def shows(self, spans: tuple[Span, ...]) -> bool:
        """Whether nothing of these spans is hidden."""
        return not any(span.overlaps(hidden) for span in spans for hidden in self.hidden)

    def quote(self, spans: tuple[Span, ...]) -> str:
        if not self.shows(spans):
            raise unknown()
        return quote(self.version.text, spans)

    def segments(self, within: Span | None = None) -> tuple[Segment, ...]:
        """The text of ``within`` (all of it by default), in order, cut at what is hidden."""
        whole = within or Span(0, len(self.version.text))
        found: list[Segment] = []
        at = whole.start
        for hidden in self.hidden:
            if not hidden.overlaps(whole):
                continue
            start, end = max(hidden.start, whole.start), min(hidden.end, whole.end)
            if start > at:
                found.append(self._shown(at, start))
            found.append(Segment(Span(start, end), "", hidden=True))
            at = end
        if at < whole.end or not found:
            found.append(self._shown(at, whole.end))
        return tuple(found)

    def _shown(self, start: int, end: int) -> Segment:
        return Segment(Span(start, end), self.version.text[start:end])


def visible(version: StoredVersion | None, principal: Principal) -> Visible:
    """``version`` as ``principal`` may see it now. Raises ``NotFound`` when they may see nothing of it, or when it is
    not there: the two cannot be told apart."""
    if version is None or not permits(version.access, principal):
        raise unknown()
    hidden = sorted(span for _, span, access in version.parts if not permits(access, principal))
    return Visible(version, tuple(_joined(hidden)))


def unknown() -> NotFound:
    return NotFound("There is no such document, or you may not read it.", hint="Ask its owner for access.")


def _joined(spans: list[Span]) -> list[Span]:
    joined: list[Span] = []
    for span in spans:
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        elif len(span):
            joined.append(span)
    return joined

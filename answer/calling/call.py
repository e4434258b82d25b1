"""What became of one call: what was asked of which model, each attempt, what was used."""

from __future__ import annotations

from dataclasses import dataclass, field

from answer.models.base import FinishReason, Usage
from answer.models.entry import ModelEntry
from answer.usage import Cost
from core.regions import within


@dataclass(frozen=True, slots=True)
class Attempt:
    """``reason`` is ``answered``, ``cancelled``, or the code of the error. ``waited`` are the seconds before it;
    ``pieces`` is how many had been given out."""

    reason: str
    seconds: float
    pieces: int = 0
    waited: float = 0.0
    status: int | None = None
    request_id: str = ""


@dataclass(slots=True)
class Call:
    """Filled in while the call runs. ``model`` is the name in the register, ``asked`` and ``returned`` are versions by
    the provider's name; ``placed`` is the region of the register, ``region`` that of the provider's word, where it gave
    it. Times are in seconds."""

    model: str
    provider: str
    asked: str
    sdk: str = ""
    api_version: str = ""
    placed: str | None = None
    region: str | None = None
    returned: str = ""
    request_id: str = ""
    finish: FinishReason | None = None
    attempts: list[Attempt] = field(default_factory=list[Attempt])
    usage: Usage = field(default_factory=Usage)
    """Of the attempt that answered, by the provider's word; by estimate where it said nothing or broke off."""
    cost: Cost | None = None
    """Of all attempts; None before the end, and where nothing was sent."""
    first_seconds: float | None = None
    seconds: float = 0.0

    @classmethod
    def of(cls, entry: ModelEntry) -> Call:
        return cls(entry.name, entry.provider, entry.model, placed=entry.region)

    @property
    def strayed(self) -> bool:
        """Whether the provider says that it answered in another region than the register says: in one that is not that,
        nor within it, nor around it."""
        if self.placed is None or self.region is None:
            return False
        return not (within(self.region, self.placed) or within(self.placed, self.region))

    @property
    def why_strayed(self) -> str:
        return f"Its provider says that it answered in {self.region}, and the register says {self.placed}."

    @property
    def answered(self) -> bool:
        return self.finish is not None

    @property
    def reason(self) -> str:
        """How the last attempt ended; empty where there was none."""
        return self.attempts[-1].reason if self.attempts else ""

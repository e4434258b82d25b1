"""The trail of an answer as its asker may read it now: whom it was asked of, and what was not shown of their drafts.

A draft may repeat anything that its model was sent. A sentence that was dropped is therefore readable while all of that
is; one that was dropped because it followed an instruction in a document stays with the reviewers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from sqlalchemy.orm import Session

from answer.answers import CountedValues
from answer.permitted import Values
from answer.pseudonyms import replace_tokens
from answer.restore import Counting, redaction_of_searched, searched_of
from answer.tables import AnswerRow
from core.access import Principal
from core.errors import NotFound
from core.text import Span
from retrieval import repository as reading
from retrieval.visible import Visible, visible

Unshown = Literal["access revoked", "instruction"]


@dataclass(frozen=True, slots=True)
class Dropped:
    """A sentence that a model wrote and nobody was shown. ``against``: kinds of disagreement with the evidence,
    ``support`` (it does not carry the sentence), ``says_nothing``, or ``instruction``. ``replaced``: a verbatim
    sentence stands in its place."""

    text: str | None = field(repr=False)
    withheld: Unshown | None
    against: tuple[str, ...]
    support: float
    replaced: bool


@dataclass(frozen=True, slots=True)
class Attempted:
    """One attempt. ``model`` is None where the documents' own sentences were taken; ``call`` is empty where nothing was
    sent. ``kept_back`` passages could not go there, ``instructing`` sentences read like instructions to a model."""

    model: str | None
    version: str | None
    tier: str
    region: str | None
    reason: str
    ended: str
    why: str
    held: int
    repaired: int
    replaced: int
    kept_back: int
    instructing: int
    dropped: tuple[Dropped, ...]
    call: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AloneBy:
    """The model that was asked to make a follow-up stand alone. ``ended``: ``rewritten``, ``stands_alone`` (it said so
    of the question as it is), ``unusable`` or ``failed``, then with the code of the error."""

    model: str
    version: str
    tier: str
    region: str | None
    ended: str
    why: str
    call: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Trail:
    """``searched`` is the question that was put to the models: the asker's own, or that made to stand alone, for which
    ``alone_by`` was asked where a model was."""

    answer_id: str
    conversation_id: str
    question: str = field(repr=False)
    searched: str = field(repr=False)
    model: str
    tier: str
    alone_by: AloneBy | None
    attempts: tuple[Attempted, ...]
    timings: Mapping[str, float]
    values: tuple[CountedValues, ...]
    redactions: tuple[str, ...]
    """Those whose tokens stand in its dropped sentences and in ``searched``."""


def retell(session: Session, row: AnswerRow, principal: Principal, values: Values | None) -> Trail:
    """The trail of an answer; ``values`` says what the tokens of its dropped sentences stand for, for this reader."""
    teller = _Teller(session, principal, Counting(values))
    attempts = tuple(teller.attempt(told) for told in row.tried)
    return Trail(
        answer_id=row.id,
        conversation_id=row.conversation_id,
        question=row.question,
        searched=searched_of(row, teller.reads, teller.counting.shown) or row.question,
        model=row.model,
        tier=row.tier,
        alone_by=None if row.alone is None else _alone_by(row.alone),
        attempts=attempts,
        timings=dict(row.timings),
        values=tuple(teller.counting.counted.values()),
        redactions=redactions_of(row),
    )


def redactions_of(row: AnswerRow) -> tuple[str, ...]:
    """The redactions whose tokens stand in what the trail of an answer tells: its dropped sentences, and the question
    that was put to the models."""
    dropped = [each for told in row.tried for each in told.get("dropped", ())]
    found = [each["redaction"] for each in dropped if each.get("redaction")]
    return tuple(dict.fromkeys([*found, *redaction_of_searched(row)]))


def _alone_by(told: Mapping[str, Any]) -> AloneBy:
    return AloneBy(**{each.name: told[each.name] for each in fields(AloneBy)})


@dataclass(slots=True)
class _Teller:
    session: Session
    principal: Principal
    counting: Counting
    opened: dict[str, Visible | None] = field(default_factory=dict[str, Visible | None])

    def attempt(self, told: Mapping[str, Any]) -> Attempted:
        readable = all(self.reads(sent) for sent in told.get("sent", ()))
        return Attempted(
            model=told.get("model"),
            version=told.get("version"),
            tier=told["tier"],
            region=told.get("region"),
            reason=told["reason"],
            ended=told["ended"],
            why=told.get("why", ""),
            held=told.get("held", 0),
            repaired=told.get("repaired", 0),
            replaced=told.get("replaced", 0),
            kept_back=told.get("withheld", 0),
            instructing=told.get("instructing", 0),
            dropped=tuple(self._dropped(each, readable) for each in told.get("dropped", ())),
            call=told.get("call", {}),
        )

    def _dropped(self, each: Mapping[str, Any], readable: bool) -> Dropped:
        against = tuple(each["against"])
        withheld: Unshown | None = "instruction" if "instruction" in against else None if readable else "access revoked"
        text: str | None = None
        if withheld is None:
            # Without a redaction, what reads like a token is none.
            text = replace_tokens(each["text"], self.counting.shown) if each.get("redaction") else each["text"]
        return Dropped(text, withheld, against, each["support"], each["replaced"])

    def reads(self, sent: Mapping[str, Any]) -> bool:
        version = sent["version"]
        if version not in self.opened:
            try:
                self.opened[version] = visible(reading.version(self.session, version), self.principal)
            except NotFound:
                self.opened[version] = None
        shown = self.opened[version]
        return shown is not None and shown.shows(tuple(Span(start, end) for start, end in sent["spans"]))

"""Chooses records of the log to be given out: those that fit what somebody asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import get_args

from sqlalchemy.orm import Session

from core.audit.events import JSON, Kind, Outcome, instant
from core.audit.finding import Sought, every
from core.errors import Invalid

MOST = 1_000_000
"""Records of a selection. All of their places stand in the manifest, so that none can be taken out unseen."""
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9:_./+=-]{0,127}\Z")
_PERSON = re.compile(r"[0-9a-f]{32}\Z")
_WORD = re.compile(r"[a-z][a-z0-9_.-]{0,39}\Z")
_KINDS, _OUTCOMES = frozenset(get_args(Kind)), frozenset(get_args(Outcome))
_HINT = "vouch audit search --help tells what can be asked for."


@dataclass(frozen=True, slots=True)
class Selection:
    """``runs`` of records, [first, last] in their order with a gap between; ``asked`` is what they were chosen by."""

    runs: tuple[tuple[int, int], ...]
    asked: Mapping[str, JSON]

    @classmethod
    def of(cls, numbers: Iterable[int], asked: Mapping[str, JSON]) -> Selection:
        """``numbers`` of records in ascending order. Raises Invalid where there are too many."""
        runs: list[tuple[int, int]] = []
        for count, number in enumerate(numbers, 1):
            if count > MOST:
                raise Invalid(f"More than {MOST} records fit.", hint="Ask for less, or export a run of records.")
            if runs and number == runs[-1][1] + 1:
                runs[-1] = runs[-1][0], number
            else:
                runs.append((number, number))
        return cls(tuple(runs), asked)

    @property
    def records(self) -> int:
        return sum(last - first + 1 for first, last in self.runs)

    def numbers(self) -> Iterator[int]:
        return numbers(self.runs)


def numbers(runs: Iterable[tuple[int, int]]) -> Iterator[int]:
    for first, last in runs:
        yield from range(first, last + 1)


def select(session: Session, sought: Sought) -> Selection:
    """The records that fit, of those that the index has taken in (``Finder.follow``). Raises Invalid where nothing was
    asked for, or too much fits."""
    given = asked(sought)
    return Selection.of((found.seq for found in every(session, sought)), given)


def asked(sought: Sought) -> Mapping[str, JSON]:
    """What is sought as closed words and ids, under the names that it is asked for by. Raises Invalid for a value that
    is neither, and where there is none: everything is no selection."""
    for value, pattern, name in (
        (sought.person, _PERSON, "person"), (sought.subject, _PERSON, "subject"), (sought.answer, _ID, "answer"),
        (sought.conversation, _ID, "conversation"), (sought.document, _ID, "document"), (sought.source, _ID, "source"),
        (sought.model, _ID, "model"), (sought.trace_id, _ID, "trace"),
    ):  # fmt: skip
        if value is not None and not pattern.match(value):
            what = "no pseudonym of the log" if pattern is _PERSON else "no id"
            raise Invalid(f"What is given as {name} is {what}.", hint=_HINT)
    for action in sought.actions:
        if not _WORD.match(action):
            raise Invalid("What is given as action is no action.", hint=_HINT)
    for values, known, name in ((sought.kinds, _KINDS, "kind"), (sought.outcomes, _OUTCOMES, "outcome")):
        if strange := next((each for each in values if each not in known), None):
            raise Invalid(f"No record has the {name} {strange!r}.", hint=f"Choose of: {', '.join(sorted(known))}.")
    if any(moment is not None and moment.tzinfo is None for moment in (sought.since, sought.until)):
        raise Invalid("A time needs its zone.", hint="Write it like 2026-11-23T08:00:00Z.")
    named: dict[str, JSON] = {
        "person": sought.person, "subject": sought.subject, "answer": sought.answer,
        "conversation": sought.conversation, "document": sought.document, "source": sought.source,
        "model": sought.model, "trace": sought.trace_id, "kind": tuple(sorted(sought.kinds)),
        "action": tuple(sorted(sought.actions)), "outcome": tuple(sorted(sought.outcomes)),
        "since": None if sought.since is None else instant(sought.since),
        "until": None if sought.until is None else instant(sought.until),
        "mentions": tuple(sorted(sought.mentions)),
    }  # fmt: skip
    found: dict[str, JSON] = {name: value for name, value in named.items() if value}
    if not found:
        raise Invalid("Nothing was asked for.", hint="Name what the records are about, or export the whole log.")
    return found

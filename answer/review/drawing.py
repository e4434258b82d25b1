"""Samples for the queue of reviews: drawn when a reviewer asks, or by a standing rule once a period."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast
from uuid import uuid4

from sqlalchemy.orm import Session

from answer.review import frames, queue_rows
from answer.review.queue_rows import Place
from answer.review.sampling import (
    EVERY,
    Every,
    Frame,
    Period,
    Size,
    Strata,
    choose,
    frame_hash,
    new_seed,
    periods,
)
from answer.review.tables import SampleRow, SamplingRuleRow
from core.access import Principal
from core.audit import AuditLog, Event
from core.audit.events import JSON, NO_SUBJECT
from core.clock import Clock
from core.database import Database
from core.decided import reason
from core.errors import Conflict, Invalid, NotFound

NAME = re.compile(r"[a-z][a-z0-9_.-]{0,39}\Z")
"""As words of the log are written."""


@dataclass(frozen=True, slots=True)
class Draw:
    """What a reviewer asks for."""

    frame: Frame
    size: Size
    period: Period
    strata: Strata = "none"


@dataclass(frozen=True, slots=True)
class Sample:
    """One draw. ``drawn_by`` is a person's id, None where a rule drew it."""

    id: str
    frame: Frame
    size: Size
    period: Period
    strata: Strata
    seed: str
    population: int
    frame_hash: str
    drawn: int
    drawn_by: str | None
    drawn_at: datetime
    standing: str | None


@dataclass(frozen=True, slots=True)
class Repeated:
    """A draw repeated with its seed. ``population`` is that of now, and ``same_population`` whether it is still the one
    of then: answers may have gone, or got feedback. ``repeated`` of the answers that were drawn are drawn again."""

    sample: Sample
    population: int
    same_population: bool
    repeated: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A rule that draws by itself, of each period that is over since ``since``."""

    name: str
    id: str
    frame: Frame
    every: Every
    size: Size
    strata: Strata
    since: datetime
    why: str = field(repr=False)
    set_by: str
    set_at: datetime
    revision: int


@dataclass(frozen=True, slots=True)
class _Drawn:
    population: int
    frame_hash: str
    chosen: tuple[str, ...]


class Sampler:
    """Draws, and keeps the rules by which it draws."""

    def __init__(self, database: Database, audit: AuditLog, clock: Clock) -> None:
        self._database, self._audit, self._clock = database, audit, clock

    def population(self, draw: Draw) -> int:
        """How many answers could be drawn; not which."""
        with self._database.reading() as session:
            meant = frames.candidates(session, self._resolved(session, draw.frame), draw.period, draw.strata)
            return len(meant.keys() - frames.reviewed(session, draw.period))

    def draw(self, draw: Draw, principal: Principal, trace_id: str = "") -> Sample:
        """Put a sample into the queue. Raises ``Invalid`` for a period that is none, and ``NotFound``."""
        if draw.period.since >= draw.period.until or draw.period.until > self._clock():
            raise Invalid("A period begins before it ends, and has ended.", hint="Say since and until.")
        made = self._draw(draw, new_seed(), principal, None, trace_id)
        assert made is not None
        return made

    def samples(self, limit: int, after: Place | None = None) -> list[Sample]:
        """The latest first. Whoever gives them out tells of it."""
        with self._database.reading() as session:
            return [_sample(row) for row in queue_rows.samples(session, limit, after)]

    def repeat(self, sample_id: str) -> Repeated:
        """Draw it again without changing anything, to see that nobody chose. Raises ``NotFound``."""
        with self._database.reading() as session:
            row = queue_rows.sample(session, sample_id)
            sample = _sample(row)
            meant = frames.candidates(session, sample.frame, sample.period, sample.strata)
            before = frames.reviewed_before(session, row)
            drawn = queue_rows.drawn(session, sample_id)
        again = _drawn(meant, before, sample.seed, sample.size)
        same = again.frame_hash == sample.frame_hash
        return Repeated(sample, again.population, same, len(drawn.intersection(again.chosen)))

    def rules(self) -> list[Standing]:
        """Those that hold, by name. Whoever gives them out tells of it."""
        with self._database.reading() as session:
            return [_standing(row) for row in queue_rows.rules(session)]

    def set_rule(
        self, name: str, frame: Frame, every: str, size: Size, strata: Strata, why: str, principal: Principal,
        revision: int | None = None, trace_id: str = "",
    ) -> Standing:  # fmt: skip
        """Let samples be drawn by themselves from the present period on. ``revision`` is that of the rule that its
        author saw, where there is one. Raises ``Conflict`` where it changed since."""
        if not NAME.match(name):
            raise Invalid("A rule's name is a word in small letters.", hint="For example: weekly")
        if every not in EVERY:
            raise Invalid(f"Nothing is drawn every {every!r}.", hint=f"One of: {', '.join(EVERY)}.")
        if size.rate is None:
            raise Invalid("A standing rule has a rate.", hint="With --least it draws at least so many.")
        said = reason(why, "a sampling rule")
        with self._database.writing() as session:
            row, now = queue_rows.rule(session, name), self._clock()
            held = row is not None and row.ended_at is None
            if row is not None and held and revision != row.revision:
                raise _changed(row)
            frame = self._resolved(session, frame)
            if row is None:
                row = SamplingRuleRow(name=name, id=str(uuid4()), since=now, revision=0)
                session.add(row)
            if not held or row.every != every:
                # What it did not draw while it was another one stays undrawn.
                row.since = now
            row.frame, row.every, row.strata, row.ended_at = frame.told(), every, strata, None
            row.rate, row.least, row.most = size.rate, size.least, size.most
            row.why, row.set_by, row.set_at, row.revision = said, principal.person_id, now, row.revision + 1
            session.flush()
            self._audit.enlist(session, self._rule_event(row, "set", said, principal, trace_id))
            return _standing(row)

    def end_rule(self, name: str, revision: int, why: str, principal: Principal, trace_id: str = "") -> None:
        """It draws no more; what it drew stays. Raises ``NotFound``, ``Conflict``."""
        said = reason(why, "a sampling rule")
        with self._database.writing() as session:
            row = queue_rows.rule(session, name)
            if row is None or row.ended_at is not None:
                raise NotFound("There is no such rule.", hint="vouch review queue rules shows those that hold.")
            if revision != row.revision:
                raise _changed(row)
            row.ended_at, row.revision = self._clock(), row.revision + 1
            self._audit.enlist(session, self._rule_event(row, "ended", said, principal, trace_id))

    def sweep(self) -> int:
        """Draw what standing rules are due for: each period once, whoever else sweeps. Returns how many samples."""
        made = 0
        for rule in self.rules():
            with self._database.reading() as session:
                done = queue_rows.drawn_periods(session, rule.id)
            for period in periods(rule.every, rule.since, self._clock()):
                if (period.since, period.until) not in done:
                    draw = Draw(rule.frame, rule.size, period, rule.strata)
                    made += self._draw(draw, new_seed(), None, rule.id, "") is not None
        return made

    def _draw(
        self, draw: Draw, seed: str, principal: Principal | None, standing: str | None, trace_id: str
    ) -> Sample | None:
        """None where the rule has drawn this period meanwhile, or was ended."""
        with self._database.reading() as session:
            frame = self._resolved(session, draw.frame)
            meant = frames.candidates(session, frame, draw.period, draw.strata)
            without = frames.reviewed(session, draw.period)
        drawn = _drawn(meant, without, seed, draw.size)
        # Nobody else writes while this one does, so it is kept short: only what changed since is drawn anew.
        with self._database.writing() as session:
            if standing is not None and not _due(session, standing, draw.period):
                return None
            missing = frames.reviewed(session, draw.period) - without
            while missing := missing | (set(drawn.chosen) - frames.there(session, drawn.chosen)):
                without |= missing
                drawn, missing = _drawn(meant, without, seed, draw.size), set[str]()
            row = SampleRow(
                id=str(uuid4()), frame=frame.told(), strata=draw.strata, rate=draw.size.rate, least=draw.size.least,
                most=draw.size.most, since=draw.period.since, until=draw.period.until, seed=seed,
                population=drawn.population, frame_hash=drawn.frame_hash, drawn=len(drawn.chosen),
                drawn_by=None if principal is None else principal.person_id, drawn_at=self._clock(), standing=standing,
            )  # fmt: skip
            session.add(row)
            session.flush()
            self._queue(session, row, drawn.chosen, principal, trace_id)
            return _sample(row)

    def _queue(
        self, session: Session, row: SampleRow, chosen: tuple[str, ...], principal: Principal | None, trace_id: str
    ) -> None:
        frame = Frame.of(row.frame)
        subject = NO_SUBJECT if principal is None else principal.subject
        details: dict[str, JSON] = {
            "sample": row.id, "rule": frame.rule, "seed": row.seed, "population": row.population, "drawn": row.drawn,
            "since": row.since.isoformat(), "until": row.until.isoformat(), "frame": row.frame_hash, "rate": row.rate,
            "least": row.least, "most": row.most, "strata": row.strata, "standing": row.standing, **_named(frame),
        }  # fmt: skip
        self._tell(session, "sample.drawn", subject, details, row.drawn_at, trace_id)
        for review in queue_rows.put_drawn(session, chosen, row, frame.rule):
            queued: dict[str, JSON] = {
                "review": review.id, "answer": review.answer_id, "change": "queued", "sample": row.id,
                "revision": review.revision,
            }  # fmt: skip
            self._tell(session, "review.changed", subject, queued, row.drawn_at, trace_id)

    def _tell(
        self, session: Session, kind: str, subject: str, details: Mapping[str, JSON], at: datetime, trace_id: str
    ) -> None:
        assert kind in ("sample.drawn", "review.changed")
        event = Event(
            kind=kind, subject=subject, action="review.sample", outcome="done", at=at, trace_id=trace_id,
            details=details,
        )  # fmt: skip
        self._audit.enlist(session, event)

    def _rule_event(self, row: SamplingRuleRow, change: str, why: str, principal: Principal, trace_id: str) -> Event:
        commitments = self._audit.commitments()
        frame = Frame.of(row.frame)
        details: dict[str, JSON] = {
            "standing": row.id, "change": change, "why": commitments.of(why), "name": row.name, "rule": frame.rule,
            "every": row.every, "rate": row.rate, "least": row.least, "most": row.most, "strata": row.strata,
            "revision": row.revision, **_named(frame),
        }  # fmt: skip
        return Event(
            kind="sampling.changed", subject=principal.subject, action="review.rule", outcome="done", at=self._clock(),
            trace_id=trace_id, salt=commitments.salt, details=details,
        )  # fmt: skip

    @staticmethod
    def _resolved(session: Session, frame: Frame) -> Frame:
        """With the id of what it names."""
        if frame.rule not in ("source", "document"):
            return frame
        return Frame(frame.rule, queue_rows.named(session, frame.rule, frame.name), frame.below)


def _drawn(meant: Mapping[str, str], without: Collection[str], seed: str, size: Size) -> _Drawn:
    population = {answer: stratum for answer, stratum in meant.items() if answer not in without}
    chosen = choose(population, seed, size.of(len(population)))
    return _Drawn(len(population), frame_hash(population), chosen)


def _due(session: Session, standing: str, period: Period) -> bool:
    holds = any(row.id == standing for row in queue_rows.rules(session))
    return holds and (period.since, period.until) not in queue_rows.drawn_periods(session, standing)


def _named(frame: Frame) -> dict[str, JSON]:
    """What a rule names, as the log has it."""
    return {**({frame.rule: frame.name} if frame.name else {}), "below": frame.below}


def _sample(row: SampleRow) -> Sample:
    return Sample(
        row.id, Frame.of(row.frame), Size(row.least, row.most, row.rate), Period(row.since, row.until),
        cast(Strata, row.strata), row.seed, row.population, row.frame_hash, row.drawn, row.drawn_by, row.drawn_at,
        row.standing,
    )  # fmt: skip


def _standing(row: SamplingRuleRow) -> Standing:
    return Standing(
        row.name, row.id, Frame.of(row.frame), cast(Every, row.every), Size(row.least, row.most, row.rate),
        cast(Strata, row.strata), row.since, row.why, row.set_by, row.set_at, row.revision,
    )  # fmt: skip


def _changed(row: SamplingRuleRow) -> Conflict:
    return Conflict(
        f"This rule is set already, or changed since: it is at revision {row.revision}.",
        hint="Read it again, and send its revision.",
    )

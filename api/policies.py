"""Seeing, changing and trying the data policy, recorded."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy.orm import Session

from core import policy_rows
from core.audit import AuditLog, Event
from core.audit.events import NO_SUBJECT
from core.clock import Clock
from core.database import Database
from core.decided import OPERATOR
from core.policy import Policy
from core.policy_document import seed
from core.policy_rows import PolicyVersion

RECENT_SECONDS = 1.0


class Policies:
    """The versions of the policy. ``configured`` is what vouch.yaml says of it, for the first start."""

    def __init__(self, database: Database, audit: AuditLog, clock: Clock, configured: Mapping[str, Any]) -> None:
        self._database, self._audit, self._clock = database, audit, clock
        self._configured = configured
        self._recent: tuple[float, Policy] | None = None

    def seed(self) -> None:
        """See to it that there is a policy."""
        with self._database.reading() as session:
            if policy_rows.history(session):
                return
        with self._database.writing() as session:
            made = policy_rows.seed_once(session, seed(self._configured), self._clock())
            if made is not None:
                self._record(session, made, NO_SUBJECT, "")

    def policy(self) -> Policy:
        """The policy that holds now: asked for each time that something is about to leave."""
        return self.current().policy

    def recent(self) -> Policy:
        """The policy as of a moment ago, for those who ask very often about what stays here."""
        found = self._recent
        if found is None or time.monotonic() - found[0] > RECENT_SECONDS:
            found = self._recent = (time.monotonic(), self.policy())
        return found[1]

    def current(self) -> PolicyVersion:
        with self._database.reading() as session:
            return policy_rows.current(session)

    def numbered(self, version: int) -> PolicyVersion:
        with self._database.reading() as session:
            return policy_rows.numbered(session, version)

    def history(self) -> list[PolicyVersion]:
        with self._database.reading() as session:
            return policy_rows.history(session)

    def change(
        self, document: Mapping[str, Any], why: str, *, by: str = OPERATOR, subject: str = NO_SUBJECT,
        trace_id: str = "", replaces: int | None = None,
    ) -> PolicyVersion:  # fmt: skip
        """Make the next version; it holds from the next request on. ``replaces``: the version that its author saw."""
        with self._database.writing() as session:
            made = policy_rows.put(session, document, why=why, by=by, now=self._clock(), replaces=replaces)
            self._record(session, made, subject, trace_id)
        self._recent = None
        return made

    def _record(self, session: Session, made: PolicyVersion, subject: str, trace_id: str) -> None:
        commitments = self._audit.commitments()
        said = orjson.dumps(made.document, option=orjson.OPT_SORT_KEYS)
        first = made.version == 1
        event = Event(
            kind="policy.changed",
            subject=subject,
            action="policy.seed" if first else "policy.change",
            outcome="done",
            at=self._clock(),
            trace_id=trace_id,
            salt=commitments.salt,
            details={
                "version": made.version,
                "change": "seeded" if first else "changed",
                "document": commitments.of(said),
                "why": commitments.of(made.why),
                **({} if first else {"replaced": made.version - 1}),
            },
        )
        self._audit.enlist(session, event)

"""The model register: which models may be called, with what, and who decided that.

It begins as ``models`` of vouch.yaml says; each change is a row with its author and reason. A model that is not in the
register, was retired or is past its date is not called; nor is one whose stored entry is refused today.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from threading import Lock

import orjson
import structlog
from sqlalchemy.orm import Session

from answer.models import register_rows
from answer.models.entries import checked, overdue
from answer.models.entry import ModelEntry
from answer.models.register_rows import Change, Unusable, Version
from core.audit import AuditLog, Event
from core.audit.events import NO_SUBJECT
from core.clock import Clock
from core.database import Database
from core.decided import ITSELF, OPERATOR, SEEDED_BY, reason
from core.errors import Conflict, Invalid, NotFound, Refused

log = structlog.get_logger()
SET_ANEW = "Set it anew, by the name of one version: vouch models set."


class Register:
    """The entries that hold. ``seed`` is what vouch.yaml says: a name that was never here is added from it, one that
    was is left as it was decided since."""

    def __init__(self, database: Database, audit: AuditLog, clock: Clock, seed: Sequence[ModelEntry] = ()) -> None:
        self._database, self._audit, self._clock = database, audit, clock
        self._seed = checked(seed)
        self._seeded = not seed
        self._lock = Lock()
        self._known: tuple[int, tuple[Version, ...], tuple[Unusable, ...]] = (0, (), ())

    def entries(self) -> tuple[ModelEntry, ...]:
        """All that are not retired, also those that are overdue, by name."""
        return tuple(version.entry for version in self.versions() if version.change != "retired")

    def current(self) -> tuple[ModelEntry, ...]:
        """Those that may be called now."""
        now = self._clock()
        return tuple(entry for entry in self.entries() if not overdue(entry, now))

    def entry(self, name: str) -> ModelEntry:
        """By its name. Raises ``NotFound``, also for one that was retired."""
        for entry in self.entries():
            if entry.name == name:
                return entry
        for each in self.unusable():
            if each.name == name:
                raise NotFound(f"The model {name} is left out: {each.against}.", hint=SET_ANEW)
        raise NotFound(f"There is no model {name}.", hint="vouch models list shows them.")

    def confirm(self, entry: ModelEntry) -> None:
        """Raises ``Refused`` unless this very entry may be called now: what was chosen a moment ago may have been
        retired, or narrowed, since."""
        if entry not in self.current():
            raise Refused(
                f"The model {entry.name} may not be called (any more).", hint="vouch models list shows which may."
            )

    def versions(self) -> tuple[Version, ...]:
        """The last change of each name, retired ones too, as far as it can be used."""
        return self._read()[1]

    def unusable(self) -> tuple[Unusable, ...]:
        """Those left out, since what stands in the database is refused today: nothing is called by them."""
        return self._read()[2]

    def _read(self) -> tuple[int, tuple[Version, ...], tuple[Unusable, ...]]:
        self._seed_once()
        with self._database.reading() as session:
            revision = register_rows.revision(session)
            if revision != self._known[0]:
                found = register_rows.newest(session)
                usable = tuple(each for each in found if isinstance(each, Version))
                self._known = (revision, usable, left_out(found))
                for each in self._known[2]:
                    log.error("model.left_out", model=each.name, revision=each.revision, why=each.against)
        return self._known

    def history(self, name: str | None = None) -> list[Version | Unusable]:
        """Every change, newest first. Raises ``NotFound`` for a name that never was here."""
        self._seed_once()
        with self._database.reading() as session:
            found = register_rows.history(session, name)
        if name is not None and not found:
            raise NotFound(f"There never was a model {name}.", hint="vouch models history shows every change.")
        return found

    def differing(self) -> tuple[str, ...]:
        """Names of vouch.yaml of which something else was decided since."""
        held = {version.name: version for version in self.versions()}
        return tuple(
            entry.name for entry in self._seed
            if (there := held.get(entry.name)) is None or there.entry != entry or there.change == "retired"
        )  # fmt: skip

    def set(
        self, entry: ModelEntry, why: str, *, by: str = OPERATOR, subject: str = NO_SUBJECT, trace_id: str = "",
        replaces: int | None = None,
    ) -> Version:  # fmt: skip
        """Add a model, or change one; a retired one comes back. It holds from the next call on. ``replaces``: the
        revision of it that its author saw. Raises ``Invalid`` for an entry that cannot be used or says what holds
        already, ``Conflict`` where another one holds by now."""
        checked((entry,))
        why = reason(why, "the register")
        self._seed_once()
        with self._database.writing() as session:
            held = _held(session, entry.name)
            if replaces is not None and (held is None or held.revision != replaces):
                raise Conflict(
                    f"The entry of {entry.name} has changed meanwhile.",
                    hint=f"See vouch models show {entry.name}, and make your change to that.",
                )
            if isinstance(held, Version) and held.entry == entry and held.change != "retired":
                raise Invalid("This is what the register says already.", hint=f"See vouch models show {entry.name}.")
            change: Change = "added" if held is None else "changed"
            made = register_rows.add(session, entry, change, why=why, by=by, now=self._clock())
            self._record(session, made, subject, trace_id)
        return made

    def retire(
        self, name: str, why: str, *, by: str = OPERATOR, subject: str = NO_SUBJECT, trace_id: str = ""
    ) -> Version:
        """Call it no more. Raises ``NotFound``."""
        why = reason(why, "the register")
        entry = self.entry(name)
        with self._database.writing() as session:
            made = register_rows.add(session, entry, "retired", why=why, by=by, now=self._clock())
            self._record(session, made, subject, trace_id)
        return made

    def stop(self, entry: ModelEntry, why: str) -> None:
        """Retire this very entry, of which Vouch saw itself that it may not be called any more, until somebody sets it
        again. One that was changed or retired meanwhile stays as it was decided."""
        with self._database.writing() as session:
            held = _held(session, entry.name)
            if not isinstance(held, Version) or held.change == "retired" or held.entry != entry:
                return
            made = register_rows.add(session, entry, "retired", why=why, by=ITSELF, now=self._clock())
            self._record(session, made, NO_SUBJECT, "")
        log.warning("model.stopped", model=entry.name, why=why)

    def _seed_once(self) -> None:
        if self._seeded:
            return
        with self._lock, self._database.reading() as session:
            missing = {entry.name for entry in self._seed} - register_rows.names(session)
        if missing:
            with self._database.writing() as session:
                known = register_rows.names(session)
                for entry in self._seed:
                    if entry.name not in known:
                        why = "As the configuration said when the model was first seen."
                        made = register_rows.add(session, entry, "seeded", why=why, by=SEEDED_BY, now=self._clock())
                        self._record(session, made, NO_SUBJECT, "")
        self._seeded = True

    def _record(self, session: Session, made: Version, subject: str, trace_id: str) -> None:
        commitments = self._audit.commitments()
        said = orjson.dumps(made.entry.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)
        event = Event(
            kind="model.changed",
            subject=subject,
            action=f"model.{made.change}",
            outcome="done",
            at=self._clock(),
            trace_id=trace_id,
            salt=commitments.salt,
            details={
                "model": made.name,
                "revision": made.revision,
                "change": made.change,
                "provider": made.entry.provider,
                "tier": made.entry.tier,
                "ceiling": made.entry.ceiling,
                "entry": commitments.of(said),
                "why": commitments.of(made.why),
            },
        )
        self._audit.enlist(session, event)


def left_out(found: Iterable[Version | Unusable]) -> tuple[Unusable, ...]:
    """Of the last changes those that cannot be used, and were not retired."""
    return tuple(each for each in found if isinstance(each, Unusable) and each.change != "retired")


def _held(session: Session, name: str) -> Version | Unusable | None:
    return next(iter(register_rows.history(session, name)), None)

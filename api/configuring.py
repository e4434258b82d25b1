"""Adding, changing, pausing and removing sources: checked before, recorded with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

import orjson
from sqlalchemy.orm import Session

from api.runtime import Runtime
from api.syncing import attended
from connectors import owners, repository, tasks
from connectors.kinds import secrets_in
from connectors.plan import TASKS, Plan, plan_of, stored_plan
from connectors.repository import SourceRecord
from connectors.sources.base import AnySource, Step
from core import people
from core.audit import Event
from core.audit.events import NO_SUBJECT
from core.errors import Conflict, Forbidden, Invalid, VouchError
from core.jobs import Job
from ingest import withheld
from ingest.forget import WAIT_SECONDS, forget

OPERATOR = "operator"
LOCAL = ("files", "records")
"""Kinds that read the disk of this machine, with the rights of the account that runs Vouch."""
NAME = re.compile(r"^\w[\w .-]{0,99}$")
"""No slash: the groups of a source are named SOURCE/GROUP."""
Change = Literal["created", "changed", "unchanged"]


@dataclass(frozen=True, slots=True)
class By:
    """Who decides: the operator of this machine, or a person, with their pseudonym in the log and their roles.
    ``admin``: whether that person is an administrator."""

    who: str = OPERATOR
    subject: str = NO_SUBJECT
    trace_id: str = ""
    admin: bool = False
    roles: frozenset[str] = frozenset()

    @property
    def operator(self) -> bool:
        return self.who == OPERATOR


@dataclass(frozen=True, slots=True)
class Wanted:
    """A source as its owner wants it. Without ``plan`` it keeps the one that it has, or gets that of its sort."""

    name: str
    kind: str
    config: dict[str, Any]
    plan: dict[str, Any] | None = None


def opened(runtime: Runtime, wanted: Wanted, by: By) -> AnySource:
    """The source as wanted, not yet stored. Raises for a name, kind, setting or plan that cannot be used, and for what
    ``by`` may not do."""
    checked_name(wanted.name)
    with runtime.database.reading() as session:
        existing = repository.find(session, wanted.name)
        if existing is not None:
            looked_after(session, existing, by)
    if existing is not None and existing.kind != wanted.kind:
        raise Conflict(
            f"{wanted.name} is a source of the kind {existing.kind}.",
            hint="Choose another name, or remove that source first.",
        )
    connecting = runtime.connecting
    config = connecting.catalogue.checked(wanted.kind, wanted.config)
    if not by.operator and (existing is None or existing.config != wanted.config):
        if wanted.kind in LOCAL:
            raise Forbidden(
                "Files of this machine are read for its operator only.",
                hint="Let an operator run: vouch ingest PATH --source NAME --allow GROUPS",
            )
        _refuse_secrets(secrets_in(config), runtime.settings.sources.secrets)
    if wanted.kind in LOCAL and not Path(str(wanted.config.get("path", ""))).is_absolute():
        raise Invalid("The path of a source has to begin with /.", hint="Write the whole path.")
    source = connecting.catalogue.kind(wanted.kind).open(config, connecting.opening(wanted.name))
    plan_of(wanted.plan or {}, lists_everything=source.lists_everything)
    return source


def looked_after(session: Session, record: SourceRecord, by: By) -> SourceRecord:
    """``record``, where ``by`` looks after it: who does not is not told that it exists. Raises ``NotFound``."""
    if not (by.operator or by.admin or by.who in owners.owners_of(session, record.id)):
        raise repository.unknown(record.name)
    return record


def checked_name(name: str) -> str:
    if not NAME.match(name) or name != name.strip():
        raise Invalid(
            f"{name!r} is not a name for a source.", hint="Use letters, digits, spaces and . _ -, as in erp-europe."
        )
    return name


def steps(runtime: Runtime, source: AnySource) -> Iterator[Step]:
    """Try a source step by step. A check that cannot go on ends with a step that says why."""
    redact = runtime.connecting.secrets.redact
    try:
        for step in source.check():
            yield Step(step.name, step.ok, redact(step.detail), redact(step.hint))
    except VouchError as error:
        yield Step("reach", False, redact(error.message), redact(error.hint))


def store(runtime: Runtime, wanted: Wanted, source: AnySource, by: By) -> tuple[SourceRecord, Change]:
    """Keep it as wanted. What is new about how it is read holds for all of its items: it is read again as a whole."""
    now = runtime.clock()
    with runtime.database.writing() as session:
        before = repository.find(session, wanted.name)
        plan = wanted.plan
        if plan is not None or before is None or not before.plan:
            plan = first_plan(session, wanted.name, plan, lists_everything=source.lists_everything)
        was = _plan_before(session, wanted.name)
        record = repository.put(session, wanted.name, wanted.kind, wanted.config, by=by.who, now=now, plan=plan)
        if before is None and not by.operator:
            owners.set_owners(session, record.id, {by.who})
        if before is not None and before.version == record.version:
            return record, "unchanged"
        change: Change = "created" if before is None else "changed"
        will = stored_plan(record.plan)
        lowered = was is not None and _lowers(was, will, by)
        runtime.audit.enlist(session, configured(runtime, record, change, by, lowered=lowered))
        if before is not None and before.config != record.config:
            _read_all_again(runtime, session, record)
        other = lowered or (was is not None and was.lowers(will))
        asked = withheld.ask_anew(session, runtime.redaction.admits) if other else 0
    if asked:
        runtime.work_off()
    if before is None or before.config == record.config:
        runtime.connecting.work.plan(record)
    return record, change


def pause(runtime: Runtime, record: SourceRecord, by: By) -> None:
    """Nothing of it is read until it is resumed. What it brought stays, and grows old."""
    _set_state(runtime, record, "paused", by)


def resume(runtime: Runtime, record: SourceRecord, by: By) -> None:
    _set_state(runtime, record, "active", by)
    runtime.connecting.work.plan(record)


def set_owners(runtime: Runtime, record: SourceRecord, emails: Iterable[str], by: By) -> None:
    """These connector owners, and nobody else, look after it. Raises ``Invalid`` for who is none."""
    with runtime.database.writing() as session:
        found = [people.by_email(session, each) for each in emails]
        if strangers := [each.email for each in found if "connector_owner" not in each.roles]:
            raise Invalid(
                f"{strangers[0]} is not a connector owner.", hint="An administrator gives the role connector_owner."
            )
        if not found and not (by.operator or by.admin):
            raise Invalid("A source keeps an owner.", hint="Name who looks after it from now on.")
        owners.set_owners(session, record.id, [each.id for each in found])
        runtime.audit.enlist(session, configured(runtime, record, "owners", by))


def remove(runtime: Runtime, record: SourceRecord, by: By) -> int:
    """Forget it. Returns how many documents left the answers."""

    def note(session: Session) -> None:
        runtime.audit.enlist(session, configured(runtime, record, "removed", by))

    documents = forget(runtime.database, record, runtime.clock, note, wait_seconds=WAIT_SECONDS)
    if attended(runtime):
        runtime.connecting.queue.send(Job("ingest"))
    else:
        # What else waits for the index is left to wait.
        runtime.pipeline.drain(over=lambda: True)
    return documents


def configured(
    runtime: Runtime, record: SourceRecord, change: str, by: By, *, action: str = "source.configure",
    access: str | None = None, lowered: bool = False,
) -> Event:  # fmt: skip
    """The record of it: a commitment to what was configured, never the settings themselves."""
    commitments = runtime.audit.commitments()
    settings = orjson.dumps([record.config, record.plan, record.state], option=orjson.OPT_SORT_KEYS)
    return Event(
        kind="source.configured",
        subject=by.subject,
        action=action,
        outcome="done",
        at=runtime.clock(),
        trace_id=by.trace_id,
        salt=commitments.salt,
        details={
            "source": record.id,
            "change": change,
            "connector": record.kind,
            "revision": record.version,
            "settings": commitments.of(settings),
            "declared": stored_plan(record.plan).sensitivity,
            **({} if access is None else {"access": access}),
            **({"lowered": True} if lowered else {}),
        },
    )


def first_plan(session: Session, name: str, wanted: dict[str, Any] | None, *, lists_everything: bool) -> dict[str, Any]:
    """The plan of a source that has none: as wanted, else that of its sort. One that comes back is as sensitive as it
    was, where nobody says otherwise."""
    was = _plan_before(session, name)
    if wanted is None and was is not None:
        wanted = was.model_dump(mode="json", include={"sensitivity", "sensitivity_at"})
    return plan_of(wanted or {}, lists_everything=lists_everything).model_dump(mode="json")


def _plan_before(session: Session, name: str) -> Plan | None:
    """The last plan of the source of this name, also when that was removed since."""
    record = repository.by_id(session, repository.id_of(name))
    return None if record is None else stored_plan(record.plan)


def _lowers(was: Plan, will: Plan, by: By) -> bool:
    """Whether something becomes less sensitive, which is for administrators to decide: raises ``Forbidden``."""
    lowers = will.lowers(was)
    if lowers and not (by.operator or by.admin):
        raise Forbidden(
            "This plan would make something of the source less sensitive than it was declared, which only an "
            "administrator decides.",
            hint="Leave sensitivity and sensitivity_at as high as they are, or ask an administrator.",
        )
    return lowers


def _refuse_secrets(refs: Iterator[str], allowed: tuple[str, ...]) -> None:
    """A secret goes to the system that the settings beside it name: who writes those may not name any secret."""
    for ref in refs:
        if ".." in ref or not any(fnmatchcase(ref, pattern) for pattern in allowed):
            raise Forbidden(
                f"The secret {ref} is not open to connector owners.",
                hint="Let an administrator name it under sources.secrets in vouch.yaml, or an operator add the source.",
            )


def _set_state(runtime: Runtime, record: SourceRecord, state: str, by: By) -> None:
    action = "source.pause" if state == "paused" else "source.resume"
    with runtime.database.writing() as session:
        repository.set_state(session, record.id, state)
        runtime.audit.enlist(session, configured(runtime, record, "changed", by, action=action))


def _read_all_again(runtime: Runtime, session: Session, record: SourceRecord) -> None:
    """Other settings may give an item another text, or other readers."""
    now = runtime.clock()
    plan = stored_plan(record.plan)
    repository.move_cursor(session, record.id, None, now)
    tasks.set_due(session, record.id, {task: now if plan.schedule(task) is not None else None for task in TASKS})

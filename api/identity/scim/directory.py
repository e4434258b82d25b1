"""The directory's requests: each is one transaction, recorded in it."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import structlog
from sqlalchemy.orm import Session

from api.identity.belonging import SCIM
from api.identity.recording import Recording
from api.identity.scim import groups, users
from api.identity.scim.pages import Wanted, listed
from api.identity.scim.patch import patched
from api.identity.scim.schemas import GROUPS, USERS, Resource, cleaned
from api.identity.settings import ScimSettings
from core import people
from core.audit import AuditLog
from core.clock import Clock
from core.database import Database
from core.errors import VouchError
from core.secrets import Secret
from core.tables import PersonRow

SHORTEST_TOKEN = 32

log = structlog.get_logger()


class Directory:
    """``base`` of each request is where these resources are: ``https://vouch.example.com/scim/v2``."""

    def __init__(
        self,
        settings: ScimSettings,
        database: Database,
        audit: AuditLog,
        resolve: Callable[[str], Secret],
        clock: Clock,
    ) -> None:
        self._settings, self._database, self._audit = settings, database, audit
        self._resolve, self._clock = resolve, clock

    def admits(self, token: str) -> bool:
        """Whether it is the directory that asks. The token is read anew each time, so that a changed one holds."""
        try:
            wanted = self._resolve(self._settings.token).raw()
        except VouchError as error:
            log.error("scim.token_unreadable", told=str(error))
            return False
        if len(wanted) < SHORTEST_TOKEN:
            log.error("scim.token_too_short", told=f"identity.scim.token needs at least {SHORTEST_TOKEN} characters")
            return False
        return hmac.compare_digest(token.encode(), wanted)

    # Users

    def users(self, wanted: Wanted, base: str) -> Resource:
        with self._database.reading() as session:
            return listed(*users.find(session, wanted, base), wanted)

    def everything(self, people: Wanted, teams: Wanted, base: str) -> Resource:
        """Users, then groups."""
        with self._database.reading() as session:
            found, before = users.find(session, people, base)
            rest = replace(teams, start=max(1, teams.start - before), count=teams.count - len(found))
            more, total = groups.find(session, rest, base)
        return listed([*found, *more], before + total, people)

    def user(self, user_id: str, base: str) -> Resource:
        with self._database.reading() as session:
            return _user(session, user_id, base)

    def create_user(self, body: Mapping[str, Any], base: str, trace_id: str) -> Resource:
        with self._database.writing() as session:
            written = users.create(session, cleaned(body, USERS), self._settings, self._clock())
            self._record_person(session, written, trace_id)
            return _user(session, written.person_id, base)

    def replace_user(self, user_id: str, body: Mapping[str, Any], base: str, trace_id: str) -> Resource:
        with self._database.writing() as session:
            row = users.row_of(session, user_id)
            new = cleaned(body, USERS)
            # Whether somebody may come in is never changed by leaving it out.
            new.setdefault("active", users.kept_of(session, row)["active"])
            self._record_person(session, users.write(session, row, new, self._settings, self._clock()), trace_id)
            return _user(session, user_id, base)

    def patch_user(self, user_id: str, body: Mapping[str, Any], base: str, trace_id: str) -> Resource:
        with self._database.writing() as session:
            row = users.row_of(session, user_id)
            new = patched(users.kept_of(session, row), body, USERS)
            self._record_person(session, users.write(session, row, new, self._settings, self._clock()), trace_id)
            return _user(session, user_id, base)

    def remove_user(self, user_id: str, trace_id: str) -> None:
        with self._database.writing() as session:
            person_id = users.remove(session, users.row_of(session, user_id), self._clock())
            self._record_person(session, users.Written(person_id, "disabled"), trace_id)

    # Groups

    def groups(self, wanted: Wanted, base: str) -> Resource:
        with self._database.reading() as session:
            return listed(*groups.find(session, wanted, base), wanted)

    def group(self, group_id: str, base: str, *, members: bool = True) -> Resource:
        with self._database.reading() as session:
            return groups.resource(session, groups.row_of(session, group_id), base, members=members)

    def create_group(self, body: Mapping[str, Any], base: str, trace_id: str) -> Resource:
        with self._database.writing() as session:
            written = groups.create(session, cleaned(body, GROUPS), self._settings, self._clock())
            self._record_group(session, written, "created", trace_id)
            return groups.resource(session, written.group, base)

    def replace_group(self, group_id: str, body: Mapping[str, Any], base: str, trace_id: str) -> Resource:
        with self._database.writing() as session:
            row = groups.row_of(session, group_id)
            written = groups.write(session, row, cleaned(body, GROUPS), self._settings, self._clock())
            self._record_group(session, written, "changed", trace_id)
            return groups.resource(session, row, base)

    def patch_group(self, group_id: str, body: Mapping[str, Any], base: str, trace_id: str) -> Resource:
        with self._database.writing() as session:
            row = groups.row_of(session, group_id)
            new = patched(groups.kept_of(session, row), body, GROUPS)
            written = groups.write(session, row, new, self._settings, self._clock())
            self._record_group(session, written, "changed", trace_id)
            return groups.resource(session, row, base)

    def remove_group(self, group_id: str, trace_id: str) -> None:
        with self._database.writing() as session:
            row = groups.row_of(session, group_id)
            name = row.name
            left = groups.remove(session, row, self._settings, self._clock())
            event = self._recording(trace_id).group(group_id, name, "removed", SCIM, 0, left=left)
            self._audit.enlist(session, event)

    def _record_person(self, session: Session, written: users.Written, trace_id: str) -> None:
        if written.change is None:
            return
        row = session.get_one(PersonRow, written.person_id)
        person = people.described(session, row)
        change = "disabled" if row.disabled_at is not None else written.change
        self._audit.enlist(session, self._recording(trace_id).person(person, change, SCIM))

    def _record_group(self, session: Session, written: groups.Written, change: str, trace_id: str) -> None:
        if change == "changed" and not (written.joined or written.left or written.renamed):
            return
        row = written.group
        event = self._recording(trace_id).group(
            row.id, row.name, change, SCIM, written.people, written.joined, written.left
        )
        self._audit.enlist(session, event)

    def _recording(self, trace_id: str) -> Recording:
        return Recording(self._audit, self._clock, trace_id, by="")


def _user(session: Session, user_id: str, base: str) -> Resource:
    return users.resources(session, [users.row_of(session, user_id)], base)[0]

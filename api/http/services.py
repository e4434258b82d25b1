"""Routes for service accounts: programs that use Vouch, with which keys, and for whom they act."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from pydantic import Field
from sqlalchemy.orm import Session

from api import service_keys, tokens
from api.configuring import By
from api.http import paging
from api.http.access import CurrentRuntime, deciding
from api.http.administering import addresses
from api.http.models import Model
from api.http.paging import Cursor, Limit
from api.runtime import Runtime
from core import acting, people
from core.audit import Event
from core.errors import Conflict
from core.tables import PersonRow

router = APIRouter(prefix="/v1/service-accounts")
Managing = Annotated[By, Depends(deciding("service.manage"))]
NAME = r"^[a-z0-9][a-z0-9-]{0,62}$"
Name = Annotated[str, Path(pattern=NAME)]


class ServiceIn(Model):
    """``groups``: what the account reads when it asks for itself."""

    name: str = Field(pattern=NAME)
    groups: list[str] = Field(default_factory=list[str])
    about: str = Field(default="", max_length=200)


class KeyIn(Model):
    name: str
    scopes: list[str]
    days: int = Field(default=90, ge=1, le=366)


class ActingIn(Model):
    """Either ``email`` or ``group``."""

    email: str | None = None
    group: str | None = None
    days: int = Field(default=90, ge=1, le=366)
    why: str


class ServiceKeyOut(Model):
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime


class ServiceKeyMade(ServiceKeyOut):
    """``token`` is shown this once."""

    token: str


class ActingOut(Model):
    id: str
    email: str | None
    group: str | None
    why: str
    given_by: str
    given_at: datetime
    until: datetime


class ServiceOut(Model):
    name: str
    about: str
    groups: list[str]
    keys: list[ServiceKeyOut]
    acts_for: list[ActingOut]


class ServicesOut(Model):
    accounts: list[ServiceOut]
    scopes: list[str]
    next: str | None = None


@router.get("")
def list_services(
    by: Managing, runtime: CurrentRuntime, limit: Limit = paging.MOST, cursor: Cursor = ""
) -> ServicesOut:
    """Every service account by name, with its keys and grants, and the scopes that a key may have."""
    with runtime.database.reading() as session:
        accounts = acting.accounts(session)
        shown, following = paging.cut(accounts, limit, cursor, lambda each: (each.email,), "services")
        found = [_service(session, each, runtime.clock()) for each in shown]
    return ServicesOut(accounts=found, scopes=list(service_keys.SCOPES), next=following)


@router.get("/{name}")
def show_service(name: Name, by: Managing, runtime: CurrentRuntime) -> ServiceOut:
    """One of them."""
    with runtime.database.reading() as session:
        return _service(session, acting.account(session, name), runtime.clock())


@router.post("", status_code=201)
def add_service(body: ServiceIn, by: Managing, runtime: CurrentRuntime) -> ServiceOut:
    """Make an account for a program. It has no key yet, and acts for nobody."""
    now = runtime.clock()
    with runtime.database.writing() as session:
        if acting.address(body.name) in {each.email for each in acting.accounts(session)}:
            raise Conflict(f"There is a service account {body.name!r} already.", hint="Choose another name.")
        made = people.put(
            session, acting.address(body.name), groups=body.groups, roles=("employee",), now=now, name=body.name,
            title=body.about, kind="service",
        )  # fmt: skip
        _tell(runtime, session, made.id, {"change": "added"}, by)
        return _service(session, session.get_one(PersonRow, made.id), now)


@router.delete("/{name}", status_code=204)
def remove_service(name: Name, by: Managing, runtime: CurrentRuntime) -> None:
    """The account, its keys and its grants end now."""
    now = runtime.clock()
    with runtime.database.writing() as session:
        row = acting.account(session, name)
        for each in acting.grants(session, row.id, now):
            acting.end(session, each.id, now)
        tokens.end_all(session, row.id, now)
        people.disable_account(session, row.id, now)
        _tell(runtime, session, row.id, {"change": "removed"}, by)


@router.post("/{name}/keys", status_code=201)
def make_service_key(name: Name, body: KeyIn, by: Managing, runtime: CurrentRuntime) -> ServiceKeyMade:
    """A new key, shown once."""
    now = runtime.clock()
    life = timedelta(days=body.days)
    with runtime.database.writing() as session:
        row = acting.account(session, name)
        token = service_keys.issue(session, row.id, body.name, body.scopes, now, life)
        scopes = sorted(set(body.scopes))
        _tell(runtime, session, row.id, {"change": "key_made", "scopes": scopes, "until": now + life}, by)
    return ServiceKeyMade(name=body.name.strip(), scopes=scopes, created_at=now, expires_at=now + life, token=token)


@router.delete("/{name}/keys", status_code=204)
def end_service_key(name: Name, by: Managing, runtime: CurrentRuntime, key: Annotated[str, Query()]) -> None:
    """The key of this name ends now."""
    with runtime.database.writing() as session:
        row = acting.account(session, name)
        service_keys.end(session, row.id, key, runtime.clock())
        _tell(runtime, session, row.id, {"change": "key_ended"}, by)


@router.post("/{name}/acts-for", status_code=201)
def let_act(name: Name, body: ActingIn, by: Managing, runtime: CurrentRuntime) -> ActingOut:
    """Let the account act for a person, or for the members of a group, until a date. Each use is logged."""
    now = runtime.clock()
    with runtime.database.writing() as session:
        row = acting.account(session, name)
        target = None if body.email is None else people.by_email(session, body.email).id
        made = acting.give(
            session, row.id, person_id=target, group=body.group, why=body.why, by=by.who, now=now,
            until=now + timedelta(days=body.days),
        )  # fmt: skip
        commitments = runtime.audit.commitments()
        details: dict[str, Any] = {"change": "grant_given", "grant": made.id, "until": made.until}
        if target is not None:
            details["target"] = runtime.audit.subject(target)
        if made.group is not None:
            details["group"] = commitments.of(made.group)
        _tell(runtime, session, row.id, details, by, commitments.salt)
        return _grant(session, made)


@router.delete("/{name}/acts-for/{grant_id}", status_code=204)
def stop_acting(name: Name, grant_id: str, by: Managing, runtime: CurrentRuntime) -> None:
    """The grant ends now."""
    now = runtime.clock()
    with runtime.database.writing() as session:
        row = acting.account(session, name)
        ended = acting.end(session, grant_id, now, row.id)
        _tell(runtime, session, row.id, {"change": "grant_ended", "grant": ended.id}, by)


def _service(session: Session, row: PersonRow, now: datetime) -> ServiceOut:
    account = people.by_id(session, row.id)
    return ServiceOut(
        name=row.name,
        about=row.title,
        groups=list(account.groups),
        keys=[
            ServiceKeyOut.model_validate(each, from_attributes=True)
            for each in service_keys.listed(session, row.id, now)
        ],
        acts_for=[_grant(session, each) for each in acting.grants(session, row.id, now)],
    )


def _grant(session: Session, grant: acting.ActingGrant) -> ActingOut:
    known = addresses(session, {each for each in (grant.person_id, grant.given_by) if each is not None})
    return ActingOut(
        id=grant.id,
        email=None if grant.person_id is None else known.get(grant.person_id, ""),
        group=None if grant.group is None else grant.group.partition(":")[2],
        why=grant.why,
        given_by=known.get(grant.given_by, grant.given_by),
        given_at=grant.given_at,
        until=grant.until,
    )


def _tell(runtime: Runtime, session: Session, account_id: str, details: dict[str, Any], by: By, salt: str = "") -> None:
    event = Event(
        kind="service.changed",
        subject=by.subject,
        action=f"service.{details['change']}",
        outcome="done",
        at=runtime.clock(),
        trace_id=by.trace_id,
        salt=salt,
        details={"account": runtime.audit.subject(account_id), **details},
    )
    runtime.audit.enlist(session, event)
